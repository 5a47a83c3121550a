//! OpenAI's chat API: plain, in chunks, several candidates, refusals, and errors in its own shape.

use serde_json::{Value, json};

use crate::tools::{Server, questions};

fn body(question: &str) -> Value {
    json!({ "model": "gl-compact", "messages": [{ "role": "system", "content": "x" }, { "role": "user", "content": question }] })
}

#[test]
fn a_completion_holds_the_query_that_generate_gives() {
    let server = Server::start();
    assert_eq!(server.get("/v1/models").json()["data"][0]["id"], "gl-compact");
    let question = &questions(5)[0];
    let wanted = server.post("/generate", &json!({ "query": question })).json()["sql"].clone();
    let reply = server.post("/v1/chat/completions", &body(question)).json();
    assert_eq!(reply["object"], "chat.completion");
    assert_eq!(
        (&reply["choices"][0]["message"]["content"], &reply["choices"][0]["finish_reason"]),
        (&wanted, &json!("stop"))
    );
    assert!(reply["usage"]["total_tokens"].as_u64().unwrap() > 0);

    let mut parts = body(question);
    parts["messages"][1]["content"] = json!([{ "type": "text", "text": question }]);
    parts["temperature"] = json!(0.3);
    assert_eq!(server.post("/v1/chat/completions", &parts).json()["choices"][0]["message"]["content"], wanted);
    let mut several = body(question);
    several["n"] = json!(3);
    let several = server.post("/v1/chat/completions", &several).json();
    let choices = several["choices"].as_array().unwrap();
    assert!((1..=3).contains(&choices.len()) && choices[0]["message"]["content"] == wanted);

    let mut streamed = body(question);
    (streamed["stream"], streamed["stream_options"]) = (json!(true), json!({ "include_usage": true }));
    let reply = server.post("/v1/chat/completions", &streamed);
    let chunks: Vec<&str> = reply.body.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let (last, chunks) = chunks.split_last().unwrap();
    assert_eq!(*last, "[DONE]");
    let chunks: Vec<Value> = chunks.iter().map(|chunk| serde_json::from_str(chunk).unwrap()).collect();
    let said: String = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(json!(said), wanted);
    assert!(chunks.last().unwrap()["usage"]["total_tokens"].is_u64());
}

#[test]
fn what_is_declined_is_a_refusal_and_errors_have_their_shape() {
    let server = Server::start();
    let refused = server.post("/v1/chat/completions", &body("drop table x"));
    let message = &refused.json()["choices"][0]["message"];
    assert!(refused.status == 200 && message["content"].is_null() && message["refusal"].is_string());
    let mut other = body("x");
    other["model"] = json!("gpt-9");
    let check = |body: &Value, status: u16, code: &str| {
        let reply = server.post("/v1/chat/completions", body);
        let error = &reply.json()["error"];
        assert_eq!((reply.status, error["code"].as_str()), (status, Some(code)), "{reply:?}");
        assert!(error["message"].is_string() && error["type"].is_string() && error.get("param").is_some());
    };
    check(&other, 404, "not_found");
    check(&json!({ "model": "gl-compact" }), 400, "invalid_request");
    check(&json!({ "model": "gl-compact", "messages": [] }), 400, "invalid_request");
    check(&body(""), 400, "invalid_question");
}
