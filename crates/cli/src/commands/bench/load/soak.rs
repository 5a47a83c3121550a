//! Half of what the service can do, for a long time: nothing fails, and memory and files stay what they were.

use std::collections::HashMap;
use std::thread::scope;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::{CLIENTS, MEGABYTE, Node, Pace, Seen, answered, bodies_of_questions, failed, interval, load, requests};
use crate::commands::bench::{Args, Figure, Measured, Scratch};
use crate::context::Context;
use crate::exit::Failure;

/// Clients of the soak.
const STEADY: usize = 8;
/// Between two looks at memory and files.
const LOOK: Duration = Duration::from_secs(2);
/// A result is looked up by the database's change counter, for which its file is opened and closed again within microseconds:
/// what stays open is the least of so many counts, a little apart.
const COUNTS: usize = 5;
/// Between two counts.
const APART: Duration = Duration::from_millis(3);
/// How much longer it all takes than memory is watched, in shares of that time: caches fill first, and what the allocator
/// keeps settles.
const WARM: f64 = 0.5;
/// So little room that it is full early in the soak.
const SETTINGS: [(&str, &str); 2] = [("GLRL_SERVER__CACHE_BYTES", "4000000"), ("GLRL_SERVER__HISTORY", "200")];
/// A value that is asked for, and must not stand in the log.
const LITERAL: &str = "Zanzibar-4711";
/// How many bytes of what must not be told are looked up first.
const START: usize = 7;

/// Soaks for so many minutes.
pub(in super::super) fn measure(args: &Args, context: &Context) -> Measured {
    let scratch = Scratch::new("soak", context)?;
    let bodies = bodies_of_questions(context)?;
    let node = Node::start(context, &scratch.0, 0, &SETTINGS)?;
    let peak = Pace { clients: CLIENTS, time: Duration::from_secs(10), every: None };
    let most = answered(&load(&node, &bodies, peak)?) as f64 / peak.time.as_secs_f64();
    let every = Some(interval(STEADY, most / 2.0)?);
    let minutes = Duration::from_secs(60 * u64::from(args.minutes));
    let warm = minutes.mul_f64(WARM);
    let time = warm + minutes;
    let (seen, watched) = scope(|scope| {
        let watching = scope.spawn(|| watch(&node, warm, time));
        let steady = Pace { clients: STEADY, time, every };
        let seen = requests(&node, steady, |number| request(number, &bodies));
        (seen, watching.join().unwrap_or_else(|_| Err(failed("the watch failed"))))
    });
    let (seen, watched) = (seen?, watched?);
    let count = |of: fn(&Seen) -> bool| seen.iter().filter(|one| of(one)).count() as f64;
    let files = |of: fn(usize, usize) -> usize| watched.iter().map(|look| look.files).reduce(of).unwrap_or(0) as f64;
    let log = node.log()?;
    let told = talkative(&log, &bodies);
    let figure = |name: &str, value, unit| Figure::new(format!("soak.{name}"), value, unit);
    Ok(vec![
        figure("minutes", f64::from(args.minutes), ""),
        figure("requests", seen.len() as f64, ""),
        figure("peak", most, "questions/s"),
        figure("rate", seen.len() as f64 / time.as_secs_f64(), "requests/s"),
        figure("failed", count(|one| one.status >= 500 || one.status == 0), ""),
        figure("memory", watched.last().map_or(0.0, |look| look.memory) / MEGABYTE, "MiB"),
        figure("memory.slope", slope(&watched), "%"),
        figure("files.least", files(usize::min), ""),
        figure("files.most", files(usize::max), ""),
        figure("log.lines", log.lines().count() as f64, ""),
        figure("log.literals", told as f64, ""),
    ])
}

/// One look.
struct Look {
    seconds: f64,
    memory: f64,
    files: usize,
}

/// Looks, once everything is warm, until the time is over.
fn watch(node: &Node, warm: Duration, time: Duration) -> Result<Vec<Look>, Failure> {
    let started = Instant::now();
    let mut looks = vec![];
    // The clients leave at the end, and their connections with them.
    while started.elapsed() + 2 * LOOK < time {
        std::thread::sleep(LOOK);
        if started.elapsed() > warm {
            let seconds = started.elapsed().as_secs_f64();
            looks.push(Look { seconds, memory: node.resident()?, files: held(node)? });
        }
    }
    Ok(looks)
}

/// Files and connections that stay open.
fn held(node: &Node) -> Result<usize, Failure> {
    let mut least = node.files()?;
    for _ in 1..COUNTS {
        std::thread::sleep(APART);
        least = least.min(node.files()?);
    }
    Ok(least)
}

/// By how much memory grows over the looks, along the line that fits them best, in per cent of its mean.
fn slope(looks: &[Look]) -> f64 {
    let mean = |of: fn(&Look) -> f64| looks.iter().map(of).sum::<f64>() / looks.len().max(1) as f64;
    let (at, level) = (mean(|look| look.seconds), mean(|look| look.memory));
    let both: f64 = looks.iter().map(|look| (look.seconds - at) * (look.memory - level)).sum();
    let wide: f64 = looks.iter().map(|look| (look.seconds - at).powi(2)).sum();
    let span = looks.last().map_or(0.0, |look| look.seconds) - looks.first().map_or(0.0, |look| look.seconds);
    100.0 * both / wide.max(f64::EPSILON) * span / level
}

/// Mostly questions, some with rows, and now and then what is wrong.
fn request(number: usize, bodies: &[Json]) -> (&'static str, Json) {
    let body = &bodies[number % bodies.len()];
    match number % 10 {
        0..=4 => ("/generate", body.clone()),
        5 | 6 => ("/v1/ask", json!({ "question": body["query"] })),
        7 => (
            "/v1/sql/execute",
            json!({ "sql": format!("SELECT COUNT(*) AS n FROM (SELECT 'other' AS said) x WHERE said = '{LITERAL}'") }),
        ),
        8 => (
            "/v1/sql/validate",
            json!({ "sql": format!("SELECT unsaid FROM (SELECT 'other' AS said) x WHERE said = '{LITERAL}'") }),
        ),
        _ => ("/generate", json!({ "query": format!("budget of project {LITERAL} {number}") })),
    }
}

/// How many lines of the log tell what was asked. Hundreds of megabytes are read for a thousand questions: each place of a
/// line is looked up by the first bytes of a question, and compared with those alone that begin so.
fn talkative(log: &str, bodies: &[Json]) -> usize {
    let mut starts: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
    let questions = bodies.iter().filter_map(|body| body["query"].as_str()).filter(|question| question.len() >= START);
    for told in questions.chain([LITERAL, "SELECT "]) {
        starts.entry(&told.as_bytes()[..START]).or_default().push(told.as_bytes());
    }
    let tells = |line: &[u8]| {
        let begins = |(i, start): (usize, &[u8])| {
            starts.get(start).is_some_and(|all| all.iter().any(|told| line[i..].starts_with(told)))
        };
        line.windows(START).enumerate().any(begins)
    };
    log.lines().filter(|line| tells(line.as_bytes())).count()
}
