//! Walks, masks, and what the matcher admits.

use super::Target::{AtLeast, Is, Shown, Under};
use super::runs::{EXAMPLES, Runs, SYNTH, TEST, number, suite};
use super::{Figure, quick, slow};

const WALKS: [&str; 3] = ["walks", "--count", "1000000"];
const UNTRAINED: [&str; 4] = ["walks", "--weights", "--count", "2000"];

pub const FIGURES: &[Figure] = &[
    quick("walks accepted, 2,000", Is(100.0), "%", |r| r.bench(&["walks"], "walks.accepted")),
    quick("walks, rarest construct, 2,000", AtLeast(1.0), "%", |r| r.bench(&["walks"], "walks.rarest construct")),
    slow("walks, 1,000,000: accepted", Is(100.0), "%", |r| r.bench(&WALKS, "walks.accepted")),
    slow("walks, 1,000,000: refused by SQLite", Is(0.0), "", |r| r.bench(&WALKS, "walks.refused by SQLite")),
    slow("walks, 1,000,000: refused by validation", Is(0.0), "", |r| r.bench(&WALKS, "walks.refused by validation")),
    slow("walks, 1,000,000: dead ends and cut", Is(0.0), "", |r| r.bench(&WALKS, "walks.unfinished")),
    slow("walks, 1,000,000: rarest construct", AtLeast(1.0), "%", |r| r.bench(&WALKS, "walks.rarest construct")),
    slow("walks, 1,000,000: constructs below 1 %", Is(0.0), "", |r| r.bench(&WALKS, "walks.constructs below 1 %")),
    slow("walks through untrained weights, 2,000: accepted", Is(100.0), "%", |r| {
        r.bench(&UNTRAINED, "walks.weights.accepted")
    }),
    slow("walks through untrained weights: refused by SQLite", Is(0.0), "", |r| {
        r.bench(&UNTRAINED, "walks.weights.refused by SQLite")
    }),
    slow("walks through untrained weights: dead ends and cut", Is(0.0), "", |r| {
        r.bench(&UNTRAINED, "walks.weights.unfinished")
    }),
    slow("walks through untrained weights: rarest construct", Shown, "%", |r| {
        r.bench(&UNTRAINED, "walks.weights.rarest construct")
    }),
    quick("mask, own vocabulary, mean", Under(5.0), "µs", |r| r.bench(&["mask"], "mask.mean")),
    quick("mask, own vocabulary, 99th percentile", Shown, "µs", |r| r.bench(&["mask"], "mask.p99")),
    quick("mask, own vocabulary, every lexeme equally often: mean", Shown, "µs", |r| {
        r.bench(&["mask"], "mask.even.mean")
    }),
    quick("mask, own vocabulary, forced tokens", Shown, "%", |r| r.bench(&["mask"], "mask.forced")),
    quick("mask, bytes: tokens in the vocabulary", AtLeast(100_000.0), "", |r| {
        r.bench(&["mask"], "mask.bytes.vocabulary")
    }),
    quick("mask, bytes: mean", Under(20.0), "µs", |r| r.bench(&["mask"], "mask.bytes.mean")),
    quick("mask, bytes: 99th percentile", Under(100.0), "µs", |r| r.bench(&["mask"], "mask.bytes.p99")),
    quick("mask, bytes: longest", Under(500.0), "µs", |r| r.bench(&["mask"], "mask.bytes.max")),
    quick("mask, bytes: forced tokens", AtLeast(35.0), "%", |r| r.bench(&["mask"], "mask.bytes.forced")),
    quick("mask, bytes, tokens that span lexemes: mean", Shown, "µs", |r| {
        r.bench(&["mask"], "mask.spanning bytes.mean")
    }),
    quick("outside suite: queries", AtLeast(273.0), "", |r| covered(r, "coverage.queries")),
    quick("outside suite: queries that can be written", AtLeast(90.0), "%", |r| covered(r, "coverage.admitted")),
    quick("outside suite: queries that the matcher refuses", Shown, "", |r| covered(r, "coverage.refused")),
    quick("references with a canonical form that the matcher refuses", Is(0.0), "", references_refused),
    slow("synthesised queries that the matcher refuses", Is(0.0), "", synthesised_refused),
];

/// A figure of the outside suite's queries.
fn covered(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    runs.bench(&["coverage", "--suite", &suite()?], figure)
}

/// References that have a canonical form and yet cannot be written: outside that form there is nothing to admit.
fn references_refused(runs: &mut Runs) -> Result<f64, String> {
    let mut refused = 0;
    for questions in [TEST, EXAMPLES] {
        let unwritable = runs.oracle(questions)?["unwritable"].as_array();
        let stages = unwritable.into_iter().flatten().map(|u| u["stage"].as_str());
        refused += stages.filter(|stage| matches!(stage, Some("matcher" | "values" | "rows"))).count();
    }
    Ok(refused as f64)
}

fn synthesised_refused(runs: &mut Runs) -> Result<f64, String> {
    let splits = runs.json(&SYNTH)?["splits"].as_object();
    let splits: Vec<_> = splits.into_iter().flatten().map(|(_, split)| split).collect();
    let of_shapes = splits.iter().filter_map(|split| split["shapes"].as_object()).flatten();
    let lost = of_shapes.filter_map(|(_, shape)| shape["lost"].as_object());
    let reasons = splits.iter().filter_map(|split| split["dropped"].as_object()).chain(lost).flatten();
    reasons.filter(|(reason, _)| reason.starts_with("not admitted")).map(|(_, count)| number(count)).sum()
}
