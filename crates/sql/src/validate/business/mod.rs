//! BUS3xx: the trade's rules, as the pack states them: values that a column can hold, filters that a table needs, sums
//! that mean something, objects that should no longer be used; and what nobody means, whatever the trade.

mod compare;
mod contradiction;
mod current_filter;
mod deprecated_column;
mod deprecated_table;
mod double_count;
mod mixed_currency;
mod mixed_units;
mod required_filter;
mod reversed_range;
mod said_twice;
mod value_in_list;

use schema::{ColumnId, TableId};

use super::rule::Rule;
use crate::diagnostic::{Diagnostic, Severity};

/// The codes of this layer, in order.
pub(super) const RULES: &[Rule] = &[
    value_in_list::RULE,
    reversed_range::RULE,
    required_filter::RULE,
    deprecated_table::RULE,
    deprecated_column::RULE,
    double_count::RULE,
    mixed_currency::RULE,
    current_filter::RULE,
    mixed_units::RULE,
    contradiction::RULE,
    said_twice::RULE,
];

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct BusinessRule {
    /// What it demands.
    pub kind: RuleKind,
    /// How bad a breach is.
    pub severity: Severity,
    /// What to tell a person, before the rule's own words.
    pub message: Option<String>,
}

/// What a rule demands.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleKind {
    /// BUS301: the column holds these values and no other.
    ValueInList {
        /// The column.
        column: ColumnId,
        /// Its values as stored.
        values: Vec<String>,
    },
    /// BUS302, where the range is of this column: what is said then.
    DateRangeOrder {
        /// The column.
        column: ColumnId,
    },
    /// BUS303: a query of the column's table says something of the column.
    RequiredFilter {
        /// The column.
        column: ColumnId,
    },
    /// BUS304: the table should no longer be used.
    DeprecatedTable {
        /// The table.
        table: TableId,
        /// What to use instead.
        instead: Option<TableId>,
    },
    /// BUS305: the column should no longer be used.
    DeprecatedColumn {
        /// The column.
        column: ColumnId,
        /// What to use instead.
        instead: Option<ColumnId>,
    },
    /// BUS306, where the sum is of this column: what is said then.
    NoDoubleCount {
        /// The column.
        column: ColumnId,
    },
    /// BUS307: amounts are not added over several currencies.
    SameCurrency {
        /// The amounts.
        columns: Vec<ColumnId>,
        /// The column that names their currency.
        currency: ColumnId,
    },
    /// BUS308: where the question says one of the words and the query reads the table, a condition speaks of a column.
    CurrentNeedsFilter {
        /// The table.
        table: TableId,
        /// Columns that tell what is current.
        columns: Vec<ColumnId>,
        /// Words that ask for what is current.
        words: Vec<String>,
    },
    /// BUS309: the columns are of one unit, which is not compared with or added to another.
    Unit {
        /// The columns.
        columns: Vec<ColumnId>,
        /// The unit's name.
        unit: String,
    },
    /// PRF406: the table has so many rows that nobody wants to see them all.
    LargeTable {
        /// The table.
        table: TableId,
    },
}

impl BusinessRule {
    /// A rule whose breach is a warning in the rule's own words.
    pub fn new(kind: RuleKind) -> Self {
        BusinessRule { kind, severity: Severity::Warning, message: None }
    }

    /// The finding as the pack wants it told: with its severity, its message first and the facts beside it.
    pub(super) fn told(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.severity = self.severity;
        match &self.message {
            Some(message) => {
                let facts = std::mem::replace(&mut diagnostic.message, message.clone());
                diagnostic.note(facts)
            }
            None => diagnostic,
        }
    }
}
