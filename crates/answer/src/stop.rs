//! How a question is told that nobody waits for its answer any more: the query that runs for it is interrupted, and none is
//! begun.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use database::{Canceller, Database, Limits, Rows, RunError, run};
use sql::verify::VerifiedQuery;

/// A sign that all copies share.
#[derive(Clone, Default)]
pub struct Stop(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    is_stopped: bool,
    /// Stops the query that runs.
    running: Option<Canceller>,
}

impl fmt::Debug for Stop {
    /// Always the same: a sign does not decide what an answer is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stop")
    }
}

impl Stop {
    /// Interrupts the query that runs, and lets none begin.
    pub fn stop(&self) {
        let mut state = self.state();
        state.is_stopped = true;
        if let Some(running) = &state.running {
            running.cancel();
        }
    }

    /// Whether nobody waits any more.
    pub fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a query, which ends early where a sign says so.
///
/// # Errors
/// As [`run`]; [`RunError::Cancelled`] where nobody waits any more.
pub fn run_until(
    stop: Option<&Stop>,
    database: &Database,
    query: &VerifiedQuery,
    limits: &Limits,
) -> Result<Rows, RunError> {
    let Some(stop) = stop else { return run(database, query, limits) };
    let mut state = stop.state();
    if state.is_stopped {
        return Err(RunError::Cancelled);
    }
    state.running = Some(database.canceller());
    drop(state);
    let _end = End(stop);
    run(database, query, limits)
}

/// The end of a run, however it came.
struct End<'a>(&'a Stop);

impl Drop for End<'_> {
    /// A stop that came after the last row must not reach the next query of this connection.
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let Some(canceller) = state.running.take() {
            canceller.clear();
        }
    }
}
