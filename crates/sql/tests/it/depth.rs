//! However deep a text nests, reading it takes no more stack than there is.

use schema::Catalog;
use sql::ddl::catalog_from_ddl;
use sql::validate::Limits;
use sql::{Dialect, Options, Severity, parse, print, validate};

use crate::support::catalog;

/// A quarter of what a thread has by default.
const SMALL_STACK: usize = 512 * 1024;
const LEVELS: usize = 100_000;

fn on_stack(bytes: usize, check: fn()) {
    let thread = std::thread::Builder::new().stack_size(bytes).spawn(check).expect("a thread starts");
    thread.join().expect("the stack is large enough");
}

/// `before`, so many times `open`, `inner`, as often `close`.
fn nested(before: &str, open: &str, inner: &str, close: &str) -> String {
    [before, &open.repeat(LEVELS), inner, &close.repeat(LEVELS)].concat()
}

/// Texts of 100,000 levels, each in its own way.
fn deep_texts() -> Vec<String> {
    let expression = |open: &str, inner: &str, close: &str| nested("SELECT ", open, inner, close);
    let source = |open: &str, inner: &str, close: &str| nested("SELECT * FROM ", open, inner, close);
    vec![
        expression("(", "1", ")"),
        expression("(1, ", "1", ")"),
        expression("NOT ", "1", ""),
        expression("- ", "1", ""),
        expression("~", "1", ""),
        expression("CASE WHEN 1 THEN ", "1", " END"),
        expression("CASE ", "1", " WHEN 1 THEN 1 END"),
        expression("CASE WHEN 1 THEN 1 ELSE ", "1", " END"),
        expression("(SELECT ", "1", ")"),
        expression("EXISTS (SELECT ", "1", ")"),
        expression("1 IN (SELECT ", "1", ")"),
        expression("1 IN (", "1", ")"),
        expression("1 BETWEEN ", "1", " AND 2"),
        expression("1 + (", "1", ")"),
        expression("ABS(", "1", ")"),
        expression("CAST(", "1", " AS INTEGER)"),
        expression("SUM(1) OVER (ORDER BY ", "1", ")"),
        expression("COUNT(*) FILTER (WHERE ", "1", ")"),
        expression("", "1", " + 1"),
        expression("", "1", " AND 1"),
        expression("", "1", " IS NULL"),
        expression("", "1", " ISNULL"),
        expression("", "1", " LIKE 1"),
        expression("", "1", " IN ()"),
        expression("", "'x'", " COLLATE NOCASE"),
        expression("", "SELECT 1", " UNION SELECT 1").replacen("SELECT ", "", 1),
        expression("WITH a AS (", "SELECT 1", ") SELECT 1").replacen("SELECT ", "", 1),
        source("(", "project", ")"),
        source("(SELECT * FROM ", "project", ")"),
        source("(project JOIN ", "project", ")"),
        format!("SELECT 1 FROM project WHERE {}", nested("", "name = (SELECT name FROM project WHERE ", "1", ")")),
        format!("SELECT 1 ORDER BY {}", nested("", "(", "1", ")")),
        format!("SELECT 1 LIMIT {}", nested("", "(", "1", ")")),
        format!("VALUES ({})", nested("", "(", "1", ")")),
    ]
}

/// Chains in brackets at the start of chains: no level of brackets is deep and no chain long, and yet all is one tall tree.
fn tall_text() -> String {
    ["SELECT ", &"(".repeat(100), "1", &[&" + 1".repeat(900), ")"].concat().repeat(100)].concat()
}

fn refused(text: &str, catalog: &Catalog, dialect: Dialect) {
    let shown: String = text.chars().take(40).collect();
    let parsed = parse(text, catalog, dialect);
    let errors: Vec<_> = parsed.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
    let clean = errors.iter().all(|error| text.get(error.span[0]..error.span[1]).is_some());
    assert!(!errors.is_empty() && clean, "{shown}…: {errors:?}");
    if dialect == Dialect::Sqlite {
        assert_eq!(errors[0].code, "SYN107", "{shown}…: {errors:?}");
    }
    let limits = Limits { bytes: usize::MAX, ..Limits::default() };
    for limits in [limits, Limits::default()] {
        let options = Options { dialect, limits, ..Options::default() };
        assert!(!validate(text, catalog, &options).valid, "{shown}…");
    }
}

#[test]
fn a_hundred_thousand_levels_are_refused_on_a_small_stack() {
    on_stack(SMALL_STACK, || {
        let catalog = catalog();
        for text in deep_texts().iter().chain([&tall_text()]) {
            for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::MySql] {
                refused(text, &catalog, dialect);
            }
        }
        refused(&nested("SELECT ", "", "1", "::integer"), &catalog, Dialect::Postgres);
        refused(&nested("", "(", "SELECT 1", ")"), &catalog, Dialect::Postgres);
    });
}

#[test]
fn schema_scripts_of_a_hundred_thousand_levels_are_read_on_a_small_stack() {
    on_stack(SMALL_STACK, || {
        let brackets = nested("", "(", "1", ")");
        let table = |body: &str| format!("CREATE TABLE t (a INTEGER, {body});");
        for good in [
            table(&format!("CHECK {brackets}")),
            table(&format!("b TEXT DEFAULT {brackets}")),
            table(&format!("b DECIMAL{brackets}")),
            table(&format!("b INTEGER GENERATED ALWAYS AS {brackets} STORED")),
            format!("CREATE TABLE t (a INTEGER); CREATE INDEX i ON t ({brackets});"),
        ] {
            let catalog = catalog_from_ddl(&good).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(catalog.tables.len(), 1);
        }
        for text in deep_texts().iter().chain([&tall_text()]) {
            // A view that cannot be resolved is left out.
            let catalog = catalog_from_ddl(&format!("CREATE TABLE project (name TEXT); CREATE VIEW v AS {text};"));
            assert_eq!(catalog.map(|catalog| catalog.tables.len()), Ok(1));
        }
        for bad in [table(&"(".repeat(LEVELS)), table(&format!("CHECK {}", "(".repeat(LEVELS))), "(".repeat(LEVELS)] {
            assert!(catalog_from_ddl(&bad).is_err());
        }
    });
}

/// The tallest expressions that are read, and what grows out of aliases that hold such.
fn tallest_texts() -> Vec<String> {
    let chain = |first: &str| format!("{first}{}", " + 1".repeat(990));
    let brackets = format!("{}1{}", "(".repeat(100), " + 1)".repeat(100));
    let aliases = format!("SELECT {} AS x FROM project WHERE {} > 1 ORDER BY {}", chain("1"), chain("x"), chain("x"));
    vec![
        format!("SELECT {}", chain("1")),
        format!("SELECT name FROM project WHERE 1{}", " AND budget > 1".repeat(990)),
        format!("SELECT {}1{}{}", "1 + (".repeat(50), " ISNULL".repeat(450), ")".repeat(50)),
        format!("SELECT {brackets}"),
        aliases,
    ]
}

#[test]
fn the_tallest_expressions_fit_the_stack_of_a_thread() {
    on_stack(4 * SMALL_STACK, || {
        let catalog = catalog();
        for text in tallest_texts() {
            let report = validate(&text, &catalog, &Options::default());
            let query = report.query.unwrap_or_else(|| panic!("{:?}", report.diagnostics));
            let printed = print::readable(&query, &catalog);
            assert!(parse(&printed, &catalog, Dialect::Sqlite).query.is_some(), "{printed}");
            sql::lineage(&query, &catalog);
            sql::features::template_hash(&query);
            sql::coverage::Ground::new(&catalog).cover(&text);
        }
    });
}

#[test]
fn expressions_are_as_tall_as_in_the_engine() {
    let catalog = catalog();
    let is_read = |text: String| parse(&text, &catalog, Dialect::Sqlite).query.is_some();
    let chain = |count: usize| format!("SELECT 1{}", " + 1".repeat(count));
    assert!(is_read(chain(999)) && !is_read(chain(1_000)));
    // Half of them in brackets: neither chain is too long, both together are.
    let halves = |count: usize| format!("SELECT (1{}){}", " + 1".repeat(count), " + 1".repeat(count));
    assert!(is_read(halves(499)) && !is_read(halves(500)));
    // Beside each other they are not taller than each is.
    assert!(is_read(format!("SELECT 1{0}, 1{0}, COALESCE(1{0}, 1{0})", " + 1".repeat(900))));
}

#[test]
fn what_is_read_can_be_read_again_when_it_is_printed() {
    let catalog = catalog();
    let nots = |count: usize| format!("SELECT {}1", "NOT ".repeat(count));
    let mixed = |count: usize| format!("SELECT {}1", "+ + + NOT ".repeat(count));
    let lows = |count: usize| format!("SELECT 1{}{}", " BETWEEN 2".repeat(count), " AND 3".repeat(count));
    let aliases = |count: usize| format!("SELECT {0}1 AS a FROM project WHERE {0}a", "- ".repeat(count));
    let texts: [&dyn Fn(usize) -> String; 4] = [&nots, &mixed, &lows, &aliases];
    for text in texts {
        let read: Vec<bool> = (1..120)
            .map(|count| match parse(&text(count), &catalog, Dialect::Sqlite).query {
                Some(query) => {
                    let printed = [print::readable(&query, &catalog), print::compact(&query, &catalog)];
                    assert!(
                        printed.iter().all(|sql| parse(sql, &catalog, Dialect::Sqlite).query.is_some()),
                        "{printed:?}"
                    );
                    true
                }
                None => false,
            })
            .collect();
        let first = read.iter().position(|is_read| !is_read);
        assert!(first.is_some_and(|levels| levels >= 15), "{first:?}: {}", text(1));
    }
}
