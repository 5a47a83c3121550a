//! SEC5xx: only a query, only of what may be read, only within limits. What resolution already refused (relations outside
//! the catalog, functions that are not known to be harmless, parameters) is not looked for again: what is not known there
//! is refused, in every dialect.

mod endless_recursion;
mod executable_comment;
mod function_not_listed;
mod nesting;
mod personal_column;
mod secret_column;
mod size;
mod statement;
mod table_not_listed;

use schema::{Catalog, ColumnId, TableId};

use super::rule::Rule;
use crate::diagnostic::Severity::Error;

pub(super) use statement::refuse_statement;

const WRITE: Rule = Rule::reading("SEC501", Error, "a statement that writes", include_str!("SEC501.md"));
const DDL: Rule = Rule::reading("SEC502", Error, "a statement that changes the schema", include_str!("SEC502.md"));
const OTHER: Rule = Rule::reading("SEC503", Error, "a statement that is no query", include_str!("SEC503.md"));

/// The codes of this layer, in order.
pub(super) const RULES: &[Rule] = &[
    WRITE,
    DDL,
    OTHER,
    Rule::reading("SEC504", Error, "a relation outside the catalog", include_str!("SEC504.md")),
    Rule::reading("SEC505", Error, "a function that may not be called", include_str!("SEC505.md")),
    endless_recursion::RULE,
    size::RULE,
    Rule::reading("SEC508", Error, "a parameter without a value", include_str!("SEC508.md")),
    executable_comment::RULE,
    secret_column::RULE,
    personal_column::RULE,
    table_not_listed::RULE,
    function_not_listed::RULE,
    nesting::RULE,
    Rule::reading("SEC515", Error, "a column that a policy hides", include_str!("SEC515.md")),
    Rule::reading("SEC516", Error, "a view that a policy does not speak of", include_str!("SEC516.md")),
    Rule::reading("SEC517", Error, "an attribute that a policy needs", include_str!("SEC517.md")),
];

/// How large a query may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Outputs of one SELECT.
    pub columns: usize,
    /// Uses of tables in the whole query.
    pub sources: usize,
    /// Queries within queries.
    pub depth: usize,
    /// Arms of one chain of set operations.
    pub arms: usize,
    /// Arguments of one call.
    pub arguments: usize,
    /// Calls of functions in the whole query: each may take a moment that cannot be interrupted.
    pub calls: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 100_000, columns: 200, sources: 64, depth: 12, arms: 20, arguments: 16, calls: 1_000 }
    }
}

/// What may be read and called, where the catalog is not the only limit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The only tables that may be read; None when all of the catalog may.
    pub tables: Option<Vec<TableId>>,
    /// The only functions that may be called, in upper case; None when all harmless ones may.
    pub functions: Option<Vec<String>>,
    /// Columns that may not be read at all.
    pub secret: Vec<ColumnId>,
    /// Columns about people: a query that shows them is told so.
    pub personal: Vec<ColumnId>,
}

impl Access {
    /// The same lists for a catalog of the same tables that lacks some columns.
    pub(crate) fn over(&self, catalog: &Catalog, fewer: &Catalog) -> Self {
        let moved = |columns: &[ColumnId]| {
            columns.iter().filter_map(|id| fewer.find_column(id.table, &catalog.column(*id).name)).collect()
        };
        Access { secret: moved(&self.secret), personal: moved(&self.personal), ..self.clone() }
    }
}
