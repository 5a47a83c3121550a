//! Small copies of databases. Nearly every mistake shows on a few hundred rows, and those are read several times as fast.

use database::Image;
use schema::{Catalog, ColumnId, ForeignKey, TableId};
use sql::lexeme::identifier;

/// Rows that are kept of a table that others refer to, at most.
const PARENTS: usize = 120;
/// Rows that are kept of another table, at most.
const CHILDREN: usize = 240;
/// How often rows go that refer to what is gone: tables refer to tables that refer to others.
const GENERATIONS: usize = 2;

/// The databases that answers are run on, in this order: small copies of all but the last, which stays whole. So a wrong
/// answer is known soon, and a right one has still been seen on all rows of one database.
pub fn ready(mut images: Vec<Image>) -> Vec<Image> {
    let whole = images.pop();
    let mut ready: Vec<Image> = images.iter().map(|image| small(image).unwrap_or_else(|| image.clone())).collect();
    ready.extend(whole);
    ready
}

/// A copy with the first rows of each table, of which each refers to rows that are there as well. None where memory is
/// short.
pub fn small(image: &Image) -> Option<Image> {
    let catalog = image.catalog();
    image.changed(&format!("BEGIN; {} COMMIT; VACUUM;", cut(catalog)), catalog).ok()
}

/// Whether rows of a table can be told by their row ids, as the statements here do.
pub(super) fn is_cut(table: TableId, catalog: &Catalog) -> bool {
    !catalog.table(table).is_view && !catalog.table(table).without_rowid
}

/// The statements that leave the first rows.
pub(super) fn cut(catalog: &Catalog) -> String {
    let tables: Vec<TableId> = catalog.table_ids().filter(|table| is_cut(*table, catalog)).collect();
    let is_parent = |table: &TableId| catalog.foreign_keys.iter().any(|key| key.to == *table && key.from != *table);
    let first = |table: &TableId, most: usize| {
        let name = identifier(&catalog.table(*table).name);
        let end = format!("SELECT rowid FROM {name} ORDER BY rowid LIMIT 1 OFFSET {most}");
        format!("DELETE FROM {name} WHERE rowid >= ({end});\n")
    };
    let orphans = orphans(catalog, |_| true);
    let parents: String = tables.iter().filter(|table| is_parent(table)).map(|table| first(table, PARENTS)).collect();
    let children: String =
        tables.iter().filter(|table| !is_parent(table)).map(|table| first(table, CHILDREN)).collect();
    parents + &orphans.repeat(GENERATIONS) + &children + &orphans
}

/// The statements that leave out rows whose key leads to no row, where it leads to one of the tables that are meant.
pub(super) fn orphans(catalog: &Catalog, is_meant: impl Fn(TableId) -> bool) -> String {
    let keys = catalog.foreign_keys.iter().filter(|key| !catalog.table(key.from).is_view && is_meant(key.to));
    keys.filter_map(|key| orphans_of(key, catalog)).collect()
}

fn orphans_of(key: &ForeignKey, catalog: &Catalog) -> Option<String> {
    let ([from], [to]) = (&key.columns[..], &key.to_columns[..]) else { return None };
    let column = |table: TableId, column: u16| identifier(&catalog.column(ColumnId { table, column }).name);
    let [table, parents] = [key.from, key.to].map(|table| identifier(&catalog.table(table).name));
    let (from, to) = (column(key.from, *from), column(key.to, *to));
    Some(format!("DELETE FROM {table} WHERE {from} NOT IN (SELECT {to} FROM {parents});\n"))
}
