//! `glrl translate`, and `glrl ask --dialect`.

use crate::tools::{Folder, run};

const SCHEMA: &str = "CREATE TABLE job (id INTEGER PRIMARY KEY, title TEXT, due DATE, pay DECIMAL(9,2));";

#[test]
fn a_query_is_said_in_another_engines_words() {
    let folder = Folder::new();
    let ddl = folder.write("a.sql", SCHEMA);
    let ddl = ddl.to_str().unwrap();
    let query = "SELECT title FROM job WHERE due >= '2026-01-01' ORDER BY pay DESC LIMIT 3";
    let said = run(["translate", "--to", "sqlserver", "--ddl", ddl, query]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stdout.starts_with("SELECT TOP (3) title"), "{}", said.stdout);
    let reply = run(["translate", "--to", "postgres", "--ddl", ddl, "--json", query]).json();
    assert_eq!((&reply["from"], &reply["to"]), (&"sqlite".into(), &"postgres".into()));
    assert!(reply["sql"].as_str().unwrap().ends_with("ORDER BY pay DESC NULLS LAST\nLIMIT 3"), "{reply}");
    let back =
        run(["translate", "--from", "tsql", "--to", "sqlite", "--ddl", ddl, "SELECT TOP 2 [title] FROM dbo.job"]);
    assert_eq!(back.stdout, "SELECT title\nFROM job\nLIMIT 2\n");
}

#[test]
fn an_answer_is_shown_in_another_engines_words_too() {
    let question = "list the 3 projects with the highest budget";
    let reply = run(["ask", "--json", "--today", "2026-11-20", "--dialect", "sqlserver", question]).json();
    let elsewhere = &reply["elsewhere"];
    assert_eq!(
        (&elsewhere["dialect"], &elsewhere["error"]),
        (&"sqlserver".into(), &serde_json::Value::Null),
        "{reply}"
    );
    let text = elsewhere["sql"].as_str().unwrap();
    assert!(text.starts_with("SELECT TOP (3)") && reply["sql"].as_str().unwrap().contains("LIMIT 3"), "{reply}");
    let shown = run(["ask", "--today", "2026-11-20", "--dialect", "postgres", question]);
    assert!(shown.stdout.contains("SQL for PostgreSQL\n  SELECT"), "{}", shown.stdout);
    let unknown = run(["ask", "--dialect", "db2", question]);
    assert_eq!(unknown.code, 2);
    assert!(unknown.stderr.contains("sqlite, postgres, mysql, sqlserver and oracle are known"), "{}", unknown.stderr);
    let without = run(["ask", "--json", "--today", "2026-11-20", question]).json();
    assert!(without.get("elsewhere").is_none(), "{without}");
}

#[test]
fn what_cannot_be_said_is_named() {
    let folder = Folder::new();
    let ddl = folder.write("a.sql", SCHEMA);
    let ddl = ddl.to_str().unwrap();
    let refused = run(["translate", "--to", "postgres", "--ddl", ddl, "SELECT title, MAX(pay) FROM job"]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("PostgreSQL cannot say the column title"), "{}", refused.stderr);
    let unread = run([
        "translate",
        "--from",
        "postgres",
        "--to",
        "mysql",
        "--ddl",
        ddl,
        "SELECT SPLIT_PART(title, '-', 1) FROM job",
    ]);
    assert_eq!(unread.code, 1, "{}", unread.stderr);
    let wrong = run(["translate", "--to", "oracle", "--ddl", ddl, "SELECT titel FROM job"]);
    assert_eq!(wrong.code, 3);
    assert!(wrong.stderr.contains("SCH202"), "{}", wrong.stderr);
    assert_eq!(run(["translate", "--to", "oracle", "--ddl", ddl, "DROP TABLE job"]).code, 6);
    assert_eq!(run(["translate", "--to", "db2", "SELECT 1"]).code, 2);
    assert_eq!(run(["translate", "SELECT 1"]).code, 2);
}
