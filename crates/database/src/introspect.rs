//! What a live database holds, whichever engine it is.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::path::PathBuf;

use schema::{Catalog, Column, ColumnId, ForeignKey, Table, TableId};

use crate::error::OpenError;

/// More tables than this do not fit a catalog's ids.
const MOST: usize = u16::MAX as usize;

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
    /// Its name is that of a table before it but for letter case, by which queries tell no tables apart.
    Alike(String),
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SkipReason::Virtual => f.write_str("it is a virtual table"),
            SkipReason::Shadow => f.write_str("it belongs to a virtual table"),
            SkipReason::BrokenView(reason) => write!(f, "the view cannot be read ({reason})"),
            SkipReason::Foreign => f.write_str("it is a table of another server"),
            SkipReason::Forbidden => f.write_str("the role may not read it"),
            SkipReason::Alike(other) => write!(f, "its name differs from {other} in letter case only"),
        }
    }
}

impl Live {
    /// The same, where its tables fit a catalog.
    pub(crate) fn fitting(self, place: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let given = self.catalog.tables.len();
        match given > MOST {
            true => Err(OpenError::TooLarge { path: place.into(), what: "tables".to_owned(), given, limit: MOST }),
            false => Ok(self),
        }
    }

    /// Leaves out each table whose name differs from that of one before it in letter case only.
    #[cfg_attr(
        not(any(feature = "postgres", feature = "mysql")),
        expect(dead_code, reason = "SQLite has no such tables")
    )]
    pub(crate) fn leave_out_alike(&mut self) {
        let Live { catalog, generated, skipped, rows, .. } = self;
        let (mut firsts, mut left) = (HashMap::new(), 0..);
        // Where each table will stand.
        let place = |table: &Table| match firsts.entry(table.name.to_ascii_lowercase()) {
            Entry::Vacant(new) => {
                new.insert(table.name.clone());
                left.next().map(TableId)
            }
            Entry::Occupied(first) => {
                let reason = SkipReason::Alike(first.get().clone());
                skipped.push(Skipped { name: table.name.clone(), reason });
                None
            }
        };
        let places: Vec<Option<TableId>> = catalog.tables.iter().map(place).collect();
        let moved = |id: TableId| places[usize::from(id.0)];
        *generated = generated.iter().filter_map(|id| Some(ColumnId { table: moved(id.table)?, ..*id })).collect();
        let keys = std::mem::take(&mut catalog.foreign_keys).into_iter();
        catalog.foreign_keys =
            keys.filter_map(|key| Some(ForeignKey { from: moved(key.from)?, to: moved(key.to)?, ..key })).collect();
        let (mut of_tables, mut of_rows) = (places.iter(), places.iter());
        catalog.tables.retain(|_| of_tables.next().is_some_and(Option::is_some));
        rows.retain(|_| of_rows.next().is_some_and(Option::is_some));
    }

    /// Every name that can stand in a FROM clause.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let tables = self.catalog.tables.iter().map(|t| t.name.as_str());
        tables.chain(self.skipped.iter().map(|s| s.name.as_str())).chain(self.modules.iter().map(String::as_str))
    }
}

/// The one of a name: spelled so to the letter, or else the first in other letter case (ASCII).
fn matching<'a, T>(all: &'a [T], name: &str, name_of: impl Fn(&T) -> &str) -> Option<&'a T> {
    let exact = all.iter().find(|one| name_of(one) == name);
    exact.or_else(|| all.iter().find(|one| name_of(one).eq_ignore_ascii_case(name)))
}

fn table_of<'a>(live: &'a Catalog, wanted: &Table) -> Option<&'a Table> {
    matching(&live.tables, &wanted.name, |table| &table.name)
}

fn column_of<'a>(found: &'a Table, wanted: &Column) -> Option<&'a Column> {
    matching(&found.columns, &wanted.name, |column| &column.name)
}

/// Tables, and columns as `Table.Column`, that `wanted` names and `live` does not have. Extra ones and other declared
/// types are fine.
pub fn missing(wanted: &Catalog, live: &Catalog) -> Vec<String> {
    let mut missing = Vec::new();
    for table in &wanted.tables {
        let Some(found) = table_of(live, table) else {
            missing.push(table.name.clone());
            continue;
        };
        let lacking = table.columns.iter().filter(|column| column_of(found, column).is_none());
        missing.extend(lacking.map(|column| format!("{}.{}", table.name, column.name)));
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
        let Some(found) = table_of(live, table) else { continue };
        table.name.clone_from(&found.name);
        for column in &mut table.columns {
            if let Some(other) = column_of(found, column) {
                *column = other.clone();
            }
        }
    }
    Ok(spelled)
}
