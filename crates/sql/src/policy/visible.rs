//! The catalog as a user sees it: hidden columns and the keys over them do not exist.

use std::collections::BTreeMap;

use schema::{Catalog, ForeignKey, Table, TableId};

use super::file::Restriction;

/// The catalog without hidden columns; tables keep their places.
pub(super) fn visible(catalog: &Catalog, restrictions: &BTreeMap<TableId, Restriction>) -> Catalog {
    let shown = |table: TableId| restrictions.get(&table).map(|restriction| restriction.shown.as_slice());
    let table = |id: TableId| match shown(id) {
        Some(shown) => narrowed(catalog.table(id), shown),
        None => catalog.table(id).clone(),
    };
    let key = |key: &ForeignKey| {
        let columns = shown(key.from).map_or_else(|| Some(key.columns.clone()), |s| moved(&key.columns, s))?;
        let to_columns = shown(key.to).map_or_else(|| Some(key.to_columns.clone()), |s| moved(&key.to_columns, s))?;
        Some(ForeignKey { columns, to_columns, ..key.clone() })
    };
    let foreign_keys = catalog.foreign_keys.iter().filter_map(key).collect();
    Catalog { tables: catalog.table_ids().map(table).collect(), foreign_keys }
}

fn narrowed(table: &Table, shown: &[u16]) -> Table {
    let all = |keys: &[Vec<u16>]| keys.iter().filter_map(|key| moved(key, shown)).collect();
    Table {
        columns: shown.iter().filter_map(|column| table.columns.get(usize::from(*column)).cloned()).collect(),
        primary_key: moved(&table.primary_key, shown).unwrap_or_default(),
        unique: all(&table.unique),
        indexes: all(&table.indexes),
        ..table.clone()
    }
}

/// The new positions of a key's columns, where all of them are shown.
fn moved(key: &[u16], shown: &[u16]) -> Option<Vec<u16>> {
    let position = |column: &u16| shown.iter().position(|shown| shown == column).map(|at| at as u16);
    key.iter().map(position).collect()
}
