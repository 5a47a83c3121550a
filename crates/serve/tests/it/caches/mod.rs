//! Stores that instances share: real ones, away, slow, and with what nobody wrote.

mod answers;
mod faults;
mod limits;
mod stores;

use std::time::{Duration, Instant};

use serde_json::json;
use serve::settings::Settings;
use serve::shared::breaker::BreakerSettings;
use serve::shared::{ObjectSettings, Shared, SharedSettings};
use stores::BUCKET;

use crate::tools::{Reply, Server, exchange, parts, settings};

/// Stores at these ports, with a breaker that opens and heals quickly.
fn shared(redis: Option<u16>, s3: Option<u16>) -> SharedSettings {
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    SharedSettings {
        redis: redis.map(|port| (format!("redis://127.0.0.1:{port}"), Duration::from_millis(500))),
        objects: s3.map(|port| ObjectSettings {
            bucket: BUCKET.to_owned(),
            prefix: "glrl".to_owned(),
            endpoint: Some(format!("http://127.0.0.1:{port}")),
            variables: vec![variable("AWS_ACCESS_KEY_ID", "test"), variable("AWS_SECRET_ACCESS_KEY", "test")],
            timeout: Duration::from_millis(2000),
        }),
        time: Duration::from_secs(600),
        secret: String::new(),
        breaker: BreakerSettings {
            failures: 3,
            pause: Duration::from_millis(200),
            longest: Duration::from_millis(800),
        },
        limits: true,
    }
}

/// A service over these stores.
fn instance(shared: &SharedSettings) -> Server {
    with_settings(shared, settings())
}

fn with_settings(shared: &SharedSettings, settings: Settings) -> Server {
    let parts = parts(&settings);
    Server::with(settings, serve::service::Parts { shared: Shared::open(shared).unwrap(), ..parts })
}

fn ask(server: &Server, question: &str) -> Reply {
    server.post("/v1/ask", &json!({ "question": question }))
}

/// The value of a series, 0 where nothing was counted yet.
fn metric(server: &Server, series: &str) -> f64 {
    let text = exchange(server.operators, "GET", "/metrics", &[], None).body;
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ')?.parse().ok());
    line.unwrap_or(0.0)
}

fn looked_up(server: &Server, tier: &str, result: &str) -> f64 {
    metric(server, &format!("glrl_cache_requests_total{{tier=\"{tier}\",result=\"{result}\"}}"))
}

fn written(server: &Server, tier: &str) -> f64 {
    metric(server, &format!("glrl_cache_writes_total{{tier=\"{tier}\",result=\"ok\"}}"))
}

/// Prints what figures are read from.
#[expect(clippy::print_stdout, reason = "figures are read from what this prints")]
fn tell(counted: &str) {
    println!("servers: {counted}");
}

/// Waits until something is so.
fn until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < Duration::from_secs(60), "{what} does not come to be");
        std::thread::sleep(Duration::from_millis(20));
    }
}
