//! `number`: numbers spread evenly over a range, with common ones.

use schema::Value;
use serde::Deserialize;

use super::rounded;
use crate::fill::error::FillError;
use crate::fill::world::{Context, Maker};

/// A number from `from` to `to`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// Smallest.
    pub from: f64,
    /// Largest.
    pub to: f64,
    /// Numbers are multiples of this.
    #[serde(default = "one")]
    pub step: f64,
    /// Numbers that many rows share.
    #[serde(default)]
    pub common: Vec<f64>,
    /// Share of rows that hold one of them.
    #[serde(default)]
    pub common_share: f64,
}

fn one() -> f64 {
    1.0
}

pub(in crate::fill) fn maker(spec: &Number, context: &Context<'_>) -> Result<Maker, FillError> {
    if spec.to < spec.from || spec.step <= 0.0 {
        return Err(context.problem(format!("from {} to {} by {}", spec.from, spec.to, spec.step)));
    }
    let spec = spec.clone();
    let common_share = if spec.common.is_empty() { 0.0 } else { spec.common_share };
    Ok(Box::new(move |_, random| {
        let number = if random.happens(common_share) {
            spec.common[random.below(spec.common.len())]
        } else {
            let steps = ((spec.to - spec.from) / spec.step).floor() as usize;
            rounded(spec.from + spec.step * random.below(steps + 1) as f64, spec.step)
        };
        if number.fract() == 0.0 { Value::Integer(number as i64) } else { Value::Real(number) }
    }))
}
