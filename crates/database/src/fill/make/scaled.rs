//! `scaled`: an amount that follows another column's, sometimes past what the rules allow.

use schema::Value;
use serde::Deserialize;

use super::{otherwise, rounded};
use crate::fill::error::FillError;
use crate::fill::spec::ColumnSpec;
use crate::fill::world::{Context, Maker};

/// Another column's number times a factor.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaled {
    /// The column that holds the number.
    pub of: String,
    /// Smallest and largest factor.
    pub by: [f64; 2],
    /// Results are multiples of this.
    #[serde(default = "cent")]
    pub step: f64,
    /// Share of rows that hold the other number itself.
    #[serde(default)]
    pub same: f64,
    /// Smallest and largest factor of the rows that break the rule.
    #[serde(default)]
    pub broken_by: Option<[f64; 2]>,
    /// Share of rows that break the rule.
    #[serde(default)]
    pub broken: f64,
    /// Where the other column holds no number.
    #[serde(default)]
    pub otherwise: Option<Box<ColumnSpec>>,
}

fn cent() -> f64 {
    0.01
}

pub(in crate::fill) fn maker(spec: &Scaled, context: &Context<'_>) -> Result<Maker, FillError> {
    let of = context.operand(&spec.of)?;
    let mut fallback = otherwise(spec.otherwise.as_deref(), context)?;
    let Scaled { by, step, same, broken_by, broken, .. } = spec.clone();
    let broken = if broken_by.is_some() { broken } else { 0.0 };
    Ok(Box::new(move |cell, random| {
        let Some(number) = cell.number(of) else { return fallback(cell, random) };
        let draw = random.share();
        let factor = if draw < broken {
            let [low, high] = broken_by.unwrap_or(by);
            random.within(low, high)
        } else if draw < broken + same {
            return Value::Real(number);
        } else {
            random.within(by[0], by[1])
        };
        Value::Real(rounded(number * factor, step))
    }))
}
