//! The readings of a mention: the columns that hold the value, and those that might.

use super::{Mention, role, tables_named};
use crate::glossary::Role;
use crate::lexicon::{Hit, Target};
use crate::normalize::Asked;
use crate::slot::{KnownValue, Reading};
use crate::value_index::Match;
use crate::{ColumnId, TableId};

/// More readings than this help nobody.
const MAX_READINGS: usize = 6;
/// Below this score the words themselves are a reading too.
const SURE: f32 = 0.8;

/// The readings of a mention: those of [`known_readings`], and columns named right before it.
pub(super) fn readings_of(asked: &Asked<'_>, mention: &Mention, found: &[Match]) -> Vec<Reading> {
    let mut readings = known_readings(asked, found, asked.text(mention.from, mention.to));
    if let Some(Reading::Known(known)) = readings.first_mut() {
        let columns: Vec<ColumnId> = known.iter().map(|v| v.column).collect();
        let named = named_columns(asked, mention, &columns);
        let first = known.first().cloned();
        known.extend(first.iter().flat_map(|v| named.iter().map(|&column| KnownValue { column, ..v.clone() })));
    }
    readings
}

/// "opportunities of status Inactive", where that is a status elsewhere: the columns that are named right before, in tables
/// that are spoken of.
fn named_columns(asked: &Asked<'_>, mention: &Mention, columns: &[ColumnId]) -> Vec<ColumnId> {
    let before = |h: &&Hit<'_>| h.to == mention.from && h.is_noun();
    let tables: Vec<TableId> = tables_named(asked).into_iter().map(|(_, table)| table).collect();
    let named = asked.hits.iter().filter(before).flat_map(|h| h.terms).filter_map(|t| match t.target {
        Target::Column(column) => Some(column),
        _ => None,
    });
    let named: Vec<ColumnId> = named.filter(|c| tables.contains(&c.table)).collect();
    let is_sort = |c: &ColumnId| matches!(role(asked, *c), Role::Status | Role::Dimension);
    let is_elsewhere = named.iter().any(is_sort) && columns.iter().any(is_sort);
    named.into_iter().filter(|c| is_elsewhere && is_sort(c) && !columns.contains(c)).collect()
}

/// Known values as readings, best first, and the text itself where none is sure.
pub(crate) fn known_readings(asked: &Asked<'_>, found: &[Match], text: &str) -> Vec<Reading> {
    let values: Vec<Vec<KnownValue>> = asked.context.values.readings(found);
    let values: Vec<Vec<KnownValue>> = values.into_iter().map(|known| with_keys(asked, known)).collect();
    let is_sure = values.first().and_then(|v| v.first()).is_some_and(|v| v.score >= SURE);
    let mut readings: Vec<Reading> = values.into_iter().take(MAX_READINGS).map(Reading::Known).collect();
    if !is_sure {
        readings.push(Reading::Text(text.to_owned()));
    }
    readings
}

/// Known values, and last the columns that refer to theirs: a company without tickets is no ticket's, but may be asked for.
fn with_keys(asked: &Asked<'_>, mut known: Vec<KnownValue>) -> Vec<KnownValue> {
    for key in &asked.context.catalog.foreign_keys {
        for (column, target) in key.columns.iter().zip(&key.to_columns) {
            let column = ColumnId { table: key.from, column: *column };
            let target = ColumnId { table: key.to, column: *target };
            let held = known.iter().find(|v| v.column == target).cloned();
            if let Some(held) = held.filter(|_| !known.iter().any(|v| v.column == column)) {
                known.push(KnownValue { column, ..held });
            }
        }
    }
    known
}
