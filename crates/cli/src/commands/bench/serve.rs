//! The service under load: distinct questions from many clients at once, each on a connection of its own that stays open,
//! with cache off and audit log on. The clients run in the same process, so they take their share of the processors too.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use answer::engine::Engine;
use answer::pack::Pack;
use jiff::civil::date;
use serde_json::{Value as Json, json};
use serve::audit::Audit;
use serve::auth::KeyStore;
use serve::server::Listening;
use serve::service::{Parts, Served, Service};
use serve::settings::{Settings, Today};
use tokio::sync::oneshot;

use super::client::{Client, Seen, in_turns};
use super::{Args, Figure, Measured, times};
use crate::commands::{ask, serve as command};
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Clients at once.
pub(super) const CLIENTS: usize = 32;
/// Questions asked one after another by a single client.
const ALONE: usize = 200;

/// Asks all questions from 32 clients, and some from one.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let engine = Arc::new(ask::engine(context)?);
    let questions = questions(&engine.pack);
    let count = args.count(questions.len() as u32).min(questions.len());
    let running = Running::start(Arc::clone(&engine), context, 0)?;
    // The first questions touch what was never touched before.
    load(running.address, &questions[..CLIENTS.min(count)], CLIENTS)?;
    let started = Instant::now();
    let seen = load(running.address, &questions[..count], CLIENTS)?;
    let seconds = started.elapsed().as_secs_f64();
    let alone = load(running.address, &questions[..ALONE.min(count)], 1)?;
    let failed = seen.iter().filter(|one| !one.is_answered()).count();
    let mut figures = vec![
        Figure::new("serve.questions", seen.len() as f64, ""),
        Figure::new("serve.clients", CLIENTS as f64, ""),
        Figure::new("serve.failed", failed as f64, ""),
        Figure::new("serve.throughput", seen.len() as f64 / seconds, "questions/s"),
    ];
    figures.extend(times("serve.latency", seen.iter().map(|one| one.milliseconds).collect(), "ms"));
    figures.extend(times("serve.overhead", answered(&seen), "ms"));
    figures.extend(times("serve.alone.latency", alone.iter().map(|one| one.milliseconds).collect(), "ms"));
    figures.extend(times("serve.alone.overhead", answered(&alone), "ms"));
    Ok(figures)
}

/// The overhead of those that were answered; only their replies tell what the model took.
fn answered(seen: &[Seen]) -> Vec<f64> {
    seen.iter().filter(|one| one.status == 200).map(overhead).collect()
}

/// The pack's example questions in all their wordings, each once.
pub(super) fn questions(pack: &Pack) -> Vec<String> {
    let lines = pack.files.examples.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let wordings = |line: Json| {
        let also = line["also"].as_array().cloned().unwrap_or_default();
        let texts = [line["question"].clone()].into_iter().chain(also);
        texts.filter_map(|text| text.as_str().map(str::to_owned)).collect::<Vec<_>>()
    };
    let mut known = std::collections::HashSet::new();
    lines.flat_map(wordings).filter(|text| known.insert(text.clone())).collect()
}

/// A service on free ports of this machine, until it is dropped.
pub(super) struct Running {
    pub(super) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Running {
    /// With so many bytes for answers in memory.
    pub(super) fn start(engine: Arc<Engine>, context: &Context, cache_bytes: u64) -> Result<Self, Failure> {
        let failed = |e: &dyn std::fmt::Display| Failure::new(Exit::Failed, "serve", e);
        let free = SocketAddr::from(([127, 0, 0, 1], 0));
        let settings = Settings {
            listen: free,
            operators: free,
            authentication: false,
            today: Today::Fixed(date(2026, 11, 20)),
            rate: u32::MAX,
            burst: 1_000_000,
            cache_bytes,
            feedback: None,
            ..command::settings(None, context)?
        };
        let served = Served::start(engine, settings.decoder).map_err(|e| failed(&e))?;
        let folder = context.cache_folder().unwrap_or_else(std::env::temp_dir);
        let log = folder.join(format!("bench-audit-{}.jsonl", std::process::id()));
        let audit = Audit::open(&log).map_err(|e| failed(&e))?;
        let keys = KeyStore::open(&folder.join("no-keys.json")).map_err(|e| failed(&e))?;
        let service = Service::new(settings, Parts { audit: Some(audit), ..Parts::new(vec![served], keys) });
        let runtime = command::runtime()?;
        let listening = runtime.block_on(Listening::on(&service)).map_err(|e| failed(&e))?;
        let address = listening.users().map_err(|e| failed(&e))?;
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            runtime.block_on(listening.serve(service, async { drop(stopped.await) }));
            // A log of a measurement is of no use to anyone.
            let _ = std::fs::remove_file(log);
        });
        Ok(Running { address, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// Asks each question once, from so many clients.
fn load(to: SocketAddr, questions: &[String], clients: usize) -> Result<Vec<Seen>, Failure> {
    let ask = |client: &mut Client, number| client.send("POST", "/v1/ask", &json!({ "question": questions[number] }));
    let seen = in_turns(to, clients, questions.len(), ask);
    let failed = |e| Failure::new(Exit::Failed, "serve", format_args!("a client lost its connection: {e}"));
    seen.map_err(failed)
}

/// All of its time less waiting for the model and the model.
fn overhead(seen: &Seen) -> f64 {
    let body: Json = serde_json::from_slice(&seen.body).unwrap_or_default();
    let took = |name: &str| body["usage"][name].as_f64().unwrap_or(0.0);
    seen.milliseconds - took("waited_ms") - took("model_ms")
}
