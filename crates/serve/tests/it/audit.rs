//! The audit log: a line for each request, no word of what was asked, and a chain that shows where it was touched.

use serde_json::json;
use serve::audit::{Audit, AuditError, verify};
use serve::service::Parts;

use crate::tools::{Server, folder, parts, request, settings};

#[test]
fn requests_are_written_down_without_what_they_ask() {
    let file = folder("audit").join("audit.jsonl");
    let settings = settings();
    let parts = Parts { audit: Some(Audit::open(&file).unwrap()), ..parts(&settings) };
    let mut server = Server::with(settings, parts);
    let sql = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Budget > 424242";
    server.post("/v1/sql/execute", &json!({ "sql": sql }));
    server.post("/v1/ask", &json!({ "question": "delete from secrets" }));
    server.post_with("/v1/ask", &[("accept", "text/event-stream")], &json!({ "question": sql }));
    server.post("/generate/batch", &json!({ "queries": ["Show all active projects", "nonsense of no kind"] }));
    server.post("/v1/sql/validate", &json!({ "sql": "SELECT", "schema": "gl", "dialect": "cobol" }));
    assert!(matches!(Audit::open(&file), Err(AuditError::Locked { .. })));
    server.stop();
    server.wait();
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("424242") && !text.contains("secrets"), "{text}");
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 5);
    assert_eq!((&lines[0]["principal"], &lines[0]["route"]), (&json!("anonymous"), &json!("POST /v1/sql/execute")));
    assert_eq!((&lines[0]["tables"], &lines[0]["status"]), (&json!(["PAC_MNT_PROJECTS"]), &json!(200)));
    assert_eq!((&lines[1]["code"], &lines[1]["status"]), (&json!("write_request"), &json!(422)));
    assert_eq!((&lines[2]["tables"], &lines[2]["rows"]), (&lines[0]["tables"], &lines[0]["rows"]));
    assert_eq!((&lines[3]["tables"], &lines[3]["schema"]), (&json!(["PAC_MNT_PROJECTS"]), &json!("gl")));
    assert_eq!((&lines[4]["schema"], &lines[4]["status"]), (&json!("gl"), &json!(400)));
    assert_eq!(verify(&file).unwrap().0, 5);
}

#[test]
fn who_asks_too_often_and_who_leaves_have_lines_too() {
    let file = folder("audit-left").join("audit.jsonl");
    let settings = serve::settings::Settings { rate: 1, burst: 1, ..settings() };
    let parts = Parts { audit: Some(Audit::open(&file).unwrap()), ..parts(&settings) };
    let mut server = Server::with(settings, parts);
    let slow =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000000) SELECT COUNT(*) FROM n";
    let body = json!({ "sql": slow }).to_string();
    let asked = request("POST", "/v1/sql/execute", &[], Some(&body));
    let mut left = std::net::TcpStream::connect(server.users).unwrap();
    std::io::Write::write_all(&mut left, asked.as_bytes()).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    drop(left);
    assert_eq!(server.post("/v1/sql/execute", &json!({ "sql": slow })).status, 429);
    server.stop();
    server.wait();
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut statuses: Vec<u64> = lines.iter().map(|line| line["status"].as_u64().unwrap()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [429, 499], "{text}");
}

#[test]
fn a_line_that_was_touched_shows() {
    let file = folder("chain").join("audit.jsonl");
    let audit = Audit::open(&file).unwrap();
    let entry = |n: u16| serve::audit::Entry {
        principal: "key:00000000".to_owned(),
        route: "POST /v1/ask".to_owned(),
        schema: None,
        status: n,
        code: None,
        request_id: format!("req_{n}"),
        tables: vec![],
        rows: None,
        key: None,
    };
    (1..=4).for_each(|n| audit.record(entry(n)).unwrap());
    drop(audit);
    let whole = std::fs::read_to_string(&file).unwrap();
    let broken_at = |text: &str| {
        std::fs::write(&file, text).unwrap();
        match verify(&file) {
            Err(AuditError::Broken { line, .. }) => Some(line),
            Err(other) => panic!("{other}"),
            Ok(_) => None,
        }
    };
    assert_eq!(broken_at(&whole.replacen("\"status\":2", "\"status\":9", 1)), Some(2));
    let lines: Vec<&str> = whole.lines().collect();
    // What is added beside the hashed fields shows too.
    assert_eq!(broken_at(&whole.replacen("{\"seq\":3", "{\"approved\":\"me\",\"seq\":3", 1)), Some(3));
    assert_eq!(broken_at(&[lines[0], lines[2], lines[3]].join("\n")), Some(2));
    assert_eq!(broken_at(&[lines[1], lines[0]].join("\n")), Some(1));
    assert_eq!(broken_at(&format!("{whole}garbage\n")), Some(5));
    assert_eq!(broken_at(&whole), None);
    // It goes on where it ended.
    Audit::open(&file).unwrap().record(entry(5)).unwrap();
    assert_eq!(verify(&file).unwrap().0, 5);
}
