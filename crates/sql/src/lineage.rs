//! Which columns of the catalog each output and each condition of a query reads.
//!
//! A column of a CTE or derived table reads what the expression behind it reads; one of a set operation what any arm
//! reads there; a recursive one what its arms read until nothing is added. A subquery within an expression counts with
//! everything that it reads, since its value depends on all of it. A CTE that nothing speaks of reads nothing, as in
//! SQLite, and a row id that has a name is the column of that name.
//!
//! Suggested reading order:
//! * [`Lineage`]: what is found.
//! * `level`: one query level after another.
//! * `cte`: common table expressions, followed when first spoken of.

mod cte;
mod level;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};

use schema::{Catalog, ColumnId, TableId};

use crate::tree::{Query, SourceId, Span};

/// One thing that a query reads of a table of the catalog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Read {
    /// A column.
    Column(ColumnId),
    /// The row id of a table that has no name for it.
    RowId(TableId),
}

/// What is read, each thing once.
pub type Reads = BTreeSet<Read>;

/// What a query reads, and for what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    /// What each output is computed from, in order.
    pub outputs: Vec<Reads>,
    /// What each condition reads, at every level of the query that is spoken of.
    pub conditions: Vec<Condition>,
    /// Everything that is read.
    pub reads: Reads,
}

/// What decides which rows there are, how they are grouped and in which order they come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Where it stands.
    pub clause: Clause,
    /// Its place in the text.
    pub span: Span,
    /// What it reads.
    pub reads: Reads,
}

/// The clauses that conditions stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Clause {
    /// `ON`, `USING` and `NATURAL`.
    On,
    /// `WHERE`.
    Where,
    /// One term of `GROUP BY`.
    GroupBy,
    /// `HAVING`.
    Having,
    /// One term of `ORDER BY`.
    OrderBy,
    /// `LIMIT` and `OFFSET`.
    Limit,
}

impl Read {
    /// The table that is read.
    pub fn table(self) -> TableId {
        match self {
            Read::Column(column) => column.table,
            Read::RowId(table) => table,
        }
    }

    /// `Table.Column` as the catalog spells it; `Table.rowid` for a row id.
    pub fn name(self, catalog: &Catalog) -> String {
        match self {
            Read::Column(column) => catalog.qualified(column),
            Read::RowId(table) => format!("{}.rowid", catalog.table(table).name),
        }
    }
}

/// What a resolved query reads. Names that did not resolve read nothing.
pub fn lineage(query: &Query, catalog: &Catalog) -> Lineage {
    let mut tracer = Tracer { catalog, sources: HashMap::new(), ctes: vec![], outputs: vec![], conditions: vec![] };
    let level = tracer.query(query);
    Lineage { outputs: level.outputs, conditions: tracer.conditions, reads: level.reads }
}

/// A query being followed.
struct Tracer<'a> {
    catalog: &'a Catalog,
    /// What stands behind each source met so far. Identities are unique within a query, so that an inner level finds
    /// the sources of those around it.
    sources: HashMap<SourceId, Columns>,
    /// The CTEs in scope, innermost last.
    ctes: Vec<cte::Entry<'a>>,
    /// The outputs of the levels being followed, innermost last.
    outputs: Vec<Vec<Reads>>,
    conditions: Vec<Condition>,
}

/// What stands behind a source.
#[derive(Clone)]
enum Columns {
    /// A table or view of the catalog.
    Table(TableId),
    /// What each column of a CTE or derived table is computed from.
    Computed(Vec<Reads>),
}

/// What one query level comes to.
#[derive(Clone, Default)]
struct Level {
    /// What each output is computed from.
    outputs: Vec<Reads>,
    /// Everything that is read, by the levels within it too.
    reads: Reads,
}
