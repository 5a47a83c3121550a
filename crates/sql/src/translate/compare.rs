//! Days compared with moments. To other engines a day is the moment that it begins with; to SQLite both are texts, and the day
//! comes before that moment.

use std::slice;

use schema::{Type, Value};

use super::meaning::Reading;
use crate::affinity::is_comparison;
use crate::tree::{BinaryOp, Expr, ExprKind, Query};
use crate::types::{is_day, is_moment};

/// What a value is compared with.
#[derive(Clone, Copy)]
struct Beside {
    days: bool,
    moments: bool,
}

/// Says the values that an expression compares as SQLite can compare them.
pub(super) fn settle(reading: &mut Reading, expr: &mut Expr) {
    match &mut expr.kind {
        ExprKind::Binary(left, op, right) if is_comparison(*op) || matches!(op, BinaryOp::Is | BinaryOp::IsNot) => {
            alike(reading, vec![left.as_mut(), right.as_mut()]);
        }
        ExprKind::Between { operand, low, high, .. } => {
            alike(reading, vec![operand.as_mut(), low.as_mut(), high.as_mut()])
        }
        ExprKind::InList { operand, list, .. } => {
            alike(reading, [operand.as_mut()].into_iter().chain(list).collect());
        }
        ExprKind::InQuery { operand, query, .. } => among(reading, operand, query),
        ExprKind::Case { operand: Some(operand), branches, .. } => {
            let cases = branches.iter_mut().map(|(when, _)| when);
            alike(reading, [operand.as_mut()].into_iter().chain(cases).collect());
        }
        _ => {}
    }
}

/// Values compared with each other, or rows of them place by place.
fn alike(reading: &mut Reading, compared: Vec<&mut Expr>) {
    let is_row = |value: &&mut Expr| matches!(value.kind, ExprKind::Row(_));
    if compared.iter().any(is_row) && !compared.iter().all(is_row) {
        return;
    }
    let mut places: Vec<Vec<&mut Expr>> = Vec::new();
    for value in compared {
        for (at, part) in parts(value).iter_mut().enumerate() {
            places.resize_with(places.len().max(at + 1), Vec::new);
            places[at].push(part);
        }
    }
    for values in places {
        let has = |ty| values.iter().any(|value| reading.kind(value) == ty);
        let beside = Beside { days: has(Type::Date), moments: has(Type::Timestamp) };
        values.into_iter().for_each(|value| fit(reading, value, beside));
    }
}

/// A value, or a row of them, looked for among the rows of a query.
fn among(reading: &mut Reading, operand: &mut Expr, query: &Query) {
    let shown = reading.types.of_outputs(query);
    for (value, ty) in parts(operand).iter_mut().zip(shown) {
        if reading.kind(value) == Type::Timestamp && ty == Type::Date {
            reading.refuse("a moment looked for among days", value.span);
        }
        fit(reading, value, Beside { days: ty == Type::Date, moments: ty == Type::Timestamp });
    }
}

/// The values of a row, or the one that an expression is.
fn parts(expr: &mut Expr) -> &mut [Expr] {
    if !matches!(expr.kind, ExprKind::Row(_)) {
        return slice::from_mut(expr);
    }
    match &mut expr.kind {
        ExprKind::Row(items) => items,
        _ => &mut [],
    }
}

/// Makes a day the moment that it begins with, where moments stand beside it. A text is what it stands beside, as long as it is
/// written as SQLite writes that: engines read many more spellings, and some leave the time out where a day is wanted.
fn fit(reading: &mut Reading, value: &mut Expr, beside: Beside) {
    let Beside { days, moments } = beside;
    if moments && reading.kind(value) == Type::Date {
        value.kind = Expr::call("DATETIME", vec![value.clone()]).kind;
    }
    let Some(text) = value.text().filter(|_| days || moments) else { return };
    if is_day(text) && moments {
        value.kind = Expr::value(Value::Text(format!("{text} 00:00:00"))).kind;
    } else if !is_day(text) && (days || !is_moment(text)) {
        reading.refuse(format!("'{text}' beside a day or moment"), value.span);
    }
}
