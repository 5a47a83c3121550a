//! What goes wrong comes as one type, whatever part of the service found it.

use std::net::TcpStream;

use std::io::Write;

use serde_json::json;
use serve::problem::Code;

use crate::tools::{Server, exchange, questions, request, send, slow_down};

#[test]
fn bad_requests_are_told_apart() {
    let server = Server::start();
    let post = |headers: &[(&str, &str)], body: &str| exchange(server.users, "POST", "/v1/ask", headers, Some(body));
    post(&[], "{").problem(400, "invalid_request");
    post(&[], "{\"question\":7}").problem(400, "invalid_request");
    post(&[], "{\"question\":\"a\",\"color\":\"red\"}").problem(400, "invalid_request");
    post(&[], "{\"question\":\"\\u0000\"}").problem(400, "invalid_question");
    post(&[], "{\"question\":\"  \"}").problem(400, "invalid_question");
    post(&[("content-type", "text/plain")], "{}").problem(415, "unsupported_media_type");
    post(&[], &format!("{{\"question\":\"{}\"}}", "x".repeat(200_000))).problem(413, "payload_too_large");
    server.get("/nowhere").problem(404, "not_found");
    server.get("/v1/ask").problem(405, "method_not_allowed");
    server.post("/v1/ask", &json!({ "question": "x", "schema": "hr" })).problem(404, "not_found");
    server.post("/v1/ask", &json!({ "question": "x", "confidence_threshold": 2 })).problem(400, "invalid_request");
}

#[test]
fn questions_without_an_answer_say_why_and_what_was_found() {
    let server = Server::start();
    let ask = |question: &str| server.post("/v1/ask", &json!({ "question": question }));
    let write = ask("delete from PAC_MNT_PROJECTS").problem(422, "write_request");
    assert_eq!(write["intent"], "write");
    ask("SELECT Nothing FROM PAC_MNT_PROJECTS").problem(422, "invalid_sql")["validation"][0]["code"].as_str().unwrap();
    let sure = json!({ "question": questions(5)[0], "confidence_threshold": 1.0 });
    let unsure = server.post("/v1/ask", &sure).problem(424, "low_confidence");
    assert!(unsure["alternatives"][0]["sql"].is_string());
}

#[test]
fn every_code_has_a_page_and_the_status_it_says() {
    let server = Server::start();
    for code in Code::ALL {
        let page = server.get(&format!("/problems/{}", code.name()));
        assert_eq!(page.status, 200, "{}", code.name());
        assert!(page.body.contains(&format!("status: {}", code.status().as_u16())));
    }
    server.get("/problems/none").problem(404, "not_found");
}

#[test]
fn who_asks_too_often_is_told_when_to_go_on() {
    let server = Server::start();
    slow_down(&server, 60, 2);
    assert_eq!((server.get("/v1/schemas").status, server.get("/v1/schemas").status), (200, 200));
    let refused = server.get("/v1/schemas");
    assert_eq!(refused.problem(429, "rate_limited")["retryable"], true);
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(server.get("/health").status, 200, "health is always told");
}

#[test]
fn a_batch_counts_as_its_questions() {
    let server = Server::start();
    slow_down(&server, 60, 1);
    let queries = vec!["drop table x"; 30];
    assert_eq!(server.post("/generate/batch", &json!({ "queries": queries })).status, 200);
    let refused = server.get("/v1/schemas");
    refused.problem(429, "rate_limited");
    assert!(refused.header("retry-after").unwrap().parse::<u32>().unwrap() > 20);
}

#[test]
fn replies_carry_their_headers_and_ids() {
    let server = Server::start();
    let reply = exchange(server.users, "GET", "/health", &[("x-request-id", "mine-1")], None);
    assert_eq!(reply.header("x-request-id"), Some("mine-1"));
    for (name, value) in
        [("x-content-type-options", "nosniff"), ("x-frame-options", "DENY"), ("cache-control", "no-store")]
    {
        assert_eq!(reply.header(name), Some(value));
    }
    let odd = exchange(server.users, "GET", "/health", &[("x-request-id", "a b\"c")], None);
    assert!(odd.header("x-request-id").unwrap().starts_with("req_"));
    let foreign = exchange(server.users, "GET", "/health", &[("origin", "https://elsewhere.example")], None);
    assert_eq!(foreign.header("access-control-allow-origin"), None, "CORS is closed");
}

#[test]
fn what_is_no_http_harms_nobody() {
    let server = Server::start();
    for garbage in [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"GET\r\n\r\n", b"POST /v1/ask HTTP/1.1\r\ncontent-length: 9"]
    {
        TcpStream::connect(server.users).unwrap().write_all(garbage).unwrap();
    }
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn without_keys_only_this_machine_s_own_names_are_answered() {
    let server = Server::start();
    let body = json!({ "sql": "SELECT 1" }).to_string();
    let status = |host: &str| {
        let text = request("POST", "/v1/sql/execute", &[], Some(&body)).replacen(
            "host: localhost",
            &format!("host: {host}"),
            1,
        );
        send(server.users, &text).status
    };
    for own in ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000"] {
        assert_eq!(status(own), 200, "{own}");
    }
    for other in ["evil.example:8000", "localhost.evil.example", "192.168.1.5", "x"] {
        assert_eq!(status(other), 403, "{other}");
    }
}
