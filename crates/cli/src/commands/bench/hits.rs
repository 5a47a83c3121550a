//! Answers from memory: 32 clients ask for SQL what was asked before, each on a connection of its own that stays open, beside
//! the same number of clients asking what the model has to write. The clients run in the same process, with the audit log on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use serde_json::json;

use super::serve::{CLIENTS, Connection, Running, questions};
use super::{Args, Figure, Measured, times};
use crate::commands::ask;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Questions that are asked over and over.
const KNOWN: usize = 200;
/// Requests, where the command line does not say.
const REQUESTS: u32 = 50_000;
/// Room for all answers.
const BYTES: u64 = 64_000_000;

/// What all clients saw.
struct Load {
    per_second: f64,
    milliseconds: Vec<f64>,
    hits: usize,
}

/// Asks each question once, and then all of them many times.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let engine = Arc::new(ask::engine(context)?);
    let known: Vec<String> = questions(&engine.pack).into_iter().take(KNOWN).collect();
    let running = Running::start(engine, context, BYTES)?;
    let made = load(running.address, &known, known.len())?;
    let count = args.count(REQUESTS);
    let found = load(running.address, &known, count)?;
    let mut figures = vec![
        Figure::new("hits.requests", count as f64, ""),
        Figure::new("hits.clients", CLIENTS as f64, ""),
        Figure::new("hits.found", found.hits as f64, ""),
        Figure::new("hits.throughput", found.per_second, "answers/s"),
        Figure::new("hits.over_made", found.per_second / made.per_second, "times"),
    ];
    figures.extend(times("hits.latency", found.milliseconds, "ms"));
    Ok(figures)
}

/// Asks questions in turn, so many in all.
fn load(to: SocketAddr, questions: &[String], count: usize) -> Result<Load, Failure> {
    let next = AtomicUsize::new(0);
    let client = || -> std::io::Result<(Vec<f64>, usize)> {
        let mut connection = Connection::open(to)?;
        let (mut milliseconds, mut hits) = (vec![], 0);
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= count {
                return Ok((milliseconds, hits));
            }
            let asked = Instant::now();
            let (_, body) = connection.post("/generate", &json!({ "query": questions[n % questions.len()] }))?;
            milliseconds.push(asked.elapsed().as_secs_f64() * 1000.0);
            hits += usize::from(String::from_utf8_lossy(&body).contains("\"cache_hit\":true"));
        }
    };
    let started = Instant::now();
    let ended: std::io::Result<Vec<(Vec<f64>, usize)>> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        running.into_iter().map(|one| one.join().unwrap_or_else(|_| Err(std::io::Error::other("a client failed")))).collect()
    });
    let seconds = started.elapsed().as_secs_f64();
    let lost = |e| Failure::new(Exit::Failed, "hits", format_args!("a client lost its connection: {e}"));
    let (milliseconds, hits): (Vec<_>, Vec<_>) = ended.map_err(lost)?.into_iter().unzip();
    Ok(Load { per_second: count as f64 / seconds, milliseconds: milliseconds.concat(), hits: hits.into_iter().sum() })
}
