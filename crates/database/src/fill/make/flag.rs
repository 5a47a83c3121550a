//! `flag`: true or false, stored as 1 or 0.

use std::collections::HashSet;

use schema::Value;
use serde::Deserialize;

use crate::fill::error::FillError;
use crate::fill::world::{Context, Maker};

/// True with a probability.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    /// The probability.
    pub share: f64,
    /// A column in each of whose values the first row is always true: one primary contact a company.
    #[serde(default)]
    pub first_of: Option<String>,
}

pub(in crate::fill) fn maker(spec: &Flag, context: &Context<'_>) -> Result<Maker, FillError> {
    let group = spec.first_of.as_deref().map(|column| context.operand(column)).transpose()?;
    let share = spec.share;
    let mut seen = HashSet::new();
    Ok(Box::new(move |cell, random| {
        let is_first = group.and_then(|group| cell.text(group)).is_some_and(|value| seen.insert(value));
        Value::Integer(i64::from(random.happens(share) || is_first))
    }))
}
