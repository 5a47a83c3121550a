//! A circuit breaker: a store that failed several times in a row is left alone for a while, then tried by one request. When
//! that goes well it is asked again as before, and when not, it is left alone for twice as long.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures in a row.
    pub failures: u32,
    /// How long the store is left alone at first.
    pub pause: Duration,
    /// How long at most.
    pub longest: Duration,
}

/// Whether a store is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Circuit {
    /// It is.
    Closed,
    /// By one request, to see whether it is back.
    HalfOpen,
    /// It is left alone.
    Open,
}

impl Circuit {
    /// The number in metrics: 0 closed, 1 half open, 2 open.
    pub fn number(self) -> f64 {
        f64::from(self as u8)
    }

    /// The name in logs.
    pub fn name(self) -> &'static str {
        match self {
            Circuit::Closed => "closed",
            Circuit::HalfOpen => "half open",
            Circuit::Open => "open",
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Instant,
        pause: Duration,
    },
    /// One request tries. Whoever broke it off never tells, so that after `until` another may.
    HalfOpen {
        until: Instant,
        pause: Duration,
    },
}

/// The breaker of one store.
#[derive(Debug)]
pub struct Breaker {
    settings: BreakerSettings,
    state: Mutex<State>,
}

impl Breaker {
    /// A closed one.
    pub fn new(settings: BreakerSettings) -> Self {
        Breaker { settings, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Whether a request may ask the store now; each that may tells how it went ([`Breaker::tell`]).
    pub fn admits(&self, now: Instant) -> bool {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => true,
            State::Open { until, pause } | State::HalfOpen { until, pause } => {
                let is_time = now >= until;
                if is_time {
                    *state = State::HalfOpen { until: now + self.settings.pause, pause };
                }
                is_time
            }
        }
    }

    /// How a request went.
    pub fn tell(&self, went_well: bool, now: Instant) {
        let mut state = self.state();
        *state = match (*state, went_well) {
            (_, true) => State::Closed { failures: 0 },
            (State::Closed { failures }, false) if failures + 1 < self.settings.failures => {
                State::Closed { failures: failures + 1 }
            }
            (State::Closed { .. }, false) => open(self.settings.pause, now),
            (State::HalfOpen { pause, .. }, false) => open((2 * pause).min(self.settings.longest), now),
            // One that began before the breaker opened.
            (opened @ State::Open { .. }, false) => opened,
        };
    }

    /// Whether the store is asked.
    pub fn circuit(&self) -> Circuit {
        match *self.state() {
            State::Closed { .. } => Circuit::Closed,
            State::Open { .. } => Circuit::Open,
            State::HalfOpen { .. } => Circuit::HalfOpen,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(pause: Duration, now: Instant) -> State {
    State::Open { until: now + pause, pause }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: BreakerSettings =
        BreakerSettings { failures: 3, pause: Duration::from_secs(1), longest: Duration::from_secs(3) };

    #[test]
    fn failures_in_a_row_open_it_and_one_that_goes_well_closes_it() {
        let (breaker, start) = (Breaker::new(SETTINGS), Instant::now());
        let at = |milliseconds: u64| start + Duration::from_millis(milliseconds);
        let fail = |milliseconds| breaker.tell(false, at(milliseconds));
        fail(0);
        fail(0);
        breaker.tell(true, at(0));
        fail(0);
        fail(0);
        assert!(breaker.admits(at(0)), "three in a row, not in all");
        fail(0);
        assert_eq!((breaker.circuit(), breaker.admits(at(999))), (Circuit::Open, false));
        assert!(breaker.admits(at(1000)) && !breaker.admits(at(1000)), "one tries, and no other beside it");
        assert_eq!(breaker.circuit(), Circuit::HalfOpen);
        fail(1100);
        assert!(!breaker.admits(at(3099)) && breaker.admits(at(3100)), "twice as long");
        fail(3100);
        assert!(!breaker.admits(at(6099)) && breaker.admits(at(6100)), "and never longer than the longest");
        breaker.tell(true, at(6200));
        assert_eq!((breaker.circuit(), breaker.admits(at(6200))), (Circuit::Closed, true));
    }

    #[test]
    fn a_trial_that_nobody_ends_does_not_keep_it_open_for_ever() {
        let (breaker, start) = (Breaker::new(SETTINGS), Instant::now());
        (0..3).for_each(|_| breaker.tell(false, start));
        assert!(breaker.admits(start + Duration::from_secs(1)));
        assert!(!breaker.admits(start + Duration::from_millis(1999)));
        assert!(breaker.admits(start + Duration::from_secs(2)));
    }
}
