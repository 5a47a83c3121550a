//! What the engine itself promises of the tables that a query reads: rewrites lean on nothing else.

use std::collections::HashSet;

use schema::{Catalog, ColumnId, TableId};

use crate::dialect::Dialect;
use crate::syntax::ddl::ast::{ColumnRule, CreateTable, StatementKind};
use crate::syntax::ddl::parse_script;

/// The tables, and what holds of every row that they can have.
#[derive(Debug, Clone)]
pub struct Ground<'a> {
    /// Tables and their keys.
    pub catalog: &'a Catalog,
    never_null: HashSet<ColumnId>,
    /// Whether anything compares texts otherwise than byte by byte: keys then say little of which texts are equal.
    collates: bool,
    days: HashSet<ColumnId>,
}

/// How SQLite stores and compares a column's values ("Datatypes In SQLite", section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affinity {
    /// Texts.
    Text,
    /// Numbers, where the value is one.
    Numeric,
    /// As they come.
    Blank,
}

impl<'a> Ground<'a> {
    /// The promises of a schema script. A primary key alone does not promise that its columns are never NULL: in SQLite only
    /// one that names the row id does, and those of tables without row ids.
    pub fn new(catalog: &'a Catalog, script: &str) -> Self {
        let collates = script.to_ascii_lowercase().contains("collate");
        let mut ground = Ground { catalog, never_null: HashSet::new(), collates, days: HashSet::new() };
        for statement in parse_script(script, Dialect::Sqlite).into_iter().flatten() {
            if let StatementKind::CreateTable(table) = &statement.kind {
                ground.learn(table);
            }
        }
        for table in catalog.table_ids() {
            ground.never_null.extend(catalog.row_id_column(table));
            if catalog.table(table).without_rowid {
                let key = &catalog.table(table).primary_key;
                ground.never_null.extend(key.iter().map(|&column| ColumnId { table, column }));
            }
        }
        ground
    }

    /// Adds columns of which every value was looked at and found to be NULL, `YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS`, a day
    /// of the calendar.
    pub fn with_days(mut self, days: impl IntoIterator<Item = ColumnId>) -> Self {
        self.days.extend(days);
        self
    }

    fn learn(&mut self, table: &CreateTable) {
        let Some(id) = self.catalog.find_table(&table.name.text) else { return };
        let is_strict = |column: &&crate::syntax::ddl::ast::ColumnDefinition| {
            column.constraints.iter().any(|constraint| matches!(constraint.kind, ColumnRule::NotNull(_)))
        };
        let columns = table.columns.iter().filter(is_strict);
        self.never_null.extend(columns.filter_map(|column| self.catalog.find_column(id, &column.name.text)));
    }

    /// Whether a column of a table never holds NULL.
    pub fn is_never_null(&self, column: ColumnId) -> bool {
        self.never_null.contains(&column)
    }

    /// Whether every value of a column is known to be a day or a moment as texts.
    pub fn holds_days(&self, column: ColumnId) -> bool {
        self.days.contains(&column)
    }

    /// The keys of a table: lists of columns whose values no two rows share, NULLs aside. None where texts may be equal
    /// without being the same.
    pub(super) fn keys(&self, table: TableId) -> Vec<&'a [u16]> {
        let found = self.catalog.table(table);
        if self.collates || found.is_view {
            return vec![];
        }
        let keys = std::iter::once(&found.primary_key).chain(&found.unique);
        keys.map(Vec::as_slice).filter(|key| !key.is_empty()).collect()
    }

    /// Whether texts are equal where they are the same and only there.
    pub(super) fn compares_bytes(&self) -> bool {
        !self.collates
    }

    /// The affinity of a column, by the rules of its declared type. What a view's column has is its own affair.
    pub(super) fn affinity(&self, column: ColumnId) -> Option<Affinity> {
        (!self.catalog.table(column.table).is_view).then(|| affinity_of_type(&self.catalog.column(column).declared))
    }
}

/// The affinity of a declared type ("Datatypes In SQLite", section 3.1).
pub(super) fn affinity_of_type(declared: &str) -> Affinity {
    let declared = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    match () {
        () if has(&["INT"]) => Affinity::Numeric,
        () if has(&["CHAR", "CLOB", "TEXT"]) => Affinity::Text,
        () if declared.trim().is_empty() || has(&["BLOB"]) => Affinity::Blank,
        () => Affinity::Numeric,
    }
}
