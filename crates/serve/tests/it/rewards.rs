//! Rewards, in the shapes in which training engines ask for them.

use database::{Image, Limits};
use serde_json::{Value, json};
use serve::rewards::Rewards;
use serve::service::{Parts, Served};

use crate::tools::{Reply, Server, demo, pack, parts, settings};

const COUNT: &str = "SELECT COUNT(*) AS n FROM PAC_MNT_PROJECTS";
const SAME: &str = "<think>PAC_MNT_PROJECTS, COUNT</think>SELECT COUNT(Project_Code) FROM PAC_MNT_PROJECTS";
const OTHER: &str = "SELECT COUNT(*) FROM SRM_COMPANIES";

/// A service that rewards by the demo database.
fn rewarding() -> Server {
    let settings = settings();
    let parts = parts(&settings);
    let images = || Ok(vec![Image::copy(demo(&pack())).map_err(|e| e.to_string())?]);
    let rewarding = |served: Served| served.with_rewards(Rewards::new(images, Limits::default()));
    let schemas = parts.schemas.into_iter().map(rewarding).collect();
    Server::with(settings, Parts::new(schemas, parts.keys))
}

fn is_right(reward: &Value) -> bool {
    reward.as_f64().unwrap() >= 0.98
}

fn is_wrong(reward: &Value) -> bool {
    reward.as_f64().unwrap() < 0.8
}

#[test]
fn a_batch_is_worth_its_rows() {
    let server = rewarding();
    let item = |completion: &str| json!({ "completion": completion, "sql": COUNT, "question": "How many projects?" });
    let bad = json!({ "completion": SAME, "sql": "SELECT nothing" });
    let items = json!([item(SAME), item(OTHER), { "completion": "<unanswerable>", "status": "abstained" }, bad]);
    let reply = server.post("/v1/reward/batch", &json!({ "items": items }));
    assert_eq!(reply.status, 200, "{}", reply.body);
    let rewards = reply.json()["rewards"].clone();
    assert!(is_right(&rewards[0]["reward"]) && is_wrong(&rewards[1]["reward"]), "{rewards}");
    assert_eq!((&rewards[0]["components"]["accuracy"], &rewards[2]["reward"]), (&json!(1.0), &json!(1.0)));
    assert!(rewards[3]["reward"].is_null() && rewards[3]["error"].as_str().unwrap().starts_with("the reference"));
    let seed = server.post("/v1/reward/batch", &json!({ "items": [item(OTHER)], "profile": "seed" })).json();
    assert!(seed["rewards"][0]["reward"].as_f64() > rewards[1]["reward"].as_f64(), "{seed}");
    server.post("/v1/reward/batch", &json!({ "items": [] })).problem(400, "invalid_request");
    let unknown = json!({ "items": [item(SAME)], "schema": "hr" });
    server.post("/v1/reward/batch", &unknown).problem(404, "not_found");
}

#[test]
fn openrlhf_posts_queries_prompts_and_labels() {
    let server = rewarding();
    let prompt = "<|im_start|>user\nHow many projects?<|im_end|>\n<|im_start|>assistant\n";
    let query = [format!("{prompt}{SAME}"), format!("{prompt}{OTHER}")];
    let label = json!({ "sql": COUNT, "question": "How many projects?" }).to_string();
    let body = json!({ "query": query, "prompts": [prompt, prompt], "labels": [COUNT, label] });
    let reply = server.post("/get_reward", &body).json();
    assert!(is_right(&reply["rewards"][0]) && is_wrong(&reply["rewards"][1]), "{reply}");
    assert_eq!(reply["scores"], reply["rewards"]);
    assert!(reply["extra_logs"].as_object().unwrap().values().all(|log| log.as_array().unwrap().len() == 2));
    server.post("/get_reward", &json!({ "query": query, "labels": [COUNT] })).problem(400, "invalid_request");
    let problem = server.post("/get_reward", &json!({ "query": vec!["x"; 1_001] })).problem(400, "invalid_request");
    assert!(problem["detail"].as_str().unwrap().contains("1001"), "{problem}");
}

#[test]
fn slime_posts_one_and_gets_a_number() {
    let server = rewarding();
    let post = |response: &str, label: Value| {
        server.post("/rm", &json!({ "prompt": "?", "response": response, "label": label }))
    };
    assert!(is_right(&post(SAME, json!(COUNT)).json()) && is_wrong(&post(OTHER, json!(COUNT)).json()));
    assert!(post(SAME, Value::Null).json().as_f64().unwrap() <= 0.5, "nobody knows what is right");
    post(SAME, json!("SELECT nothing")).problem(400, "invalid_request");
    post(SAME, json!({ "status": "maybe" })).problem(400, "invalid_request");
}

#[test]
fn nemo_gym_gets_its_fields_back_with_the_reward() {
    let server = rewarding();
    assert_eq!(server.post("/seed_session", &json!({})).json(), json!({}));
    let response = |text: &str| {
        json!({ "id": "resp_1", "object": "response", "output": [
            { "type": "reasoning", "summary": [] },
            { "type": "message", "role": "assistant", "content": [{ "type": "output_text", "text": text, "annotations": [] }] },
        ]})
    };
    let create = json!({ "input": [{ "role": "user", "content": "How many projects?" }] });
    let body =
        |text: &str| json!({ "responses_create_params": create, "response": response(text), "sql": COUNT, "row": 7 });
    let reply = server.post("/verify", &body(SAME)).json();
    assert!(is_right(&reply["reward"]), "{reply}");
    assert_eq!((&reply["response"], &reply["row"]), (&response(SAME), &json!(7)));
    assert_eq!(reply["responses_create_params"], create);
    assert!(is_wrong(&server.post("/verify", &body(OTHER)).json()["reward"]));
    let silent: Reply = server.post("/verify", &json!({ "response": { "output": [] } }));
    silent.problem(400, "invalid_request");
}
