//! Question files with every kind of fault, and what is found in them.

use std::path::PathBuf;

use answer::engine::grammar;
use sql::Severity;
use train::canonical::Reader;
use train::lint::{Finding, Ground, Linted, lint};
use train::question::{Line, read_lines};

use crate::folder::Folder;
use crate::pack::{databases, pack};
use crate::pipeline::{TODAY, modelless, vocabulary};

/// Calls `work` with the pack of two tables.
pub(crate) fn with_ground<T>(threads: usize, work: impl FnOnce(&Ground<'_>) -> T) -> T {
    let (pack, images) = (pack(), databases());
    let vocabulary = vocabulary(&pack);
    let grammar = grammar(&pack, &vocabulary);
    let engine = modelless(&pack);
    let reader = Reader { context: engine.context(TODAY), lexicon: &vocabulary.lexicon, grammar: &grammar };
    work(&Ground { reader, options: pack.validation(), databases: &images, threads })
}

/// The lines of a file of this text, which stands in a folder of this name.
fn lines(name: &str, text: impl AsRef<[u8]>) -> Vec<Line> {
    let folder = Folder::new(name);
    std::fs::create_dir_all(&folder.0).unwrap();
    let path: PathBuf = folder.0.join("own.jsonl");
    std::fs::write(&path, text).unwrap();
    read_lines(&path, &[]).unwrap()
}

fn linted(name: &str, text: impl AsRef<[u8]>, against: &str) -> Linted {
    let (lines, against) = (lines(name, text), lines(&format!("{name}-against"), against));
    with_ground(2, |ground| lint(&lines, &against, ground)).unwrap()
}

/// Line and code of each finding.
fn codes(found: &Linted) -> Vec<(usize, &'static str)> {
    found.findings.iter().map(|finding| (finding.place.line, finding.code)).collect()
}

const NONE: [(usize, &str); 0] = [];
const COUNT: &str = r#"{"query":"How many shops are there?","sql":"SELECT COUNT(*) FROM shops"}"#;

#[test]
fn a_sound_file_has_no_findings() {
    let text = format!(
        "\u{feff}{COUNT}\r\n\n{}\n{}\n",
        r#"{"id":"oslo","question":"shops in Oslo","also":["Oslo shops"],"sql":"SELECT name FROM shops WHERE city = 'Oslo'"}"#,
        r#"{"id":"rain","question":"will it rain tomorrow","sql":null,"status":"refused","tags":["unanswerable"]}"#,
    );
    let found = linted("lint-sound", text, "");
    assert!(found.findings.is_empty(), "{:#?}", found.findings);
    assert_eq!(found.asked.iter().map(Vec::len).collect::<Vec<_>>(), [1, 2, 1]);
}

#[test]
fn each_fault_of_a_line_is_named() {
    let pair = |query: &str, sql: &str| format!(r#"{{"query":"{query}","sql":"{sql}"}}"#);
    let many = (0..12).map(|i| format!("shops s{i}")).collect::<Vec<_>>().join(", ");
    let cases = [
        ("{\"query\": \"all".to_owned(), "DAT701", Severity::Error),
        ("how many shops".to_owned(), "DAT701", Severity::Error),
        (r#"{"query":"all shops"}"#.to_owned(), "DAT702", Severity::Error),
        (r#"{"sql":"SELECT name FROM shops"}"#.to_owned(), "DAT702", Severity::Error),
        (r#"{"query":["a"],"sql":"SELECT name FROM shops"}"#.to_owned(), "DAT702", Severity::Error),
        (r#"{"query":"only Oslo","sql":"SELECT 1","after":"none"}"#.to_owned(), "DAT703", Severity::Error),
        (pair("all shops", "SELECT nam FROM shops"), "SCH202", Severity::Error),
        (pair("all shops", "SELECT name FROM shop"), "SCH201", Severity::Error),
        (pair("all shops", "DELETE FROM shops"), "SEC501", Severity::Error),
        (pair("total", "SELECT SUM(9223372036854775807) FROM shops"), "DAT705", Severity::Error),
        (pair("all of all", &format!("SELECT s0.name FROM {many}")), "DAT707", Severity::Error),
        (pair("shops in Paris", "SELECT name FROM shops WHERE city = 'Paris'"), "DAT706", Severity::Warning),
        (pair("large shops", "SELECT name FROM shops WHERE sales > 8"), "DAT712", Severity::Warning),
        (pair("delete the shops in Oslo", "SELECT name FROM shops WHERE city = 'Oslo'"), "DAT714", Severity::Warning),
        (r#"{"query":"will it rain","sql":null,"status":"refused"}"#.to_owned(), "DAT713", Severity::Warning),
    ];
    let text: Vec<&str> = cases.iter().map(|(line, ..)| line.as_str()).collect();
    let found = linted("lint-faults", text.join("\n"), "");
    for (n, (line, code, severity)) in cases.iter().enumerate() {
        let of_line: Vec<&Finding> = found.findings.iter().filter(|one| one.place.line == n + 1).collect();
        let told = of_line.iter().any(|one| one.code == *code && one.severity == *severity && !one.help.is_empty());
        assert!(told, "{line}: {of_line:#?}");
        let refused = found.refused().contains(&n);
        assert_eq!(refused, *severity == Severity::Error, "{line}: {of_line:#?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_a_fault_of_their_line() {
    let found = linted("lint-bytes", [&b"\xff\xfe{}\n"[..], COUNT.as_bytes(), &b"\n\x00\n"[..]].concat(), "");
    assert_eq!(codes(&found), [(1, "DAT701"), (3, "DAT701")]);
    assert!(found.findings[0].message.contains("UTF-8"), "{:?}", found.findings[0]);
}

#[test]
fn syntax_and_alternatives_are_checked_too() {
    let line = r#"{"query":"all shops","sql":"SELECT name FROM shops","alternatives":["SELECT name FROM","SELECT nam FROM shops"]}"#;
    let found = linted("lint-alternatives", line, "");
    let told: Vec<&str> = found.findings.iter().map(|one| one.message.as_str()).collect();
    assert!(found.findings.iter().any(|one| one.code.starts_with("SYN")), "{told:?}");
    assert!(told.iter().any(|message| message.starts_with("alternative 2: ") && message.contains("nam")), "{told:?}");
}

#[test]
fn reasoning_that_names_other_tables_is_told() {
    let line = |said: &str| COUNT.replace('}', &format!(r#","reasoning":"{said}"}}"#));
    let of = |said: &str| codes(&linted("lint-reasoning", line(said), ""));
    assert_eq!(of("Count every row; no date matters, over all."), NONE);
    assert_eq!(of("Count the rows of shops"), NONE);
    assert_eq!(of("Count the rows of orders"), [(1, "DAT711")]);
    assert_eq!(of("GROUP BY the city"), [(1, "DAT711")]);
}

#[test]
fn one_question_twice_is_a_repetition_or_a_quarrel() {
    let same = r#"{"query":"how many SHOPS are there","sql":"SELECT COUNT(shop_id) FROM shops"}"#;
    let other = r#"{"query":"How many shops are there","sql":"SELECT COUNT(DISTINCT city) FROM shops"}"#;
    let none = r#"{"query":"How many shops are there","sql":null,"status":"refused","tags":["ambiguous"]}"#;
    let of = |lines: &[&str]| codes(&linted("lint-twice", lines.join("\n"), ""));
    assert_eq!(of(&[COUNT, same]), [(2, "DAT708")]);
    assert_eq!(of(&[COUNT, other]), [(1, "DAT709"), (2, "DAT709")]);
    assert_eq!(of(&[COUNT, none]), [(1, "DAT709"), (2, "DAT709")]);
    assert_eq!(of(&[COUNT, same, other]), [(1, "DAT709"), (2, "DAT708"), (3, "DAT709")]);
    // A correction is no quarrel; the numbers of a question are part of it.
    let first = COUNT.replace("{\"query\"", "{\"id\":\"a\",\"query\"");
    let mended = other.replace("{\"query\"", "{\"id\":\"b\",\"corrects\":\"a\",\"query\"");
    assert_eq!(of(&[&first, &mended]), NONE);
    let over = |words: &str, n: u32| {
        format!(r#"{{"query":"orders over {words}","sql":"SELECT order_id FROM orders WHERE amount > {n}"}}"#)
    };
    assert_eq!(of(&[&over("5", 5), &over("6", 6)]), NONE);
    assert_eq!(of(&[&over("5", 5), &over("five", 5)]), [(2, "DAT708")]);
    let found = linted("lint-other", [COUNT, other].join("\n"), "");
    assert_eq!(found.findings[0].other.as_ref().map(|place| place.line), Some(2));
}

#[test]
fn names_stand_once_and_what_follows_a_faulty_question_is_faulty() {
    let named = |id: &str, query: &str, sql: &str| format!(r#"{{"id":"{id}","question":"{query}","sql":"{sql}"}}"#);
    let (shops, orders) = ("SELECT COUNT(*) FROM shops", "SELECT COUNT(*) FROM orders");
    let text = [named("a", "how many shops are there", shops), named("a", "how many orders do we have", orders)];
    assert_eq!(codes(&linted("lint-names", text.join("\n"), "")), [(2, "DAT704")]);
    let follows =
        r#"{"id":"b","question":"only those in Oslo","sql":"SELECT name FROM shops WHERE city = 'Oslo'","after":"a"}"#;
    let then = follows.replace("\"b\"", "\"c\"").replace("\"a\"", "\"b\"");
    let text = [named("a", "all shops", "SELECT nam FROM shops"), follows.to_owned(), then];
    let found = linted("lint-follow", text.join("\n"), "");
    let lost: Vec<_> = codes(&found).into_iter().filter(|(_, code)| *code == "DAT703").collect();
    assert_eq!(lost, [(2, "DAT703"), (3, "DAT703")]);
}

#[test]
fn a_question_that_judges_is_a_leak_however_it_is_written() {
    let judge = r#"{"id":"t","question":"Names of shops with sales over eight!","sql":"SELECT name FROM shops WHERE sales > 8"}"#;
    let own = |words: &str| format!(r#"{{"query":"{words}","sql":"SELECT name FROM shops WHERE sales > 8"}}"#);
    let found = linted("lint-leak", own("names of shops with sales over 8"), judge);
    assert_eq!(codes(&found), [(1, "DAT710")]);
    assert!(found.findings[0].message.contains("line 1"), "{:?}", found.findings[0]);
    let also = judge.replace("\"sql\"", "\"also\":[\"which shops sell over 8\"],\"sql\"");
    assert_eq!(codes(&linted("lint-leak-also", own("Which shops sell over 8?"), &also)), [(1, "DAT710")]);
    assert_eq!(codes(&linted("lint-no-leak", own("names of shops with sales over 8"), COUNT)), NONE);
}

#[test]
fn threads_change_nothing() {
    let text: Vec<String> = (0..40).map(|i| COUNT.replace("shops are", ["shops are", "orders are"][i % 2])).collect();
    let lines = lines("lint-threads", text.join("\n"));
    let of = |threads| with_ground(threads, |ground| lint(&lines, &[], ground)).unwrap().findings;
    assert_eq!(of(1), of(3));
    assert_eq!(of(1).len(), 38);
}
