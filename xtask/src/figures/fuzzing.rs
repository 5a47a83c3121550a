//! What ten minutes of each fuzz target find.

use super::Target::{Is, Shown};
use super::{Figure, slow};

pub const FIGURES: &[Figure] = &[
    slow("10 minutes of parse: panics", Is(0.0), "", |r| r.fuzzed("parse", panics)),
    slow("10 minutes of resolve: panics", Is(0.0), "", |r| r.fuzzed("resolve", panics)),
    slow("10 minutes of validate: panics", Is(0.0), "", |r| r.fuzzed("validate", panics)),
    slow("10 minutes of matcher: panics", Is(0.0), "", |r| r.fuzzed("matcher", panics)),
    slow("10 minutes of ddl: panics", Is(0.0), "", |r| r.fuzzed("ddl", panics)),
    slow("10 minutes of normalise: panics", Is(0.0), "", |r| r.fuzzed("normalise", panics)),
    slow("10 minutes of weights: panics", Is(0.0), "", |r| r.fuzzed("weights", panics)),
    slow("inputs in these minutes: parse", Shown, "", |r| r.fuzzed("parse", inputs)),
    slow("inputs in these minutes: resolve", Shown, "", |r| r.fuzzed("resolve", inputs)),
    slow("inputs in these minutes: validate", Shown, "", |r| r.fuzzed("validate", inputs)),
    slow("inputs in these minutes: matcher", Shown, "", |r| r.fuzzed("matcher", inputs)),
    slow("inputs in these minutes: ddl", Shown, "", |r| r.fuzzed("ddl", inputs)),
    slow("inputs in these minutes: normalise", Shown, "", |r| r.fuzzed("normalise", inputs)),
    slow("inputs in these minutes: weights", Shown, "", |r| r.fuzzed("weights", inputs)),
];

fn panics(outcome: &crate::fuzz::Outcome) -> f64 {
    f64::from(u8::from(outcome.found.is_some()))
}

fn inputs(outcome: &crate::fuzz::Outcome) -> f64 {
    outcome.executions as f64
}
