//! `glrl ask --batch`: one line out for each line in, whatever the lines are.

use serde_json::{Value, json};

use crate::tools::{Folder, Ran, glrl, run};

const COUNT: &str = "SELECT COUNT(*) AS n FROM PAC_MNT_PROJECTS";

fn batch(content: impl AsRef<[u8]>, args: &[&str]) -> Ran {
    let folder = Folder::new();
    let path = folder.write("questions.jsonl", content);
    let path = path.to_str().unwrap();
    run(["ask", "--batch", path, "--today", "2026-11-20", "--json"].iter().chain(args))
}

#[test]
fn ids_are_echoed_as_given() {
    let ids = [json!(7), json!("x"), json!(null), json!(1.5), json!(["a"]), json!({"k": 1}), json!("x")];
    let lines: Vec<String> = ids.iter().map(|id| json!({ "id": id, "question": COUNT }).to_string()).collect();
    let ran = batch(lines.join("\n"), &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let replies = ran.lines();
    let echoed: Vec<&Value> = replies.iter().map(|reply| &reply["id"]).collect();
    assert_eq!(echoed, ids.iter().collect::<Vec<_>>());
    assert!(replies.iter().all(|r| r["status"] == "answered" && r["rows"].is_null() && r["row_count"] == 1));
}

#[test]
fn rows_come_when_asked_for() {
    let replies = batch(json!({ "question": COUNT }).to_string(), &["--rows"]).lines();
    assert_eq!(replies[0]["rows"][0].as_array().unwrap().len(), 1);
}

#[test]
fn bad_lines_get_a_reply_and_stop_nothing() {
    let mut content = format!("\u{feff}{}\r\n", json!({ "id": 1, "question": COUNT })).into_bytes();
    content.extend_from_slice(
        b"{\"id\": 2, \"question\r\n\r\n\xff\xfe\r\n[]\r\n{\"id\": 6}\r\n{\"id\":7,\"question\":9}\r\n",
    );
    content.extend_from_slice(json!({ "id": 8, "question": "" }).to_string().as_bytes());
    content.extend_from_slice(b"\r\n");
    content.extend_from_slice(&vec![b'x'; 2_000_000]);
    content.extend_from_slice(format!("\r\n{}", json!({ "id": 10, "question": COUNT })).as_bytes());
    let ran = batch(content, &[]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let shown: Vec<(Value, Value, Value)> =
        ran.lines().into_iter().map(|r| (r["id"].clone(), r["line"].clone(), r["status"].clone())).collect();
    let expected = [
        (json!(1), json!(null), json!("answered")),
        (json!(null), json!(2), json!("error")),
        (json!(null), json!(4), json!("error")),
        (json!(null), json!(5), json!("error")),
        (json!(6), json!(6), json!("error")),
        (json!(7), json!(7), json!("error")),
        (json!(8), json!(null), json!("error")),
        (json!(null), json!(9), json!("error")),
        (json!(10), json!(null), json!("answered")),
    ];
    assert_eq!(shown, expected);
}

#[test]
fn every_status_ends_with_0() {
    let questions = ["delete everything from the contacts", COUNT, "SELECT nothing FROM PROJSTAFF"];
    let lines: Vec<String> = questions.iter().map(|q| json!({ "question": q }).to_string()).collect();
    let ran = batch(lines.join("\n"), &[]);
    let statuses: Vec<Value> = ran.lines().into_iter().map(|r| r["status"].clone()).collect();
    assert_eq!((ran.code, statuses), (0, vec![json!("refused"), json!("answered"), json!("refused")]));
}

#[test]
fn an_empty_file_is_done_at_once() {
    let ran = batch("", &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""));
}

#[test]
fn a_file_that_cannot_be_read_ends_with_7() {
    let folder = Folder::new();
    assert_eq!(run(["ask", "--json", "--batch", folder.path("none").to_str().unwrap()]).code, 7);
    assert_eq!(run(["ask", "--json", "--batch", folder.0.to_str().unwrap()]).code, 7);
}

#[test]
fn standard_input_is_a_file_too() {
    use std::io::Write;
    let mut child = glrl()
        .args(["ask", "--batch", "-", "--json"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{}", json!({ "id": 1, "question": COUNT })).unwrap();
    let output = child.wait_with_output().unwrap();
    let reply: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &reply["status"]), (Some(0), &json!("answered")));
}

#[test]
fn repeated_answers_are_the_same_bytes() {
    let lines: Vec<String> = (0..20).map(|_| json!({ "id": 1, "question": COUNT }).to_string()).collect();
    let mut replies = batch(lines.join("\n"), &["--rows"]).lines();
    replies.iter_mut().for_each(|reply| reply["elapsed_ms"] = json!(0));
    assert!(replies.iter().all(|reply| reply == &replies[0]));
}
