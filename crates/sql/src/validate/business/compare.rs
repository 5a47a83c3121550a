//! Literals compared as the column beside them compares its values.

use std::cmp::Ordering;

use schema::Value;

use crate::affinity::as_held;
use crate::tree::{Expr, ExprKind};
use crate::validate::rule::Subject;

/// The order of two literals beside an operand: a text as the number that it says beside numbers, a number as text beside
/// texts. Texts that differ in case alone have none, since a column may take them for the same.
pub(super) fn order(a: &Expr, b: &Expr, operand: &Expr, subject: &Subject) -> Option<Ordering> {
    let (ExprKind::Literal(a), ExprKind::Literal(b)) = (&a.kind, &b.kind) else { return None };
    let ty = subject.column(operand).map(|column| subject.catalog.column(column).ty);
    let held = |value: &Value| ty.and_then(|ty| as_held(value, ty)).unwrap_or_else(|| value.clone());
    match (&held(&a.value), &held(&b.value)) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) if a != b && a.eq_ignore_ascii_case(b) => None,
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Integer(a), Value::Real(b)) => (*a as f64).partial_cmp(b),
        (Value::Real(a), Value::Integer(b)) => a.partial_cmp(&(*b as f64)),
        (Value::Real(a), Value::Real(b)) => a.partial_cmp(b),
        _ => None,
    }
}
