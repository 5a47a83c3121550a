//! Whether explanations tell different queries apart.

use super::Target::{AtLeast, Is};
use super::runs::{Runs, suite};
use super::{Figure, slow};

pub const FIGURES: &[Figure] = &[
    slow("explained queries: suite, question files, 2,000 synthesised", AtLeast(2_000.0), "", |r| {
        explained(r, "explain.trees")
    }),
    slow("one-edit mutants with the words of their original", Is(0.0), "", |r| {
        explained(r, "explain.edits that leave the words as they were")
    }),
    slow("one-edit mutants with the operators of their original", Is(0.0), "", |r| {
        explained(r, "explain.edits that leave the operators as they were")
    }),
];

fn explained(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    let suite = suite()?;
    runs.bench(&["explain", "--suite", &suite, "--questions", "packs/gl/questions", "--count", "2000"], figure)
}
