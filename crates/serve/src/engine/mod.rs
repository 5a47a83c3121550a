//! The engine thread: one thread owns the network that writes, and writes the candidates of all questions side by side. A question joins
//! between two steps and leaves when it is done, so that a short one never waits for a long one to end.
//!
//! It is a thread of its own and not of the runtime's, since a step computes for milliseconds.

mod priority;
mod schedule;
mod weigh;

pub use priority::stand_back;
pub use weigh::Weigher;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::{Duration, Instant};

use answer::engine::Engine;
use answer::orchestrator::Asking;
use answer::query_generator::Candidate;
use answer::reply::Problem;
use tokio::sync::{mpsc, oneshot};

use crate::settings::DecoderSettings;

/// Lexemes of a question's first candidate as they are written: all of them so far, each time.
pub type Progress = mpsc::UnboundedSender<Vec<u32>>;

/// A question for the engine thread.
struct Job {
    asking: Box<Asking>,
    deadline: Instant,
    progress: Option<Progress>,
    reply: oneshot::Sender<Result<Written, Stopped>>,
    queued: Instant,
    /// Held until it joins the batch or is turned away.
    _place: Place,
}

/// A question's place in the queue, counted for as long as it is held: whatever becomes of the question, a panic of the
/// thread too, the count goes down with it.
struct Place(Arc<Load>);

impl Place {
    fn take(load: &Arc<Load>) -> Self {
        load.waiting.fetch_add(1, Ordering::Relaxed);
        Place(Arc::clone(load))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What was written for a question.
#[derive(Debug)]
pub struct Written {
    /// The question.
    pub asking: Box<Asking>,
    /// Its candidates, or why there are none.
    pub candidates: Result<Vec<Candidate>, Problem>,
    /// How long it waited for a place.
    pub waited: Duration,
    /// From then to its last token.
    pub writing: Duration,
    /// Tokens of its prompt.
    pub read_tokens: usize,
    /// Tokens of its candidates.
    pub written_tokens: usize,
}

impl Written {
    /// For a question that nothing was written for.
    fn without_model(asking: Box<Asking>, queued: Instant, candidates: Result<Vec<Candidate>, Problem>) -> Self {
        let (waited, writing) = (queued.elapsed(), Duration::ZERO);
        Written { asking, candidates, waited, writing, read_tokens: 0, written_tokens: 0 }
    }
}

/// Why nothing was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// Too many questions wait.
    #[error("too many questions wait for the model")]
    Overloaded,
    /// Time ran out first.
    #[error("time ran out while the query was written")]
    Deadline,
    /// The thread has ended, or failed at this question.
    #[error("the model's thread failed")]
    Failed,
}

/// The way to the engine thread. When the last one is dropped, the thread ends.
#[derive(Debug, Clone)]
pub struct Decoder {
    jobs: SyncSender<Job>,
    load: Arc<Load>,
}

/// What the thread is busy with.
#[derive(Debug, Default)]
pub struct Load {
    waiting: AtomicUsize,
    rows: AtomicUsize,
    failures: AtomicUsize,
}

impl Load {
    /// Questions that wait for a place.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Candidates being written.
    pub fn rows(&self) -> usize {
        self.rows.load(Ordering::Relaxed)
    }

    /// How often the thread failed and began anew.
    pub fn failures(&self) -> usize {
        self.failures.load(Ordering::Relaxed)
    }
}

impl Decoder {
    /// Starts a thread for an engine.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(engine: Arc<Engine>, settings: DecoderSettings) -> std::io::Result<Self> {
        let (jobs, arriving) = sync_channel(settings.queue.max(1));
        let load = Arc::new(Load::default());
        let own = Arc::clone(&load);
        priority::start("decode", move || serve(&engine, &arriving, settings, &own))?;
        Ok(Decoder { jobs, load })
    }

    /// Writes the candidates that a question waits for; none where too many others wait and it has one to answer with. Dropping
    /// the future takes the question out of the batch.
    ///
    /// # Errors
    /// When too many wait, or time runs out.
    pub async fn write(
        &self,
        asking: Box<Asking>,
        deadline: Instant,
        progress: Option<Progress>,
    ) -> Result<Written, Stopped> {
        let (reply, written) = oneshot::channel();
        let place = Place::take(&self.load);
        let job = Job { asking, deadline, progress, reply, queued: Instant::now(), _place: place };
        match self.jobs.try_send(job) {
            Ok(()) => {}
            Err(TrySendError::Full(job)) if job.asking.has_candidate() => {
                return Ok(Written::without_model(job.asking, job.queued, Ok(vec![])));
            }
            Err(TrySendError::Full(_)) => return Err(Stopped::Overloaded),
            Err(TrySendError::Disconnected(_)) => return Err(Stopped::Failed),
        }
        written.await.unwrap_or(Err(Stopped::Failed))
    }

    /// What the thread is busy with.
    pub fn load(&self) -> &Load {
        &self.load
    }
}

/// Runs batches until nobody can ask any more. A defect that ends a batch fails the questions in it and no others.
fn serve(engine: &Engine, jobs: &Receiver<Job>, settings: DecoderSettings, load: &Load) {
    loop {
        let run = || schedule::run(engine, jobs, settings, load);
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
            Ok(()) => return,
            Err(_) => tracing::error!("the engine thread failed; it starts anew"),
        }
        load.rows.store(0, Ordering::Relaxed);
        load.failures.fetch_add(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_free_again_however_a_question_ends() {
        let load = Arc::new(Load::default());
        let (kept, lost) = (Place::take(&load), Place::take(&load));
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _held = lost;
            panic!("a defect");
        }));
        assert!(failed.is_err());
        assert_eq!(load.waiting(), 1);
        drop(kept);
        assert_eq!(load.waiting(), 0);
    }
}
