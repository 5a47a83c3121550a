//! What a service writes down of itself while it is loaded, at the usual level: no question, literal, row, key or token.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::serve::Serving;
use crate::tools::{Folder, Ran, glrl};

/// Signed with [`SECRET`] by HS256: `{"sub":"token-subject","exp":4102444800,"scope":"*"}`.
const TOKEN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ0b2tlbi1zdWJqZWN0IiwiZXhwIjo0MTAyNDQ0ODAwLCJzY29wZSI6IioifQ.gvFD--41J04I_qY6ftzYKq1XbrHw5s_C1kqTrsJgIMM";
const SECRET: &str = "a-secret-of-at-least-thirty-two-bytes";
/// What no log may hold: words of questions, literals, comments, SQL.
const SAID: [&str; 9] = [
    "active projects",
    "987654",
    "Zanzibar",
    "per department",
    "aardvark",
    "SELECT",
    "PAC_MNT_PROJECTS",
    "overflowing",
    "Quetzal",
];

fn requests() -> Vec<(&'static str, String)> {
    let ask = |question: &str| ("POST /v1/ask", json!({ "question": question }).to_string());
    let sql = "SELECT Project_Name, Budget FROM PAC_MNT_PROJECTS WHERE Project_Name <> 'Zanzibar' LIMIT 20";
    vec![
        ask("Show all active projects with budget over 987654"),
        ask("Show all active projects"),
        ask("how many projects are there per department?"),
        ask("what is the favourite animal of the aardvark in Zanzibar?"),
        ask(sql),
        ask("SELECT Quetzal FROM PAC_MNT_PROJECTS"),
        (
            "POST /generate",
            json!({ "query": "Show all active projects with budget over 987654", "include_reasoning": true })
                .to_string(),
        ),
        ("POST /generate/batch", json!({ "queries": ["Show all active projects", "aardvark 987654"] }).to_string()),
        ("POST /v1/sql/execute", json!({ "sql": sql }).to_string()),
        ("POST /v1/sql/validate", json!({ "sql": "SELECT 'Zanzibar' FROM" }).to_string()),
        ("POST /v1/sql/explain", json!({ "sql": sql }).to_string()),
        (
            "POST /v1/chat/completions",
            json!({ "model": "gl-compact", "messages": [{ "role": "user", "content": "Show all active projects" }] })
                .to_string(),
        ),
        ("POST /v1/ask", "{\"question\": \"overflowing".to_owned()),
        ("GET /v1/schemas/Quetzal?q=987654", String::new()),
        ("POST /nowhere/Zanzibar", "aardvark".to_owned()),
        ("POST /v1/feedback", json!({ "request_id": "Quetzal", "rating": "up", "comment": "aardvark" }).to_string()),
    ]
}

/// Every text of five letters or more in the rows of a reply.
fn cells(reply: &str, found: &mut BTreeSet<String>) {
    let Some(body) = reply.split_once("\r\n\r\n").and_then(|(_, body)| serde_json::from_str::<Value>(body).ok()) else {
        return;
    };
    let cells = body["rows"].as_array().into_iter().flatten().filter_map(Value::as_array).flatten();
    found.extend(cells.filter_map(Value::as_str).filter(|text| text.len() >= 5).map(str::to_owned));
}

#[expect(clippy::print_stdout, reason = "figures are read from what this prints")]
#[test]
fn a_loaded_service_writes_down_nothing_of_what_was_said() {
    let folder = Folder::new();
    let secret = folder.write("secret", SECRET).display().to_string();
    let config = format!("[server]\nauthentication = \"on\"\n[jwt]\nalgorithm = \"HS256\"\nkey_file = {secret:?}\n");
    let config = folder.write("glrl.toml", config);
    let mut made = glrl();
    let made =
        Ran::of(made.env("XDG_STATE_HOME", &folder.0).args(["keys", "create", "--name", "loader", "--scopes", "*"]));
    let key = made.stdout.trim().to_owned();
    let mut serving = Serving::prepared(folder, |command| {
        command.env("GLRL_SERVER__LOG", "info").args(["--today", "2026-11-20", "--config"]).arg(config);
    });
    let headers = [
        format!("authorization: Bearer {key}\r\n"),
        format!("x-api-key: {key}\r\naccept: text/event-stream\r\n"),
        format!("authorization: Bearer {TOKEN}\r\n"),
        format!("authorization: Bearer {}0\r\n", &key[..key.len() - 1]),
        format!("authorization: Bearer {TOKEN}x\r\n"),
        "authorization: Basic QWFyZHZhcms6UXVldHphbA==\r\n".to_owned(),
    ];
    let (mut count, mut rows, mut statuses) = (0, BTreeSet::new(), BTreeSet::new());
    for _ in 0..3 {
        for (head, body) in requests() {
            for headers in &headers {
                let (status, reply) = serving.exchange(head, headers, &body);
                cells(&reply, &mut rows);
                statuses.insert(status);
                count += 1;
            }
        }
    }
    serving.signal("-HUP");
    serving.signal("-TERM");
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
    assert!([200, 400, 401, 404, 422].iter().all(|status| statuses.contains(status)), "{statuses:?}");
    let log = serving.log();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let told = lines.iter().filter(|line| line["message"] == "request").count();
    assert_eq!(told, count, "a line for each request");
    let audit = std::fs::read_to_string(serving.folder.path("glrl/audit.jsonl")).unwrap();
    let secrets = [&key[13..], TOKEN, &TOKEN[TOKEN.len() - 20..], SECRET, "QWFyZHZhcms6UXVldHphbA"];
    assert!(rows.len() > 20, "{} cells", rows.len());
    // The audit log names tables, and nothing else of these.
    let (log, audit) = (log.to_lowercase(), audit.to_lowercase());
    let is_told = |word: &&str| {
        let lower = word.to_lowercase();
        log.contains(&lower) || (*word != "PAC_MNT_PROJECTS" && audit.contains(&lower))
    };
    let words = SAID.into_iter().chain(secrets).chain(rows.iter().map(String::as_str));
    let told: Vec<&str> = words.filter(is_told).collect();
    println!("servers: log lines {}, secrets found {}", lines.len(), told.len());
    assert_eq!(told.len(), 0, "{told:?} stand in the logs");
}
