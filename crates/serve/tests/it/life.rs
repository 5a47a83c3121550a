//! The end of a service: what is in progress is answered, what comes then is not.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use answer::orchestrator::{Asking, Options, Step, begin};
use answer::query_generator::generate;
use answer::reply::Status;
use futures_util::future::join_all;
use serde_json::json;
use serve::engine::Decoder;
use serve::settings::{DecoderSettings, Settings};

use crate::tools::{ENDLESS, ENGINE, Server, TODAY, exchange, parts, questions, settings};

#[test]
fn requests_in_progress_are_answered_before_the_end() {
    let mut server = Server::start();
    let (users, operators) = (server.users, server.operators);
    let asked = questions(12);
    let replies: Vec<u16> = std::thread::scope(|scope| {
        let ask = |question| {
            let body = json!({ "question": question }).to_string();
            scope.spawn(move || exchange(users, "POST", "/v1/ask", &[], Some(&body)).status)
        };
        let asking: Vec<_> = asked.iter().map(ask).collect();
        // Once they have all been begun.
        while server.service.gauges()[0].value < asked.len() as f64 && !asking.iter().any(|one| one.is_finished()) {
            std::thread::yield_now();
        }
        server.stop();
        asking.into_iter().map(|reply| reply.join().unwrap()).collect()
    });
    server.wait();
    assert!(replies.iter().all(|status| matches!(status, 200 | 422 | 424)), "{replies:?}");
    assert!(TcpStream::connect(users).is_err() && TcpStream::connect(operators).is_err());
}

#[test]
fn a_stream_that_outlasts_the_drain_ends_with_an_error() {
    let mut settings = Settings { drain: Duration::from_millis(200), ..settings() };
    settings.ask.limits.deadline = Duration::from_secs(3);
    let parts = parts(&settings);
    let mut server = Server::with(settings, parts);
    let body = json!({ "question": ENDLESS }).to_string();
    let users = server.users;
    let stream =
        std::thread::spawn(move || exchange(users, "POST", "/v1/ask", &[("accept", "text/event-stream")], Some(&body)));
    while server.service.gauges()[0].value < 1.0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    server.stop();
    let events = stream.join().unwrap().events();
    let (name, _, data) = events.last().unwrap();
    assert_eq!((name.as_str(), &data["code"]), ("error", &json!("draining")), "{events:?}");
    assert_eq!(events.iter().filter(|(name, ..)| name == "error" || name == "done").count(), 1);
}

#[test]
fn who_finds_no_place_is_told_at_once() {
    let settings = Settings {
        decoder: DecoderSettings { batch: 1, queue: 1, threads: 1, plan: false },
        max_requests: 3,
        ..settings()
    };
    let parts = parts(&settings);
    let server = Server::with(settings, parts);
    let question = &questions(5)[0];
    let replies: Vec<_> = std::thread::scope(|scope| {
        let ask = |_| scope.spawn(|| server.post("/v1/ask", &json!({ "question": question })));
        let asking: Vec<_> = (0..16).map(ask).collect();
        asking.into_iter().map(|reply| reply.join().unwrap()).collect()
    });
    let answered = replies.iter().filter(|reply| reply.status == 200).count();
    let turned_away: Vec<_> = replies.iter().filter(|reply| reply.status != 200).collect();
    assert!(answered >= 1 && !turned_away.is_empty(), "{answered} of 16");
    for reply in turned_away {
        assert_eq!(reply.problem(503, "overloaded")["retryable"], true);
        assert_eq!(reply.header("retry-after"), Some("1"));
    }
    // And afterwards there is place again.
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(server.post("/v1/ask", &json!({ "question": question })).status, 200);
}

/// A question with its likeliest query, where others are to be compared with that.
fn unsure_of(question: &str) -> Option<Box<Asking>> {
    let model = ENGINE.model.as_ref().unwrap();
    let Step::Write(asking) = begin(&ENGINE, question, &Options::on(TODAY)) else { return None };
    let written = generate(model.generator(1, false), &[asking.request(model.least_answerable)]).unwrap().remove(0);
    let Step::Write(asking) = asking.go_on(&ENGINE, Ok(written)) else { return None };
    asking.has_candidate().then_some(asking)
}

#[test]
fn who_has_a_query_answers_with_it_where_no_other_can_be_written() {
    let questions = questions(60);
    let hard = questions.iter().find(|question| unsure_of(question).is_some()).expect("a question that is hard");
    let settings = DecoderSettings { batch: 1, queue: 1, threads: 1, plan: false };
    let decoder = Decoder::start(Arc::clone(&ENGINE), settings).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    // All at once, while the first of them is written for.
    let asking = (0..8).map(|_| decoder.write(unsure_of(hard).unwrap(), deadline, None));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let written = runtime.block_on(join_all(asking));
    let mut without = 0;
    for written in written {
        let written = written.expect("nobody with a query is turned away");
        let candidates = written.candidates.unwrap();
        if candidates.is_empty() {
            without += 1;
            let Step::Done(answer) = written.asking.go_on(&ENGINE, Ok(candidates)) else {
                panic!("asks again: {hard}")
            };
            assert_eq!(answer.status, Status::Answered, "{hard}");
        }
    }
    assert!((1..8).contains(&without), "{without} of 8");
}
