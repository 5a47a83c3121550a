//! Conditions that a row of NULLs cannot meet.

use crate::tree::{BinaryOp, Expr, ExprKind, SourceId, UnaryOp};

use super::terms::literal;
use schema::Value;

/// Functions that are NULL where their first argument is.
const STRICT: [&str; 18] = [
    "ABS",
    "DATE",
    "DATETIME",
    "INSTR",
    "JULIANDAY",
    "LENGTH",
    "LOWER",
    "LTRIM",
    "NULLIF",
    "ROUND",
    "RTRIM",
    "SIGN",
    "SUBSTR",
    "SUBSTRING",
    "TIME",
    "TRIM",
    "UNICODE",
    "UPPER",
];

/// Whether a condition is not true where all columns of a source are NULL.
pub(super) fn rejects(condition: &Expr, source: SourceId) -> bool {
    match &condition.kind {
        ExprKind::Binary(a, BinaryOp::And, b) => rejects(a, source) || rejects(b, source),
        ExprKind::Binary(a, BinaryOp::Or, b) => rejects(a, source) && rejects(b, source),
        ExprKind::Binary(a, BinaryOp::Is, b) => {
            let is_value = |expr: &Expr| literal(expr).is_some_and(|value| *value != Value::Null);
            is_null(a, source) && is_value(b) || is_null(b, source) && is_value(a)
        }
        ExprKind::IsNull { operand, negated: true } => is_null(operand, source),
        ExprKind::IsTruth { operand, truth: true, negated: false } => rejects(operand, source),
        ExprKind::IsTruth { operand, truth: false, negated: false } => is_null(operand, source),
        ExprKind::InQuery { operand, negated: false, .. } => is_null(operand, source),
        _ => is_null(condition, source),
    }
}

/// Whether an expression is NULL where all columns of a source are.
fn is_null(expr: &Expr, source: SourceId) -> bool {
    use BinaryOp::{And, Arrow, Is, IsNot, LongArrow, Or};
    match &expr.kind {
        ExprKind::Column { source: of, .. } | ExprKind::RowId(of) => *of == source,
        ExprKind::Unary(UnaryOp::Not | UnaryOp::Minus | UnaryOp::Plus | UnaryOp::BitNot, x)
        | ExprKind::Collate(x, _)
        | ExprKind::Cast { operand: x, .. } => is_null(x, source),
        ExprKind::Binary(_, And | Or | Is | IsNot | Arrow | LongArrow, _) => false,
        ExprKind::Binary(a, _, b) => is_null(a, source) || is_null(b, source),
        ExprKind::Between { operand, .. } => is_null(operand, source),
        ExprKind::Like { operand, .. } => is_null(operand, source),
        ExprKind::InList { operand, list, .. } => !list.is_empty() && is_null(operand, source),
        ExprKind::Call(call) => {
            let plain = call.over.is_none() && call.filter.is_none();
            let day = call.function == "STRFTIME" && call.args.get(1).is_some_and(|day| is_null(day, source));
            let first =
                STRICT.contains(&call.function.as_str()) && call.args.first().is_some_and(|x| is_null(x, source));
            plain && (day || first)
        }
        _ => false,
    }
}
