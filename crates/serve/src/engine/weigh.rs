//! The thread on which candidates are compared, beside the one that writes: what comparing takes for a moment, tens of
//! megabytes, is then taken again and again by one thread, where many would each keep as much.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use answer::engine::Engine;
use answer::orchestrator::Asking;
use answer::reply::Problem;
use tokio::sync::oneshot;
use tracing::Span;

use super::{Stopped, stand_back};

/// A question whose candidates were weighed, or why they were not.
type Weighed = (Box<Asking>, Result<(), Problem>);

/// A question for the thread.
struct Job {
    asking: Box<Asking>,
    span: Span,
    reply: oneshot::Sender<Weighed>,
}

/// The way to the thread. When the last one is dropped, the thread ends.
#[derive(Debug, Clone)]
pub struct Weigher {
    jobs: Sender<Job>,
}

impl Weigher {
    /// Starts a thread for an engine.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(engine: Arc<Engine>) -> std::io::Result<Self> {
        let (jobs, arriving) = channel();
        thread::Builder::new().name("weigh".to_owned()).spawn(move || serve(&engine, &arriving))?;
        Ok(Weigher { jobs })
    }

    /// Puts first the candidate that is likely itself and makes the question likely ([`Asking::weigh`]).
    ///
    /// # Errors
    /// When the thread failed at it.
    pub async fn weigh(&self, asking: Box<Asking>) -> Result<Weighed, Stopped> {
        let (reply, weighed) = oneshot::channel();
        self.jobs.send(Job { asking, span: Span::current(), reply }).map_err(|_| Stopped::Failed)?;
        weighed.await.map_err(|_| Stopped::Failed)
    }
}

/// Weighs one after another until nobody can ask any more, leaving out those that nobody waits for. A defect fails the
/// question it happened at and no other.
fn serve(engine: &Engine, jobs: &Receiver<Job>) {
    stand_back();
    for Job { mut asking, span, reply } in jobs {
        if reply.is_closed() {
            continue;
        }
        let weigh = || span.in_scope(|| asking.weigh(engine));
        match catch_unwind(AssertUnwindSafe(weigh)) {
            // Whoever waited may have gone.
            Ok(weighed) => drop(reply.send((asking, weighed))),
            Err(_) => tracing::error!("weighing candidates failed"),
        }
    }
}
