//! SEC512: a table of the catalog that is not on the list of those that may be read. Where columns are secret, a view must
//! be on the list: what it reads is not known here, and may be one of them.

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
    let Some(access) = subject.options.access else { return };
    for source in &select.from {
        let Some(table) = source.table_id() else { continue };
        let facts = subject.catalog.table(table);
        let message = match &access.tables {
            Some(listed) if listed.contains(&table) => continue,
            Some(_) => format!("{} is not among the tables that may be read.", facts.name),
            None if facts.is_view && !access.secret.is_empty() => {
                format!("{} is a view, which may show a secret column.", facts.name)
            }
            None => continue,
        };
        found.push(RULE.at(source.span, message));
    }
}
