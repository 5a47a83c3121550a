//! SEC513: a function that is not on the pack's list of those that may be called.

use crate::diagnostic::Severity;
use crate::tree::{Expr, ExprKind};
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SEC513",
    severity: Severity::Error,
    title: "a function that is not on the list",
    page: include_str!("SEC513.md"),
    check: Check::Expr(check),
};

fn check(expr: &Expr, subject: &Subject, found: &mut Found) {
    let Some(listed) = subject.options.access.and_then(|access| access.functions.as_ref()) else { return };
    if let ExprKind::Call(call) = &expr.kind
        && !listed.contains(&call.function)
    {
        found.push(RULE.at(expr.span, format!("{} is not among the functions on the list.", call.function)));
    }
}
