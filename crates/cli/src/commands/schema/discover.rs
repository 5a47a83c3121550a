//! `glrl schema discover`: keys between tables that nobody declared, from names and types, and from values where a database
//! is given.

use std::time::Duration;

use database::{Database, Limits};
use schema::discover::{Overlap, discover};
use schema::{Catalog, ColumnId, ForeignKey, Value};
use serde_json::json;
use sql::dialect::quote_name;

use super::{TablesArgs, opened};
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// Time for the values of one pair of columns; a pair that takes longer is judged by its names alone.
const TIME: Duration = Duration::from_secs(2);

/// Prints the keys found, the surest first.
pub(super) fn run(tables: &TablesArgs, context: &Context) -> Outcome {
    let (catalog, keys) = found(tables, context)?;
    for key in &keys {
        let from = catalog.qualified(ColumnId { table: key.from, column: key.columns[0] });
        let to = catalog.qualified(ColumnId { table: key.to, column: key.to_columns[0] });
        if context.json {
            output::line(json!({ "from": from, "to": to, "confidence": key.confidence }))?;
        } else {
            let shown = format!("{from} -> {to}  {:.0} %", 100.0 * key.confidence);
            output::line(output::plain(&shown))?;
        }
    }
    if keys.is_empty() {
        context.note("no key but the declared ones");
    }
    Ok(Exit::Done)
}

fn found(tables: &TablesArgs, context: &Context) -> Result<(Catalog, Vec<ForeignKey>), Failure> {
    let (catalog, overlaps) = match &tables.db {
        Some(place) => {
            let (database, live) = opened(place, context)?;
            let overlaps = overlaps(&database, &live.catalog);
            (live.catalog, overlaps)
        }
        None => (tables.read(context)?.0, vec![]),
    };
    let mut keys = discover(&catalog, &overlaps);
    keys.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    Ok((catalog, keys))
}

/// What the values say of each key that the names suggest.
fn overlaps(database: &Database, catalog: &Catalog) -> Vec<Overlap> {
    let suggested = discover(catalog, &[]);
    let share = |key: &ForeignKey| {
        let from = ColumnId { table: key.from, column: key.columns[0] };
        let to = ColumnId { table: key.to, column: key.to_columns[0] };
        share(database, catalog, from, to).map(|share| Overlap { from, to, share })
    };
    suggested.iter().filter_map(share).collect()
}

/// The share of the values of a column that another holds; `None` where there are none, or no answer in time.
fn share(database: &Database, catalog: &Catalog, from: ColumnId, to: ColumnId) -> Option<f32> {
    let table = |id: ColumnId| quote_name(&catalog.table(id.table).name);
    let column = |id: ColumnId| quote_name(&catalog.column(id).name);
    let (own, other) = (column(from), column(to));
    let text = format!(
        "SELECT COUNT(DISTINCT a.{own}), COUNT(DISTINCT b.{other}) FROM {} AS a LEFT JOIN {} AS b ON b.{other} = a.{own}",
        table(from),
        table(to)
    );
    let query = sql::verify(&text, catalog, &sql::Options::default()).ok()?;
    let limits = Limits { deadline: TIME, ..Limits::default() };
    let rows = database::run(database, &query, &limits).ok()?.rows;
    match rows.first()?.as_slice() {
        [Value::Integer(all), Value::Integer(held)] if *all > 0 => Some(*held as f32 / *all as f32),
        _ => None,
    }
}
