//! SCH218: values of unlike types compared or computed with. SQLite does it; the answer is seldom what was meant.

use schema::Type;

use crate::diagnostic::{Diagnostic, Severity};
use crate::tree::{BinaryOp, Expr, ExprKind};
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SCH218",
    severity: Severity::Warning,
    title: "values of unlike types",
    page: include_str!("SCH218.md"),
    check: Check::Expr(check),
};

fn check(expr: &Expr, subject: &Subject, found: &mut Found) {
    match &expr.kind {
        ExprKind::Binary(a, op, b) if compares(*op) => compare(a, b, expr, subject, found),
        ExprKind::Binary(a, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div, b) => {
            for operand in [a, b] {
                let ty = subject.types.of_expr(operand);
                if matches!(ty, Type::Text | Type::Date | Type::Timestamp) {
                    found.push(arithmetic(operand, ty));
                }
            }
        }
        ExprKind::Call(call) if matches!(call.function.as_str(), "SUM" | "AVG" | "TOTAL") => {
            if let [argument] = call.args.as_slice()
                && subject.types.of_expr(argument) == Type::Text
            {
                let message = format!("{} of a text counts as zero.", call.function);
                found.push(RULE.at(argument.span, message));
            }
        }
        ExprKind::InList { operand, list, .. } => {
            for member in list {
                compare(operand, member, member, subject, found);
            }
        }
        _ => {}
    }
}

fn compares(op: BinaryOp) -> bool {
    matches!(op, BinaryOp::Eq | BinaryOp::NotEq | BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq)
}

fn arithmetic(operand: &Expr, ty: Type) -> Diagnostic {
    let diagnostic = RULE.at(operand.span, format!("Arithmetic on {}.", kind_of(ty)));
    if ty.is_temporal() {
        diagnostic.help("Compute with julianday(…), or with date(…, '+1 day').")
    } else {
        diagnostic
    }
}

fn compare(a: &Expr, b: &Expr, at: &Expr, subject: &Subject, found: &mut Found) {
    let (ta, tb) = (subject.types.of_expr(a), subject.types.of_expr(b));
    if !unlike(ta, tb) || reads_as_number(a, tb) || reads_as_number(b, ta) || reads_as_day(a, tb) || reads_as_day(b, ta)
    {
        return;
    }
    let message = format!("{} compared with {}.", capital(kind_of(ta)), kind_of(tb));
    found.push(RULE.at(at.span, message).help("Both sides should be of one kind."));
}

fn unlike(a: Type, b: Type) -> bool {
    let class = |ty: Type| match ty {
        Type::Integer | Type::Real | Type::Boolean => 1,
        Type::Text => 2,
        Type::Date | Type::Timestamp => 3,
        Type::Blob => 4,
        Type::Unknown => 0,
    };
    class(a) != 0 && class(b) != 0 && class(a) != class(b)
}

/// A text that spells a number is as good as the number beside a numeric column.
fn reads_as_number(expr: &Expr, beside: Type) -> bool {
    expr.text().is_some_and(|text| text.trim().parse::<f64>().is_ok()) && beside.is_numeric()
}

/// A day is stated as a text.
fn reads_as_day(expr: &Expr, beside: Type) -> bool {
    let day = |text: &str| text.len() >= 4 && text.starts_with(|c: char| c.is_ascii_digit());
    let computed = matches!(&expr.kind, ExprKind::Call(call) if call.function == "STRFTIME");
    (expr.text().is_some_and(day) || computed) && beside.is_temporal()
}

fn kind_of(ty: Type) -> &'static str {
    match ty {
        Type::Integer | Type::Real => "a number",
        Type::Text => "a text",
        Type::Date => "a day",
        Type::Timestamp => "a moment",
        Type::Boolean => "a truth value",
        Type::Blob => "bytes",
        Type::Unknown => "something unknown",
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
