//! PRF407: an indexed column computed with in a condition, which its index cannot serve.

use super::wrapped_column::{is_indexed, searched};
use crate::diagnostic::Severity;
use crate::tree::{BinaryOp, Expr, ExprKind, Select, UnaryOp};
use crate::validate::columns::row_conditions;
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "PRF407",
    severity: Severity::Warning,
    title: "an indexed column computed with",
    page: include_str!("PRF407.md"),
    check: Check::Select(check),
};

fn check(select: &Select, subject: &Subject, found: &mut Found) {
    for operand in row_conditions(select).into_iter().flat_map(searched) {
        if terms(operand).into_iter().filter_map(|term| subject.column(term)).any(|column| is_indexed(column, subject))
        {
            let help = "Compute on the other side of the comparison.";
            found.push(RULE.at(operand.span, "A column that is computed with can use no index.").help(help));
        }
    }
}

/// The direct operands of a computation; none of anything else.
fn terms(expr: &Expr) -> Vec<&Expr> {
    use BinaryOp::{Add, Concat, Div, Mod, Mul, Sub};
    match &expr.kind {
        ExprKind::Binary(a, Add | Sub | Mul | Div | Mod | Concat, b) => vec![&**a, &**b],
        ExprKind::Unary(UnaryOp::Minus, operand) => vec![&**operand],
        _ => vec![],
    }
}
