//! The service: how many questions it answers, and how much it adds to the model.

use super::Target::{AtLeast, Is, Shown, Under};
use super::{Figure, slow};

pub const FIGURES: &[Figure] = &[
    slow("service: distinct questions a second, 32 clients", AtLeast(60.0), "/s", |r| {
        r.bench(&["serve"], "serve.throughput")
    }),
    slow("service: an answer at 32 clients, 99th percentile", Under(1000.0), "ms", |r| {
        r.bench(&["serve"], "serve.latency.p99")
    }),
    slow("service: an answer at 32 clients, median", Shown, "ms", |r| r.bench(&["serve"], "serve.latency.p50")),
    slow("service: requests that failed under that load", Is(0.0), "", |r| r.bench(&["serve"], "serve.failed")),
    slow("service: everything but the model, one client, median", Under(1.0), "ms", |r| {
        r.bench(&["serve"], "serve.alone.overhead.p50")
    }),
    slow("service: everything but the model, 32 clients, median", Shown, "ms", |r| {
        r.bench(&["serve"], "serve.overhead.p50")
    }),
];
