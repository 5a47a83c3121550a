//! How long two queries take, measured in alternation and by the processor's time, so that whatever else the machine does
//! decides nothing.

use std::time::Duration;

use serde::Serialize;
use sql::VerifiedQuery;

use crate::engine::Database;
use crate::error::RunError;
use crate::run::{Limits, run};

/// Differences below this are the clock's, not the queries': milliseconds.
const NOISE: f64 = 0.05;
/// How much longer a query may take before it is called slower.
pub const SLOWER: f64 = 1.1;
/// How much longer one may take to be suggested: less, so that a second measurement does not call it slower.
const SUGGESTED_BELOW: f64 = 1.05;

/// How long the runs that decide may take together: milliseconds.
const DECIDED_WITHIN: f64 = 3_000.0;

/// The median time of each, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Times {
    /// Of the first.
    pub before_ms: f64,
    /// Of the second.
    pub after_ms: f64,
}

impl Times {
    /// How many times quicker the second is.
    pub fn gain(self) -> f64 {
        self.before_ms / self.after_ms.max(1e-6)
    }

    /// Whether the second takes more than [`SLOWER`] times as long.
    pub fn is_slower(self) -> bool {
        self.exceeds(SLOWER)
    }

    /// Whether the second is as quick as the first or quicker, but for a little.
    pub fn may_be_suggested(self) -> bool {
        !self.exceeds(SUGGESTED_BELOW)
    }

    fn exceeds(self, factor: f64) -> bool {
        self.after_ms > factor * self.before_ms && self.after_ms - self.before_ms > NOISE
    }

    /// Whether the first takes more than [`SLOWER`] times as long.
    pub fn is_quicker(self) -> bool {
        Times { before_ms: self.after_ms, after_ms: self.before_ms }.is_slower()
    }
}

/// Runs two queries, each on its database, so many times in turn. Unless the second is clearly quicker, three times as many
/// runs decide, as far as they take no longer than a person waits: one busy moment of the machine is no verdict.
///
/// # Errors
/// When either does not run.
pub fn side_by_side(
    before: (&Database, &VerifiedQuery),
    after: (&Database, &VerifiedQuery),
    runs: usize,
    limits: &Limits,
) -> Result<Times, RunError> {
    let times = in_turn(before, after, runs, limits)?;
    match deciding_runs(times, runs) {
        0 => Ok(times),
        more => in_turn(before, after, more, limits),
    }
}

/// How many more runs of each decide; none where a first measurement says enough, or where more would take too long: what runs
/// for long is measured well by a few.
fn deciding_runs(times: Times, runs: usize) -> usize {
    let affordable = DECIDED_WITHIN / (times.before_ms + times.after_ms).max(1e-3);
    let more = (affordable as usize).min(3 * runs);
    if times.is_quicker() || more <= runs { 0 } else { more }
}

fn in_turn(
    before: (&Database, &VerifiedQuery),
    after: (&Database, &VerifiedQuery),
    runs: usize,
    limits: &Limits,
) -> Result<Times, RunError> {
    let (mut first, mut second) = (vec![], vec![]);
    for turn in 0..runs.max(1) {
        // Who goes first changes, since the first finds colder caches.
        if turn % 2 == 0 {
            first.push(time(before, limits)?);
            second.push(time(after, limits)?);
        } else {
            second.push(time(after, limits)?);
            first.push(time(before, limits)?);
        }
    }
    Ok(Times { before_ms: median(first), after_ms: median(second) })
}

fn time((database, query): (&Database, &VerifiedQuery), limits: &Limits) -> Result<f64, RunError> {
    let start = busy();
    run(database, query, limits)?;
    Ok(busy().saturating_sub(start).as_secs_f64() * 1e3)
}

/// How long this thread has kept the processor busy.
#[cfg(unix)]
fn busy() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// The time, where a thread's own cannot be asked for.
#[cfg(not(unix))]
fn busy() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    let middle = times.len() / 2;
    match times.len() % 2 {
        0 if middle > 0 => (times[middle - 1] + times[middle]) / 2.0,
        _ => times.get(middle).copied().unwrap_or(0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slower_is_more_than_a_tenth_and_more_than_noise() {
        let times = |before_ms, after_ms| Times { before_ms, after_ms };
        assert!(times(1.0, 1.2).is_slower() && !times(1.0, 1.09).is_slower());
        assert!(!times(0.01, 0.03).is_slower());
        assert!(!times(1.0, 1.08).may_be_suggested() && times(1.0, 1.04).may_be_suggested());
        assert!(times(2.0, 1.0).is_quicker() && !times(1.0, 1.0).is_quicker());
        assert_eq!(times(2.0, 1.0).gain(), 2.0);
    }

    #[test]
    fn what_is_near_is_measured_again() {
        let more = |before_ms, after_ms| deciding_runs(Times { before_ms, after_ms }, 7);
        assert_eq!([more(2.0, 1.0), more(2.0, 1.9), more(2.0, 2.1), more(2.0, 3.0)], [0, 21, 21, 21]);
        assert_eq!([more(100.0, 100.0), more(1_000.0, 1_000.0), more(0.0, 0.0)], [15, 0, 21]);
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(vec![]), 0.0);
    }
}
