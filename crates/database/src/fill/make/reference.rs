//! `reference`: the key of a row of another table: some rows referred to often, some never.

use schema::{ColumnId, Value};
use serde::Deserialize;

use crate::fill::error::FillError;
use crate::fill::random::{Random, running_totals};
use crate::fill::world::Context;

/// A foreign key.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reference {
    /// The column referred to, `Table.Column`; without it, what the catalog says.
    pub to: Option<String>,
    /// The n-th most popular row is referred to in proportion to n to the power of minus this.
    pub skew: f64,
    /// Share of rows that nothing refers to.
    pub childless: f64,
    /// So many first rows are never childless …
    pub named: usize,
    /// … and are referred to at least so often.
    pub least: usize,
    /// Only rows with certain values are referred to …
    pub only: Option<Only>,
}

/// … those that hold one of these values in a column, but for a small share.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// A column of the table referred to.
    pub column: String,
    /// Its values.
    pub is: Vec<String>,
    /// How likely another row is, relative to one of these.
    #[serde(default)]
    pub others: f64,
}

/// The row that each row refers to, NULLs included.
pub(in crate::fill) fn assign(
    spec: &Reference,
    nulls: f64,
    target: ColumnId,
    context: &Context<'_>,
) -> Result<Vec<Option<u32>>, FillError> {
    let mut random = context.random("rows");
    if target.table == context.column.table {
        return Ok(within_table(spec, nulls, context.own.rows, &mut random));
    }
    let parents = popularity(spec, target, context, &mut random)?;
    let totals = running_totals(parents.iter().map(|(_, weight)| *weight));
    if totals.last().is_none_or(|total| *total <= 0.0) {
        return Err(context.problem("no row to refer to"));
    }
    let rows = context.own.rows;
    let named = parents.iter().filter(|(row, weight)| (*row as usize) < spec.named && *weight > 0.0);
    let mut named: Vec<u32> = named.map(|(row, _)| *row).collect();
    named.sort_unstable();
    let mut assigned: Vec<Option<u32>> = Vec::with_capacity(rows);
    for _ in 0..spec.least {
        assigned.extend(named.iter().map(|row| Some(*row)));
    }
    assigned.truncate(rows);
    while assigned.len() < rows {
        let row = parents[random.weighted(&totals)].0;
        assigned.push(if random.happens(nulls) { None } else { Some(row) });
    }
    random.shuffle(&mut assigned);
    Ok(assigned)
}

/// Rows of the table referred to, in random order of popularity, each with its weight.
fn popularity(
    spec: &Reference,
    target: ColumnId,
    context: &Context<'_>,
    random: &mut Random,
) -> Result<Vec<(u32, f64)>, FillError> {
    let parent = &context.filled[target.table.0 as usize];
    let only = match &spec.only {
        None => None,
        Some(only) => {
            let columns = || context.catalog.table(target.table).columns.iter().map(|c| c.name.as_str());
            let column = context.catalog.find_column(target.table, &only.column);
            let column = column.ok_or_else(|| FillError::unknown("column", &only.column, columns()))?;
            Some((&parent.columns[usize::from(column.column)], only))
        }
    };
    let mut rows: Vec<u32> = (0..parent.rows as u32).collect();
    random.shuffle(&mut rows);
    let weight = |rank: usize, row: u32, random: &mut Random| {
        let is_childless = random.happens(spec.childless) && row as usize >= spec.named;
        let factor = match &only {
            Some((values, only)) if !holds(&values[row as usize], &only.is) => only.others,
            _ => 1.0,
        };
        if is_childless { 0.0 } else { factor * ((rank + 1) as f64).powf(-spec.skew) }
    };
    Ok(rows.iter().enumerate().map(|(rank, row)| (*row, weight(rank, *row, random))).collect())
}

fn holds(value: &Value, wanted: &[String]) -> bool {
    matches!(value, Value::Text(text) if wanted.contains(text))
}

/// A hierarchy: each row refers to an earlier one of its table, or to none.
fn within_table(spec: &Reference, nulls: f64, rows: usize, random: &mut Random) -> Vec<Option<u32>> {
    let parent = |row: usize, random: &mut Random| {
        if row == 0 || random.happens(nulls) {
            return None;
        }
        // A power of a uniform share leans to the first rows: a few parents with many children.
        let share = random.share().powf(1.0 + spec.skew);
        Some((share * row as f64) as u32)
    };
    (0..rows).map(|row| parent(row, random)).collect()
}
