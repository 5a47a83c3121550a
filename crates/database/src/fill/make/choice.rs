//! `choice`: one of a few values, some more often than others.

use schema::Value;
use serde::Deserialize;

use crate::fill::error::FillError;
use crate::fill::random::running_totals;
use crate::fill::spec::Scalar;
use crate::fill::world::{Context, Maker};

/// One of some values. Their shares differ a little from seed to seed, as the file's `jitter` says.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Choice {
    /// The values.
    pub values: Vec<Scalar>,
    /// Or the list that holds them.
    pub list: Option<String>,
    /// How often each is drawn, relative to the others; in the order of the values.
    pub weights: Vec<f64>,
    /// Without weights: the n-th value is drawn in proportion to n to the power of minus this.
    pub skew: f64,
}

pub(in crate::fill) fn maker(spec: &Choice, context: &Context<'_>) -> Result<Maker, FillError> {
    let values: Vec<Value> = match &spec.list {
        Some(name) => context.list(name)?.iter().map(|text| Value::Text(text.clone())).collect(),
        None => spec.values.iter().map(Value::from).collect(),
    };
    if values.is_empty() {
        return Err(context.problem("a choice among no values"));
    }
    if !spec.weights.is_empty() && spec.weights.len() != values.len() {
        return Err(context.problem(format!("{} weights for {} values", spec.weights.len(), values.len())));
    }
    let mut random = context.random("jitter");
    let weights = (0..values.len()).map(|i| {
        let weight = spec.weights.get(i).copied().unwrap_or_else(|| ((i + 1) as f64).powf(-spec.skew));
        weight * (context.spec.jitter * random.normal()).exp()
    });
    let totals = running_totals(weights);
    Ok(Box::new(move |_, random| values[random.weighted(&totals)].clone()))
}
