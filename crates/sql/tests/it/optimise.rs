//! Each rewrite by itself: what it makes of a query, what it lets be, and that the rows are the same.

use expect_test::expect_file;
use rusqlite::Connection;
use rusqlite::types::Value;
use schema::Catalog;
use sql::ddl::catalog_from_ddl;
use sql::optimise::{Ground, REWRITES, left_open, next};
use sql::print::compact;
use sql::tree::Query;
use sql::{Dialect, parse};

use crate::support::database;

const SCRIPT: &str = include_str!("optimise.sql");
/// The sign before what a query becomes.
const BECOMES: &str = "   -> ";

/// The tables, without the rows.
fn catalog() -> Catalog {
    catalog_from_ddl(SCRIPT).expect("the script is readable")
}

fn ground(catalog: &Catalog) -> Ground<'_> {
    Ground::new(catalog, SCRIPT).with_days(catalog.find_qualified("job.day"))
}

fn read(text: &str, catalog: &Catalog) -> Query {
    parse(text, catalog, Dialect::Sqlite).ok().unwrap_or_else(|| panic!("not read: {text}"))
}

/// The rows of a query; sorted unless it orders them itself.
fn rows(connection: &Connection, query: &Query, text: &str) -> Vec<Vec<String>> {
    let mut statement = connection.prepare(text).unwrap_or_else(|error| panic!("{error}: {text}"));
    let width = statement.column_count();
    let row = |row: &rusqlite::Row<'_>| {
        (0..width).map(|i| Ok(format!("{:?}", row.get::<_, Value>(i)?))).collect::<rusqlite::Result<Vec<String>>>()
    };
    let mut rows: Vec<_> = statement.query_map([], row).unwrap().map(Result::unwrap).collect();
    if query.order_by.is_empty() {
        rows.sort();
    }
    rows
}

/// What a rewrite makes of a query when it is applied as often as it can be.
fn rewritten(text: &str, name: &str, catalog: &Catalog) -> Option<Query> {
    let (query, ground) = (read(text, catalog), ground(catalog));
    let mut last = None;
    while let Some(step) = next(last.as_ref().unwrap_or(&query), &ground, &|rewrite| rewrite.name == name) {
        assert!(step.reason.ends_with('.'), "{}", step.reason);
        last = Some(step.query);
    }
    last
}

#[test]
fn each_rewrite_keeps_the_rows_and_knows_when_it_may_not() {
    let (catalog, connection) = (catalog(), database(SCRIPT));
    let cases = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/optimise.txt")).unwrap();
    let (mut rewrite, mut out) = ("", String::new());
    for line in cases.lines().filter(|line| !line.starts_with(BECOMES)) {
        out += &format!("{line}\n");
        if let Some(name) = line.strip_prefix("== ") {
            assert!(REWRITES.iter().any(|rewrite| rewrite.name == name), "no rewrite {name}");
            rewrite = name;
        } else if !line.starts_with("--") {
            let became = rewritten(line, rewrite, &catalog).map(|query| compact(&query, &catalog));
            if let Some(text) = &became {
                let query = read(line, &catalog);
                assert_eq!(rows(&connection, &query, line), rows(&connection, &query, text), "{line}\n{text}");
            }
            out += &format!("{BECOMES}{}\n", became.as_deref().unwrap_or("stays"));
        }
    }
    expect_file!["./optimise.txt"].assert_eq(&out);
}

#[test]
fn every_rewrite_has_cases_both_ways() {
    let cases = include_str!("optimise.txt");
    for rewrite in REWRITES {
        let section = cases.split("== ").find(|section| section.starts_with(&format!("{}\n", rewrite.name)));
        let lines: Vec<&str> = section.unwrap_or("").lines().filter(|line| line.starts_with(BECOMES)).collect();
        let stays = lines.iter().filter(|line| line.ends_with("-> stays")).count();
        assert!(stays > 0 && stays < lines.len(), "{}: {} of {} stay", rewrite.name, stays, lines.len());
    }
}

#[test]
fn what_depends_on_the_order_of_rows_is_left_alone() {
    let catalog = catalog();
    let open = |text: &str| left_open(&read(text, &catalog), &ground(&catalog)).is_some();
    for text in [
        "SELECT name FROM firm WHERE id IN (SELECT firm FROM job ORDER BY pay LIMIT 2)",
        "SELECT name FROM firm LIMIT 3",
        "SELECT id FROM firm ORDER BY name LIMIT 3 OFFSET 1",
        "SELECT name, ROW_NUMBER() OVER (ORDER BY name) FROM firm",
        "SELECT name, SUM(rank) OVER (ORDER BY name ROWS UNBOUNDED PRECEDING) FROM firm",
        "SELECT GROUP_CONCAT(name) FROM firm",
        "SELECT title, pay FROM job GROUP BY title",
        "SELECT title, MAX(pay), day FROM job GROUP BY title",
        "SELECT (SELECT name FROM firm WHERE city = 'Oslo')",
        "SELECT DISTINCT city FROM firm ORDER BY rank LIMIT 2",
        "SELECT id FROM job WHERE ABS(firm) > 1",
        // Of the one group of all rows, which is there without any row too: its columns are NULL then.
        "SELECT city, COUNT(*) FROM firm WHERE city = 'Nowhere' UNION SELECT city, COUNT(*) FROM firm WHERE city = 'Nope'",
        "SELECT COUNT(*) FROM firm WHERE id = 99 HAVING NOT EXISTS (SELECT 1 FROM part WHERE part.number = firm.id)",
        // An aggregate belongs to the query whose columns it speaks of.
        "SELECT (SELECT COUNT(f.id) FROM job) > 0 FROM firm f",
        "SELECT (SELECT COUNT(*) FILTER (WHERE f.id > 1) FROM job) FROM firm f",
    ] {
        assert!(open(text), "{text}");
    }
    for text in [
        "SELECT name FROM firm ORDER BY name LIMIT 3",
        "SELECT name FROM firm WHERE id IN (SELECT firm FROM job ORDER BY pay, id LIMIT 2)",
        "SELECT name, ROW_NUMBER() OVER (ORDER BY name, id) FROM firm",
        "SELECT name, RANK() OVER (ORDER BY name) FROM firm",
        "SELECT id, name, COUNT(*) FROM firm GROUP BY id",
        "SELECT (SELECT name FROM firm WHERE id = 2)",
        "SELECT j.title, (SELECT f.name FROM firm f WHERE f.id = j.firm) FROM job j",
        "SELECT city FROM firm GROUP BY city ORDER BY city LIMIT 1 OFFSET 1",
        "SELECT (SELECT city FROM firm ORDER BY city LIMIT 1)",
        "SELECT id, COUNT(*) FROM firm WHERE id = 1 GROUP BY id",
        "SELECT f.id, (SELECT SUM(j.pay + f.rank) FROM job j WHERE j.firm = f.id) FROM firm f",
    ] {
        assert!(!open(text), "{text}");
    }
}

/// Whether no rewrite applies to a query over the tables of a script.
fn is_let_be(query: &str, script: &str) -> bool {
    let catalog = catalog_from_ddl(script).unwrap();
    let ground = Ground::new(&catalog, script);
    next(&read(query, &catalog), &ground, &|_| true).is_none()
}

#[test]
fn nothing_is_proven_where_texts_may_be_equal_without_being_the_same() {
    let collating =
        "CREATE TABLE t (a TEXT COLLATE NOCASE NOT NULL, b TEXT); CREATE UNIQUE INDEX i ON t (a COLLATE BINARY);";
    let plain = "CREATE TABLE t (a TEXT NOT NULL, b TEXT);";
    for query in [
        "SELECT DISTINCT a FROM t",
        "SELECT b FROM t WHERE b IN (SELECT DISTINCT a FROM t)",
        "SELECT b FROM t WHERE b IN (SELECT a FROM t UNION SELECT 'x')",
        "SELECT DISTINCT a FROM t UNION SELECT b FROM t",
        "SELECT a FROM t UNION SELECT b FROM t UNION SELECT b || 'x' FROM t",
        "SELECT DISTINCT a, COUNT(*) FROM t GROUP BY a",
        "SELECT a, COUNT(*) FROM t GROUP BY a HAVING a || '' = 'ann'",
        "SELECT s.a FROM (SELECT DISTINCT a FROM t) AS s WHERE s.a || '' = 'ann'",
        // Which of the equal texts is shown is open.
        "SELECT a, COUNT(*) FROM t WHERE a = 'x' AND 1 = 1 GROUP BY b",
    ] {
        assert!(is_let_be(query, collating), "{query}");
    }
    for query in [
        "SELECT b FROM t WHERE b IN (SELECT DISTINCT a COLLATE NOCASE FROM t)",
        "SELECT b FROM t WHERE b IN (SELECT a COLLATE NOCASE FROM t UNION SELECT 'x')",
        "SELECT DISTINCT a FROM t UNION SELECT b COLLATE NOCASE FROM t",
        "SELECT DISTINCT a COLLATE NOCASE, 1 FROM t UNION SELECT DISTINCT b, 2 FROM t",
    ] {
        assert!(is_let_be(query, plain), "{query}");
    }
    // Whether a row is there does not depend on what it is.
    assert!(!is_let_be("SELECT b FROM t WHERE EXISTS (SELECT DISTINCT a FROM t AS s WHERE s.b = t.b)", collating));
}

#[test]
fn a_key_is_what_the_engine_takes_for_one() {
    let distinct = "SELECT DISTINCT a FROM t";
    for script in [
        "CREATE TABLE t (a INTEGER PRIMARY KEY DESC);",
        "CREATE TABLE t (a DATE NOT NULL, b TEXT); CREATE UNIQUE INDEX i ON t (a, lower(b));",
        "CREATE TABLE t (a DATE NOT NULL, b TEXT); CREATE UNIQUE INDEX i ON t (a || 'x');",
        "CREATE TABLE t (a DATE NOT NULL, b TEXT); CREATE UNIQUE INDEX i ON t (a) WHERE b = 'x';",
    ] {
        assert!(is_let_be(distinct, script), "{script}");
    }
    for script in [
        "CREATE TABLE t (a INTEGER PRIMARY KEY ASC);",
        "CREATE TABLE t (a INTEGER, PRIMARY KEY (a DESC));",
        "CREATE TABLE t (a DATE NOT NULL, b TEXT); CREATE UNIQUE INDEX i ON t (a DESC);",
    ] {
        assert!(!is_let_be(distinct, script), "{script}");
    }
}
