//! The service as Prometheus sees it: every query of the dashboards has data while the service is under load, the alerts are
//! what their own tests say, and the metrics are named as they should be.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::serve::Serving;
use crate::tools::{Folder, root};

/// How far back rates look: a dashboard's own interval follows the scrapes, which come each second here.
const INTERVAL: &str = "10s";
/// Time for enough scrapes to make a rate of each counter.
const PATIENCE: Duration = Duration::from_secs(90);

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A service with a folder of runs.
fn service() -> Serving {
    let folder = Folder::new();
    let runs = folder.path("runs");
    fs::create_dir_all(runs.join("first")).unwrap();
    fs::write(runs.join("first/metrics.jsonl"), journal()).unwrap();
    Serving::prepared(folder, |command| {
        command.env("GLRL_SERVER__RUNS", runs).args(["--today", "2026-11-20"]);
    })
}

/// Questions again and again, some of them twice, with what people say of the answers, until it is enough.
fn load(service: &Serving, enough: &AtomicBool) {
    let questions =
        ["Show all active projects", "how many projects are there per department?", "drop table x", "hello"];
    for n in 0.. {
        let question = questions[n % questions.len()];
        // Every other one has a threshold of its own and is not in the cache.
        let body = match n % 2 {
            0 => json!({ "question": question }),
            _ => json!({ "question": question, "confidence_threshold": 1e-9 * n as f64 }),
        };
        let (_, reply) = service.send("POST /v1/ask", "", &body.to_string());
        let said = json!({ "request_id": reply["request_id"], "rating": if n % 5 == 0 { "down" } else { "up" } });
        service.send("POST /v1/feedback", "", &said.to_string());
        if enough.load(Ordering::Relaxed) {
            return;
        }
    }
}

/// A run's journal with everything that one may hold.
fn journal() -> String {
    let step = json!({ "step": 7, "epoch": 0.5, "loss": 1.25, "grad_norm": 0.5, "learning_rate": 1e-4, "tokens_per_second": 900.0,
        "reward": 0.75, "reward_std": 0.25, "frac_reward_zero_std": 0.5, "kl": 0.125, "entropy": 0.5, "clip_ratio": 0.0,
        "completions/mean_length": 21.0 });
    format!("{step}\n{}\n{{\"step\": 8, \"lo", json!({ "step": 7, "epoch": 0.5, "eval_accuracy": 0.875 }))
}

fn get(to: &str, path: &str) -> String {
    // Version 1.0, so that nobody sends in pieces.
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(format!("GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n").as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    reply.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// Prometheus, scraping a service each second under the project's own settings and alerts.
struct Prometheus {
    _process: Running,
    address: String,
}

impl Prometheus {
    fn start(folder: &Folder, target: &str) -> Self {
        let settings = fs::read_to_string(root().join("deploy/prometheus/prometheus.yml")).unwrap();
        let settings = settings.replace("15s", "1s").replace("localhost:9090", target);
        fs::copy(root().join("deploy/prometheus/alerts.yml"), folder.path("alerts.yml")).unwrap();
        let file = folder.write("prometheus.yml", settings);
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new("prometheus");
        command.arg(format!("--config.file={}", file.display()));
        command.arg(format!("--storage.tsdb.path={}", folder.path("data").display()));
        command.arg(format!("--web.listen-address={free}"));
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let process = Running(process.expect("prometheus; `cargo xtask test` installs it"));
        let address = free.to_string();
        let until = Instant::now() + Duration::from_secs(30);
        while TcpStream::connect(&address).is_err() {
            assert!(Instant::now() < until, "prometheus does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Prometheus { _process: process, address }
    }

    fn ask(&self, path: &str) -> Value {
        serde_json::from_str(&get(&self.address, path)).unwrap_or_default()
    }

    /// Whether a query has a number, and all its numbers are finite.
    fn has_data(&self, query: &str) -> bool {
        let escaped: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let reply = self.ask(&format!("/api/v1/query?query={escaped}"));
        assert_ne!(reply["status"], "error", "{query}: {reply}");
        let Some(found) = reply["data"]["result"].as_array() else { return false };
        let number = |one: &Value| one["value"][1].as_str().and_then(|text| text.parse::<f64>().ok());
        !found.is_empty() && found.iter().all(|one| number(one).is_some_and(f64::is_finite))
    }
}

/// Every query of the dashboards, with the panel that shows it.
fn queries() -> Vec<(String, String)> {
    let files: Vec<PathBuf> =
        fs::read_dir(root().join("deploy/grafana")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let boards = files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut found = vec![];
    for board in boards {
        let board: Value = serde_json::from_str(&fs::read_to_string(board).unwrap()).unwrap();
        for panel in board["panels"].as_array().unwrap() {
            for target in panel["targets"].as_array().into_iter().flatten() {
                let expr = target["expr"].as_str().unwrap().replace("$__rate_interval", INTERVAL);
                found.push((format!("{}: {}", board["title"], panel["title"]), expr));
            }
        }
    }
    found
}

#[expect(clippy::print_stdout, reason = "figures are read from what this prints")]
#[test]
fn every_query_of_the_dashboards_has_data_under_load() {
    let (service, folder) = (service(), Folder::new());
    let prometheus = Prometheus::start(&folder, &service.operators);
    let queries = queries();
    assert!(queries.len() >= 50, "{} queries", queries.len());
    let enough = AtomicBool::new(false);
    let without = std::thread::scope(|scope| {
        (0..2).for_each(|_| drop(scope.spawn(|| load(&service, &enough))));
        let until = Instant::now() + PATIENCE;
        let mut without: Vec<&(String, String)> = queries.iter().collect();
        while !without.is_empty() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(500));
            without.retain(|(_, query)| !prometheus.has_data(query));
        }
        enough.store(true, Ordering::Relaxed);
        without
    });
    println!("servers: dashboard queries {}, without data {}", queries.len(), without.len());
    assert!(without.is_empty(), "{without:#?}");
    let rules = prometheus.ask("/api/v1/rules");
    let rules = rules["data"]["groups"][0]["rules"].as_array().unwrap().clone();
    assert!(rules.len() >= 5 && rules.iter().all(|rule| rule["health"] == "ok"), "{rules:#?}");
    lint(&get(&service.operators, "/metrics"));
}

/// `promtool check metrics` finds nothing to say of a service's own metrics.
fn lint(metrics: &str) {
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut promtool = promtool.spawn().expect("promtool; `cargo xtask test` installs it");
    promtool.stdin.take().unwrap().write_all(metrics.as_bytes()).unwrap();
    let ended = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && said.trim().is_empty(), "{said}");
}

#[expect(clippy::print_stdout, reason = "figures are read from what this prints")]
#[test]
fn alerts_are_raised_when_they_should_be() {
    let promtool = |args: &[&str]| {
        let ran = Command::new("promtool").args(args).current_dir(root()).output().expect("promtool");
        assert!(
            ran.status.success(),
            "{}{}",
            String::from_utf8_lossy(&ran.stdout),
            String::from_utf8_lossy(&ran.stderr)
        );
    };
    promtool(&["check", "config", "deploy/prometheus/prometheus.yml"]);
    promtool(&["test", "rules", "deploy/prometheus/alerts.test.yml"]);
    let rules = fs::read_to_string(root().join("deploy/prometheus/alerts.yml")).unwrap();
    let tests = fs::read_to_string(root().join("deploy/prometheus/alerts.test.yml")).unwrap();
    let names: Vec<&str> = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    for name in &names {
        let raised = tests.split("- eval_time: ").skip(1).any(|part| part.contains(&format!("alertname: {name}\n")));
        let quiet = tests.contains(&format!("alertname: {name}, exp_alerts: []"));
        assert!(raised && quiet, "{name} lacks a test in which it is raised, or one in which it is not");
    }
    println!("servers: alerts tested {}", names.len());
}
