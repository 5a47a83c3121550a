//! `copy`: what another column holds, most of the time.

use serde::Deserialize;

use super::otherwise;
use crate::fill::error::FillError;
use crate::fill::spec::ColumnSpec;
use crate::fill::world::{Context, Maker};

/// Another column's value.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copied {
    /// The column.
    pub of: String,
    /// Share of rows that copy it.
    #[serde(default = "always")]
    pub share: f64,
    /// What the others hold.
    #[serde(default)]
    pub otherwise: Option<Box<ColumnSpec>>,
}

fn always() -> f64 {
    1.0
}

pub(in crate::fill) fn maker(spec: &Copied, context: &Context<'_>) -> Result<Maker, FillError> {
    let of = context.operand(&spec.of)?;
    let mut fallback = otherwise(spec.otherwise.as_deref(), context)?;
    let share = spec.share;
    Ok(Box::new(move |cell, random| if random.happens(share) { cell.read(of).clone() } else { fallback(cell, random) }))
}
