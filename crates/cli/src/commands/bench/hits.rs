//! Answers from memory: 32 clients ask for SQL what was asked before, each on a connection of its own that stays open, beside
//! the same number of clients asking what the model has to write. The clients run in the same process, with the audit log on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::client::{Client, in_turns};
use super::serve::{CLIENTS, Running, questions};
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

/// What a client saw of one question.
struct Found {
    status: u16,
    milliseconds: f64,
    /// Whether the answer came from memory.
    is_hit: bool,
}

/// What all clients saw, in the order of the requests; and how long it took.
struct Load {
    seconds: f64,
    found: Vec<Found>,
}

/// Asks each question once, and then all that have an answer many times.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let engine = Arc::new(ask::engine(context)?);
    let known: Vec<String> = questions(&engine.pack).into_iter().take(KNOWN).collect();
    let running = Running::start(engine, context, BYTES)?;
    let made = load(running.address, &known, known.len())?;
    // What is declined is not kept, and asked of the model each time.
    let answered = known.into_iter().zip(&made.found).filter(|(_, found)| found.status == 200);
    let answered: Vec<String> = answered.map(|(question, _)| question).collect();
    if answered.is_empty() {
        return Err(Failure::new(Exit::Failed, "hits", "nothing was answered"));
    }
    let count = args.count(REQUESTS);
    let again = load(running.address, &answered, count)?;
    let hits = again.found.iter().filter(|found| found.status == 200 && found.is_hit).count() as f64;
    let (per_second, made_per_second) = (hits / again.seconds, made.found.len() as f64 / made.seconds);
    let mut figures = vec![
        Figure::new("hits.questions", answered.len() as f64, ""),
        Figure::new("hits.requests", count as f64, ""),
        Figure::new("hits.clients", CLIENTS as f64, ""),
        Figure::new("hits.found", hits, ""),
        Figure::new("hits.throughput", per_second, "answers/s"),
        Figure::new("hits.over_made", per_second / made_per_second, "times"),
    ];
    let milliseconds = again.found.iter().map(|found| found.milliseconds).collect();
    figures.extend(times("hits.latency", milliseconds, "ms"));
    Ok(figures)
}

/// Asks questions in turn, so many in all.
fn load(to: SocketAddr, questions: &[String], count: usize) -> Result<Load, Failure> {
    let ask = |client: &mut Client, number: usize| {
        let seen = client.send("POST", "/generate", &json!({ "query": questions[number % questions.len()] }))?;
        let is_hit = String::from_utf8_lossy(&seen.body).contains("\"cache_hit\":true");
        Ok(Found { status: seen.status, milliseconds: seen.milliseconds, is_hit })
    };
    let started = Instant::now();
    let found = in_turns(to, CLIENTS, count, ask);
    let lost = |e| Failure::new(Exit::Failed, "hits", format_args!("a client lost its connection: {e}"));
    Ok(Load { found: found.map_err(lost)?, seconds: started.elapsed().as_secs_f64() })
}
