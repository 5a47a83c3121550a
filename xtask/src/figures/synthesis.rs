//! How quickly questions are made.

use super::Target::{AtLeast, Shown};
use super::{Figure, slow};

pub const FIGURES: &[Figure] = &[
    slow("synthesis, checked pairs, two threads", AtLeast(2000.0), "pairs/s", |r| r.bench(&["synth"], "synth.pairs")),
    slow("synthesis, trees", Shown, "trees/s", |r| r.bench(&["synth"], "synth.trees")),
    slow("synthesis, questions a tree", AtLeast(8.0), "questions", |r| r.bench(&["synth"], "synth.questions a tree")),
];
