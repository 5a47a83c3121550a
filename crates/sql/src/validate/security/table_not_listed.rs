//! SEC512: a table of the catalog that is not on the list of those that may be read.

use crate::diagnostic::Severity;
use crate::tree::Select;
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SEC512",
    severity: Severity::Error,
    title: "a table that is not on the list",
    page: include_str!("SEC512.md"),
    check: Check::Select(check),
};

fn check(select: &Select, subject: &Subject, found: &mut Found) {
    let Some(listed) = subject.options.access.and_then(|access| access.tables.as_ref()) else { return };
    for source in &select.from {
        if let Some(table) = source.table_id().filter(|table| !listed.contains(table)) {
            let message = format!("{} is not among the tables that may be read.", subject.catalog.table(table).name);
            found.push(RULE.at(source.span, message));
        }
    }
}
