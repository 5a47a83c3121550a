//! What a live database holds, whichever engine it is.

use schema::{Catalog, ColumnId};

/// What a live database holds.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// Tables and views that can be read, in the order they were created.
    pub catalog: Catalog,
    /// Columns that are computed from others.
    pub generated: Vec<ColumnId>,
    /// What was left out of the catalog, and why.
    pub skipped: Vec<Skipped>,
    /// The statements that created tables, views, indexes and triggers, in that order.
    pub script: String,
    /// How many rows the engine believes each table to have, where it says so.
    pub rows: Vec<Option<u64>>,
    /// Names of the virtual tables that exist without being created (`json_each`, `pragma_…`).
    pub(crate) modules: Vec<String>,
}

/// A table or view that is not in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its name.
    pub name: String,
    /// Why it was left out.
    pub reason: SkipReason,
}

/// Why a table or view was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// A virtual table: reading it runs a module's code.
    Virtual,
    /// A table that belongs to a virtual one.
    Shadow,
    /// A view that SQLite cannot prepare, in its words.
    BrokenView(String),
    /// A table of another server: reading it runs what connects to that one.
    Foreign,
    /// The role may not read it.
    Forbidden,
}

impl Live {
    /// Every name that can stand in a FROM clause.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let tables = self.catalog.tables.iter().map(|t| t.name.as_str());
        tables.chain(self.skipped.iter().map(|s| s.name.as_str())).chain(self.modules.iter().map(String::as_str))
    }
}

/// Tables, and columns as `Table.Column`, that `wanted` names and `live` does not have. Extra ones and other declared
/// types are fine.
pub fn missing(wanted: &Catalog, live: &Catalog) -> Vec<String> {
    let mut missing = Vec::new();
    for table in &wanted.tables {
        let Some(found) = live.find_table(&table.name) else {
            missing.push(table.name.clone());
            continue;
        };
        let lacking = table.columns.iter().filter(|c| live.find_column(found, &c.name).is_none());
        missing.extend(lacking.map(|c| format!("{}.{}", table.name, c.name)));
    }
    missing
}

/// `wanted` with its tables and columns in the order they have there, under the names and of the types they have in `live`, or
/// what is missing. Where two names differ in letter case only, the one spelled as wanted is taken.
#[cfg_attr(not(any(feature = "postgres", feature = "mysql")), expect(dead_code, reason = "only servers fold names"))]
pub(crate) fn spelled_as(wanted: &Catalog, live: &Catalog) -> Result<Catalog, Vec<String>> {
    let lacking = missing(wanted, live);
    if !lacking.is_empty() {
        return Err(lacking);
    }
    let mut spelled = wanted.clone();
    for table in &mut spelled.tables {
        let exact = live.tables.iter().find(|other| other.name == table.name);
        let Some(found) = exact.or_else(|| live.find_table(&table.name).map(|id| live.table(id))) else { continue };
        table.name.clone_from(&found.name);
        for column in &mut table.columns {
            let exact = found.columns.iter().find(|other| other.name == column.name);
            let loose = || found.columns.iter().find(|other| other.name.eq_ignore_ascii_case(&column.name));
            if let Some(other) = exact.or_else(loose) {
                *column = other.clone();
            }
        }
    }
    Ok(spelled)
}
