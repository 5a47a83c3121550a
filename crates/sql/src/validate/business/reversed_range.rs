//! BUS302: `x >= late AND x < early`, `x BETWEEN late AND early`: a range that no row can be in.

use std::cmp::Ordering;

use super::RuleKind;
use super::compare::order;
use crate::diagnostic::{Diagnostic, Severity};
use crate::tree::{BinaryOp, Expr, ExprKind, Select};
use crate::validate::columns::each_condition;
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::each_expr_here;

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "BUS302",
    severity: Severity::Warning,
    title: "a range that ends before it starts",
    page: include_str!("BUS302.md"),
    check: Check::Select(check),
};

const MESSAGE: &str = "The range ends before it starts.";

fn check(select: &Select, subject: &Subject, found: &mut Found) {
    each_condition(select, &mut |condition| {
        each_expr_here(condition, &mut |expr| {
            if let ExprKind::Between { operand, low, high, .. } = &expr.kind
                && is_after(low, high, operand, subject)
            {
                let finding = RULE.at(expr.span, MESSAGE).label(low.span, "it starts here");
                let (low_text, high_text) = (subject.text_of(low.span), subject.text_of(high.span));
                let finding = finding.fix_all("Swap the ends", &[(low.span, high_text), (high.span, low_text)]);
                found.push(told(finding, operand, subject));
            }
        });
        check_bounds(&condition.conjuncts(), subject, found);
    });
}

/// Two conditions of a chain of ANDs that bound one thing from below and from above.
fn check_bounds(parts: &[&Expr], subject: &Subject, found: &mut Found) {
    for (x, low) in parts.iter().filter_map(|part| bound(part, true)) {
        for (y, high) in parts.iter().filter_map(|part| bound(part, false)) {
            if x == y && is_after(low, high, x, subject) {
                let finding = RULE.at(high.span, MESSAGE).label(low.span, "it starts here");
                found.push(told(finding, x, subject));
            }
        }
    }
}

/// What a condition bounds from that side, and by what.
fn bound(condition: &Expr, lower: bool) -> Option<(&Expr, &Expr)> {
    let ExprKind::Binary(a, op, b) = &condition.kind else { return None };
    let (from_below, from_above) = match op {
        BinaryOp::GtEq | BinaryOp::Gt => ((&**a, &**b), (&**b, &**a)),
        BinaryOp::LtEq | BinaryOp::Lt => ((&**b, &**a), (&**a, &**b)),
        _ => return None,
    };
    Some(if lower { from_below } else { from_above })
}

/// The finding in the words of the pack's rule on the column, if there is one.
fn told(finding: Diagnostic, operand: &Expr, subject: &Subject) -> Diagnostic {
    let Some(column) = subject.column(operand) else { return finding };
    let of_column = RuleKind::DateRangeOrder { column };
    match subject.options.rules.iter().find(|rule| rule.kind == of_column) {
        Some(rule) => rule.told(finding),
        None => finding,
    }
}

/// Whether a literal comes after another as the column that they bound compares them.
fn is_after(low: &Expr, high: &Expr, operand: &Expr, subject: &Subject) -> bool {
    order(low, high, operand, subject).is_some_and(Ordering::is_gt)
}
