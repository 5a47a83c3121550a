//! How quickly questions are made, and of what.

use super::Target::{AtLeast, Is, Shown};
use super::{Figure, slow};

pub const FIGURES: &[Figure] = &[
    slow("synthesis, checked pairs, two threads", AtLeast(2000.0), "pairs/s", |r| r.bench(&["synth"], "synth.pairs")),
    slow("synthesis, constructs that no query has", Is(0.0), "", |r| {
        r.bench(&["synth"], "synth.constructs that are lacking")
    }),
    slow("synthesis, rarest construct", Shown, "%", |r| r.bench(&["synth"], "synth.rarest construct")),
    slow("synthesis, trees", Shown, "trees/s", |r| r.bench(&["synth"], "synth.trees")),
    slow("synthesis, questions a tree", AtLeast(8.0), "questions", |r| r.bench(&["synth"], "synth.questions a tree")),
];
