//! `date`: a day in a range.

use serde::Deserialize;

use crate::fill::day;
use crate::fill::error::FillError;
use crate::fill::world::{Context, Maker};

/// A day from `from` to `to`, both included.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateIn {
    /// First day, `YYYY-MM-DD`.
    pub from: String,
    /// Last day, `YYYY-MM-DD`.
    pub to: String,
    /// Share of days that are the first of a month: people plan so, and boundaries are met exactly.
    #[serde(default)]
    pub month_starts: f64,
    /// Whether a time of day follows, ` HH:MM:SS`.
    #[serde(default)]
    pub time: bool,
}

pub(in crate::fill) fn maker(spec: &DateIn, context: &Context<'_>) -> Result<Maker, FillError> {
    let day = |text: &str| day::parse(text).ok_or_else(|| context.problem(format!("\"{text}\" is no day")));
    let (from, to) = (day(&spec.from)?, day(&spec.to)?);
    if to < from {
        return Err(context.problem(format!("{} comes before {}", spec.to, spec.from)));
    }
    let starts: Vec<i64> = (from..=to).filter(|day| is_month_start(*day)).collect();
    let (time, share) = (spec.time, if starts.is_empty() { 0.0 } else { spec.month_starts });
    Ok(Box::new(move |_, random| {
        let number = if random.happens(share) { starts[random.below(starts.len())] } else { random.between(from, to) };
        day::to_value(number, time, random)
    }))
}

fn is_month_start(number: i64) -> bool {
    day::of_number(number).is_some_and(|day| day.day() == 1)
}
