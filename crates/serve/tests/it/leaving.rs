//! Who leaves, or has no time left, takes the work along: the query that ran for them is interrupted.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;
use serve::settings::Settings;

use crate::tools::{ENDLESS, Server, alone, request, settings};

/// How soon a place has to be free again.
const SOON: Duration = Duration::from_secs(1);

/// A service whose queries may take hours.
fn patient() -> Server {
    let mut settings = settings();
    settings.ask.limits.deadline = Duration::from_secs(3600);
    settings.deadline = Duration::from_secs(3600);
    alone(settings)
}

fn busy(server: &Server) -> f64 {
    server.service.gauges()[0].value
}

/// Waits until the only connection to the database is taken.
fn until_it_runs(server: &Server) {
    let until = Instant::now() + Duration::from_secs(20);
    while server.service.schemas()[0].engine.database_is_free() {
        assert!(Instant::now() < until, "the query does not run");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The place is free, and the only connection answers others.
fn is_free_soon(server: &Server, since: Instant) {
    let run = json!({ "sql": "SELECT COUNT(*) AS n FROM SRM_COMPANIES" });
    let reply = server.post("/v1/sql/execute", &run);
    assert_eq!(reply.status, 200, "{}", reply.body);
    while busy(server) > 0.0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
}

#[test]
fn a_left_request_is_interrupted_and_its_place_is_free() {
    let server = patient();
    let stream = ("accept", "text/event-stream");
    let asked = json!({ "question": ENDLESS });
    let requests = [
        ("/v1/ask", asked.clone(), vec![]),
        ("/v1/ask", asked, vec![stream]),
        ("/v1/sql/execute", json!({ "sql": ENDLESS }), vec![]),
    ];
    for (path, body, headers) in requests {
        let mut client = TcpStream::connect(server.users).unwrap();
        client.write_all(request("POST", path, &headers, Some(&body.to_string())).as_bytes()).unwrap();
        until_it_runs(&server);
        assert_eq!(busy(&server), 1.0, "a stream holds its place too");
        if !headers.is_empty() {
            client.read_exact(&mut [0; 40]).unwrap();
        }
        let left = Instant::now();
        drop(client);
        is_free_soon(&server, left);
    }
}

#[test]
fn the_deadline_of_a_request_interrupts_its_query() {
    let mut settings = Settings { deadline: Duration::from_millis(300), ..settings() };
    settings.ask.limits.deadline = Duration::from_secs(3600);
    let server = alone(settings);
    for headers in [&[][..], &[("accept", "text/event-stream")]] {
        let asked = Instant::now();
        let reply = server.post_with("/v1/ask", headers, &json!({ "question": ENDLESS }));
        match headers {
            [] => drop(reply.problem(504, "deadline")),
            _ => assert_eq!(reply.events().last().unwrap().2["code"], "deadline"),
        }
        is_free_soon(&server, asked + Duration::from_millis(300));
    }
}

#[test]
fn who_waits_for_the_answer_of_another_keeps_their_own_time() {
    let deadline = Duration::from_secs(1);
    let mut settings = Settings { deadline, cache_bytes: 1_000_000, ..settings() };
    // The first request's time ends in SQL: just before the layer above would end it.
    settings.ask.limits.deadline = deadline + Duration::from_millis(50);
    let server = alone(settings);
    let asked = json!({ "question": ENDLESS });
    std::thread::scope(|scope| {
        let first = scope.spawn(|| server.post("/v1/ask", &asked));
        until_it_runs(&server);
        std::thread::sleep(deadline / 2);
        let second = Instant::now();
        drop(server.post("/v1/ask", &asked).problem(504, "deadline"));
        assert!(second.elapsed() >= deadline, "{:?}", second.elapsed());
        drop(first.join().unwrap().problem(504, "deadline"));
    });
}

#[test]
fn who_waits_for_the_database_and_leaves_runs_nothing() {
    let server = patient();
    let body = json!({ "sql": ENDLESS }).to_string();
    let send = || {
        let mut client = TcpStream::connect(server.users).unwrap();
        client.write_all(request("POST", "/v1/sql/execute", &[], Some(&body)).as_bytes()).unwrap();
        client
    };
    let first = send();
    until_it_runs(&server);
    let others: Vec<TcpStream> = (0..4).map(|_| send()).collect();
    while busy(&server) < 5.0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(others);
    while busy(&server) > 1.0 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let left = Instant::now();
    drop(first);
    is_free_soon(&server, left);
}

#[test]
fn a_body_that_comes_slowly_holds_no_place() {
    // One for each that is asked below, and one over: a head that comes while none is left is turned away at once.
    let server = alone(Settings { max_requests: 2, ..settings() });
    let whole = request("POST", "/v1/sql/execute", &[], Some("{\"sql\":\"SELECT 1 AS one\"}"));
    let slow: Vec<TcpStream> = (0..20)
        .map(|_| {
            let mut client = TcpStream::connect(server.users).unwrap();
            client.write_all(&whole.as_bytes()[..whole.len() - 5]).unwrap();
            client
        })
        .collect();
    let run = json!({ "sql": "SELECT COUNT(*) AS n FROM SRM_COMPANIES" });
    for _ in 0..5 {
        assert_eq!(server.post("/v1/sql/execute", &run).status, 200);
    }
    let mut last = slow.into_iter().next_back().unwrap();
    last.write_all(&whole.as_bytes()[whole.len() - 5..]).unwrap();
    let mut reply = String::new();
    last.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
}

#[test]
fn a_body_that_announces_too_much_is_not_read() {
    let server = alone(settings());
    let mut client = TcpStream::connect(server.users).unwrap();
    let head = "POST /generate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\r\n";
    client.write_all(head.as_bytes()).unwrap();
    let mut reply = [0; 12];
    client.read_exact(&mut reply).unwrap();
    assert_eq!(&reply, b"HTTP/1.1 413");
}
