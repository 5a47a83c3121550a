//! `glrl optimise`.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::tools::{Folder, glrl, run};

const SCHEMA: &str = "CREATE TABLE company (id INTEGER PRIMARY KEY, name TEXT NOT NULL, city TEXT);
CREATE TABLE job (id INTEGER PRIMARY KEY, company INTEGER REFERENCES company (id), title TEXT, day DATE);
CREATE INDEX job_title ON job (title);
CREATE INDEX job_title_day ON job (title, day);";
/// A DISTINCT too many, a join that adds nothing, and a function around a day.
const QUERY: &str = "SELECT DISTINCT j.id, j.title FROM job j LEFT JOIN company c ON c.id = j.company
    WHERE STRFTIME('%Y', j.day) = '2025' AND j.company = 7";

/// A database with some thousand rows of [`SCHEMA`].
fn database(folder: &Folder) -> String {
    let path = folder.path("jobs.sqlite");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let rows = "INSERT INTO company SELECT value, 'company ' || value, 'Oslo' FROM n WHERE value < 100;
        INSERT INTO job SELECT value, value % 5000, 'job ' || (value % 13), DATE('2024-01-01', '+' || (value % 900) || ' days') FROM n;";
    let numbers = "CREATE TEMP TABLE n AS WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 40000)
        SELECT value FROM n;";
    connection.execute_batch(&format!("PRAGMA foreign_keys = OFF; BEGIN; {SCHEMA} {numbers} {rows} COMMIT;")).unwrap();
    path.to_str().unwrap().to_owned()
}

fn names(reply: &Value) -> Vec<&str> {
    reply["rewrites"].as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect()
}

#[test]
fn a_query_is_shown_before_and_after_with_reasons_rows_and_indexes() {
    let folder = Folder::new();
    let path = database(&folder);
    let before = std::fs::read(&path).unwrap();
    let reply = run(["optimise", QUERY, "--db", &path, "--json"]).json();
    assert_eq!(names(&reply), ["needless_join", "needless_distinct", "sargable_date"], "{reply}");
    assert_eq!(reply["rows"], "same");
    let rewritten = reply["rewritten"].as_str().unwrap();
    assert!(rewritten.contains("day >= '2025-01-01'") && rewritten.contains("day < '2026-01-01'"), "{rewritten}");
    assert!(!rewritten.contains("DISTINCT") && !rewritten.contains("company AS"), "{rewritten}");
    let advice = &reply["indexes"][0];
    assert!(advice["statement"].as_str().unwrap().starts_with("CREATE INDEX idx_job_company"), "{advice}");
    let times = &advice["gain"]["measured"];
    assert!(times["before_ms"].as_f64().unwrap() > times["after_ms"].as_f64().unwrap(), "{times}");
    assert_eq!(reply["redundant_indexes"][0]["index"], "job_title");
    assert_eq!(reply["redundant_indexes"][0]["served_by"], "job_title_day");
    assert_eq!(std::fs::read(&path).unwrap(), before, "the database was written");
    let told = run(["optimize", QUERY, "--db", &path]);
    for part in ["Before", "After", "Why", "rows: same", "time: ", "Measured on a copy", "job_title_day"] {
        assert!(told.stdout.contains(part), "{part}: {}", told.stdout);
    }
}

#[test]
fn what_the_stored_days_do_not_allow_is_not_suggested() {
    let folder = Folder::new();
    let path = database(&folder);
    rusqlite::Connection::open(&path).unwrap().execute_batch("UPDATE job SET day = '2025-02-30' WHERE id = 9").unwrap();
    let reply =
        run(["optimise", "SELECT id FROM job WHERE STRFTIME('%Y', day) = '2025'", "--db", &path, "--json"]).json();
    assert_eq!((names(&reply), &reply["rewritten"]), (vec![], &Value::Null), "{reply}");
}

#[test]
fn without_rows_there_are_proofs_and_estimates() {
    let folder = Folder::new();
    let ddl = folder.write("a.sql", SCHEMA);
    let ddl = ddl.to_str().unwrap();
    for more in [vec![], vec!["--no-measure"]] {
        let mut words = vec!["optimise", QUERY, "--ddl", ddl, "--json"];
        words.extend(more);
        let reply = run(words).json();
        assert_eq!(names(&reply), ["needless_join", "needless_distinct"], "{reply}");
        assert_eq!((&reply["rows"], &reply["times"]), (&Value::Null, &Value::Null));
        assert!(reply["indexes"][0]["gain"]["planned"]["after"].is_array(), "{reply}");
    }
}

#[test]
fn a_query_that_leaves_its_rows_open_says_so() {
    let told = run(["optimise", "SELECT Project_Name FROM PAC_MNT_PROJECTS LIMIT 3", "--no-measure"]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(told.stdout.contains("It is left as it is. A LIMIT"), "{}", told.stdout);
}

#[test]
fn the_query_may_come_from_standard_input() {
    let mut child = glrl()
        .args(["optimise", "-", "--no-measure", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let sql = b"SELECT Budget FROM PAC_MNT_PROJECTS WHERE 1 = 1 AND Budget > 5";
    child.stdin.take().unwrap().write_all(sql).unwrap();
    let output = child.wait_with_output().unwrap();
    let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(names(&reply), ["constant_condition"]);
}

#[test]
fn what_cannot_be_optimised_says_why() {
    let wrong = run(["optimise", "SELECT nme FROM PAC_MNT_PROJECTS"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (3, ""));
    assert!(wrong.stderr.contains("SCH202"), "{}", wrong.stderr);
    assert_eq!(run(["optimise", "DELETE FROM PAC_MNT_PROJECTS"]).code, 6);
    assert_eq!(run(["optimise", "SELECT 1", "--db", "nowhere.sqlite"]).code, 7);
    assert_eq!(run(["optimise"]).code, 2);
    let endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT COUNT(*) FROM n";
    let stopped = run(["optimise", endless]);
    assert_eq!(stopped.code, 124, "{}", stopped.stderr);
    assert!(stopped.stderr.contains("--no-measure"), "{}", stopped.stderr);
}
