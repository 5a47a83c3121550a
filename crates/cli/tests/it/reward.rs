//! `glrl reward`: one line out for each line in, and what each completion is worth.

use serde_json::{Value, json};

use crate::tools::{Folder, Ran, glrl, run};

const COUNT: &str = "SELECT COUNT(*) AS n FROM PAC_MNT_PROJECTS";
const ACTIVE: &str = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Status = 'Active'";

fn batch(content: impl AsRef<[u8]>, args: &[&str]) -> Ran {
    let folder = Folder::new();
    let path = folder.write("completions.jsonl", content);
    run(["reward", "--batch", path.to_str().unwrap(), "--json"].iter().chain(args))
}

fn line(id: impl Into<Value>, completion: &str, sql: Option<&str>) -> String {
    json!({ "id": id.into(), "question": "?", "completion": completion, "sql": sql }).to_string()
}

/// The reply to one line.
fn reply(line: Value, args: &[&str]) -> Value {
    let ran = batch(line.to_string(), args);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    ran.json()
}

#[test]
fn each_completion_is_worth_its_rows() {
    let completions = [
        (COUNT, 0.98, 1.0),
        ("<think>PAC_MNT_PROJECTS, COUNT</think>SELECT COUNT(Project_Code) FROM PAC_MNT_PROJECTS", 0.98, 1.0),
        ("SELECT COUNT(*) FROM PAC_MNT_PROJECTS WHERE Status = 'Active'", 0.01, 0.79),
        ("SELECT COUNT(*) FROM SRM_COMPANIES", 0.0, 0.0),
        ("SELECT COUNT(*) FROM PAC_MNT_PROJECTS LIMIT 0", 0.0, 0.0),
        ("SELECT 300", 0.0, 0.0),
        ("SELECT COUNT(*) FROM NOWHERE", 0.0, 0.0),
        ("<unanswerable>", 0.0, 0.0),
        ("DELETE FROM PAC_MNT_PROJECTS", -1.0, -1.0),
    ];
    let lines: Vec<String> = completions.iter().enumerate().map(|(i, (c, ..))| line(i, c, Some(COUNT))).collect();
    let ran = batch(lines.join("\n"), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let replies = ran.lines();
    assert_eq!(replies.len(), completions.len());
    for (i, ((completion, low, high), reply)) in completions.iter().zip(&replies).enumerate() {
        let reward = reply["reward"].as_f64().unwrap();
        assert!(reply["id"] == i && (*low..=*high).contains(&reward), "{completion}: {reply}");
        let keys: Vec<&String> = reply.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["id", "reward", "components", "feedback"]);
    }
    assert!(replies[0]["feedback"].as_str().unwrap().starts_with("The rows are right on all "));
    assert!(
        replies[2]["feedback"]
            .as_str()
            .unwrap()
            .starts_with("Wrong on database 1: other rows than expected. Missing: (")
    );
    assert_eq!(replies[0]["components"]["accuracy"], 1.0);
    assert_eq!(replies[6]["components"]["accuracy"], 0.0);
}

#[test]
fn without_a_reference_accuracy_is_null() {
    let reply = reply(json!({ "id": 1, "question": "?", "completion": COUNT }), &[]);
    assert!(reply["components"]["accuracy"].is_null(), "{reply}");
    let reward = reply["reward"].as_f64().unwrap();
    assert!(reward > 0.3 && reward <= 0.5, "{reply}");
}

#[test]
fn the_seed_profile_weighs_components() {
    let wrong = json!({ "id": 1, "question": "?", "completion": "SELECT COUNT(*) FROM SRM_COMPANIES", "sql": COUNT });
    let reply = reply(wrong, &["--profile", "seed"]);
    assert!(reply["reward"].as_f64().unwrap() > 0.8, "a wrong query earns all but the accuracy: {reply}");
}

#[test]
fn what_must_be_declined_must_not_be_answered() {
    let asked = |completion: &str| json!({ "id": 1, "question": "?", "completion": completion, "status": "refused" });
    assert_eq!(reply(asked(""), &[])["reward"], 1.0);
    assert_eq!(reply(asked(COUNT), &[])["reward"], -1.0);
}

#[test]
fn order_and_alternatives_are_those_of_question_files() {
    let ordered =
        json!({ "id": 1, "completion": ACTIVE, "sql": format!("{ACTIVE} ORDER BY Project_Name"), "ordered": true });
    assert!(reply(ordered, &[])["feedback"].as_str().unwrap().contains("in another order"));
    let other = json!({ "id": 1, "completion": ACTIVE, "sql": COUNT, "alternatives": [ACTIVE] });
    assert!(reply(other, &[])["reward"].as_f64().unwrap() >= 0.98);
}

#[test]
fn bad_lines_get_a_reply_and_stop_nothing() {
    let mut content = b"\xef\xbb\xbf".to_vec();
    let lines = [
        line(1, COUNT, Some(COUNT)),
        "{\"id\": 2, \"completion\r".to_owned(),
        String::new(),
        "[]".to_owned(),
        json!({ "id": 5, "sql": COUNT }).to_string(),
        json!({ "id": 6, "completion": 7 }).to_string(),
        line(7, COUNT, Some("SELECT nothing FROM NOWHERE")),
        json!({ "id": 8, "completion": COUNT, "sql": 9 }).to_string(),
        json!({ "id": 9, "completion": COUNT, "status": "perhaps" }).to_string(),
        json!({ "id": 10, "completion": COUNT, "alternatives": "one" }).to_string(),
        line("last", COUNT, Some(COUNT)),
    ];
    content.extend_from_slice(lines.join("\n").as_bytes());
    let ran = batch(content, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let replies = ran.lines();
    let ids: Vec<Value> = replies.iter().map(|reply| reply["id"].clone()).collect();
    assert_eq!(
        ids,
        [
            json!(1),
            Value::Null,
            Value::Null,
            json!(5),
            json!(6),
            json!(7),
            json!(8),
            json!(9),
            json!(10),
            json!("last")
        ]
    );
    for (reply, number) in replies[1..9].iter().zip([2, 4, 5, 6, 7, 8, 9, 10]) {
        assert!(reply["line"] == number && reply["reward"].is_null(), "{reply}");
        assert!(reply["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{reply}");
    }
    assert!(replies[5]["error"]["message"].as_str().unwrap().contains("the reference cannot be used"));
    assert_eq!((&replies[0]["reward"], &replies[0]["components"]), (&replies[9]["reward"], &replies[9]["components"]));
}

#[test]
fn replies_do_not_depend_on_threads() {
    let lines: Vec<String> = (0..40).map(|i| line(i, [COUNT, ACTIVE, "SELECT 1"][i % 3], Some(ACTIVE))).collect();
    let one = batch(lines.join("\n"), &["--threads", "1"]);
    let three = batch(lines.join("\n"), &["--threads", "3"]);
    assert_eq!((one.code, one.stdout.lines().count()), (0, 40));
    assert_eq!(one.stdout, three.stdout);
}

#[test]
fn people_read_a_line_each() {
    let folder = Folder::new();
    let path = folder.write("completions.jsonl", line("a", COUNT, Some(COUNT)));
    let ran = run(["reward", "--batch", path.to_str().unwrap()]);
    assert_eq!((ran.code, ran.stdout.lines().count()), (0, 1));
    assert!(ran.stdout.starts_with("a  ") && ran.stdout.contains("The rows are right"), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_read_ends_with_its_code() {
    let folder = Folder::new();
    let good = folder.write("completions.jsonl", line(1, COUNT, None));
    let good = good.to_str().unwrap();
    let none = folder.path("none");
    let text = folder.write("text.sqlite", "no database");
    let code = |args: &[&str]| run(["reward"].iter().chain(args)).code;
    assert_eq!(code(&["--batch", none.to_str().unwrap()]), 7);
    assert_eq!(code(&["--batch", folder.0.to_str().unwrap()]), 7);
    assert_eq!(code(&["--batch", good, "--db", text.to_str().unwrap()]), 7);
    assert_eq!(code(&["--batch", good, "--pack", "nothing"]), 7);
    assert_eq!(code(&["--batch", good, "--profile", "best"]), 2);
    assert_eq!(code(&["--batch", good, "--threads", "0"]), 2);
    assert_eq!(code(&[]), 2);
    assert_eq!(batch("", &[]).stdout, "");
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::Stdio;
    let mut child = glrl()
        .args(["reward", "--batch", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "{}", line(1, COUNT, Some(COUNT))).unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    output.read_line(&mut first).unwrap();
    assert!(first.contains("\"reward\""), "a reply comes before the next line: {first}");
    drop(output);
    for _ in 0..500 {
        if writeln!(input, "{}", line(2, COUNT, Some(COUNT))).is_err() {
            break;
        }
    }
    drop(input);
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.len()), (Some(0), 0));
}
