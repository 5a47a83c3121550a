//! Days and moments of other engines as SQLite's functions of texts.

use schema::{Type, Value};

use super::meaning::{Reading, whole_of};
use crate::dialect::Dialect;
use crate::tree::{BinaryOp, Call, Expr, ExprKind, Span, UnaryOp};

/// The call that an interval is read as.
pub(super) const INTERVAL: &str = "INTERVAL";

/// Parts of a date by their names, with SQLite's format.
const PARTS: [(&str, &str); 8] = [
    ("year", "%Y"),
    ("month", "%m"),
    ("day", "%d"),
    ("dow", "%w"),
    ("doy", "%j"),
    ("hour", "%H"),
    ("minute", "%M"),
    ("second", "%S"),
];

/// MySQL's format letters that differ from SQLite's.
const MYSQL_FORMAT: [(&str, &str); 2] = [("%i", "%M"), ("%s", "%S")];
/// Format letters that MySQL and SQLite share.
const SHARED_FORMAT: [&str; 6] = ["%Y", "%m", "%d", "%H", "%S", "%j"];
/// The format words of PostgreSQL and Oracle, longest first.
const WORDS: [(&str, &str); 7] =
    [("HH24", "%H"), ("YYYY", "%Y"), ("DDD", "%j"), ("MM", "%m"), ("DD", "%d"), ("MI", "%M"), ("SS", "%S")];

/// A function of days, where the call is one.
pub(super) fn call(reading: &mut Reading, call: &Call, span: Span) -> Option<Expr> {
    let args = call.args.as_slice();
    match (call.function.as_str(), args) {
        ("EXTRACT" | "DATE_PART", [field, of]) => part(reading, field.text()?, of, span),
        ("YEAR" | "MONTH" | "DAY", [of]) => part(reading, &call.function.to_ascii_lowercase(), of, span),
        ("DATE_TRUNC", [unit, of]) => truncated(reading, unit.text()?, of, span),
        ("DATE_ADD" | "DATE_SUB", [of, interval]) => {
            let sign = if call.function == "DATE_SUB" { -1 } else { 1 };
            let moved =
                interval_of(interval).and_then(|(count, unit)| moved(reading, of, count.checked_mul(sign)?, &unit));
            if moved.is_none() {
                reading.refuse(format!("{} with this interval", call.function), span);
            }
            moved
        }
        ("DATEDIFF", [from, to]) if reading.from == Dialect::MySql => Some(days_between(from, to)),
        ("DATE_FORMAT", [of, format]) => formatted(reading, of, mysql_format(format.text()?), span),
        ("TO_CHAR", [of, format]) => formatted(reading, of, word_format(format.text()?), span),
        ("TO_DATE", [of, format]) if format.text().is_some_and(|f| f.eq_ignore_ascii_case("YYYY-MM-DD")) => {
            Some(Expr::call("DATE", vec![of.clone()]))
        }
        _ => None,
    }
}

/// `date - date`, `date + 1`, `date + INTERVAL '1 month'`. What else is reckoned with days means something else in each
/// engine, and in SQLite the number that a text of a day begins with.
pub(super) fn arithmetic(reading: &mut Reading, operands: [&Expr; 2], op: BinaryOp, span: Span) -> Option<Expr> {
    use BinaryOp::{Add, BitAnd, BitOr, Div, Mod, Mul, ShiftLeft, ShiftRight, Sub};
    let is_reckoned = matches!(op, Add | Sub | Mul | Div | Mod | BitAnd | BitOr | ShiftLeft | ShiftRight);
    if !is_reckoned || !operands.into_iter().any(|operand| reading.kind(operand).is_temporal()) {
        return None;
    }
    let [left, right] = operands;
    let settled = match op {
        Add => later(reading, left, 1, right).or_else(|| later(reading, right, 1, left)),
        Sub => later(reading, left, -1, right).or_else(|| difference(reading, left, right)),
        _ => None,
    };
    if settled.is_none() {
        reading.refuse("this arithmetic of days", span);
    }
    settled
}

/// A day so much later, or earlier.
fn later(reading: &Reading, of: &Expr, sign: i64, by: &Expr) -> Option<Expr> {
    let kind = reading.kind(of);
    if let (true, Some((count, unit))) = (kind.is_temporal(), interval_of(by)) {
        return moved(reading, of, count.checked_mul(sign)?, &unit);
    }
    if kind != Type::Date || !counts_days(reading.from) {
        return None;
    }
    let days = match whole_of(by) {
        Some(count) => modifier(count.checked_mul(sign)?, "days"),
        None if reading.kind(by) == Type::Integer => {
            let count =
                if sign < 0 { ExprKind::Unary(UnaryOp::Minus, Box::new(by.clone())).into() } else { by.clone() };
            count.binary(BinaryOp::Concat, Expr::value(Value::Text(" days".to_owned())))
        }
        None => return None,
    };
    Some(Expr::call("DATE", vec![of.clone(), days]))
}

/// The days between two; of moments it is something else than a number.
fn difference(reading: &Reading, left: &Expr, right: &Expr) -> Option<Expr> {
    let both_days = [left, right].into_iter().all(|day| reading.kind(day) == Type::Date);
    (both_days && counts_days(reading.from)).then(|| days_between(left, right))
}

/// Whether a whole number beside a day is a number of days.
fn counts_days(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::Postgres | Dialect::Oracle)
}

/// The calls that stand for intervals mean nothing by themselves.
fn interval_of(expr: &Expr) -> Option<(i64, String)> {
    let ExprKind::Call(Call { function, args, .. }) = &expr.kind else { return None };
    if function != INTERVAL {
        return None;
    }
    let (count, unit) = args.first()?.text()?.trim().split_once(' ')?;
    let unit = unit.trim().to_ascii_lowercase();
    Some((count.parse().ok()?, unit.trim_end_matches('s').to_owned()))
}

/// So many units later. A month that lacks the day ends on its last one there, which "floor" says here.
fn moved(reading: &Reading, of: &Expr, count: i64, unit: &str) -> Option<Expr> {
    let (count, unit, floors) = match unit {
        "day" => (count, "days", false),
        "week" => (count.checked_mul(7)?, "days", false),
        "month" => (count, "months", true),
        "year" => (count, "years", true),
        _ => return None,
    };
    // PostgreSQL makes a moment of a day and an interval.
    let is_moment = reading.kind(of) == Type::Timestamp || reading.from == Dialect::Postgres;
    let mut args = vec![of.clone(), modifier(count, unit)];
    if floors {
        args.push(Expr::value(Value::Text("floor".to_owned())));
    }
    Some(Expr::call(if is_moment { "DATETIME" } else { "DATE" }, args))
}

fn modifier(count: i64, unit: &str) -> Expr {
    Expr::value(Value::Text(format!("{count:+} {unit}")))
}

/// Whole days between two.
fn days_between(from: &Expr, to: &Expr) -> Expr {
    let number = |of: &Expr| Expr::call("JULIANDAY", vec![Expr::call("DATE", vec![of.clone()])]);
    let operand = Box::new(number(from).binary(BinaryOp::Sub, number(to)));
    ExprKind::Cast { operand, to: "INTEGER".to_owned() }.into()
}

fn part(reading: &mut Reading, name: &str, of: &Expr, span: Span) -> Option<Expr> {
    let name = name.to_ascii_lowercase();
    if name == "quarter" {
        let month = part(reading, "month", of, span)?;
        let whole = |n| Expr::value(Value::Integer(n));
        return Some(month.binary(BinaryOp::Add, whole(2)).binary(BinaryOp::Div, whole(3)));
    }
    let Some((_, format)) = PARTS.iter().find(|(part, _)| *part == name) else {
        reading.refuse(format!("the part {name} of a date"), span);
        return None;
    };
    let operand = Box::new(strftime(format, of));
    Some(ExprKind::Cast { operand, to: "INTEGER".to_owned() }.into())
}

fn strftime(format: &str, of: &Expr) -> Expr {
    Expr::call("STRFTIME", vec![Expr::value(Value::Text(format.to_owned())), of.clone()])
}

fn truncated(reading: &mut Reading, unit: &str, of: &Expr, span: Span) -> Option<Expr> {
    let start = match unit.to_ascii_lowercase().as_str() {
        unit @ ("day" | "month" | "year") => format!("start of {unit}"),
        unit => {
            reading.refuse(format!("DATE_TRUNC to the {unit}"), span);
            return None;
        }
    };
    Some(Expr::call("DATETIME", vec![of.clone(), Expr::value(Value::Text(start))]))
}

fn formatted(reading: &mut Reading, of: &Expr, format: Option<String>, span: Span) -> Option<Expr> {
    match format.filter(|_| reading.kind(of).is_temporal()) {
        Some(format) => Some(strftime(&format, of)),
        None => {
            reading.refuse("this format", span);
            None
        }
    }
}

fn mysql_format(format: &str) -> Option<String> {
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let letters = format!("%{}", chars.next()?);
        let other = MYSQL_FORMAT.iter().find(|(mysql, _)| *mysql == letters).map(|(_, sqlite)| *sqlite);
        text.push_str(other.or_else(|| SHARED_FORMAT.iter().find(|shared| **shared == letters).copied())?);
    }
    Some(text)
}

fn word_format(format: &str) -> Option<String> {
    let mut text = String::new();
    let mut rest = format;
    while let Some(c) = rest.chars().next() {
        let upper = rest.to_ascii_uppercase();
        // The seconds since midnight.
        if upper.starts_with("SSSS") {
            return None;
        }
        match WORDS.iter().find(|(word, _)| upper.starts_with(word)) {
            Some((word, letters)) => {
                text.push_str(letters);
                rest = &rest[word.len()..];
            }
            None if c.is_ascii_punctuation() && !matches!(c, '"' | '%') || c == ' ' => {
                text.push(c);
                rest = &rest[c.len_utf8()..];
            }
            None => return None,
        }
    }
    Some(text)
}
