//! Validation and reading of questions, timed over the pack's example questions.

use std::time::Instant;

use answer::engine::Engine;
use answer::schema_analyzer::analyze;
use jiff::civil::date;
use serde_json::Value as Json;

use super::{Args, Figure, Measured, times};
use crate::commands::ask;
use crate::context::Context;

/// Questions and queries of the pack's examples.
pub(super) fn examples(engine: &Engine) -> Vec<(String, Option<String>)> {
    let lines = engine.pack.files.examples.lines().filter_map(|line| serde_json::from_str::<Json>(line).ok());
    let text = |line: &Json, field: &str| line[field].as_str().map(str::to_owned);
    lines.filter_map(|line| Some((text(&line, "question")?, text(&line, "sql")))).collect()
}

fn micros(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64() * 1e6
}

/// Parse, resolve and check each reference query in all layers.
pub(super) fn validate(_args: &Args, context: &Context) -> Measured {
    let engine = ask::engine(context)?;
    let (options, catalog) = (engine.pack.validation(), &engine.pack.catalog);
    let queries: Vec<String> = examples(&engine).into_iter().filter_map(|(_, sql)| sql).collect();
    let mut valid = 0usize;
    let timed = queries.iter().map(|sql| {
        micros(|| valid += usize::from(sql::verify::verify(sql, catalog, &options).is_ok()))
    });
    let timed: Vec<f64> = timed.collect();
    let mut figures = times("validate", timed, "µs");
    figures.push(Figure::new("validate.references accepted", 100.0 * valid as f64 / queries.len().max(1) as f64, "%"));
    Ok(figures)
}

/// Normalise and link each question.
pub(super) fn normalize(_args: &Args, context: &Context) -> Measured {
    let engine = ask::engine(context)?;
    let today = date(2026, 11, 20);
    let timed = examples(&engine).into_iter().map(|(question, _)| {
        micros(|| {
            std::hint::black_box(analyze(&engine, &question, today));
        })
    });
    Ok(times("normalize and link", timed.collect(), "µs"))
}
