//! Rows that are alike in all but what they are found by: what is grouped by another column, counted or listed once too
//! often or compared with a total shows only where names, codes and amounts repeat.

use schema::{Catalog, ColumnId, TableId};
use sql::lexeme::identifier;

use super::facts::Facts;
use super::places::{may_move, met};
use super::{mixed, part, part_of, salt};

/// So many rows the others are copies of in one column, another number in each column and witness.
const ORIGINALS: [usize; 4] = [1, 1, 2, 4];
/// What every second witness has in all columns of numbers, while references lead to many rows: totals of single rows then
/// equal single values.
const NUMBER: u64 = 100;

/// The statements that make rows alike in what no condition asks for and no order is made of. Half of the others meet each
/// condition.
pub(super) fn alike(facts: &Facts, tables: &[TableId], catalog: &Catalog, number: u64) -> String {
    let columns = tables.iter().flat_map(|table| catalog.columns_of(*table));
    let free = columns.filter(|column| may_move(*column, catalog) && !facts.orders.contains(column));
    let made = free.map(|column| match facts.asks(column) {
        true => half(column, &met(column, facts, catalog), number, catalog),
        false => copied(column, number, catalog),
    });
    made.collect()
}

/// Half of the rows have a value.
fn half(column: ColumnId, value: &str, number: u64, catalog: &Catalog) -> String {
    let (table, name) = (identifier(&catalog.table(column.table).name), identifier(&catalog.column(column).name));
    format!("UPDATE OR IGNORE {table} SET {name} = {value} WHERE {} = 0;\n", part(salt(column, number), 2))
}

/// Every row has the value of one of a few.
fn copied(column: ColumnId, number: u64, catalog: &Catalog) -> String {
    let (table, name) = (identifier(&catalog.table(column.table).name), identifier(&catalog.column(column).name));
    let is_key =
        catalog.foreign_keys.iter().any(|key| key.from == column.table && key.columns.contains(&column.column));
    if number % 2 == 1 && is_key {
        return String::new();
    }
    if number % 2 == 1 && catalog.column(column).ty.is_numeric() {
        return format!("UPDATE OR IGNORE {table} SET {name} = {NUMBER};\n");
    }
    let salt = salt(column, number);
    let originals = ORIGINALS[mixed(salt) as usize % ORIGINALS.len()];
    let chosen = part_of(&format!("{table}.rowid"), salt, originals);
    // The values are read before any is changed.
    let value = format!("SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL ORDER BY 1 LIMIT {originals}");
    format!(
        "CREATE TEMP TABLE originals AS {value};\n\
         UPDATE OR IGNORE {table} SET {name} = COALESCE((SELECT {name} FROM temp.originals AS o WHERE o.rowid = 1 + {chosen}), {name}) WHERE {name} IS NOT NULL;\n\
         DROP TABLE temp.originals;\n"
    )
}
