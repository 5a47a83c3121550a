//! Answers kept: how many a second from memory, and what stores cost that are away, slow or hold what nobody wrote. Tests start
//! a Redis server and an S3 stand-in and print what they count.

use super::Target::{AtLeast, Is, Shown, Under};
use super::runs::Runs;
use super::{Figure, slow};

pub const FIGURES: &[Figure] = &[
    slow("caches: answers a second from memory, 32 clients", AtLeast(3000.0), "/s", |r| {
        r.bench(&["hits"], "hits.throughput")
    }),
    slow("caches: requests for what was answered before", AtLeast(50_000.0), "", |r| {
        r.bench(&["hits"], "hits.requests")
    }),
    slow("caches: of these, not from memory", Is(0.0), "", |r| {
        Ok(r.bench(&["hits"], "hits.requests")? - r.bench(&["hits"], "hits.found")?)
    }),
    slow("caches: such answers for one that the model writes, in a second", Shown, "times", |r| {
        r.bench(&["hits"], "hits.over_made")
    }),
    slow("caches: an answer from memory at 32 clients, 99th percentile", Shown, "ms", |r| {
        r.bench(&["hits"], "hits.latency.p99")
    }),
    slow("caches: Redis down, slow, noisy, back: requests", AtLeast(60.0), "", |r| faults(r, "Redis requests")),
    slow("caches: of these, failed", Is(0.0), "", |r| faults(r, "Redis failed")),
    slow("caches: the breaker of Redis opened", Is(5.0), "times", |r| faults(r, "Redis opened")),
    slow("caches: the breaker of Redis healed", Is(5.0), "times", |r| faults(r, "Redis healed")),
    slow("caches: the slowest of these requests (a slow Redis takes 5 s)", Under(5_000.0), "ms", |r| {
        faults(r, "Redis slowest")
    }),
    slow("caches: S3 down, slow, noisy, back: requests", AtLeast(50.0), "", |r| faults(r, "S3 requests")),
    slow("caches: of these, failed", Is(0.0), "", |r| faults(r, "S3 failed")),
    slow("caches: the breaker of S3 opened", Is(4.0), "times", |r| faults(r, "S3 opened")),
    slow("caches: the breaker of S3 healed", Is(4.0), "times", |r| faults(r, "S3 healed")),
    slow("caches: the slowest of these requests (a slow S3 takes 5 s)", Under(5_000.0), "ms", |r| {
        faults(r, "S3 slowest")
    }),
    slow("caches: values of noise in both, used", Is(0.0), "", |r| faults(r, "Noise used")),
    slow("caches: values that no instance wrote, used", Is(0.0), "", |r| answers(r, "Poisoned used")),
];

fn faults(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    runs.test("serve", "caches::faults", figure)
}

fn answers(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    runs.test("serve", "caches::answers::what_no_instance", figure)
}
