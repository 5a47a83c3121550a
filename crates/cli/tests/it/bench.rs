//! Benchmarks that count: what they find in a small suite, and what they say of a broken one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::tools::{Folder, Ran, glrl};

const SCHEMA: &str = "CREATE TABLE singer (id INTEGER PRIMARY KEY, name TEXT, country TEXT);
    CREATE TABLE concert (id INTEGER PRIMARY KEY, singer_id INTEGER REFERENCES singer(id), country TEXT);";

/// Three queries that SQLite prepares, one of them with USING, and one that it does not.
const QUERIES: [&str; 4] = [
    "SELECT name FROM singer WHERE rowid = 1",
    "SELECT name FROM singer JOIN concert USING (country)",
    "SELECT COUNT(*) FROM (SELECT country FROM concert GROUP BY country)",
    "SELECT nme FROM singer",
];

fn suite() -> Folder {
    let folder = Folder::new();
    folder.write("shows.sql", SCHEMA);
    let lines = QUERIES.map(|sql| serde_json::json!({ "db_id": "shows", "sql": sql }).to_string());
    folder.write("queries.jsonl", lines.join("\n"));
    folder.write("questions.jsonl", "");
    folder
}

fn bench(name: &str, folder: &Folder, suite: &PathBuf) -> Ran {
    let mut command = glrl();
    command.args(["bench", name, "--json", "--count", "3", "--suite"]).arg(suite);
    Ran::of(command.arg("--questions").arg(folder.path("questions.jsonl")).arg("--out").arg(folder.path("out.jsonl")))
}

fn figures(ran: &Ran) -> BTreeMap<String, f64> {
    let lines = ran.lines().into_iter();
    lines.map(|line| (line["figure"].as_str().unwrap().to_owned(), line["value"].as_f64().unwrap())).collect()
}

#[test]
fn lineage_is_compared_with_the_engine() {
    let folder = suite();
    let ran = bench("lineage", &folder, &folder.0);
    let found = figures(&ran);
    assert_eq!((found["lineage.queries"], found["lineage.left out"], found["lineage.unequal"]), (6.0, 1.0, 0.0));
    assert_eq!(found["lineage.equal"], 5.0);
    assert_eq!(found["lineage.known difference: joined by USING or NATURAL"], 1.0);
    assert!(ran.stderr.contains("SELECT nme FROM singer"), "{}", ran.stderr);
}

#[test]
fn validation_is_compared_with_the_engine() {
    let folder = suite();
    let found = figures(&bench("validate", &folder, &folder.0));
    assert_eq!((found["validate.queries"], found["validate.wrongly refused"]), (6.0, 0.0));
    assert!(found["validate.mutants"] > 0.0 && found["validate.slips"] > 0.0);
    assert_eq!((found["validate.mutants missed"], found["validate.slips missed"]), (0.0, 0.0));
    let written = std::fs::read_to_string(folder.path("out.jsonl")).unwrap();
    let written: Vec<serde_json::Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(written[0]["tables"]["singer"]["name"], "TEXT");
    assert_eq!(written.iter().filter(|line| line["sql"].is_string()).count(), 6);
}

#[test]
fn a_suite_that_cannot_be_read_ends_with_7() {
    let folder = suite();
    assert_eq!(bench("lineage", &folder, &folder.path("nowhere")).code, 7);
    folder.write("shows.sql", "CREATE TABLE (");
    let ran = bench("validate", &folder, &folder.0);
    assert!(ran.code == 7 && ran.stderr.contains("shows.sql"), "{}", ran.stderr);
}
