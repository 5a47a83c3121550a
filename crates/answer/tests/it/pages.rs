//! The manual pages of the codes: the bad example of each is found, the good one is not.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use answer::rules::Rules;
use expect_test::expect_file;
use sql::ddl::catalog_from_ddl;
use sql::ddl::review::{Definitions, review};
use sql::diagnostic::caret;
use sql::policy::{Access, Policy, PolicyFile, verify_for};
use sql::tree::Query;
use sql::validate::{Rule, rules};
use sql::{Dialect, Layer, Options, validate};

/// The fenced block that starts a text, and where it ends.
fn fenced(text: &str) -> Option<(&str, usize)> {
    let fence = &text[..text.find(|c| c != '`')?];
    let start = text.find('\n')? + 1;
    let length = text[start..].find(&format!("\n{fence}"))?;
    (fence.len() >= 3).then_some((&text[start..start + length], start + length + 1 + fence.len()))
}

fn block(rule: &Rule, heading: &str) -> String {
    fenced(rule.section(heading)).map_or_else(String::new, |(text, _)| text.to_owned())
}

/// What a page says its examples are checked with.
struct Ground {
    catalog: schema::Catalog,
    rules: Rules,
    dialect: Dialect,
    question: &'static str,
    /// Who asks under a policy.
    asker: Option<Access>,
}

impl Ground {
    fn of(rule: &Rule) -> Self {
        let catalog = catalog_from_ddl(&block(rule, "Schema")).unwrap_or_else(|e| panic!("{}: {e}", rule.code));
        let rules = Rules::from_toml(&block(rule, "Rules")).unwrap_or_else(|e| panic!("{}: {e}", rule.code));
        assert_eq!(rules.check(&catalog), Vec::<String>::new(), "{}", rule.code);
        let dialect = rule.section("Dialect").parse().unwrap_or_default();
        let asker = (!rule.section("Policy").is_empty()).then(|| asker(rule, &catalog));
        Ground { catalog, rules, dialect, question: rule.section("Question"), asker }
    }

    /// What is found in the example of a page about definitions.
    fn review(&self, rule: &Rule, sql: &str) -> sql::Report {
        let definitions = Definitions::read(&block(rule, "Schema"), self.dialect).expect("the schema is readable");
        let review = review(sql, &definitions, self.dialect);
        sql::Report { valid: review.valid, diagnostics: review.diagnostics, query: None }
    }

    fn check(&self, rule: &Rule, sql: &str) -> sql::Report {
        if rule.layer() == Layer::Ddl {
            return self.review(rule, sql);
        }
        let (checked, access) = (self.rules.checked(&self.catalog), self.rules.access.checked(&self.catalog));
        let question = Some(self.question).filter(|question| !question.is_empty());
        let (rules, access, dialect) = (checked.as_slice(), Some(&access), self.dialect);
        let options = Options { rules, access, question, dialect, ..Options::default() };
        match &self.asker {
            None => validate(sql, &self.catalog, &options),
            Some(asker) => match verify_for(sql, &self.catalog, &options, asker) {
                Ok(query) => sql::Report { query: Some(query.query().clone()), ..query.report().clone() },
                Err(report) => *report,
            },
        }
    }
}

/// The user of a page, as `name=value` lines, under the page's policy.
fn asker(rule: &Rule, catalog: &schema::Catalog) -> Access {
    let file: PolicyFile = toml::from_str(&block(rule, "Policy")).unwrap_or_else(|e| panic!("{}: {e}", rule.code));
    let policy = Policy::new(&file, catalog).unwrap_or_else(|e| panic!("{}: {e}", rule.code));
    let user = block(rule, "User");
    Access::new(policy, user.lines().filter_map(|line| line.split_once('='))).unwrap_or_else(|e| panic!("{e}"))
}

fn folder(rule: &Rule) -> PathBuf {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql/src");
    match rule.layer() {
        Layer::Ddl => sources.join("ddl/review/pages"),
        layer => sources.join("validate").join(layer.name()),
    }
}

/// The page with what is found in its bad example below that example.
fn with_finding(rule: &Rule, finding: &str) -> String {
    let heading = "\n## Bad example\n\n";
    let at = rule.page.find(heading).expect("the page has a bad example") + heading.len();
    let (_, length) = fenced(&rule.page[at..]).expect("the example is fenced");
    let rest = &rule.page[rule.page.find("\n## Good example").expect("the page has a good example")..];
    format!("{}\n\n```text\n{finding}```\n{rest}", &rule.page[..at + length])
}

/// What is wrong with the examples of a page.
fn problem_of(rule: &Rule) -> Option<String> {
    let ground = Ground::of(rule);
    let bad = block(rule, "Bad example");
    let report = ground.check(rule, &bad);
    let found: Vec<_> = report.diagnostics.iter().filter(|d| d.code == rule.code).collect();
    let [finding] = found.as_slice() else { return Some(format!("bad example: {:?}", report.diagnostics)) };
    let [start, end] = finding.span;
    let told = finding.severity == rule.severity && finding.layer == rule.layer();
    if !told || start > end || bad.get(start..end).is_none() {
        return Some(format!("{finding:?}"));
    }
    expect_file![folder(rule).join(format!("{}.md", rule.code))].assert_eq(&with_finding(rule, &caret(&bad, finding)));
    let good = ground.check(rule, &block(rule, "Good example"));
    let is_read = good.query.is_some() || rule.layer() == Layer::Ddl;
    (!is_read || !good.diagnostics.is_empty()).then(|| format!("good example: {:?}", good.diagnostics))
}

#[test]
fn the_bad_example_of_each_page_is_found_and_the_good_one_is_not() {
    let problems = rules().filter_map(|rule| Some(format!("{}: {}", rule.code, problem_of(rule)?)));
    let problems: Vec<String> = problems.collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn each_page_has_its_sections() {
    let numbers: Vec<&str> = rules().map(|rule| &rule.code[3..]).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
    for rule in rules() {
        assert!(rule.page.starts_with(&format!("# {}: {}\n\n", rule.code, rule.title)), "{}", rule.code);
        for section in ["What it does", "Why", "Schema", "Bad example", "Good example"] {
            assert!(!rule.section(section).is_empty(), "{} says nothing under {section}", rule.code);
        }
    }
    assert!(rules().count() >= 40);
}

/// Every code that stands in the source as a text.
fn codes_in(folder: &Path, codes: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).expect("the folder is readable") {
        let path = entry.expect("the entry is readable").path();
        if path.is_dir() {
            codes_in(&path, codes);
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).expect("the file is readable");
            let quoted = text.split('"').filter(|word| word.len() == 6 && word.is_char_boundary(3));
            let is_code = |word: &&str| {
                let (layer, number) = word.split_at(3);
                ["SYN", "SCH", "BUS", "PRF", "SEC", "DDL"].contains(&layer)
                    && number.chars().all(|c| c.is_ascii_digit())
            };
            codes.extend(quoted.filter(is_code).map(str::to_owned));
        }
    }
}

#[test]
fn every_code_has_its_page() {
    let mut codes = BTreeSet::new();
    codes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../sql/src"), &mut codes);
    let known: BTreeSet<String> = rules().map(|rule| rule.code.to_owned()).collect();
    assert_eq!(codes, known);
}

#[test]
fn safe_fixes_keep_the_meaning() {
    let mut tried = 0;
    for rule in rules() {
        let ground = Ground::of(rule);
        let bad = block(rule, "Bad example");
        let report = ground.check(rule, &bad);
        let own: Vec<_> = report.diagnostics.into_iter().filter(|d| d.code == rule.code).collect();
        if let Some(fixed) = sql::validate::apply(&bad, &own) {
            tried += 1;
            let after = ground.check(rule, &fixed);
            assert!(!after.diagnostics.iter().any(|d| d.code == rule.code), "{}: {fixed}", rule.code);
            let written_out = |query: Option<Query>| {
                let mut query = query.expect("it is a query");
                let items = query.select_mut().map(|select| &mut select.items);
                items.into_iter().flatten().for_each(|item| item.from_star = false);
                query
            };
            assert_eq!(written_out(report.query), written_out(after.query), "{}", rule.code);
        }
    }
    assert!(tried >= 3, "only {tried} pages show a safe fix");
}
