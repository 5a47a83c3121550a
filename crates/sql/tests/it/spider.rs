//! 273 queries that people wrote: each resolves, prints and reads back as the same tree.

use std::collections::BTreeMap;

use sql::ddl::catalog_from_ddl;
use sql::visit::same_tree;
use sql::{Dialect, Severity, parse, print};

use crate::support::{database, refusal, suites};

#[derive(serde::Deserialize)]
pub(crate) struct Question {
    pub(crate) id: String,
    pub(crate) db_id: String,
    pub(crate) sql: String,
}

pub(crate) fn questions(folder: &std::path::Path) -> BTreeMap<String, Vec<Question>> {
    let text = std::fs::read_to_string(folder.join("queries.jsonl")).expect("the suite has its queries");
    let mut by_schema: BTreeMap<String, Vec<Question>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let question: Question = serde_json::from_str(line).expect("each line is one question");
        by_schema.entry(question.db_id.clone()).or_default().push(question);
    }
    by_schema
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn spider_resolves_prints_and_reads_back() {
    let Some(folder) = suites().map(|folder| folder.join("spider")) else {
        eprintln!("skipped: GLRL_SUITES names no folder");
        return;
    };
    let mut problems = Vec::new();
    let mut count = 0;
    for (schema, questions) in questions(&folder) {
        let ddl = std::fs::read_to_string(folder.join(format!("{schema}.sql"))).expect("each schema has its script");
        let catalog = catalog_from_ddl(&ddl).unwrap_or_else(|error| panic!("{schema}: {error}"));
        let connection = database(&ddl);
        for question in questions {
            count += 1;
            let parsed = parse(&question.sql, &catalog, Dialect::Sqlite);
            let errors = parsed.diagnostics.iter().filter(|d| d.severity == Severity::Error);
            problems.extend(errors.map(|d| format!("{}: {} in {}", question.id, d.message, question.sql)));
            let Some(query) = parsed.query else { continue };
            for text in [print::readable(&query, &catalog), print::compact(&query, &catalog)] {
                if let Some(refusal) = refusal(&connection, &text) {
                    problems.push(format!("{}: SQLite: {refusal}\n{}\n{text}", question.id, question.sql));
                }
                let again = parse(&text, &catalog, Dialect::Sqlite).query;
                if !again.is_some_and(|again| same_tree(&again, &query)) {
                    problems.push(format!("{}: reads back otherwise\n{}\n{text}", question.id, question.sql));
                }
            }
        }
    }
    assert!(count > 0, "the suite is empty");
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n"));
}
