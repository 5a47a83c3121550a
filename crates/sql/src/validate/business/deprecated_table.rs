//! BUS304: a table that should no longer be used.

use super::RuleKind;
use crate::diagnostic::Severity;
use crate::tree::Select;
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "BUS304",
    severity: Severity::Warning,
    title: "a table that should no longer be used",
    page: include_str!("BUS304.md"),
    check: Check::Select(check),
};

fn check(select: &Select, subject: &Subject, found: &mut Found) {
    for rule in subject.options.rules {
        let RuleKind::DeprecatedTable { table, instead } = rule.kind else { continue };
        for source in select.from.iter().filter(|source| source.table_id() == Some(table)) {
            let message = format!("{} should no longer be used.", subject.catalog.table(table).name);
            let finding = rule.told(RULE.at(source.span, message));
            found.push(match instead {
                Some(other) => finding.help(format!("Use {}.", subject.catalog.table(other).name)),
                None => finding,
            });
        }
    }
}
