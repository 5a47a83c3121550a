//! Ten times as many questions as the service can answer.

use std::thread::scope;
use std::time::{Duration, Instant};

use super::{CLIENTS, MEGABYTE, Node, Pace, answered, bodies_of_questions, failed, interval, load};
use crate::commands::bench::client::Client;
use crate::commands::bench::{Args, Figure, Measured, Scratch, quantile};
use crate::context::Context;
use crate::exit::Failure;

/// How long the peak is measured, before and after.
const PEAK: Duration = Duration::from_secs(10);
/// Times the peak.
const TIMES: f64 = 10.0;
/// Clients of the overload: more than there are places, so that most are turned away.
const MANY: usize = 512;
/// Answers in a row, each in less than a second, after which the service has recovered.
const IN_A_ROW: usize = 5;
const GIVE_UP: Duration = Duration::from_secs(60);

/// The peak, the overload, and how soon all is well again. The peak is that of the time before and after, since a machine may
/// have others to work for.
pub(in super::super) fn measure(args: &Args, context: &Context) -> Measured {
    let scratch = Scratch::new("overload", context)?;
    let bodies = bodies_of_questions(context)?;
    let node = Node::start(context, &scratch.0, 0, &[])?;
    let freely = |time| Pace { clients: CLIENTS, time, every: None };
    load(&node, &bodies, freely(Duration::from_secs(2)))?;
    let peak = || Ok::<f64, Failure>(answered(&load(&node, &bodies, freely(PEAK))?) as f64 / PEAK.as_secs_f64());
    let before = peak()?;
    let rested = node.resident()?;
    let time = Duration::from_secs(args.count(60) as u64);
    let every = Some(interval(MANY, TIMES * before)?);
    let (seen, halves) = scope(|scope| {
        let half = scope.spawn(|| {
            std::thread::sleep(time / 2);
            node.resident()
        });
        let seen = load(&node, &bodies, Pace { clients: MANY, time, every });
        let half = half.join().unwrap_or_else(|_| Err(failed("the clock failed")));
        (seen, (half, node.resident()))
    });
    let (seen, half, end) = (seen?, halves.0?, halves.1?);
    let recovery = recovery(&node, &bodies)?;
    let after = peak()?;
    let goodput = answered(&seen) as f64 / time.as_secs_f64();
    let mut refusals: Vec<f64> = seen.iter().filter(|one| one.is_refused()).map(|one| one.milliseconds).collect();
    refusals.sort_by(f64::total_cmp);
    let others = seen.iter().filter(|one| !one.is_answered() && !one.is_refused()).count();
    let figure = |name: &str, value, unit| Figure::new(format!("overload.{name}"), value, unit);
    Ok(vec![
        figure("peak.before", before, "questions/s"),
        figure("peak.after", after, "questions/s"),
        figure("sent", seen.len() as f64 / time.as_secs_f64(), "requests/s"),
        figure("goodput", goodput, "questions/s"),
        figure("goodput.share", 200.0 * goodput / (before + after), "%"),
        figure("refused", refusals.len() as f64, ""),
        figure("refusal.p50", quantile(&refusals, 0.5), "ms"),
        figure("refusal.p99", quantile(&refusals, 0.99), "ms"),
        figure("neither", others as f64, ""),
        figure("memory.rested", rested / MEGABYTE, "MiB"),
        figure("memory.half", half / MEGABYTE, "MiB"),
        figure("memory.end", end / MEGABYTE, "MiB"),
        figure("memory.second_half", 100.0 * (end - half) / half, "%"),
        figure("recovery", recovery.as_secs_f64(), "s"),
    ])
}

/// How long it takes until questions are answered as if nothing had been.
fn recovery(node: &Node, bodies: &[serde_json::Value]) -> Result<Duration, Failure> {
    let started = Instant::now();
    let mut client = Client::open(node.users).map_err(failed)?;
    let mut row = 0;
    for body in bodies.iter().cycle() {
        let seen = client.send("POST", "/generate", body).map_err(failed)?;
        row = if seen.is_answered() && seen.milliseconds < 1000.0 { row + 1 } else { 0 };
        if row == IN_A_ROW || started.elapsed() > GIVE_UP {
            break;
        }
    }
    Ok(started.elapsed())
}
