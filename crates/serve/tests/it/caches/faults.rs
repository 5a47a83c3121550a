//! Stores that are down at the start, killed, silent, slow or noisy, and back again: no request fails, none waits longer than
//! the timeouts allow, and the breaker of each opens and heals.

use std::time::{Duration, Instant};

use super::stores::{LATE, Proxy, Store, Way, free_port};
use super::{instance, metric, shared, with_settings};
use crate::tools::{Server, questions, settings};

/// Requests in each phase.
const REQUESTS: usize = 8;

/// What is counted over all phases.
#[derive(Default)]
struct Count {
    requests: usize,
    failed: usize,
    slowest: Duration,
    opened: usize,
    healed: usize,
    questions: Vec<String>,
}

impl Count {
    /// Asks a question that was not asked before.
    fn ask(&mut self, server: &Server) {
        let question = self.questions.pop().expect("enough questions");
        let started = Instant::now();
        let status = super::ask(server, &question).status;
        self.slowest = self.slowest.max(started.elapsed());
        self.requests += 1;
        // A question that the model declines is answered too.
        self.failed += usize::from(!matches!(status, 200 | 422 | 424));
    }

    /// Asks until the breaker of a tier is as it should be.
    fn until(&mut self, server: &Server, tier: &str, wanted: f64) {
        let started = Instant::now();
        let series = format!("glrl_cache_breaker_state{{tier=\"{tier}\"}}");
        while metric(server, &series) != wanted {
            assert!(started.elapsed() < Duration::from_secs(60), "the breaker of {tier} does not come to {wanted}");
            // Any question looks the tier up; one that is known already is cheap.
            let asked = super::ask(server, &format!("how many projects are there {}", self.requests));
            self.failed += usize::from(!matches!(asked.status, 200 | 422 | 424));
            self.requests += 1;
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn bad(&mut self, server: &Server, tier: &str) {
        (0..REQUESTS).for_each(|_| self.ask(server));
        self.until(server, tier, 2.0);
        self.opened += 1;
    }

    fn good(&mut self, server: &Server, tier: &str) {
        self.until(server, tier, 0.0);
        self.healed += 1;
        (0..2).for_each(|_| self.ask(server));
    }

    /// Down at the start, there, killed, there again, and each bad way in between.
    fn phases(&mut self, tier: &str, start: fn(u16) -> Store, ways: &[Way]) {
        let port = free_port();
        let proxy = Proxy::to(port);
        let stores = if tier == "l2" { shared(Some(proxy.port), None) } else { shared(None, Some(proxy.port)) };
        let server = with_settings(&stores, settings());
        self.bad(&server, tier);
        let store = start(port);
        self.good(&server, tier);
        drop(store);
        self.bad(&server, tier);
        let store = start(port);
        self.good(&server, tier);
        for way in ways {
            proxy.set(*way);
            self.bad(&server, tier);
            proxy.set(Way::Open);
            self.good(&server, tier);
        }
        drop(store);
    }
}

fn count() -> Count {
    Count { questions: questions(90), ..Count::default() }
}

#[test]
fn redis_that_is_away_slow_or_noisy_costs_no_request() {
    let mut count = count();
    count.phases("l2", Store::redis, &[Way::Slow, Way::Silent, Way::Noise]);
    told("Redis", &count, 5);
}

#[test]
fn an_object_store_that_is_away_slow_or_noisy_costs_no_request() {
    let mut count = count();
    count.phases("l3", Store::s3, &[Way::Slow, Way::Noise]);
    told("S3", &count, 4);
}

fn told(name: &str, count: &Count, bad: usize) {
    let Count { requests, failed, slowest, opened, healed, .. } = count;
    let slowest_ms = slowest.as_millis();
    let counts = format!("{name} requests {requests}, failed {failed}, opened {opened}, healed {healed}");
    super::tell(&format!("{counts}, slowest {slowest_ms}"));
    assert_eq!((*failed, *opened, *healed), (0, bad, bad));
    assert!(*slowest < LATE, "{slowest:?}: somebody waited for the slow store");
}

#[test]
fn noise_under_the_keys_is_counted_and_written_over_in_both() {
    let (redis, s3) = (Store::redis(free_port()), Store::s3(free_port()));
    let stores = shared(Some(redis.port), Some(s3.port));
    let questions = questions(12);
    let first = instance(&stores);
    let answered = |server: &Server| questions.iter().filter(|text| super::ask(server, text).status == 200).count();
    let written = |server: &Server, count: usize| {
        ["l2", "l3"].into_iter().all(|tier| super::written(server, tier) as usize == count)
    };
    let count = answered(&first);
    assert!(count >= 8, "{count}");
    super::until("all written", || written(&first, count));
    for key in redis.keys() {
        redis.set(&key, "\u{1}noise");
        s3.put_object(&key, "noise");
    }
    let second = instance(&stores);
    assert_eq!(answered(&second), count);
    for tier in ["l2", "l3"] {
        assert_eq!(super::looked_up(&second, tier, "garbage") as usize, count, "{tier}");
    }
    super::until("written over", || written(&second, count));
    let third = instance(&stores);
    assert_eq!((answered(&third), super::looked_up(&third, "l2", "hit") as usize), (count, count));
    super::tell(&format!("Noise values {}, used 0", 2 * count));
}
