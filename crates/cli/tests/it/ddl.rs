//! `glrl ddl review`, and requests to change definitions asked of `glrl ask`.

use std::fs;

use serde_json::{Value, json};

use crate::tools::{Folder, run};

const SCHEMA: &str = "CREATE TABLE company (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE job (id INTEGER PRIMARY KEY, company INTEGER REFERENCES company (id), title TEXT);";

fn codes(reply: &Value) -> Vec<String> {
    let found = reply["diagnostics"].as_array().or(reply["validation"].as_array()).unwrap();
    found.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_review_is_a_script_and_changes_nothing() {
    let folder = Folder::new();
    let ddl = folder.write("a.sql", SCHEMA);
    let ddl = ddl.to_str().unwrap();
    let ran = run(["ddl", "review", "--ddl", ddl, "CREATE INDEX job_title ON job (title); DROP TABLE company"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.starts_with("-- Reviewed, not run"), "{}", ran.stdout);
    assert!(ran.stdout.contains("-- depends: foreign key job (company) refers to it"), "{}", ran.stdout);
    assert!(ran.stdout.contains("-- undo: DROP INDEX job_title;"), "{}", ran.stdout);
    assert!(ran.stderr.contains("DDL616") && ran.stderr.contains("^^^^^^^"), "{}", ran.stderr);
    let refused = run(["ddl", "review", "--ddl", ddl, "ALTER TABLE job DROP COLUMN titel"]);
    assert_eq!(refused.code, 3);
    assert!(refused.stdout.contains("-- ALTER TABLE job DROP COLUMN titel;"), "{}", refused.stdout);
    assert!(!refused.stdout.lines().any(|line| line.starts_with("ALTER")), "{}", refused.stdout);
}

#[test]
fn a_view_whose_query_is_unsafe_is_refused() {
    let ran = run(["ddl", "review", "CREATE VIEW v AS SELECT load_extension('x')"]);
    assert_eq!(ran.code, 6, "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_review_as_json_has_code_place_fix_and_script() {
    let folder = Folder::new();
    let ddl = folder.write("a.sql", SCHEMA);
    let file = folder.write("change.sql", "\u{feff}-- a comment\nALTER TABLE job RENAME COLUMN titel TO label;\n");
    let args = ["ddl", "review", "--json", "--ddl", ddl.to_str().unwrap(), "--file", file.to_str().unwrap()];
    let reply = run(args).json();
    assert_eq!((&reply["valid"], codes(&reply)), (&json!(false), vec!["DDL605".to_owned()]));
    let finding = &reply["diagnostics"][0];
    assert_eq!((&finding["layer"], &finding["fixes"][0]["edits"][0]["text"]), (&json!("ddl"), &json!("title")));
    assert!(reply["script"].as_str().unwrap().contains("Did you mean title?"));
    assert_eq!(reply["statements"][0]["refused"], true);
}

#[test]
fn a_database_is_read_and_stays_as_it_is() {
    let folder = Folder::new();
    let path = folder.path("a.sqlite");
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch(SCHEMA).unwrap();
    connection.execute_batch("CREATE INDEX job_title ON job (title)").unwrap();
    drop(connection);
    let before = fs::read(&path).unwrap();
    let db = path.to_str().unwrap();
    let ran = run(["ddl", "review", "--json", "--db", db, "DROP INDEX job_title; DROP TABLE job; DROP TABLE company"]);
    assert_eq!((ran.code, ran.json()["valid"].clone()), (0, json!(true)), "{}", ran.stdout);
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(run(["ddl", "review", "--db", db, "DROP INDEX job_titles"]).code, 3);
}

#[test]
fn bad_input_has_its_exit_code() {
    let folder = Folder::new();
    let broken = folder.write("broken.sql", "CREATE TABLE t (");
    assert_eq!(run(["ddl", "review"]).code, 2);
    assert_eq!(run(["ddl", "review", "--dialect", "oracle", "DROP TABLE t"]).code, 2);
    assert_eq!(run(["ddl", "review", "--ddl", broken.to_str().unwrap(), "DROP TABLE t"]).code, 7);
    assert_eq!(run(["ddl", "review", "--file", "/no/such/file.sql"]).code, 7);
    assert_eq!(run(["ddl", "review", "--db", "/no/such/file.sqlite", "DROP TABLE t"]).code, 7);
    for sql in ["", "DELETE FROM PROJSTAFF", "SELECT 1", "CREATE TABLE t (a 'open", "DROP TABLE \u{1b}[2J"] {
        let ran = run(["ddl", "review", sql]);
        assert_eq!(ran.code, 3, "{sql}");
        assert!(!ran.stdout.contains('\u{1b}') && !ran.stderr.contains('\u{1b}'));
    }
    let dialects =
        run(["ddl", "review", "--dialect", "postgres", "ALTER TABLE PROJSTAFF ALTER COLUMN Role TYPE VARCHAR(10)"]);
    assert_eq!(dialects.code, 0, "{}", dialects.stderr);
}

#[test]
fn asked_for_it_is_refused_with_the_script() {
    for question in ["DROP TABLE PROJSTAFF", "drop the table PROJSTAFF", "Please delete the table PROJSTAFF."] {
        let ran = run(["ask", "--json", question]);
        let reply = ran.json();
        assert_eq!((ran.code, &reply["status"], &reply["intent"]), (6, &json!("refused"), &json!("write")), "{reply}");
        assert_eq!((&reply["sql"], &reply["rows"], &reply["alternatives"]), (&Value::Null, &Value::Null, &json!([])));
        let script = reply["script"].as_str().unwrap();
        assert!(script.contains("\nDROP TABLE PROJSTAFF;\n") && script.contains("example questions"), "{script}");
        assert!(codes(&reply).contains(&"DDL616".to_owned()));
    }
    let near = run(["ask", "--json", "create an index on PROJSTAF.Role"]).json();
    assert!(near["script"].as_str().unwrap().contains("Did you mean PROJSTAFF?"), "{near}");
    let rows = run(["ask", "--json", "Delete all draft contracts"]).json();
    assert!(rows.get("script").is_none(), "{rows}");
}

#[test]
fn under_a_policy_there_is_no_script() {
    let folder = Folder::new();
    let policy = folder.write("policy.toml", "[[table]]\nname = 'PROJSTAFF'\nhide = ['Cost_Rate']\n");
    let policy = policy.to_str().unwrap();
    let ran = run(["ask", "--json", "--policy", policy, "drop table PROJSTAFF"]);
    assert_eq!(ran.code, 6);
    assert!(ran.json().get("script").is_none(), "{}", ran.stdout);
}
