//! `sequence`: 1, 2, 3 …

use schema::Value;
use serde::Deserialize;

use crate::fill::world::Maker;

/// Whole numbers in row order.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sequence {
    /// The first row's number.
    pub start: i64,
    /// From one row to the next.
    pub step: i64,
}

impl Default for Sequence {
    fn default() -> Self {
        Sequence { start: 1, step: 1 }
    }
}

pub(in crate::fill) fn maker(spec: &Sequence) -> Maker {
    let Sequence { start, step } = *spec;
    Box::new(move |cell, _| Value::Integer(start + step * cell.row as i64))
}
