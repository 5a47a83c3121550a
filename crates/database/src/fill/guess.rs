//! What a column holds when the specification does not say: by key, type and name.

use schema::{Catalog, ColumnId, Type};

use super::make;
use super::order::key_of;
use super::spec::{ColumnSpec, Make, Scalar};

/// A generator for a column.
pub(super) fn guess(catalog: &Catalog, id: ColumnId) -> ColumnSpec {
    let column = catalog.column(id);
    let is_required = column.not_null || catalog.is_unique(id.table, &[id.column]);
    let nulls = if is_required { 0.0 } else { 0.05 };
    ColumnSpec { first: None, nulls, make: generator(catalog, id) }
}

fn generator(catalog: &Catalog, id: ColumnId) -> Make {
    let column = catalog.column(id);
    if key_of(catalog, id).is_some() {
        let skew = 0.5;
        return Make::Reference(make::reference::Reference { skew, childless: 0.1, ..Default::default() });
    }
    let is_unique = catalog.is_unique(id.table, &[id.column]);
    match column.ty {
        Type::Integer if is_unique => Make::Sequence(make::sequence::Sequence::default()),
        Type::Integer => Make::Number(number(0.0, 1_000.0, 1.0)),
        Type::Real => Make::Number(number(0.0, 100_000.0, 0.01)),
        Type::Boolean => Make::Flag(make::flag::Flag { share: 0.5, first_of: None }),
        Type::Date | Type::Timestamp => Make::Date(make::date::DateIn {
            from: "2021-01-01".to_owned(),
            to: "2026-09-30".to_owned(),
            month_starts: 0.1,
            time: column.ty == Type::Timestamp,
        }),
        Type::Text if !is_unique && column.name.to_ascii_lowercase().contains("status") => {
            let values = ["Active", "Closed", "Pending"].map(|v| Scalar::Text(v.to_owned())).to_vec();
            Make::Choice(make::choice::Choice { values, skew: 0.7, ..Default::default() })
        }
        Type::Text | Type::Blob | Type::Unknown => Make::Text(make::text::Text {
            format: Some(format!("{} {{n:03}}", column.name.replace(['{', '}'], ""))),
            ..Default::default()
        }),
    }
}

fn number(from: f64, to: f64, step: f64) -> make::number::Number {
    make::number::Number { from, to, step, common: vec![], common_share: 0.0 }
}
