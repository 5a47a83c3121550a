//! The lexical guard over every hand-written question of the pack.

use std::fs;

use answer::guard::{is_write_request, pasted_sql};
use serde_json::Value;

use crate::tools::{pack, pack_folder};

#[test]
fn no_answerable_question_is_turned_away() {
    let catalog = pack().catalog;
    let is_query = |text: &str| {
        let found = sql::parse(text, &catalog, sql::Dialect::Sqlite).diagnostics;
        !found.iter().any(|d| d.code.starts_with("SYN") || d.code == "SCH201")
    };
    let (mut turned_away, mut writes, mut caught) = (vec![], 0, 0);
    for file in fs::read_dir(pack_folder().join("questions")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|e| e != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(&path).unwrap().lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let question = line["question"].as_str().unwrap();
            let tagged = line["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag == "write"));
            let is_write = tagged || line["intent"] == "write";
            let refused = is_write_request(question, line["after"].is_string());
            writes += usize::from(is_write);
            caught += usize::from(is_write && refused);
            if !is_write && (refused || pasted_sql(question, is_query).is_some()) {
                turned_away.push(question.to_owned());
            }
        }
    }
    assert!(turned_away.is_empty(), "{turned_away:#?}");
    // Cautious: the others are for the model to tell.
    assert!(3 * caught >= writes, "{caught} of {writes}");
}
