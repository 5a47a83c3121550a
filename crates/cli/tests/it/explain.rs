//! `glrl explain` of queries.

use serde_json::json;

use crate::tools::{Folder, run};

const SCHEMA: &str = "CREATE TABLE company (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE job (id INTEGER PRIMARY KEY, company INTEGER REFERENCES company (id), title TEXT);";
const QUERY: &str = "SELECT c.name, COUNT(*) AS jobs FROM company c JOIN job j ON j.company = c.id GROUP BY c.name";

#[test]
fn a_query_is_told_in_words_operators_and_what_it_reads() {
    let folder = Folder::new();
    let ddl = folder.write("a.sql", SCHEMA);
    let ddl = ddl.to_str().unwrap();
    let told = run(["explain", QUERY, "--ddl", ddl]);
    assert_eq!(told.code, 0, "{}", told.stderr);
    for part in
        ["1. Start from company", "Group by name of company", "└─ Join: where company of job", "jobs: no column"]
    {
        assert!(told.stdout.contains(part), "{part}: {}", told.stdout);
    }
    let reply = run(["explain", QUERY, "--ddl", ddl, "--json"]).json();
    assert_eq!(reply["operators"]["name"], "Show");
    assert_eq!(reply["lineage"]["outputs"][0], json!({ "name": "name", "reads": ["company.name"] }));
    assert_eq!(reply["lineage"]["reads"], json!(["company.id", "company.name", "job.company"]));
    assert!(run(["explain", QUERY, "--ddl", ddl, "--format", "mermaid"]).stdout.starts_with("flowchart BT\n"));
    assert!(run(["explain", QUERY, "--ddl", ddl, "--format", "svg"]).stdout.starts_with("<svg "));
}

#[test]
fn a_pack_lends_its_words() {
    let told = run(["explain", "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Actual_Cost > Budget"]);
    assert!(told.stdout.contains("Keep rows where actual cost is over budget"), "{}", told.stdout);
}

#[test]
fn a_query_that_cannot_be_explained_says_why() {
    let wrong = run(["explain", "SELECT nme FROM PAC_MNT_PROJECTS"]);
    assert_eq!((wrong.code, wrong.stdout.as_str()), (3, ""));
    assert!(wrong.stderr.contains("SCH202") && wrong.stderr.contains("^^^"), "{}", wrong.stderr);
    assert_eq!(run(["explain", "DROP TABLE PAC_MNT_PROJECTS"]).code, 6);
    assert_eq!(run(["explain", "SCH999"]).code, 2);
}
