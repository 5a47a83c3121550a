//! BUS301: a text beside a column that never holds it.

use super::{BusinessRule, RuleKind};
use crate::diagnostic::Severity;
use crate::dialect::quote_text;
use crate::resolve::nearest;
use crate::tree::{BinaryOp, Expr, ExprKind};
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "BUS301",
    severity: Severity::Warning,
    title: "a value that the column never holds",
    page: include_str!("BUS301.md"),
    check: Check::Expr(check),
};

fn check(expr: &Expr, subject: &Subject, found: &mut Found) {
    use BinaryOp::{Eq, Is, IsNot, NotEq};
    let (operand, beside): (&Expr, Vec<&Expr>) = match &expr.kind {
        ExprKind::Binary(a, Eq | NotEq | Is | IsNot, b) if matches!(b.kind, ExprKind::Literal(_)) => (a, vec![b]),
        ExprKind::Binary(a, Eq | NotEq | Is | IsNot, b) => (b, vec![a]),
        ExprKind::InList { operand, list, .. } => (operand, list.iter().collect()),
        ExprKind::Case { operand: Some(operand), branches, .. } => {
            (operand, branches.iter().map(|(when, _)| when).collect())
        }
        _ => return,
    };
    let Some(column) = subject.column(operand) else { return };
    for rule in subject.options.rules {
        match &rule.kind {
            RuleKind::ValueInList { column: listed, values } if *listed == column => {
                beside
                    .iter()
                    .for_each(|value| check_value(value, rule, values, subject.catalog.qualified(column), found));
            }
            _ => {}
        }
    }
}

fn check_value(value: &Expr, rule: &BusinessRule, values: &[String], column: String, found: &mut Found) {
    let Some(text) = value.text() else { return };
    if values.iter().any(|listed| listed == text) {
        return;
    }
    let message = format!("{column} never holds {}.", quote_text(text));
    let finding = rule.told(RULE.at(value.span, message));
    let near = values.iter().find(|v| v.eq_ignore_ascii_case(text)).map(String::as_str);
    found.push(match near.or_else(|| nearest(text, values.iter().map(String::as_str))) {
        Some(near) => {
            let literal = quote_text(near);
            let help = format!("Did you mean {literal}?");
            finding.help(help).fix(format!("Use {literal}"), value.span, literal, false)
        }
        None => finding.help(format!("It holds {}.", values.join(", "))),
    });
}
