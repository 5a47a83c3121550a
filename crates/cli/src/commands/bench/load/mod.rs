//! The service under more than it can do, for longer than it is used to, and fed with what nobody should send. It runs as a
//! process of its own, so that its memory and files can be told from those of its clients.

pub(super) mod bodies;
mod node;
pub(super) mod overload;
pub(super) mod rolling;
pub(super) mod slow;
pub(super) mod soak;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use answer::pack::Pack;
use serde_json::{Value as Json, json};

use super::client::{Client, Seen, crowd};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use node::Node;

/// Clients of a usual load.
const CLIENTS: usize = 32;
const MEGABYTE: f64 = 1_048_576.0;

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, "load", error)
}

/// Questions as bodies of `/generate`, each once.
fn bodies_of_questions(context: &Context) -> Result<Vec<Json>, Failure> {
    let pack: Pack = context.pack()?;
    Ok(super::serve::questions(&pack).into_iter().map(|query| json!({ "query": query })).collect())
}

/// How fast many clients send, and for how long.
#[derive(Clone, Copy)]
struct Pace {
    clients: usize,
    time: Duration,
    /// The least time between two requests of a client; without it, each sends the next as soon as it has its reply.
    every: Option<Duration>,
}

/// How long each of so many clients waits from one request to the next, so that together they send so many a second.
fn interval(clients: usize, per_second: f64) -> Result<Duration, Failure> {
    Duration::try_from_secs_f64(clients as f64 / per_second).map_err(|_| failed("nothing was answered"))
}

/// What many clients saw of requests for `/generate`.
fn load(node: &Node, bodies: &[Json], pace: Pace) -> Result<Vec<Seen>, Failure> {
    requests(node, pace, |number| ("/generate", bodies[number % bodies.len()].clone()))
}

/// What many clients saw of requests, told by their numbers; each waits for its reply before it sends the next.
fn requests(
    node: &Node,
    pace: Pace,
    request: impl Fn(usize) -> (&'static str, Json) + Sync,
) -> Result<Vec<Seen>, Failure> {
    let Pace { clients, time, every } = pace;
    let (next, end) = (AtomicUsize::new(0), Instant::now() + time);
    let all = crowd(clients, |number| {
        let (mut client, mut seen) = (Client::open(node.users)?, vec![]);
        // Not all at once.
        let mut due = Instant::now() + every.unwrap_or_default() * number as u32 / clients as u32;
        while Instant::now() < end {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            due = every.map_or(due, |every| (due + every).max(Instant::now()));
            let (path, body) = request(next.fetch_add(1, Ordering::Relaxed));
            seen.push(client.send("POST", path, &body)?.without_body());
        }
        Ok(seen)
    });
    Ok(all.map_err(failed)?.into_iter().flatten().collect())
}

/// How many of these were answered, whether there was SQL for them or not.
fn answered(seen: &[Seen]) -> usize {
    seen.iter().filter(|one| one.is_answered()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_of_nothing_has_no_interval() {
        assert_eq!(interval(8, 4.0).unwrap(), Duration::from_secs(2));
        for peak in [0.0, f64::NAN] {
            assert!(interval(8, peak).unwrap_err().message.contains("nothing was answered"));
        }
    }
}
