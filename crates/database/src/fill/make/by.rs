//! `by`: another generator for each value of a column: an end date only where the status says so.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::{maker as make, otherwise};
use crate::fill::error::FillError;
use crate::fill::spec::ColumnSpec;
use crate::fill::world::{Context, Maker};

/// A generator for each value of a column.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct By {
    /// The column.
    pub column: String,
    /// Its values, and the generator for each; `NULL` stands for NULL.
    pub cases: BTreeMap<String, ColumnSpec>,
    /// The generator for any other value; NULL without one.
    #[serde(default)]
    pub otherwise: Option<Box<ColumnSpec>>,
}

pub(in crate::fill) fn maker(spec: &By, context: &Context<'_>) -> Result<Maker, FillError> {
    let column = context.operand(&spec.column)?;
    let mut cases = HashMap::new();
    for (value, case) in &spec.cases {
        cases.insert(value.clone(), make(case, context)?);
    }
    let mut fallback = otherwise(spec.otherwise.as_deref(), context)?;
    Ok(Box::new(move |cell, random| {
        let value = cell.text(column).unwrap_or_else(|| "NULL".to_owned());
        match cases.get_mut(&value) {
            Some(case) => case(cell, random),
            None => fallback(cell, random),
        }
    }))
}
