//! Streams: the names and order of events, and one last event whatever happens.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;
use serve::settings::Settings;

use crate::tools::{ENDLESS, Reply, Server, alone, parts, questions, request, settings};

const STREAM: (&str, &str) = ("accept", "text/event-stream");

fn names(reply: &Reply) -> Vec<String> {
    reply.events().into_iter().map(|(name, ..)| name).collect()
}

/// How many requests that ask were timed, by status.
fn timed(server: &Server) -> Vec<String> {
    let name = "glrl_http_request_duration_seconds_count{route=\"/v1/ask\",method=\"POST\",";
    let text = server.service.metrics.render(&[]);
    text.lines().filter_map(|line| line.strip_prefix(name).map(str::to_owned)).collect()
}

#[test]
fn an_answer_comes_in_events_that_count_up_and_end_once() {
    let server = Server::start();
    let question = &questions(5)[0];
    let whole = server.post("/v1/ask", &json!({ "question": question })).json();
    let reply = server.post_with("/v1/ask", &[STREAM], &json!({ "question": question }));
    assert_eq!(reply.header("content-type"), Some("text/event-stream"));
    assert_eq!((reply.header("cache-control"), reply.header("x-accel-buffering")), (Some("no-cache"), Some("no")));
    let events = reply.events();
    let mut order = names(&reply);
    order.dedup();
    order.retain(|name| name != "chart");
    let wanted = [
        "status",
        "schema",
        "sql.delta",
        "reasoning.delta",
        "sql",
        "validation",
        "rows",
        "explanation",
        "usage",
        "done",
    ];
    assert_eq!(order, wanted);
    let request = reply.header("x-request-id").unwrap();
    assert!(events.iter().enumerate().all(|(i, (_, id, _))| *id == format!("{i}-{request}")));
    let data = |wanted: &str| events.iter().find(|(name, ..)| name == wanted).map(|(.., data)| data.clone()).unwrap();
    assert_eq!(data("sql")["sql"], whole["sql"]);
    assert_eq!(data("rows")["rows"], whole["rows"]);
    let deltas = events.iter().filter(|(name, ..)| name == "sql.delta");
    let written: String = deltas.map(|(.., data)| data["delta"].as_str().unwrap()).collect();
    assert!(written.starts_with("SELECT "), "{written}");
    assert_eq!(timed(&server), ["code=\"200\"} 2"], "the stream and the whole reply");
}

#[test]
fn a_question_without_an_answer_ends_with_its_problem() {
    let server = Server::start();
    let reply = server.post_with("/v1/ask", &[STREAM], &json!({ "question": "drop table x" }));
    let events = reply.events();
    let (name, _, data) = events.last().unwrap();
    assert_eq!((name.as_str(), &data["code"]), ("error", &json!("write_request")));
    let last = |name: &String| name == "done" || name == "error";
    assert_eq!(names(&reply).iter().filter(|name| last(name)).count(), 1);
}

#[test]
fn a_deadline_ends_a_stream_with_an_error() {
    let settings = Settings { deadline: Duration::from_millis(1), ..settings() };
    let parts = parts(&settings);
    let server = Server::with(settings, parts);
    let reply = server.post_with("/v1/ask", &[STREAM], &json!({ "question": questions(5)[0] }));
    let events = reply.events();
    let (name, _, data) = events.last().unwrap();
    assert_eq!((name.as_str(), &data["code"]), ("error", &json!("deadline")));
    let plain = server.post("/v1/ask", &json!({ "question": questions(5)[0] }));
    plain.problem(504, "deadline");
    assert_eq!(timed(&server), ["code=\"504\"} 2"], "a stream that fails is no success");
}

#[test]
fn a_client_that_leaves_takes_its_question_along() {
    let server = Server::start();
    let body = json!({ "question": questions(5)[0] }).to_string();
    for headers in [&[STREAM][..], &[]] {
        let mut stream = TcpStream::connect(server.users).unwrap();
        stream.write_all(request("POST", "/v1/ask", headers, Some(&body)).as_bytes()).unwrap();
        if !headers.is_empty() {
            stream.read_exact(&mut [0; 40]).unwrap();
        }
        drop(stream);
    }
    let until = Instant::now() + Duration::from_secs(20);
    let schemas = server.service.schemas();
    let load = schemas[0].decoder.load();
    while load.rows() + load.waiting() > 0 {
        assert!(Instant::now() < until, "questions of clients that left are still written for");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(server.get("/health").status, 200);
}

#[test]
fn a_stream_is_taken_up_where_it_broke() {
    let server = Server::start();
    let body = json!({ "question": questions(5)[0] });
    let whole = server.post_with("/v1/ask", &[STREAM], &body).events();
    let resume = |id: &str| server.post_with("/v1/ask", &[STREAM, ("last-event-id", id)], &body).events();
    for at in [0, whole.len() / 2, whole.len() - 2] {
        assert_eq!(resume(&whole[at].1), whole[at + 1..], "after event {at}");
    }
    assert_eq!(resume(&whole.last().unwrap().1), whole[whole.len() - 1..], "the end is told again");
    for id in ["", "7", "0-req_unknown", "x-y", "99999999999999999999999-z"] {
        let events = resume(id);
        assert_eq!(events.len(), 1, "{events:?}");
        assert_eq!((events[0].0.as_str(), &events[0].2["code"]), ("error", &json!("stream_gone")));
    }
}

#[test]
fn a_stream_in_progress_has_a_second_reader_when_the_first_is_lost() {
    let mut settings = settings();
    settings.ask.limits.deadline = Duration::from_secs(4);
    let server = alone(settings);
    let body = json!({ "question": ENDLESS });
    let mut first = TcpStream::connect(server.users).unwrap();
    let headers = [STREAM, ("x-request-id", "mine")];
    first.write_all(request("POST", "/v1/ask", &headers, Some(&body.to_string())).as_bytes()).unwrap();
    first.read_exact(&mut [0; 40]).unwrap();
    let second = std::thread::scope(|scope| {
        let second = scope.spawn(|| server.post_with("/v1/ask", &[STREAM, ("last-event-id", "0-mine")], &body));
        while server.service.gauges()[0].value < 2.0 && !second.is_finished() {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(server.service.gauges()[0].value, 2.0, "the second reader holds a place too");
        drop(first);
        second.join().unwrap()
    });
    let events = second.events();
    let (name, id, data) = events.last().unwrap();
    assert_eq!((name.as_str(), id.split('-').next_back(), &data["code"]), ("error", Some("mine"), &json!("deadline")));
    assert_eq!(events[0].1, "1-mine");
}
