//! The service under more than it can do, for longer than it is used to, and fed with what nobody should send. It runs as a
//! process of its own, so that its memory and files can be told from those of its clients.

pub(super) mod bodies;
mod client;
mod node;
pub(super) mod overload;
pub(super) mod rolling;
pub(super) mod slow;
pub(super) mod soak;

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{Builder, ScopedJoinHandle, scope};
use std::time::{Duration, Instant};

use answer::pack::Pack;
use serde_json::{Value as Json, json};

use crate::context::Context;
use crate::exit::{Exit, Failure};
use client::{Client, Seen};
use node::Node;

/// Clients of a usual load.
const CLIENTS: usize = 32;
/// What a client's thread needs; there are many of them.
const STACK: usize = 256 << 10;
const MEGABYTE: f64 = 1_048_576.0;

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, "load", error)
}

/// Questions as bodies of `/generate`, each once.
fn bodies_of_questions(context: &Context) -> Result<Vec<Json>, Failure> {
    let pack: Pack = context.pack()?;
    Ok(super::serve::questions(&pack).into_iter().map(|query| json!({ "query": query })).collect())
}

/// What many clients saw of requests for `/generate`, each waiting for its reply before it sends the next; with `every`, no
/// sooner than that after the last.
fn load(
    node: &Node,
    bodies: &[Json],
    clients: usize,
    time: Duration,
    every: Option<Duration>,
) -> Result<Vec<Seen>, Failure> {
    let (next, end) = (AtomicUsize::new(0), Instant::now() + time);
    let work = |number: usize| -> io::Result<Vec<Seen>> {
        let mut client = Client::open(node.users)?;
        let mut seen = vec![];
        // Not all at once.
        let mut due = Instant::now() + every.unwrap_or_default() * number as u32 / clients as u32;
        while Instant::now() < end {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            due = every.map_or(due, |every| (due + every).max(Instant::now()));
            let body = &bodies[next.fetch_add(1, Ordering::Relaxed) % bodies.len()];
            seen.push(client.send("POST", "/generate", body)?);
        }
        Ok(seen)
    };
    let all: io::Result<Vec<Vec<Seen>>> = scope(|scope| {
        let spawn = |number| {
            Builder::new().stack_size(STACK).spawn_scoped(scope, {
                let work = &work;
                move || work(number)
            })
        };
        let running: Vec<io::Result<ScopedJoinHandle<'_, _>>> = (0..clients).map(spawn).collect();
        let lost = || Err(io::Error::other("a client failed"));
        running.into_iter().map(|one| one?.join().unwrap_or_else(|_| lost())).collect()
    });
    Ok(all.map_err(failed)?.into_iter().flatten().collect())
}

/// How many of these were answered, whether there was SQL for them or not.
fn answered(seen: &[Seen]) -> usize {
    seen.iter().filter(|one| one.is_answered()).count()
}
