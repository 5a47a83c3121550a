//! In which order tables and columns are generated: what is read comes first.

use std::collections::BTreeMap;

use schema::{Catalog, ColumnId, TableId};

use super::error::FillError;
use super::spec::{ColumnSpec, DemoSpec, Make};

/// What each column of each table is made by, every name resolved.
pub(super) struct Plan {
    /// Tables, those referred to first.
    pub(super) tables: Vec<TablePlan>,
}

/// One table of the plan.
pub(super) struct TablePlan {
    pub(super) table: TableId,
    pub(super) rows: usize,
    /// Columns, those read by others first.
    pub(super) columns: Vec<(u16, ColumnSpec)>,
    /// Column position -> the column it refers to.
    pub(super) targets: BTreeMap<u16, ColumnId>,
}

/// Rows of a table that the specification does not mention.
const UNMENTIONED_ROWS: usize = 50;

/// Checks the names of a specification and puts its tables and columns in order. `guess` makes what it leaves out;
/// `skip` says which columns are not to be generated.
pub(super) fn plan(
    catalog: &Catalog,
    spec: &DemoSpec,
    guess: impl Fn(ColumnId) -> ColumnSpec,
    skip: impl Fn(ColumnId) -> bool,
) -> Result<Plan, FillError> {
    check_names(catalog, spec)?;
    let mut tables = Vec::new();
    for table in catalog.table_ids().filter(|table| !catalog.table(*table).is_view) {
        let given = spec.tables.iter().find(|t| catalog.find_table(&t.name) == Some(table));
        let columns = catalog.columns_of(table).filter(|column| !skip(*column)).map(|column| {
            let name = &catalog.column(column).name;
            let found = given.and_then(|t| t.columns.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)));
            (column.column, found.map_or_else(|| guess(column), |(_, spec)| spec.clone()))
        });
        let columns: Vec<(u16, ColumnSpec)> = columns.collect();
        let targets = targets(catalog, table, &columns)?;
        let columns = in_order(catalog, spec, table, columns)?;
        tables.push(TablePlan { table, rows: given.map_or(UNMENTIONED_ROWS, |t| t.rows), columns, targets });
    }
    Ok(Plan { tables: parents_first(catalog, tables)? })
}

fn check_names(catalog: &Catalog, spec: &DemoSpec) -> Result<(), FillError> {
    for table in &spec.tables {
        let Some(id) = catalog.find_table(&table.name) else {
            let known = catalog.tables.iter().map(|t| t.name.as_str());
            return Err(FillError::unknown("table", &table.name, known));
        };
        if let Some(name) = table.columns.keys().find(|name| catalog.find_column(id, name).is_none()) {
            let known = catalog.table(id).columns.iter().map(|c| c.name.as_str());
            return Err(FillError::unknown("column", name, known));
        }
    }
    Ok(())
}

/// The column that each reference of a table refers to: as it says, else as the catalog does.
fn targets(
    catalog: &Catalog,
    table: TableId,
    columns: &[(u16, ColumnSpec)],
) -> Result<BTreeMap<u16, ColumnId>, FillError> {
    let mut targets = BTreeMap::new();
    for (column, spec) in columns {
        let Make::Reference(reference) = &spec.make else { continue };
        let id = ColumnId { table, column: *column };
        let target = match &reference.to {
            Some(name) => catalog.find_qualified(name),
            None => key_of(catalog, id),
        };
        let Some(target) = target else {
            let problem = match &reference.to {
                Some(name) => format!("no column {name} to refer to"),
                None => "no foreign key says what it refers to; give `to`".to_owned(),
            };
            return Err(FillError::Column { column: catalog.qualified(id), problem });
        };
        targets.insert(*column, target);
    }
    Ok(targets)
}

/// The column that the catalog says a column refers to.
pub(super) fn key_of(catalog: &Catalog, column: ColumnId) -> Option<ColumnId> {
    catalog.foreign_key_ids().flat_map(|key| catalog.key_pairs(key)).find(|(from, _)| *from == column).map(|(_, to)| to)
}

fn in_order(
    catalog: &Catalog,
    spec: &DemoSpec,
    table: TableId,
    columns: Vec<(u16, ColumnSpec)>,
) -> Result<Vec<(u16, ColumnSpec)>, FillError> {
    let reads = |(_, column): &(u16, ColumnSpec)| -> Vec<u16> {
        let names = column.make.reads(&spec.formats);
        let own = names.iter().map(|name| name.split_once('.').map_or(name.as_str(), |(own, _)| own));
        own.filter_map(|name| catalog.find_column(table, name)).map(|id| id.column).collect()
    };
    let name = |(column, _): &(u16, ColumnSpec)| catalog.qualified(ColumnId { table, column: *column });
    sorted(columns, |(column, _)| *column, reads)
        .map_err(|left| FillError::Cycle { what: "columns", names: left.iter().map(name).collect() })
}

fn parents_first(catalog: &Catalog, tables: Vec<TablePlan>) -> Result<Vec<TablePlan>, FillError> {
    let reads = |plan: &TablePlan| -> Vec<TableId> {
        plan.targets.values().map(|target| target.table).filter(|parent| *parent != plan.table).collect()
    };
    sorted(tables, |plan| plan.table, reads).map_err(|left| FillError::Cycle {
        what: "tables",
        names: left.iter().map(|plan| catalog.table(plan.table).name.clone()).collect(),
    })
}

/// Items so that each stands after those it reads, otherwise as they were; those on a cycle as the error.
fn sorted<T, K: PartialEq>(
    mut items: Vec<T>,
    key: impl Fn(&T) -> K,
    reads: impl Fn(&T) -> Vec<K>,
) -> Result<Vec<T>, Vec<T>> {
    let mut done: Vec<T> = Vec::with_capacity(items.len());
    while !items.is_empty() {
        let is_ready = |item: &T| !reads(item).iter().any(|read| items.iter().any(|other| key(other) == *read));
        let Some(next) = items.iter().position(is_ready) else { return Err(items) };
        done.push(items.remove(next));
    }
    Ok(done)
}
