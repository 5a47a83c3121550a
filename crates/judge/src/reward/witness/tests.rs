//! What the statements move, and what they leave alone.

use sql::dialect::Dialect;

use super::*;

fn of(sql: &str) -> String {
    numbered(sql, 0)
}

fn numbered(sql: &str, number: u64) -> String {
    let ddl = "CREATE TABLE p (code TEXT PRIMARY KEY, name TEXT, budget REAL, cost REAL, day DATE, at TIMESTAMP);
        CREATE TABLE s (id INTEGER PRIMARY KEY, code TEXT REFERENCES p (code), share REAL, kind TEXT)";
    let catalog = sql::ddl::catalog_from_ddl(ddl).unwrap();
    script(&sql::parse(sql, &catalog, Dialect::Sqlite).query.unwrap(), &catalog, number)
}

#[test]
fn rows_are_moved_to_literals_and_beside_them() {
    let script = of("SELECT name FROM p WHERE budget > 100 AND day < '2025-01-01'");
    let check = |want: &str| assert!(script.contains(want), "{want} is not in {script}");
    check("UPDATE OR IGNORE p SET budget = CASE");
    check("THEN 100 + 1 ELSE CASE");
    check("THEN date('2025-01-01', '-1 day') ELSE CASE");
    check("WHEN 0 THEN 100 WHEN 1 THEN 100 + 1 WHEN 2 THEN 100 - 1");
    check("SET cost = CASE");
    check("date('2025-01-01', '-1 day') WHEN");
    check("date('2025-01-01', '+1 day') || substr(at, 11)");
    check("SELECT o.name FROM p AS o");
    assert!(of("SELECT cost / budget FROM p").contains("WHEN 0 THEN 7 WHEN 1 THEN 3 WHEN"));
    assert!(!script.contains("SET code") && !script.contains("UPDATE OR IGNORE s"), "{script}");
}

#[test]
fn keys_stay_and_references_go_to_other_rows_alone() {
    let script = of("SELECT p.name FROM p JOIN s ON s.code = p.code WHERE s.code = 'x' AND s.kind = 'y'");
    assert!(!script.contains("THEN 'x'") && script.contains("THEN 'y'"), "{script}");
    assert!(script.contains("SELECT o.code FROM p AS o WHERE o.code = 'x'"), "{script}");
    assert!(script.contains("SELECT o.code FROM s AS o") && !script.contains("SET id"), "{script}");
}

#[test]
fn columns_that_are_compared_meet() {
    let within = of("SELECT name FROM p WHERE budget < cost");
    assert!(within.contains("SET budget = CASE") && within.contains("WHEN 0 THEN cost WHEN"), "{within}");
    let across = of("SELECT s.kind FROM s JOIN p ON p.code = s.code WHERE s.share > p.budget");
    assert!(across.contains("SELECT o.budget FROM p AS o WHERE o.code = s.code LIMIT 1"), "{across}");
    assert!(across.contains("SELECT o.share FROM s AS o WHERE o.code = p.code LIMIT 1"), "{across}");
}

#[test]
fn rows_that_are_left_out_take_those_along_that_refer_to_them() {
    let sql = "SELECT p.name FROM p JOIN s ON s.code = p.code";
    assert!(numbered(sql, 0).contains("% 31) = 0 AND rowid NOT IN"));
    let thin = numbered(sql, 1);
    assert!(
        thin.contains("DELETE FROM p WHERE") && thin.contains("DELETE FROM s WHERE code NOT IN (SELECT code FROM p)"),
        "{thin}"
    );
}

#[test]
fn nothing_is_moved_to_ties_that_nothing_decides() {
    assert!(!of("SELECT ROW_NUMBER() OVER (ORDER BY budget) FROM p").contains("SET budget"));
    let inner = "SELECT name FROM p WHERE code IN (SELECT code FROM s ORDER BY share LIMIT 3)";
    assert!(!of(inner).contains("SET share") && !of(inner).contains("SET code"));
    assert!(of("SELECT name FROM p ORDER BY budget LIMIT 3").contains("SET budget"));
    assert_eq!(of("SELECT 1"), "");
}

#[test]
fn columns_of_ctes_are_those_that_they_come_from() {
    let total = "WITH v AS (SELECT code, SUM(share) AS total FROM s GROUP BY code) \
                 SELECT p.name FROM p JOIN v ON v.code = p.code WHERE v.total < p.budget";
    let script = of(total);
    assert!(script.contains("SELECT o.budget FROM p AS o WHERE o.code = s.code LIMIT 1"), "{script}");
    let some = "WITH v AS (SELECT code, SUM(CASE WHEN kind = 'x' THEN share ELSE 0 END) AS total FROM s GROUP BY code) \
                SELECT code FROM v WHERE total > 40";
    assert!(of(some).contains("SET share = CASE") && of(some).contains("THEN 40 + 1"), "{}", of(some));
    let missing = "SELECT kind, COUNT(*) FROM s WHERE share IS NULL GROUP BY kind HAVING COUNT(*) > 3";
    assert!(numbered(missing, 2).contains("UPDATE OR IGNORE s SET share = NULL;"), "{}", numbered(missing, 2));
    // Three rows of a kind, two and four: the third witness deals them out.
    let count = "WITH v AS (SELECT code, SUM(CASE WHEN kind = 'x' THEN 1 ELSE 0 END) AS n FROM s GROUP BY code) \
                 SELECT code FROM v WHERE n >= 3";
    assert!(numbered(count, 2).contains("temp.dealt"), "{}", numbered(count, 2));
}

#[test]
fn what_no_condition_compares_repeats_in_some_witnesses() {
    let sql = "SELECT p.name, SUM(s.share) FROM p JOIN s ON s.code = p.code WHERE p.day > '2025-01-01' GROUP BY p.code, p.name";
    let copies = "SELECT DISTINCT name FROM p WHERE name IS NOT NULL";
    let (equal, few, other) = (numbered(sql, 1), numbered(sql, 6), numbered(sql, 0));
    assert!(
        equal.contains("SET share = 100;") && equal.contains("SET budget = 100;") && equal.contains(copies),
        "{equal}"
    );
    assert!(!few.contains("= 100;") && few.contains(copies) && few.contains("SELECT DISTINCT share FROM s"), "{few}");
    assert!(!other.contains("originals"), "{other}");
    // Keys and what is compared stay.
    for script in [equal, few] {
        assert!(!script.contains("DISTINCT day") && !script.contains("DISTINCT code FROM p"), "{script}");
    }
}
