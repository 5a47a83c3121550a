//! The generators: one kind of column, one file, with its settings and what it makes of them.

pub mod after;
pub mod by;
pub mod choice;
pub mod constant;
pub mod copy;
pub mod date;
pub mod flag;
pub mod money;
pub mod number;
pub mod reference;
pub mod scaled;
pub mod sequence;
pub mod text;

use schema::Value;

use super::error::FillError;
use super::spec::{ColumnSpec, Make};
use super::world::{Context, Maker};

/// The maker of a column's values, NULLs included.
pub(super) fn maker(spec: &ColumnSpec, context: &Context<'_>) -> Result<Maker, FillError> {
    if !(0.0..=1.0).contains(&spec.nulls) {
        return Err(context.problem(format!("nulls is {}, not between 0 and 1", spec.nulls)));
    }
    let first = spec.first.as_ref().map(|name| context.list(name).cloned()).transpose()?.unwrap_or_default();
    let mut make = match &spec.make {
        Make::Sequence(spec) => sequence::maker(spec),
        Make::Constant(spec) => constant::maker(spec),
        Make::Choice(spec) => choice::maker(spec, context)?,
        Make::Text(spec) => text::maker(spec, &first, context)?,
        Make::Reference(_) => return Err(context.problem("a reference cannot stand within another generator")),
        Make::Date(spec) => date::maker(spec, context)?,
        Make::After(spec) => after::maker(spec, context)?,
        Make::Money(spec) => money::maker(spec, context)?,
        Make::Number(spec) => number::maker(spec, context)?,
        Make::Scaled(spec) => scaled::maker(spec, context)?,
        Make::Flag(spec) => flag::maker(spec, context)?,
        Make::Copy(spec) => copy::maker(spec, context)?,
        Make::By(spec) => by::maker(spec, context)?,
    };
    let nulls = spec.nulls;
    Ok(Box::new(move |cell, random| match first.get(cell.row) {
        Some(text) => Value::Text(text.clone()),
        None if random.happens(nulls) => Value::Null,
        None => make(cell, random),
    }))
}

/// The maker of what stands where another generator has nothing to work from: NULL unless one is given.
pub(super) fn otherwise(spec: Option<&ColumnSpec>, context: &Context<'_>) -> Result<Maker, FillError> {
    match spec {
        Some(spec) => maker(spec, context),
        None => Ok(Box::new(|_, _| Value::Null)),
    }
}

/// `number` to the nearest multiple of `step`, free of the noise of floating multiples.
fn rounded(number: f64, step: f64) -> f64 {
    if step <= 0.0 {
        return number;
    }
    let multiples = (number / step).round();
    if step < 1.0 { multiples / (1.0 / step).round() } else { multiples * step }
}
