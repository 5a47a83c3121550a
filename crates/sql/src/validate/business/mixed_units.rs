//! BUS309: columns of different units compared or added.

use super::{BusinessRule, RuleKind};
use crate::diagnostic::Severity;
use crate::tree::{BinaryOp, Expr, ExprKind, UnaryOp};
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "BUS309",
    severity: Severity::Warning,
    title: "different units compared or added",
    page: include_str!("BUS309.md"),
    check: Check::Expr(check),
};

fn check(expr: &Expr, subject: &Subject, found: &mut Found) {
    use BinaryOp::{Add, Eq, Gt, GtEq, Lt, LtEq, NotEq, Sub};
    let ExprKind::Binary(a, Add | Sub | Eq | NotEq | Lt | LtEq | Gt | GtEq, b) = &expr.kind else { return };
    let (Some((rule, left)), Some((_, right))) = (unit(a, subject), unit(b, subject)) else { return };
    if left != right {
        let message = format!("{} is in {left} and {} in {right}.", subject.text_of(a.span), subject.text_of(b.span));
        found.push(rule.told(RULE.at(expr.span, message)));
    }
}

/// The unit of an expression, and the rule that says so. A product or a ratio has a unit of its own, which is not known.
fn unit<'a>(expr: &Expr, subject: &Subject<'a>) -> Option<(&'a BusinessRule, &'a str)> {
    match &expr.kind {
        ExprKind::Column { .. } => {
            let column = subject.column(expr)?;
            subject.options.rules.iter().find_map(|rule| match &rule.kind {
                RuleKind::Unit { columns, unit } if columns.contains(&column) => Some((rule, unit.as_str())),
                _ => None,
            })
        }
        ExprKind::Unary(UnaryOp::Minus | UnaryOp::Plus, operand) | ExprKind::Cast { operand, .. } => {
            unit(operand, subject)
        }
        ExprKind::Binary(a, BinaryOp::Add | BinaryOp::Sub, b) => unit(a, subject).or_else(|| unit(b, subject)),
        ExprKind::Call(call) => {
            let keeps = matches!(
                call.function.as_str(),
                "SUM" | "AVG" | "TOTAL" | "MIN" | "MAX" | "ABS" | "ROUND" | "COALESCE" | "IFNULL"
            );
            call.args.first().filter(|_| keeps).and_then(|argument| unit(argument, subject))
        }
        _ => None,
    }
}
