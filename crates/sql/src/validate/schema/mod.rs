//! SCH2xx: names, scopes, types and joins. The resolver finds most; the files here hold the rest.

mod bare_column;
mod keyless_join;
mod unlike_types;

use super::rule::Rule;
use crate::diagnostic::Severity::{Error, Warning};

/// The codes of this layer, in order.
pub(super) const RULES: &[Rule] = &[
    Rule::reading("SCH201", Error, "an unknown table", include_str!("SCH201.md")),
    Rule::reading("SCH202", Error, "an unknown column", include_str!("SCH202.md")),
    Rule::reading("SCH203", Error, "a name that may be two columns", include_str!("SCH203.md")),
    Rule::reading("SCH204", Warning, "two sources of one name", include_str!("SCH204.md")),
    Rule::reading("SCH205", Error, "an aggregate where none can stand", include_str!("SCH205.md")),
    Rule::reading("SCH206", Error, "a window function where none can stand", include_str!("SCH206.md")),
    Rule::reading("SCH207", Error, "an unknown function", include_str!("SCH207.md")),
    Rule::reading("SCH208", Error, "a wrong number of arguments", include_str!("SCH208.md")),
    Rule::reading("SCH209", Error, "arms of different widths", include_str!("SCH209.md")),
    Rule::reading("SCH210", Error, "several values where one is wanted", include_str!("SCH210.md")),
    Rule::reading("SCH211", Error, "an order by what is not shown", include_str!("SCH211.md")),
    Rule::reading("SCH212", Warning, "a text in double quotes", include_str!("SCH212.md")),
    Rule::reading("SCH213", Error, "HAVING without groups", include_str!("SCH213.md")),
    Rule::reading("SCH214", Error, "a join that cannot be read", include_str!("SCH214.md")),
    Rule::reading("SCH215", Error, "a CTE that cannot be made", include_str!("SCH215.md")),
    bare_column::RULE,
    keyless_join::RULE,
    unlike_types::RULE,
    Rule::reading("SCH219", Error, "a window that cannot be made", include_str!("SCH219.md")),
    Rule::reading("SCH220", Error, "ON speaks of a later table", include_str!("SCH220.md")),
    Rule::reading("SCH221", Warning, "a CTE that nobody uses", include_str!("SCH221.md")),
    Rule::reading("SCH222", Error, "a part that does not fit the call", include_str!("SCH222.md")),
    Rule::reading("SCH223", Error, "a star without a table", include_str!("SCH223.md")),
    Rule::reading("SCH224", Error, "an unknown collation", include_str!("SCH224.md")),
    Rule::reading("SCH225", Error, "rows of VALUES of different widths", include_str!("SCH225.md")),
    Rule::reading("SCH226", Error, "an unknown index", include_str!("SCH226.md")),
];
