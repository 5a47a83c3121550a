//! `Idempotency-Key`: the same request is answered once, another one is refused, and what may still come right is not kept.

use std::time::Duration;

use serde_json::{Value, json};
use serve::settings::Settings;

use crate::tools::{ENDLESS, Reply, Server, alone, folder, parts, questions, settings};

fn post(server: &Server, path: &str, key: &str, body: &Value) -> Reply {
    server.post_with(path, &[("idempotency-key", key)], body)
}

fn is_replayed(reply: &Reply) -> bool {
    reply.header("idempotency-replayed") == Some("true")
}

#[test]
fn the_same_request_is_answered_once() {
    let server = Server::start();
    let query = json!({ "query": questions(5)[0] });
    let batch = json!({ "queries": [questions(5)[1]] });
    let ask = json!({ "question": questions(5)[2] });
    for (path, body) in [("/generate", &query), ("/generate/batch", &batch), ("/v1/ask", &ask)] {
        let (first, second) = (post(&server, path, path, body), post(&server, path, path, body));
        assert_eq!((first.status, is_replayed(&first)), (200, false), "{}", first.body);
        assert_eq!((second.status, is_replayed(&second)), (200, true), "{}", second.body);
        assert_eq!(first.body, second.body);
        assert_eq!(second.header("content-type"), Some("application/json"));
        let anew = post(&server, path, &format!("{path}-2"), body);
        assert!(anew.status == 200 && !is_replayed(&anew) && anew.body != first.body);
    }
}

#[test]
fn a_key_names_one_request() {
    let server = Server::start();
    let body = json!({ "query": questions(5)[0] });
    assert_eq!(post(&server, "/generate", "k", &body).status, 200);
    let other = json!({ "query": questions(5)[1] });
    post(&server, "/generate", "k", &other).problem(422, "idempotency_mismatch");
    post(&server, "/v1/ask", "k", &json!({ "question": "x" })).problem(422, "idempotency_mismatch");
    for bad in ["", "k\u{fc}", &"k".repeat(256)] {
        post(&server, "/generate", bad, &body).problem(400, "invalid_request");
    }
    let long = json!({ "query": "x".repeat(200_000) });
    post(&server, "/generate", "long", &long).problem(413, "payload_too_large");
}

#[test]
fn a_problem_that_stays_one_is_repeated_and_one_that_may_pass_is_not() {
    let server = Server::start();
    let body = json!({ "question": "drop table x" });
    let (first, second) = (post(&server, "/v1/ask", "k", &body), post(&server, "/v1/ask", "k", &body));
    first.problem(422, "write_request");
    second.problem(422, "write_request");
    assert!(!is_replayed(&first) && is_replayed(&second));
    let settings = Settings { deadline: Duration::from_millis(1), ..settings() };
    let parts = parts(&settings);
    let hurried = Server::with(settings, parts);
    let body = json!({ "question": questions(5)[0] });
    for _ in 0..2 {
        let reply = post(&hurried, "/v1/ask", "k", &body);
        reply.problem(504, "deadline");
        assert!(!is_replayed(&reply));
    }
}

#[test]
fn a_batch_of_which_a_part_may_come_right_is_not_kept() {
    // Without a model each question is a 503, and the batch is a 200.
    let server = alone(settings());
    let body = json!({ "queries": [questions(5)[0], "drop table x"] });
    for _ in 0..2 {
        let reply = post(&server, "/generate/batch", "k", &body);
        let statuses: Vec<_> =
            reply.json()["results"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect();
        assert_eq!((reply.status, statuses, is_replayed(&reply)), (200, vec![json!(503), json!(422)], false));
    }
    let stays = json!({ "queries": ["drop table x"] });
    let replies = [(); 2].map(|()| post(&server, "/generate/batch", "l", &stays));
    assert_eq!(replies.map(|reply| is_replayed(&reply)), [false, true]);
}

#[test]
fn only_what_may_be_a_stream_goes_on_as_one() {
    let server = Server::start();
    let headers = [("idempotency-key", "k"), ("accept", "text/event-stream")];
    let body = json!({ "query": questions(5)[0] });
    let replies = [(); 2].map(|()| server.post_with("/generate", &headers, &body));
    assert_eq!(replies.map(|reply| is_replayed(&reply)), [false, true]);
}

#[test]
fn a_request_in_progress_is_not_begun_again() {
    let mut settings = settings();
    settings.ask.limits.deadline = Duration::from_secs(2);
    let server = alone(settings);
    let body = json!({ "question": ENDLESS });
    std::thread::scope(|scope| {
        let first = scope.spawn(|| post(&server, "/v1/ask", "k", &body));
        while server.service.schemas()[0].engine.database_is_free() {
            std::thread::sleep(Duration::from_millis(2));
        }
        let second = post(&server, "/v1/ask", "k", &body);
        assert_eq!(second.problem(409, "idempotency_in_progress")["retryable"], true);
        assert_eq!(second.header("retry-after"), Some("1"));
        first.join().unwrap().problem(504, "deadline");
    });
}

#[test]
fn feedback_is_kept_once() {
    let kept = folder("feedback-once");
    let settings = Settings { feedback: Some(kept.clone()), ..settings() };
    let parts = parts(&settings);
    let server = Server::with(settings, parts);
    let asked = server.post("/generate", &json!({ "query": questions(5)[0] })).json();
    let body = json!({ "request_id": asked["request_id"], "rating": "up" });
    for _ in 0..3 {
        assert_eq!(post(&server, "/v1/feedback", "thumb", &body).status, 200);
    }
    let files = std::fs::read_dir(&kept).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    assert!(files.map(|text| text.lines().count()).all(|lines| lines == 1));
}
