//! Answers of the service are those of `ask`, whoever asks beside them, and caching changes none.

use answer::orchestrator::{Options, ask};
use serde_json::{Value, json};

use crate::tools::{ENGINE, Server, TODAY, parts, questions, settings};

#[test]
fn questions_asked_at_once_get_the_answers_they_get_one_by_one() {
    let server = Server::start();
    let questions = questions(24);
    let asked = json_of_all(&server, &questions);
    let mut answered = 0;
    for (question, (status, reply)) in questions.iter().zip(asked) {
        let alone = ask(&ENGINE, question, &Options::on(TODAY));
        match &alone.error {
            Some(error) => assert_eq!(reply["detail"], json!(error.message), "{question}"),
            None => {
                answered += 1;
                assert_eq!(status, 200, "{question}: {reply}");
                // To the last bit: what an answer is does not depend on who is answered beside it. Both are read from text,
                // since reading rounds.
                let printed: Value = serde_json::from_str(&alone.to_json()).unwrap();
                for field in ["sql", "confidence_score", "rows", "columns", "reasoning", "validation", "intent"] {
                    assert_eq!(reply[field], printed[field], "{field} of {question}");
                }
            }
        }
    }
    assert!(answered >= 20, "{answered}");
}

/// Asks all questions at the same time.
fn json_of_all(server: &Server, questions: &[String]) -> Vec<(u16, Value)> {
    std::thread::scope(|scope| {
        let ask = |question| scope.spawn(move || server.post("/v1/ask", &json!({ "question": question })));
        let asking: Vec<_> = questions.iter().map(ask).collect();
        asking.into_iter().map(|reply| reply.join().unwrap()).map(|reply| (reply.status, reply.json())).collect()
    })
}

#[test]
fn alternatives_are_those_of_ask() {
    let server = Server::start();
    let question = &questions(7)[3];
    let reply = server.post("/v1/ask", &json!({ "question": question, "alternatives": 3, "execute": false })).json();
    let options = Options { alternatives: 3, execute: false, ..Options::on(TODAY) };
    let alone = ask(&ENGINE, question, &options);
    assert_eq!((&reply["sql"], &reply["alternatives"]), (&json!(alone.sql), &json!(alone.alternatives)));
    assert!(reply["rows"].is_null());
}

#[test]
fn an_answer_is_kept_for_the_same_question_and_settings_only() {
    let settings = serve::settings::Settings { cache_bytes: 1_000_000, ..settings() };
    let parts = parts(&settings);
    let server = Server::with(settings, parts);
    let question = &questions(5)[1];
    let ask = |extra: Value| {
        let mut body = json!({ "question": question });
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        server.post("/v1/ask", &body).json()
    };
    let first = ask(json!({}));
    let second = ask(json!({}));
    assert_eq!((&first["cache_hit"], &second["cache_hit"]), (&json!(false), &json!(true)));
    for field in ["sql", "rows", "columns", "confidence_score", "reasoning"] {
        assert_eq!(first[field], second[field]);
    }
    assert_ne!(first["request_id"], second["request_id"]);
    assert_eq!(ask(json!({ "max_rows": 1 }))["cache_hit"], false);
    assert_eq!(ask(json!({ "execute": false }))["cache_hit"], false);
    // Many who ask the same at the same time are answered by one.
    let question = questions(9)[4].clone();
    let replies = json_of_all(&server, &vec![question; 12]);
    let made = replies.iter().filter(|(_, reply)| reply["cache_hit"] == false).count();
    assert_eq!(made, 1);
}
