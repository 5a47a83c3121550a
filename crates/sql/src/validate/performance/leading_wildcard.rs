//! PRF402: a pattern that starts with `%` or `_`, so that every row must be looked at.

use crate::diagnostic::Severity;
use crate::tree::{Expr, ExprKind, LikeOp};
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "PRF402",
    severity: Severity::Warning,
    title: "a pattern that starts with %",
    page: include_str!("PRF402.md"),
    check: Check::Expr(check),
};

fn check(expr: &Expr, _: &Subject, found: &mut Found) {
    if let ExprKind::Like { op, pattern, .. } = &expr.kind
        && let Some(text) = pattern.text()
        && let Some(mark) = open_mark(*op, text)
    {
        found.push(RULE.at(pattern.span, format!("A pattern that starts with {mark} can use no index.")));
    }
}

/// The mark for any text that a pattern starts with.
fn open_mark(op: LikeOp, pattern: &str) -> Option<char> {
    let marks: &[char] = match op {
        LikeOp::Like | LikeOp::ILike => &['%', '_'],
        LikeOp::Glob => &['*', '?'],
        LikeOp::Regexp => &[],
    };
    pattern.chars().next().filter(|first| marks.contains(first))
}
