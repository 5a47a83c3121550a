//! SEC510: a secret column, wherever it is read. An alias, a CTE or a `*` has to read it somewhere, and that is where it
//! is found: a condition on it tells what it holds as well as an output does.

use crate::diagnostic::Severity;
use crate::tree::Expr;
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SEC510",
    severity: Severity::Error,
    title: "a secret column is read",
    page: include_str!("SEC510.md"),
    check: Check::Expr(check),
};

fn check(expr: &Expr, subject: &Subject, found: &mut Found) {
    let Some(access) = subject.options.access else { return };
    if let Some(column) = subject.column(expr).filter(|column| access.secret.contains(column)) {
        let message = format!("{} may not be read.", subject.catalog.qualified(column));
        found.push(RULE.at(expr.span, message).help("Leave it out; where * brings it, name the other columns."));
    }
}
