//! A comparison of a part of a day becomes a range of days, in which an index on the column can look.
//!
//! `STRFTIME('%Y', d) = '2026'` is `d >= '2026-01-01' AND d < '2027-01-01'`, but only where every value of d is NULL or a text
//! `YYYY-MM-DD` or `YYYY-MM-DD HH:MM:SS` that is a day of the calendar: other texts and numbers are days to STRFTIME too, and
//! stand elsewhere in the order of texts. Whether all values are such is looked up in the database, so this is a rewrite
//! for the data as they are.

use jiff::ToSpan;
use jiff::civil::Date;
use schema::Value;

use crate::optimise::Rewrite;
use crate::optimise::facts::Facts;
use crate::optimise::terms::{Place, each_test, literal, place};
use crate::tree::{BinaryOp, Expr, ExprKind, Query};

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "sargable_date", title: "a comparison of a part of a day becomes a range of days", apply };

/// How much of a day is compared.
#[derive(Clone, Copy)]
enum Part {
    Year,
    Month,
    Day,
}

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    let mut changed = None;
    each_test(query, &mut |condition| {
        if let Some((range, column)) = as_range(condition, facts) {
            *condition = range;
            changed = Some(column);
        }
    });
    let (source, column) = changed?;
    let name = facts.column_name(source, column);
    Some(format!("Every value of {name} is stored as YYYY-MM-DD, so the days in question are a range of texts."))
}

fn as_range(condition: &Expr, facts: &Facts<'_>) -> Option<(Expr, Place)> {
    let is_days = |expr: &Expr| {
        place(expr)
            .and_then(|(source, column)| facts.table_column(source, column))
            .is_some_and(|id| facts.ground.holds_days(id))
    };
    let (day, range) = match &condition.kind {
        ExprKind::Binary(a, op, b) => {
            let (part, day) = part_of(a)?;
            (day, compared(day, *op, span_of(part, b)?)?)
        }
        ExprKind::Between { operand, low, high, negated: false } => {
            let (part, day) = part_of(operand)?;
            let (from, to) = (span_of(part, low)?.0, span_of(part, high)?.1);
            (day, bound(day, BinaryOp::GtEq, from).and(bound(day, BinaryOp::Lt, to)))
        }
        _ => return None,
    };
    is_days(day).then_some(())?;
    Some((range, place(day)?))
}

fn compared(day: &Expr, op: BinaryOp, (from, to): (Date, Date)) -> Option<Expr> {
    use BinaryOp::{Eq, Gt, GtEq, Lt, LtEq};
    Some(match op {
        Eq => bound(day, GtEq, from).and(bound(day, Lt, to)),
        Lt => bound(day, Lt, from),
        LtEq => bound(day, Lt, to),
        Gt => bound(day, GtEq, to),
        GtEq => bound(day, GtEq, from),
        _ => return None,
    })
}

fn bound(day: &Expr, op: BinaryOp, at: Date) -> Expr {
    day.clone().binary(op, Expr::value(Value::Text(at.to_string())))
}

/// The part of a day that an expression is, and of what: by STRFTIME, by DATE, or as the first letters.
fn part_of(expr: &Expr) -> Option<(Part, &Expr)> {
    let ExprKind::Call(call) = &expr.kind else { return None };
    let text = |at: usize| match call.args.get(at).and_then(literal) {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let whole = |at: usize| match call.args.get(at).and_then(literal) {
        Some(Value::Integer(whole)) => Some(*whole),
        _ => None,
    };
    match (call.function.as_str(), call.args.as_slice()) {
        ("STRFTIME", [_, day]) => match text(0)? {
            "%Y" => Some((Part::Year, day)),
            "%Y-%m" => Some((Part::Month, day)),
            "%Y-%m-%d" | "%F" => Some((Part::Day, day)),
            _ => None,
        },
        ("DATE", [day]) => Some((Part::Day, day)),
        ("SUBSTR" | "SUBSTRING", [day, _, _]) if whole(1)? == 1 => match whole(2)? {
            4 => Some((Part::Year, day)),
            7 => Some((Part::Month, day)),
            10 => Some((Part::Day, day)),
            _ => None,
        },
        _ => None,
    }
}

/// The first day of what a literal names, and the first day after it.
fn span_of(part: Part, expr: &Expr) -> Option<(Date, Date)> {
    let Value::Text(text) = literal(expr)? else { return None };
    let rest = match part {
        Part::Year => "-01-01",
        Part::Month => "-01",
        Part::Day => "",
    };
    let whole = format!("{text}{rest}");
    let first: Date = whole.parse().ok().filter(|first: &Date| first.to_string() == whole && first.year() > 0)?;
    let next = match part {
        Part::Year => first.checked_add(1.year()),
        Part::Month => first.checked_add(1.month()),
        Part::Day => first.checked_add(1.day()),
    };
    Some((first, next.ok()?))
}
