//! BUS305: a column that should no longer be used.

use super::RuleKind;
use crate::diagnostic::Severity;
use crate::tree::Expr;
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "BUS305",
    severity: Severity::Warning,
    title: "a column that should no longer be used",
    page: include_str!("BUS305.md"),
    check: Check::Expr(check),
};

fn check(expr: &Expr, subject: &Subject, found: &mut Found) {
    let Some(used) = subject.column(expr) else { return };
    for rule in subject.options.rules {
        match rule.kind {
            RuleKind::DeprecatedColumn { column, instead } if column == used => {
                let message = format!("{} should no longer be used.", subject.catalog.qualified(column));
                let finding = rule.told(RULE.at(expr.span, message));
                found.push(match instead {
                    Some(other) => finding.help(format!("Use {}.", subject.catalog.qualified(other))),
                    None => finding,
                });
            }
            _ => {}
        }
    }
}
