//! `money`: amounts as they occur, many small and few large, with round ones that tie.

use schema::Value;
use serde::Deserialize;

use super::rounded;
use crate::fill::error::FillError;
use crate::fill::world::{Context, Maker};

/// A log-normal amount.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Money {
    /// Half of the amounts are below this.
    pub median: f64,
    /// Deviation of the amount's logarithm: 0.5 keeps two thirds within a factor of 1.65, 1.0 within 2.7.
    pub sigma: f64,
    /// Amounts are multiples of this.
    #[serde(default = "cent")]
    pub step: f64,
    /// Smallest amount.
    #[serde(default)]
    pub min: Option<f64>,
    /// Largest amount.
    #[serde(default)]
    pub max: Option<f64>,
    /// Amounts that many rows share: thresholds are met exactly, and ranks tie.
    #[serde(default)]
    pub common: Vec<f64>,
    /// Share of rows that hold one of them.
    #[serde(default)]
    pub common_share: f64,
    /// Share of rows that break the rule: the amount is negative.
    #[serde(default)]
    pub negative: f64,
}

fn cent() -> f64 {
    0.01
}

pub(in crate::fill) fn maker(spec: &Money, context: &Context<'_>) -> Result<Maker, FillError> {
    if spec.median <= 0.0 {
        return Err(context.problem(format!("median is {}, not above 0", spec.median)));
    }
    let spec = spec.clone();
    let common_share = if spec.common.is_empty() { 0.0 } else { spec.common_share };
    Ok(Box::new(move |_, random| {
        let amount = if random.happens(common_share) {
            spec.common[random.below(spec.common.len())]
        } else {
            let amount = rounded(spec.median * (spec.sigma * random.normal()).exp(), spec.step);
            amount.max(spec.min.unwrap_or(spec.step)).min(spec.max.unwrap_or(f64::MAX))
        };
        Value::Real(if random.happens(spec.negative) { -amount } else { amount })
    }))
}
