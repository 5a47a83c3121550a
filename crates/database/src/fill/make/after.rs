//! `after`: a day some time after another column's, sometimes before it by mistake.

use schema::Value;
use serde::Deserialize;

use super::otherwise;
use crate::fill::day;
use crate::fill::error::FillError;
use crate::fill::spec::ColumnSpec;
use crate::fill::world::{Context, Maker};

/// A day relative to another column's day.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct After {
    /// The column that holds the other day.
    pub of: String,
    /// Fewest and most days after it.
    pub days: [i64; 2],
    /// A column whose day is the latest instead, where it has one after `of`.
    #[serde(default)]
    pub until: Option<String>,
    /// Share of rows that break the rule: 1 to 30 days before it.
    #[serde(default)]
    pub before: f64,
    /// Share of rows that hold the other day itself.
    #[serde(default)]
    pub same: f64,
    /// NULL where the day would lie after this one, `YYYY-MM-DD`.
    #[serde(default)]
    pub cut: Option<String>,
    /// This day where the day would lie after it, `YYYY-MM-DD`.
    #[serde(default)]
    pub cap: Option<String>,
    /// Whether a time of day follows, ` HH:MM:SS`.
    #[serde(default)]
    pub time: bool,
    /// Where the other column holds no day.
    #[serde(default)]
    pub otherwise: Option<Box<ColumnSpec>>,
}

pub(in crate::fill) fn maker(spec: &After, context: &Context<'_>) -> Result<Maker, FillError> {
    let of = context.operand(&spec.of)?;
    let until = spec.until.as_deref().map(|until| context.operand(until)).transpose()?;
    let [low, high] = spec.days;
    if high < low {
        return Err(context.problem(format!("days = [{low}, {high}] holds no number")));
    }
    let parse = |text: &String| day::parse(text).ok_or_else(|| context.problem(format!("\"{text}\" is no day")));
    let cut = spec.cut.as_ref().map(parse).transpose()?;
    let cap = spec.cap.as_ref().map(parse).transpose()?.unwrap_or(i64::MAX);
    let mut fallback = otherwise(spec.otherwise.as_deref(), context)?;
    let (before, same, time) = (spec.before, spec.same, spec.time);
    Ok(Box::new(move |cell, random| {
        let Some(start) = day::of_value(cell.read(of)) else { return fallback(cell, random) };
        let latest = until.and_then(|until| day::of_value(cell.read(until))).filter(|latest| *latest >= start + low);
        let draw = random.share();
        let number = if draw < before {
            start - random.between(1, 30)
        } else if draw < before + same {
            start
        } else {
            random.between(start + low, latest.unwrap_or(start + high))
        };
        if cut.is_some_and(|cut| number > cut) {
            return Value::Null;
        }
        day::to_value(number.min(cap), time, random)
    }))
}
