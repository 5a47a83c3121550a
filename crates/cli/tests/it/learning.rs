//! Learning from use through the commands alone: question files looked over, taken in and learnt from, and a model put in
//! another's place only where it is known not to be worse.

use std::fs;
use std::path::{Path, PathBuf};

use answer::confidence::{LEAST_ANSWERABLE, write_number};
use model::weights::Metadata;
use serde_json::{Value, json};
use train::lint::codes;

use crate::models::untrained;
use crate::tools::{Folder, Ran, glrl, root, run};

const GOOD: &str = r#"{"query":"How many projects are active?","sql":"SELECT COUNT(*) FROM PAC_MNT_PROJECTS WHERE Status = 'Active'","reasoning":"Count PAC_MNT_PROJECTS"}"#;
const BAD: &str = r#"{"id":"bad","question":"all budgets","sql":"SELECT Budgt FROM PAC_MNT_PROJECTS"}"#;
const CHAT: &str = r#"{"id":"chat","question":"hello there","sql":null,"status":"refused","tags":["chitchat"]}"#;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn lint_tells_file_line_code_and_what_to_do() {
    let folder = Folder::new();
    let own = folder.write("own.jsonl", [GOOD, "", BAD, "{"].join("\n"));
    let ran = run(["data", "lint", text(&own)]);
    assert_eq!((ran.code, ran.stderr.as_str()), (3, ""), "{}", ran.stdout);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with(&format!("{}:3: error[SCH202]: ", own.display())), "{}", lines[0]);
    assert!(lines[1].starts_with("  help: ") && lines[1].len() > 10, "{}", lines[1]);
    assert!(lines.iter().any(|line| line.contains(":4: error[DAT701]: ")), "{}", ran.stdout);
    assert_eq!(lines.last(), Some(&"1 of 3 lines can be used; 2 errors, 0 warnings"));
    let found = run(["data", "lint", "--json", text(&own)]);
    let (code, found) = (found.code, found.json());
    assert_eq!((code, &found["errors"], &found["warnings"], &found["lines"]), (3, &json!(2), &json!(0), &json!(3)));
    let first = &found["findings"][0];
    assert_eq!((&first["file"], &first["line"], &first["id"]), (&json!(own), &json!(3), &json!("bad")));
    assert_eq!((&first["code"], &first["severity"]), (&json!("SCH202"), &json!("error")));
}

#[test]
fn every_code_is_explained_and_documented() {
    let manual = fs::read_to_string(root().join("docs/learning.md")).unwrap();
    for known in codes::ALL {
        assert!(manual.contains(&format!("| `{}` |", known.code)), "{}", known.code);
        let shown = run(["explain", &known.code.to_lowercase()]);
        assert!(shown.code == 0 && shown.stdout.contains(known.help), "{}", shown.stdout);
        assert_eq!(run(["explain", known.code, "--json"]).json()["severity"], known.severity.name());
    }
}

#[test]
fn lint_ends_by_what_it_finds() {
    let folder = Folder::new();
    let good = folder.write("good.jsonl", [GOOD, CHAT].join("\n"));
    let ran = run(["data", "lint", text(&good)]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 1), "{}", ran.stdout);
    let warned = folder.write("warned.jsonl", [GOOD, GOOD].join("\n"));
    assert_eq!(run(["data", "lint", text(&warned)]).code, 0);
    assert_eq!(run(["data", "lint", "--strict", text(&warned)]).code, 3);
    let test = folder.write("test.jsonl", GOOD);
    let leaked = run(["data", "lint", text(&good), "--against", text(&test), "--json"]);
    assert_eq!((leaked.code, &leaked.json()["findings"][0]["code"]), (3, &json!("DAT710")));
    let empty = folder.write("empty.jsonl", "\n \r\n");
    assert_eq!(run(["data", "lint", text(&empty)]).code, 0);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = Folder::new();
    let good = folder.write("good.jsonl", GOOD);
    let broken = folder.write("test.jsonl", "{");
    let check = |args: &[&str], code: i32, word: &str| {
        let ran = run(["data"].iter().chain(args));
        assert!(ran.code == code && ran.stderr.contains(word), "{args:?}: {} {}", ran.code, ran.stderr);
    };
    check(&["lint"], 2, "FILE");
    check(&["lint", "/no/such/file"], 7, "/no/such/file");
    check(&["lint", text(&folder.0)], 7, text(&folder.0));
    check(&["lint", text(&good), "--against", text(&broken)], 7, "line 1");
    check(&["lint", text(&good), "--db", text(&broken)], 7, "test.jsonl");
    check(&["lint", text(&good), "--today", "soon"], 2, "soon");
    check(&["lint", text(&good), "--pack", "nothing"], 7, "nothing");
    check(&["import", text(&good)], 2, "--out");
    check(&["import", text(&good), "--out", text(&good)], 1, "good.jsonl");
}

#[test]
fn imported_questions_are_learnt_from() {
    let folder = Folder::new();
    let (own, out) = (folder.write("own.jsonl", [GOOD, BAD, CHAT].join("\n")), folder.path("own"));
    let import =
        |strict: &[&str]| run(["data", "import", text(&own), "--out", text(&out), "--json"].iter().chain(strict));
    let done = import(&[]);
    assert_eq!((done.code, &done.json()["added"], &done.json()["refused"]), (3, &json!(2), &json!(1)));
    let files = || ["questions.jsonl", "quarantine.jsonl"].map(|name| fs::read(out.join(name)).unwrap());
    let first = files();
    assert_eq!(import(&["--threads", "1"]).json()["known"], 2);
    assert_eq!(files(), first, "the same import gives the same bytes");
    let ran = run(["data", "import", text(&out.join("questions.jsonl")), "--out", text(&out)]);
    assert_eq!(ran.code, 2, "a folder is not imported into itself");
    let shown = run(["data", "import", text(&own), "--out", text(&out)]);
    assert!(shown.stdout.contains("0 new, 0 corrected, 2 as they were"), "{}", shown.stdout);

    let data = folder.path("data");
    let synth = ["data", "synth", "--count", "10", "--dev", "1", "--test", "1", "--variants", "0", "--json"];
    let made = run(synth.iter().copied().chain(["--hand", text(&out), "--out", text(&data)]));
    assert_eq!((made.code, &made.json()["hand"]), (0, &json!(2)), "{}{}", made.stdout, made.stderr);
    let train = fs::read_to_string(data.join("train.jsonl")).unwrap();
    let hand: Vec<&str> = train.lines().filter(|line| line.contains("\"hand\"")).collect();
    assert!(hand.len() == 2 && hand[0].contains("How many projects are active?"), "{hand:?}");
    let oracle = run(["eval", "--oracle", "--json", "--questions", text(&out.join("questions.jsonl"))]);
    assert_eq!((oracle.code, &oracle.json()["writable"]), (0, &json!({ "right": 1, "questions": 1 })));
}

/// Questions that must not be answered: what declines is right.
fn declined(folder: &Folder) -> PathBuf {
    let line = |i: u32| {
        let question = format!("projects {i} over {i}000 in IT since 2024");
        let (id, tags) = (i.to_string(), ["unanswerable"]);
        json!({ "id": id, "question": question, "sql": null, "status": "refused", "tags": tags }).to_string()
    };
    folder.write("test.jsonl", (0..40).map(line).collect::<Vec<_>>().join("\n"))
}

/// An untrained model that answers most of those questions, and the same one told to answer none.
fn answerer_and_decliner(folder: &Folder, questions: &Path) -> (PathBuf, PathBuf) {
    let decline = |metadata: &mut Metadata| write_number(metadata, LEAST_ANSWERABLE, 1.0);
    for seed in 1..40 {
        let answerer = untrained(folder, &format!("answerer-{seed}"), seed, |_| {});
        let report = run(["eval", "--json", "--questions", text(questions), "--model", text(&answerer)]).json();
        if report["must_decline"]["right"].as_u64().unwrap() < 20 {
            return (answerer, untrained(folder, "decliner", seed, decline));
        }
    }
    panic!("no untrained model answers anything");
}

fn promote(candidate: &Path, current: &Path, questions: &Path, more: &[&str]) -> (i32, Value, String) {
    let mut command = glrl();
    command.args([
        "model",
        "promote",
        text(candidate),
        "--over",
        text(current),
        "--questions",
        text(questions),
        "--json",
    ]);
    let ran = Ran::of(command.args(more));
    let reply = if ran.stdout.is_empty() { Value::Null } else { ran.json() };
    (ran.code, reply, ran.stderr)
}

#[test]
fn a_model_takes_anothers_place_only_where_it_is_not_worse() {
    let folder = Folder::new();
    let questions = declined(&folder);
    let (answerer, decliner) = answerer_and_decliner(&folder, &questions);
    let weights = |model: &Path| fs::read(model.join("model.safetensors")).unwrap();
    let (bad, good) = (weights(&answerer), weights(&decliner));
    let beside = || fs::read_dir(&folder.0).unwrap().count();
    let before = beside();

    let (code, reply, _) = promote(&answerer, &decliner, &questions, &["--margin", "20"]);
    assert_eq!((code, &reply["promoted"], &reply["verdict"]), (3, &json!(false), &json!("worse")), "{reply}");
    let (code, reply, _) = promote(&decliner, &answerer, &questions, &[]);
    assert_eq!((code, &reply["verdict"]), (3, &json!("too_few")), "{reply}");
    assert!(reply["questions_needed"].as_u64().is_some_and(|needed| needed >= 299), "{reply}");
    let (code, reply, _) = promote(&decliner, &answerer, &questions, &["--margin", "20", "--dry-run"]);
    assert_eq!((code, &reply["promoted"], &reply["verdict"]), (0, &json!(false), &json!("not_worse")), "{reply}");
    assert_eq!(
        (weights(&answerer), weights(&decliner), beside()),
        (bad.clone(), good.clone(), before),
        "nothing changed"
    );

    let (code, reply, _) = promote(&decliner, &answerer, &questions, &["--margin", "20"]);
    assert_eq!((code, &reply["promoted"], &reply["comparison"]["right_b"]), (0, &json!(true), &json!(40)), "{reply}");
    assert_eq!(weights(&answerer), good);
    assert_eq!(weights(Path::new(reply["previous"].as_str().unwrap())), bad);
    let record: Value = serde_json::from_slice(&fs::read(answerer.join("promotion.json")).unwrap()).unwrap();
    assert_eq!(record["comparison"], reply["comparison"]);
    assert_eq!(run(["model", "info", "--model", text(&answerer)]).code, 0);
    assert_eq!(beside(), before + 1);
}

#[test]
fn models_that_cannot_be_compared_change_nothing() {
    let folder = Folder::new();
    let questions = declined(&folder);
    let model = untrained(&folder, "model", 3, |_| {});
    let other =
        untrained(&folder, "other", 3, |metadata| drop(metadata.insert("glrl.catalog".to_owned(), "0".to_owned())));
    let none = folder.path("none");
    let check = |candidate: &Path, current: &Path, file: &Path, more: &[&str], code: i32| {
        let (found, _, message) = promote(candidate, current, file, more);
        assert!(found == code && !message.is_empty(), "{found}: {message}");
    };
    check(&model, &model, &questions, &[], 2);
    check(&model, &none, &questions, &[], 8);
    check(&none, &model, &questions, &[], 8);
    check(&other, &model, &questions, &[], 8);
    check(&model, &other, &none, &[], 7);
    check(&model, &other, &questions, &["--margin", "0"], 2);
    fs::write(model.join("model.safetensors"), "cut").unwrap();
    check(&model, &other, &questions, &[], 8);
    assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 3);
}
