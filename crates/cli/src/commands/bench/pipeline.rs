//! Reading of questions, timed over the pack's example questions.

use std::time::Instant;

use answer::engine::Engine;
use answer::schema_analyzer::analyze;
use jiff::civil::date;
use serde_json::Value as Json;

use super::{Args, Measured, times};
use crate::commands::ask;
use crate::context::Context;

/// The pack's example questions.
pub(super) fn examples(engine: &Engine) -> Vec<String> {
    let lines = engine.pack.files.examples.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    lines.filter_map(|line| line["question"].as_str().map(str::to_owned)).collect()
}

fn micros(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64() * 1e6
}

/// Normalise and link each question.
pub(super) fn normalize(_args: &Args, context: &Context) -> Measured {
    let engine = ask::engine(context)?;
    let today = date(2026, 11, 20);
    let timed = examples(&engine).into_iter().map(|question| {
        micros(|| {
            std::hint::black_box(analyze(&engine, &question, today));
        })
    });
    Ok(times("normalize and link", timed.collect(), "µs"))
}
