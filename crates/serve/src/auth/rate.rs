//! How often a principal may ask: the generic cell rate algorithm, one time for each principal (ITU-T I.371, annex A).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Above so many principals, those who have not asked for a while are forgotten.
const REMEMBERED: usize = 10_000;

/// The rate of every principal.
#[derive(Debug)]
pub struct RateLimiter {
    limits: Mutex<Limits>,
}

#[derive(Debug)]
struct Limits {
    /// Time that one request takes of the rate.
    interval: Duration,
    /// How far ahead of the rate a principal may be.
    tolerance: Duration,
    /// When each principal would have asked, had it kept to the rate.
    due: HashMap<String, Instant>,
}

impl RateLimiter {
    /// So many requests a minute, so many of them at once.
    pub fn new(per_minute: u32, burst: u32) -> Self {
        let (interval, tolerance) = times(per_minute, burst);
        RateLimiter { limits: Mutex::new(Limits { interval, tolerance, due: HashMap::new() }) }
    }

    /// The same for other numbers, while requests come.
    pub fn change(&self, per_minute: u32, burst: u32) {
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        (limits.interval, limits.tolerance) = times(per_minute, burst);
    }

    /// Time that one request takes of the rate, and how far ahead of it a principal may be.
    pub fn times(&self) -> (Duration, Duration) {
        let limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        (limits.interval, limits.tolerance)
    }

    /// Takes a request of a principal at a time.
    ///
    /// # Errors
    /// How long it has to wait, where it has asked too often.
    pub fn take(&self, principal: &str, now: Instant) -> Result<(), Duration> {
        let mut limits = self.limits.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = limits.due(principal, now).saturating_duration_since(now);
        if ahead > limits.tolerance {
            return Err(ahead - limits.tolerance);
        }
        limits.owe(principal, 1, now);
        Ok(())
    }

    /// Takes further requests of a principal that has just taken one, as those of a batch: it waits for them afterwards.
    pub fn owe(&self, principal: &str, requests: u32, now: Instant) {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner).owe(principal, requests, now);
    }
}

impl Limits {
    /// When a principal would have asked, had it kept to the rate; now, where it has rested.
    fn due(&self, principal: &str, now: Instant) -> Instant {
        self.due.get(principal).map_or(now, |due| (*due).max(now))
    }

    fn owe(&mut self, principal: &str, requests: u32, now: Instant) {
        let next = self.due(principal, now) + self.interval * requests;
        if self.due.len() >= REMEMBERED {
            self.due.retain(|_, due| *due > now);
        }
        self.due.insert(principal.to_owned(), next);
    }
}

/// The interval of a rate, and the tolerance of a burst: the first of it is on time.
fn times(per_minute: u32, burst: u32) -> (Duration, Duration) {
    let interval = Duration::from_secs(60) / per_minute.max(1);
    (interval, interval * burst.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let limiter = RateLimiter::new(60, 3);
        let start = Instant::now();
        let take = |seconds: u64| limiter.take("a", start + Duration::from_secs(seconds));
        assert!((0..3).all(|_| take(0).is_ok()));
        assert_eq!(take(0), Err(Duration::from_secs(1)));
        assert!(take(1).is_ok() && take(1).is_err());
        assert!(limiter.take("b", start).is_ok(), "each principal has its own");
        assert!((0..3).all(|_| take(100).is_ok()) && take(100).is_err(), "a long rest gives one burst, not more");
        limiter.owe("b", 9, start);
        assert_eq!(limiter.take("b", start), Err(Duration::from_secs(8)), "ten less a burst of two beside the first");
        limiter.change(6_000, 1);
        assert!(take(104).is_ok() && take(104).is_err());
    }
}
