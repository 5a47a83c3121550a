//! `constant`: the same value in each row, or NULL.

use schema::Value;
use serde::Deserialize;

use crate::fill::spec::Scalar;
use crate::fill::world::Maker;

/// One value.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Constant {
    /// The value; NULL where it is left out.
    pub value: Option<Scalar>,
}

pub(in crate::fill) fn maker(spec: &Constant) -> Maker {
    let value = spec.value.as_ref().map_or(Value::Null, Value::from);
    Box::new(move |_, _| value.clone())
}
