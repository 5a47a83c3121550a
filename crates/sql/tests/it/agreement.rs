//! In the layers syntax and schema, a statement is an error if and only if SQLite refuses to prepare it.

use schema::Catalog;
use sql::visit::same_tree;
use sql::{Dialect, Layer, Severity, parse, print};

use crate::round_trip::QUERIES;
use crate::support::{DDL, catalog, database, refusal, suites};

/// Our own errors in the two layers, as one line.
fn errors(text: &str, catalog: &Catalog) -> Option<String> {
    let parsed = parse(text, catalog, Dialect::Sqlite);
    let layers = [Layer::Syntax, Layer::Schema];
    let errors = parsed.diagnostics.iter().filter(|d| d.severity == Severity::Error && layers.contains(&d.layer));
    let lines: Vec<String> = errors.map(|d| format!("{} {}", d.code, d.message)).collect();
    if lines.is_empty() { None } else { Some(lines.join("; ")) }
}

pub(crate) fn disagreements<'t>(texts: impl Iterator<Item = &'t str>, catalog: &Catalog, ddl: &str) -> Vec<String> {
    let connection = database(ddl);
    let mut found = Vec::new();
    for text in texts {
        match (errors(text, catalog), refusal(&connection, text)) {
            // Nobody means a collation that there is not, and SQLite misses it only where something is compared.
            (Some(ours), None) if ours.starts_with("SCH224") => {}
            (Some(ours), None) => found.push(format!("only we refuse: {ours}\n    {text}")),
            (None, Some(theirs)) => found.push(format!("only SQLite refuses: {theirs}\n    {text}")),
            _ => {}
        }
    }
    found
}

/// Statements at the edges of the grammar and of the rules on names, some good, some bad.
const EDGES: &str = include_str!("edges.sql");

fn edge_texts() -> impl Iterator<Item = &'static str> {
    EDGES.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("--"))
}

#[test]
fn good_edges_print_and_read_back() {
    let (catalog, connection) = (catalog(), database(DDL));
    let mut wrong = Vec::new();
    for text in edge_texts() {
        let Some(query) = parse(text, &catalog, Dialect::Sqlite).ok() else { continue };
        for printed in [print::readable(&query, &catalog), print::compact(&query, &catalog)] {
            let again = parse(&printed, &catalog, Dialect::Sqlite).ok();
            let same = again.is_some_and(|again| same_tree(&again, &query));
            let refused = refusal(&connection, &printed);
            if !same || refused.is_some() {
                wrong.push(format!("{text}\n    {printed}\n    {refused:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} printed otherwise\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn edges() {
    let found = disagreements(edge_texts(), &catalog(), DDL);
    assert!(found.is_empty(), "{} disagreements\n{}", found.len(), found.join("\n"));
}

#[test]
fn unknown_collations_are_refused_wherever_they_stand() {
    for text in [
        "SELECT name COLLATE nosuch FROM project",
        "SELECT name COLLATE \"LEFT\" FROM project",
        "SELECT name FROM (SELECT name COLLATE nosuch FROM project UNION SELECT 1)",
        "SELECT 1 FROM project WINDOW w AS (ORDER BY name), v AS (w) ORDER BY name COLLATE nosuch",
    ] {
        let error = errors(text, &catalog());
        assert!(error.as_ref().is_some_and(|error| error.contains("SCH224")), "{text}: {error:?}");
    }
}

/// A small generator of numbers, the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

/// A rough cut into words, numbers, texts and marks.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut quote = None;
    let mut in_word = false;
    for c in text.chars() {
        let word = c.is_alphanumeric() || c == '_';
        match (quote, pieces.last_mut()) {
            (Some(q), Some(last)) => {
                last.push(c);
                if c == q {
                    quote = None;
                }
            }
            (None, Some(last)) if word && in_word => last.push(c),
            _ if c.is_whitespace() => {}
            _ => {
                pieces.push(c.to_string());
                quote = ['\'', '"'].into_iter().find(|q| *q == c);
            }
        }
        in_word = word && quote.is_none();
    }
    pieces
}

/// A statement with one or two small changes.
fn mutated(text: &str, pool: &[String], random: &mut Random) -> String {
    let mut words = pieces(text);
    for _ in 0..=random.below(2) {
        if words.is_empty() {
            break;
        }
        let at = random.below(words.len());
        match random.below(5) {
            0 => {
                words.remove(at);
            }
            1 => {
                let other = random.below(words.len());
                words.swap(at, other);
            }
            2 => words.insert(at, pool[random.below(pool.len())].clone()),
            3 => words[at] = pool[random.below(pool.len())].clone(),
            _ => words[at] = words[random.below(words.len())].clone(),
        }
    }
    words.join(" ")
}

const POOL: &str = "name budget status project p staff s company contract hours project_code company_id rowid nothing COUNT SUM \
    MAX upper nofunc ( ) , * . + - || = <> AND OR NOT NULL IS IN BETWEEN LIKE CASE WHEN THEN ELSE END SELECT FROM WHERE GROUP BY \
    HAVING ORDER LIMIT OFFSET DISTINCT UNION ALL EXCEPT JOIN LEFT ON USING AS DESC OVER EXISTS 1 2 99 1.5 'x' \"y\" \"name\" n total";

/// So many changed statements of each original.
pub(crate) fn mutants(originals: &[String], each: usize, seed: u64) -> Vec<String> {
    let pool: Vec<String> = POOL.split_whitespace().map(str::to_owned).collect();
    let mut random = Random(seed);
    let mut mutants = Vec::new();
    for original in originals {
        mutants.extend((0..each).map(|_| mutated(original, &pool, &mut random)));
    }
    // SQLite names a column of VALUES after a text in double quotes; we number it.
    mutants.retain(|text| !text.contains("VALUES ( \""));
    mutants
}

fn check_mutants(originals: &[String], catalog: &Catalog, ddl: &str, each: usize, seed: u64) -> Vec<String> {
    let mutants = mutants(originals, each, seed);
    disagreements(mutants.iter().map(String::as_str), catalog, ddl)
}

pub(crate) fn mutants_each() -> usize {
    std::env::var("GLRL_MUTANTS").ok().and_then(|count| count.parse().ok()).unwrap_or(40)
}

#[test]
fn mutants_of_our_queries() {
    let originals: Vec<String> = QUERIES.iter().map(|text| (*text).to_owned()).collect();
    let found = check_mutants(&originals, &catalog(), DDL, mutants_each(), 7);
    assert!(found.is_empty(), "{} disagreements\n{}", found.len(), found.join("\n"));
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn mutants_of_spider() {
    let Some(folder) = suites().map(|folder| folder.join("spider")) else {
        eprintln!("skipped: GLRL_SUITES names no folder");
        return;
    };
    let mut found = Vec::new();
    for (schema, questions) in crate::spider::questions(&folder) {
        let ddl = std::fs::read_to_string(folder.join(format!("{schema}.sql"))).expect("each schema has its script");
        let catalog = sql::ddl::catalog_from_ddl(&ddl).expect("the schema is readable");
        let originals: Vec<String> = questions.into_iter().map(|question| question.sql).collect();
        found.extend(check_mutants(&originals, &catalog, &ddl, mutants_each() / 4, 11));
    }
    assert!(found.is_empty(), "{} disagreements\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_table_of_functions_is_the_engines() {
    let connection = database("");
    let mut statement =
        connection.prepare("SELECT DISTINCT upper(name), narg FROM pragma_function_list").expect("it is a query");
    let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?))).expect("it runs");
    let engine: Vec<(String, i64)> = rows.flatten().collect();
    let mut problems = Vec::new();
    for (name, args) in &engine {
        let operator = !name.starts_with(|c: char| c.is_ascii_alphabetic());
        let fits = sql::functions::find(name, usize::try_from(*args).unwrap_or(3)).is_some();
        let any = *args < 0 && sql::functions::named(name).next().is_some();
        if !operator && !fits && !any {
            problems.push(format!("not in our table: {name} with {args}"));
        }
    }
    for function in sql::functions::FUNCTIONS {
        let bare = function.name.starts_with("CURRENT_");
        if !bare && !engine.iter().any(|(name, _)| name == function.name) {
            problems.push(format!("not in the engine: {}", function.name));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_function_takes_what_the_engine_lets_it_take() {
    let mut texts = Vec::new();
    for function in sql::functions::FUNCTIONS.iter().filter(|f| !f.name.starts_with("CURRENT_")) {
        let over = if function.kind == sql::functions::FunctionKind::Window { " OVER ()" } else { "" };
        texts.extend((0..6).map(|count| format!("SELECT {}({}){over}", function.name, vec!["0.5"; count].join(", "))));
    }
    // Full-text and R-tree functions check their arguments by the table they stand beside.
    let beside_tables = ["MATCH", "RTREE", "FTS5", "SNIPPET", "OFFSETS", "OPTIMIZE", "HIGHLIGHT", "BM25"];
    texts.retain(|text| !beside_tables.iter().any(|name| text.contains(name)));
    let found = disagreements(texts.iter().map(String::as_str), &catalog(), DDL);
    assert!(found.is_empty(), "{} disagreements\n{}", found.len(), found.join("\n"));
}
