//! Rewritten queries: the same rows, and never slower.

use super::Target::{AtLeast, Is, Shown};
use super::runs::Runs;
use super::{Figure, slow};

pub const FIGURES: &[Figure] = &[
    slow("rewritten queries: question files, synthesised, walks, roundabout", AtLeast(10_000.0), "", |r| {
        rewritten(r, "optimise.rewritten queries")
    }),
    slow("of them, with rows to compare", AtLeast(10_000.0), "", |r| {
        rewritten(r, "optimise.rewritten queries with rows")
    }),
    slow("of them with other rows, on three databases and one made for it", Is(0.0), "", |r| {
        rewritten(r, "optimise.rewritten queries with other rows")
    }),
    slow("suggestions for queries of 1 ms and more", Shown, "", |r| {
        rewritten(r, "optimise.suggestions timed (queries of 1 ms and more)")
    }),
    slow("of them slower than 1.1 times", Is(0.0), "", |r| rewritten(r, "optimise.suggestions slower than 1.1 times")),
    slow("of them quicker than 1.1 times", Shown, "", |r| rewritten(r, "optimise.suggestions quicker than 1.1 times")),
    slow("gain of a suggestion, median", Shown, "times", |r| rewritten(r, "optimise.gain.p50")),
    slow("gain of a suggestion, 90th percentile", Shown, "times", |r| rewritten(r, "optimise.gain.p90")),
];

fn rewritten(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    runs.bench(&["optimise", "--questions", "packs/gl/questions", "--count", "10000"], figure)
}
