//! How quick answers are, and whether the same question gets the same bytes.

use super::Target::{Is, Shown, Under};
use super::{Figure, quick};

pub const FIGURES: &[Figure] = &[
    quick("question to SQL, SQL alone, median", Under(20.0), "ms", |r| r.bench(&["ask"], "ask.sql.p50")),
    quick("question to SQL, with a generated plan, median", Under(40.0), "ms", |r| r.bench(&["ask"], "ask.plan.p50")),
    quick("question to SQL, 8 candidates run and voted for, median", Under(120.0), "ms", |r| {
        r.bench(&["ask"], "ask.voted.p50")
    }),
    quick("question to SQL: normalise, median", Shown, "ms", |r| r.bench(&["ask"], "ask.sql.normalise.p50")),
    quick("question to SQL: link, median", Shown, "ms", |r| r.bench(&["ask"], "ask.sql.link.p50")),
    quick("question to SQL: prompt, median", Shown, "ms", |r| r.bench(&["ask"], "ask.sql.prompt.p50")),
    quick("question to SQL: prefill, median", Shown, "ms", |r| r.bench(&["ask"], "ask.sql.prefill.p50")),
    quick("question to SQL: decode, median", Shown, "ms", |r| r.bench(&["ask"], "ask.sql.decode.p50")),
    quick("question to SQL: validate, median", Shown, "ms", |r| r.bench(&["ask"], "ask.sql.validate.p50")),
    quick("SQL to rows: execute, median", Shown, "ms", |r| r.bench(&["ask"], "ask.sql.execute.p50")),
    quick("an answer, median", Shown, "ms", |r| r.bench(&["ask"], "ask.p50")),
    quick("an answer, 99th percentile", Shown, "ms", |r| r.bench(&["ask"], "ask.p99")),
    quick("validation of a query, mean", Shown, "µs", |r| r.bench(&["validate"], "validate.mean")),
    quick("normalise and link, 99th percentile", Under(1000.0), "µs", |r| {
        r.bench(&["normalize"], "normalize and link.p99")
    }),
    quick("reference queries that validation accepts", Is(100.0), "%", |r| {
        r.bench(&["validate"], "validate.references accepted")
    }),
    quick("1,000 repeated answers that differ", Is(0.0), "", |r| r.bench(&["determinism"], "determinism.answers")),
    quick("weights that differ after 200 steps, 1 and 2 threads", Is(0.0), "", |r| {
        r.bench(&["determinism"], "determinism.weights")
    }),
    quick("logits that differ at batch 1, 7, 32", Is(0.0), "", |r| r.bench(&["determinism"], "determinism.logits")),
];
