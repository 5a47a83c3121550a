//! Every route, with the names and fields that clients rely on.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use serve::settings::Settings;

use crate::tools::{Server, exchange, folder, parts, questions, settings};

fn fields(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn generate_replies_as_the_documents_have_it() {
    let server = Server::start();
    let question = &questions(5)[0];
    let reply = server.post("/generate", &json!({ "query": question, "include_reasoning": true }));
    assert_eq!(reply.status, 200, "{reply:?}");
    let body = reply.json();
    let wanted = BTreeSet::from([
        "sql",
        "confidence_score",
        "reasoning",
        "alternatives",
        "validation",
        "tokens_used",
        "cache_hit",
        "elapsed_ms",
        "request_id",
    ]);
    assert_eq!(fields(&body), wanted);
    assert!(body["sql"].as_str().unwrap().starts_with("SELECT"));
    assert!(body["tokens_used"].as_u64().unwrap() > 5 && body["reasoning"].is_string());
    let without = server.post("/generate", &json!({ "query": question })).json();
    assert!(without.get("reasoning").is_none());
    let more = json!({ "query": question, "include_alternatives": true, "num_alternatives": 2 });
    assert!(server.post("/generate", &more).json()["alternatives"].as_array().unwrap().len() <= 2);
}

#[test]
fn a_batch_answers_each_question_by_itself() {
    let server = Server::start();
    let question = &questions(5)[0];
    let queries = json!([question, { "query": "drop table x" }, "", { "query": question, "include_reasoning": true }]);
    let body = server.post("/generate/batch", &json!({ "queries": queries })).json();
    let results = body["results"].as_array().unwrap();
    let statuses: Vec<u64> = results.iter().map(|result| result["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [200, 422, 400, 200], "{body}");
    assert_eq!((&body["succeeded"], &body["failed"]), (&json!(2), &json!(2)));
    assert_eq!(results[1]["error"]["code"], "write_request");
    assert!(results[3]["result"]["reasoning"].is_string() && results[0]["result"].get("reasoning").is_none());
    server.post("/generate/batch", &json!({ "queries": [] })).problem(400, "invalid_request");
    server.post("/generate/batch", &json!({ "queries": vec!["x"; 1001] })).problem(400, "invalid_request");
}

#[test]
fn sql_is_checked_explained_and_run() {
    let server = Server::start();
    let right = json!({ "sql": "SELECT COUNT(*) AS n FROM PAC_MNT_PROJECTS" });
    let wrong = json!({ "sql": "SELECT Budgt FROM PAC_MNT_PROJECTS" });
    assert_eq!(server.post("/v1/sql/validate", &right).json()["valid"], true);
    let found = server.post("/v1/sql/validate", &wrong).json();
    assert_eq!((&found["valid"], &found["diagnostics"][0]["layer"]), (&json!(false), &json!("schema")));
    let explained = server.post("/v1/sql/explain", &right).json();
    assert!(explained["mermaid"].as_str().unwrap().starts_with("flowchart") && explained["operators"].is_object());
    server.post("/v1/sql/explain", &wrong).problem(422, "invalid_sql");
    let rows = server.post("/v1/sql/execute", &right).json();
    assert_eq!((&rows["columns"], &rows["row_count"]), (&json!(["n"]), &json!(1)));
    assert!(rows["rows"][0][0].as_i64().unwrap() > 0);
    server.post("/v1/sql/execute", &json!({ "sql": "DELETE FROM PAC_MNT_PROJECTS" })).problem(422, "unsafe_sql");
    server.post("/v1/sql/validate", &json!({ "sql": "x", "layers": ["taste"] })).problem(400, "invalid_request");
    server.post("/v1/sql/validate", &json!({ "sql": "x", "dialect": "klingon" })).problem(400, "invalid_request");
}

#[test]
fn what_is_served_is_told() {
    let server = Server::start();
    let health = server.get("/health");
    assert_eq!((health.status, &health.json()["status"]), (200, &json!("ok")));
    assert_eq!(server.get("/ping").status, 200);
    assert!(server.get("/model/info").json()["parameters"].as_u64().unwrap() > 1_000_000);
    let tables = server.get("/schema/tables").json();
    assert!(tables["tables"].as_array().unwrap().iter().any(|table| table["name"] == "PAC_MNT_PROJECTS"));
    assert_eq!(server.get("/examples").json()["examples"].as_array().unwrap().len(), 20);
    assert_eq!(server.get("/v1/schemas").json()["schemas"][0]["name"], "gl");
    assert_eq!(server.get("/v1/schemas/gl").json()["tables"], tables["tables"]);
    assert!(server.get("/v1/schemas/gl/erd").body.starts_with("erDiagram\n"));
    server.get("/v1/schemas/hr").problem(404, "not_found");
}

#[test]
fn the_document_names_every_route_and_the_page_stands_alone() {
    let server = Server::start();
    let document = server.get("/openapi.json").json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let score = &document["paths"]["/rm"]["post"]["responses"]["200"]["content"];
    assert_eq!(fields(score), ["application/json"].into());
    let paths = fields(&document["paths"]);
    let known = [
        "/generate",
        "/generate/batch",
        "/model/info",
        "/health",
        "/schema/tables",
        "/examples",
        "/v1/ask",
        "/v1/sql/validate",
        "/v1/sql/explain",
        "/v1/sql/execute",
        "/v1/schemas",
        "/v1/schemas/{name}",
        "/v1/schemas/{name}/erd",
        "/v1/history",
        "/v1/feedback",
        "/v1/api-keys",
        "/v1/api-keys/{prefix}",
        "/v1/api-keys/{prefix}/rotate",
        "/v1/chat/completions",
        "/v1/models",
        "/v1/models/load",
        "/ping",
        "/invocations",
        "/problems/{code}",
        "/v1/reward/batch",
        "/get_reward",
        "/rm",
        "/seed_session",
        "/verify",
    ];
    assert_eq!(paths, BTreeSet::from(known));
    let page = server.get("/docs");
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("http://") && !page.body.contains("https://"), "the page reaches out");
    assert_eq!((server.get("/docs/docs.js").status, server.get("/docs/docs.css").status), (200, 200));
}

#[test]
fn earlier_questions_are_listed_page_by_page() {
    let server = Server::start();
    let asked = questions(3);
    asked.iter().for_each(|question| drop(server.post("/generate", &json!({ "query": question }))));
    let first = server.get("/v1/history?limit=2").json();
    let names = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|item| item["question"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&first), [asked[2].clone(), asked[1].clone()]);
    let second = server.get(&format!("/v1/history?limit=2&cursor={}", first["next_cursor"])).json();
    assert_eq!((names(&second), &second["next_cursor"]), (vec![asked[0].clone()], &Value::Null));
    server.get("/v1/history?limit=0").problem(400, "invalid_request");
    server.get("/v1/history?limit=x").problem(400, "invalid_request");
}

#[test]
fn corrections_are_checked_before_they_are_kept() {
    let folder = folder("feedback");
    let settings = Settings { feedback: Some(folder.clone()), ..settings() };
    let parts = parts(&settings);
    let server = Server::with(settings, parts);
    let question = &questions(5)[0];
    let asked = server.post("/generate", &json!({ "query": question })).json();
    let say = |extra: Value| {
        let mut body = json!({ "request_id": asked["request_id"] });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        server.post("/v1/feedback", &body)
    };
    say(json!({ "rating": "down", "sql": "SELECT Nothing FROM Nowhere" })).problem(422, "invalid_sql");
    assert!(!folder.join("ratings.jsonl").exists());
    assert_eq!(say(json!({ "rating": "down", "comment": "no" })).json()["kept_for_training"], false);
    assert_eq!(say(json!({ "rating": "up" })).json()["kept_for_training"], true);
    let right = "SELECT COUNT(*) FROM PAC_MNT_PROJECTS";
    assert_eq!(say(json!({ "rating": "down", "sql": right })).json()["kept_for_training"], true);
    let kept = std::fs::read_to_string(folder.join("corrections.jsonl")).unwrap();
    let kept: Vec<Value> = kept.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&kept[0]["sql"], &kept[1]["sql"]), (&asked["sql"], &json!(right)));
    assert_eq!(kept[1]["query"], json!(question));
    assert_eq!(std::fs::read_to_string(folder.join("ratings.jsonl")).unwrap().lines().count(), 3);
    server.post("/v1/feedback", &json!({ "request_id": "req_0", "rating": "up" })).problem(404, "not_found");
}

#[test]
fn operators_see_what_is_counted() {
    let server = Server::start();
    server.post("/v1/ask", &json!({ "question": questions(5)[0] }));
    let get = |path| exchange(server.operators, "GET", path, &[], None);
    assert_eq!((get("/livez").status, get("/readyz").status), (200, 200));
    let text = get("/metrics").body;
    let has = |start: &str| assert!(text.lines().any(|line| line.starts_with(start)), "{start} in\n{text}");
    has("glrl_http_request_duration_seconds_count{route=\"/v1/ask\",method=\"POST\",code=\"200\"} 1");
    has("glrl_stage_seconds_count{stage=\"write\"} ");
    has("glrl_validation_total{layer=\"schema\",verdict=\"ok\"} 1");
    has("glrl_questions_total{schema=\"gl\",status=\"answered\"} 1");
    has("glrl_confidence_count 1");
    has("glrl_tables_used_total{schema=\"gl\",table=");
    has("process_resident_memory_bytes ");
    assert_eq!(server.get("/metrics").status, 404, "users do not see it");
}

#[test]
fn sagemaker_asks_one_question_or_many() {
    let server = Server::start();
    let question = &questions(5)[0];
    assert!(server.post("/invocations", &json!({ "query": question })).json()["sql"].is_string());
    let many = server.post("/invocations", &json!({ "queries": [question, question] })).json();
    assert_eq!(many["succeeded"], 2);
}
