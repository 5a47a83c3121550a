//! Traces as a collector gets them: a span for each stage, under the caller's trace, without a word of the question.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::serve::Serving;
use crate::tools::{Folder, Ran, glrl};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A request that came to the collector.
struct Sent {
    head: String,
    body: Vec<u8>,
}

/// A collector that takes everything.
fn collector() -> (SocketAddr, Receiver<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let _ = tell.send(take(stream.unwrap()));
        }
    });
    (address, told)
}

fn take(stream: TcpStream) -> Sent {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        reader.read_line(&mut head).unwrap();
    }
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let reply = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
    reader.get_mut().write_all(reply.as_bytes()).unwrap();
    Sent { head, body }
}

/// Asks once under a trace, stops the service, and returns the reply and what was sent.
fn traced(variables: &[(&str, &str)]) -> (String, Vec<Sent>) {
    let (address, told) = collector();
    let mut serving = Serving::prepared(Folder::new(), |command| {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{address}"));
        command.envs(variables.iter().copied()).args(["--today", "2026-11-20"]);
    });
    let body = json!({ "question": "Show all active projects with budget over 123456" }).to_string();
    let (status, reply) = serving.exchange("POST /v1/ask", &format!("traceparent: 00-{TRACE}-{PARENT}-01\r\n"), &body);
    assert_eq!(status, 200, "{reply}");
    serving.signal("-TERM");
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
    let mut sent = vec![];
    while let Ok(one) = told.recv_timeout(Duration::from_millis(200)) {
        sent.push(one);
    }
    (reply, sent)
}

#[test]
fn a_question_leaves_a_span_for_each_stage_and_none_of_its_words() {
    let variables = [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
        ("OTEL_SERVICE_NAME", "questions"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue"),
    ];
    let (reply, sent) = traced(&variables);
    assert!(sent.iter().all(|one| one.head.starts_with("post /v1/traces ") && one.head.contains("x-tenant: blue")));
    let bodies: Vec<Value> = sent.iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect();
    let resource = bodies[0]["resourceSpans"][0]["resource"].to_string();
    assert!(resource.contains("\"questions\""), "{resource}");
    let spans: Vec<&Value> = bodies
        .iter()
        .flat_map(|body| body["resourceSpans"].as_array().unwrap())
        .flat_map(|resource| resource["scopeSpans"].as_array().unwrap())
        .flat_map(|scope| scope["spans"].as_array().unwrap())
        .collect();
    assert!(spans.iter().all(|span| span["traceId"] == TRACE), "{spans:#?}");
    let by_name: BTreeMap<&str, &Value> = spans.iter().map(|span| (span["name"].as_str().unwrap(), *span)).collect();
    let stages = ["normalise", "link", "text_completion gl-compact", "validate", "execute", "explain"];
    let request = by_name["POST /v1/ask"];
    assert_eq!((&request["parentSpanId"], &request["kind"]), (&json!(PARENT), &json!(2)));
    for stage in stages {
        let span = by_name.get(stage).unwrap_or_else(|| panic!("no {stage} in {:?}", by_name.keys()));
        assert_eq!(span["parentSpanId"], request["spanId"], "{stage}");
    }
    let attribute = |span: &Value, name: &str| {
        let all = span["attributes"].as_array().unwrap();
        all.iter().find(|one| one["key"] == name).map(|one| one["value"].clone()).unwrap_or_default()
    };
    let decode = by_name["text_completion gl-compact"];
    assert_eq!(attribute(decode, "gen_ai.operation.name")["stringValue"], "text_completion");
    for tokens in ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"] {
        let count = attribute(decode, tokens)["intValue"].to_string();
        assert!(count.trim_matches('"').parse::<u32>().unwrap() > 0, "{tokens} {count}");
    }
    assert_eq!(attribute(request, "http.route")["stringValue"], "/v1/ask");
    // The reply says which span it was.
    let own = format!("traceparent: 00-{TRACE}-{}-01", request["spanId"].as_str().unwrap());
    assert!(reply.to_lowercase().contains(&own), "{own} in {reply}");
    let all = bodies.iter().map(Value::to_string).collect::<String>();
    for secret in ["123456", "active projects", "Show all", "SELECT", "Budget", "Project_Name"] {
        assert!(!all.contains(secret), "{secret} in {all}");
    }
}

#[test]
fn protobuf_is_sent_where_nothing_else_is_asked_for_and_nothing_where_it_is_off() {
    let (_, sent) = traced(&[]);
    assert!(sent.iter().any(|one| one.head.contains("content-type: application/x-protobuf")));
    assert!(sent.iter().any(|one| one.body.windows(9).any(|bytes| bytes == b"normalise")));
    for off in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none"), ("GLRL_SERVER__TRACES", "off")] {
        assert!(traced(&[off]).1.is_empty(), "{off:?}");
    }
    let ran = Ran::of(
        glrl()
            .args(["serve", "--port", "0"])
            .envs([("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]),
    );
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("traces cannot be sent"), "{}", ran.stderr);
}

#[test]
fn a_collector_that_is_gone_holds_nothing_up() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut serving = Serving::prepared(Folder::new(), |command| {
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{gone}")).env("GLRL_SERVER__LOG", "info");
    });
    let body = json!({ "query": "Show all active projects" }).to_string();
    assert_eq!(serving.exchange("POST /generate", "", &body).0, 200);
    serving.signal("-TERM");
    assert_eq!(serving.child.wait().unwrap().code(), Some(0));
    assert!(serving.log().contains("traces were not sent"), "{}", serving.log());
}
