//! Calendars: the days from one to another in steps of a day, a week, a month, a quarter or a year, as a recursive CTE.
//!
//! People write one column, `SELECT '2026-01-01' AS d UNION ALL SELECT DATE(d, '+1 month') FROM c WHERE d < '2026-12-01'`.
//! Canonical SQL has two, the first day of each period and the first day after it, and says where the last period ends:
//!
//! ```sql
//! WITH RECURSIVE cte_1 (c1, c2) AS (
//!     SELECT d, DATE(d, '+1 month') FROM (SELECT '2026-01-01' AS d)
//!     UNION ALL SELECT c2, DATE(c2, '+1 month') FROM cte_1 WHERE c2 < '2027-01-01')
//! ```

use jiff::ToSpan;
use jiff::civil::Date;
use schema::Value;

use crate::lexeme::Word;
use crate::tree::{BinaryOp, Body, Cte, Expr, ExprKind, Query, Select, SetOp, SourceId, SourceKind};
use crate::visit::each_query_mut;

/// A calendar of more days than this is none.
const LONGEST: usize = 50_000;

/// How long the periods of a calendar are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// A day.
    Day,
    /// Seven days.
    Week,
    /// A month.
    Month,
    /// Three months.
    Quarter,
    /// A year.
    Year,
}

impl Step {
    /// The steps with the words that open a calendar and that stand between its two ends.
    pub const ALL: [(Step, Word, Word); 5] = [
        (Step::Day, Word::EachDay, Word::NextDay),
        (Step::Week, Word::EachWeek, Word::NextWeek),
        (Step::Month, Word::EachMonth, Word::NextMonth),
        (Step::Quarter, Word::EachQuarter, Word::NextQuarter),
        (Step::Year, Word::EachYear, Word::NextYear),
    ];

    /// The words that open a calendar and that stand between its two ends.
    pub fn words(self) -> (Word, Word) {
        let (_, each, next) = Step::ALL[self as usize];
        (each, next)
    }

    /// The step that a modifier of SQLite's DATE stands for.
    pub fn of_modifier(text: &str) -> Option<Step> {
        let (count, unit) = text.strip_prefix('+')?.split_once(' ')?;
        match (count, unit.trim_end_matches('s')) {
            ("1", "day") => Some(Step::Day),
            ("7", "day") => Some(Step::Week),
            ("1", "month") => Some(Step::Month),
            ("3", "month") => Some(Step::Quarter),
            ("12", "month") | ("1", "year") => Some(Step::Year),
            _ => None,
        }
    }

    /// The day a step later; none where SQLite's reckoning of short months would matter.
    fn after(self, day: Date) -> Option<Date> {
        let by_months = !matches!(self, Step::Day | Step::Week);
        let in_every_month = day.day() <= 28 || (self == Step::Year && day.month() != 2);
        let span = match self {
            Step::Day => 1.day(),
            Step::Week => 7.days(),
            Step::Month => 1.month(),
            Step::Quarter => 3.months(),
            Step::Year => 1.year(),
        };
        if by_months && !in_every_month { None } else { day.checked_add(span).ok() }
    }
}

/// A calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// How long its periods are.
    pub step: Step,
    /// Its first day.
    pub start: Expr,
    /// The first day after its last period, or any day within it but the first.
    pub end: Expr,
}

/// A calendar as it was written.
struct Written<'a> {
    step: Step,
    start: &'a Expr,
    /// Whether the end is compared with the next day and not with the last one.
    on_next: bool,
    op: BinaryOp,
    end: &'a Expr,
    source: SourceId,
}

/// The calendar that a recursive CTE is, once [`normalise`] has brought it into shape.
pub fn calendar_of(cte: &Cte) -> Option<Calendar> {
    let Written { step, start, on_next: true, op: BinaryOp::Lt, end, .. } = read(cte)? else { return None };
    Some(Calendar { step, start: start.clone(), end: end.clone() })
}

/// Lets every calendar of a query of one column say where its last period ends: `DATE(d, '+1 month') < '2027-01-01'` for
/// `d < '2026-12-01'`.
pub fn normalise(query: &mut Query) {
    each_query_mut(query, &mut |query| {
        for cte in query.with.iter_mut().filter(|cte| cte.recursive) {
            if let Some(bound) = bound_of(cte)
                && let Body::Set { right, .. } = &mut cte.query.body
                && let Some(select) = right.select_mut()
            {
                select.filter = Some(bound);
            }
        }
    });
}

/// The condition that says where the last period ends, where a calendar says it otherwise.
fn bound_of(cte: &Cte) -> Option<Expr> {
    let written = read(cte)?;
    if written.on_next && written.op == BinaryOp::Lt {
        return None;
    }
    let (first, last) = (day(written.start)?, day(written.end)?);
    let holds = |current: Date, next: Date| {
        let tested = if written.on_next { next } else { current };
        tested < last || (written.op == BinaryOp::LtEq && tested == last)
    };
    let (mut current, mut next) = (first, written.step.after(first)?);
    for _ in 0..LONGEST {
        if !holds(current, next) {
            let modifier = modifier_of(cte)?;
            let column = ExprKind::Column { source: written.source, column: 0 }.into();
            let next_day = Expr::call("DATE", vec![column, Expr::value(Value::Text(modifier))]);
            return Some(next_day.binary(BinaryOp::Lt, Expr::value(Value::Text(next.to_string()))));
        }
        (current, next) = (next, written.step.after(next)?);
    }
    None
}

fn modifier_of(cte: &Cte) -> Option<String> {
    let (_, right) = arms(cte)?;
    let ExprKind::Call(call) = &right.items.last()?.expr.kind else { return None };
    call.args.last()?.text().map(str::to_owned)
}

/// Reads a calendar in any of its shapes.
fn read(cte: &Cte) -> Option<Written<'_>> {
    let (left, right) = arms(cte)?;
    let [source] = right.from.as_slice() else { return None };
    let SourceKind::Cte { name, .. } = &source.kind else { return None };
    if !name.eq_ignore_ascii_case(&cte.name) {
        return None;
    }
    let (start, step, column) = match (left.items.as_slice(), right.items.as_slice()) {
        ([start], [next]) if left.from.is_empty() => {
            (&start.expr, step_of(&next.expr).filter(|(_, of)| column(of) == Some((source.id, 0)))?.0, 0)
        }
        ([first, second], [current, next]) => {
            let start = only_value(left)?;
            let id = left.from[0].id;
            let (step, of) = step_of(&next.expr)?;
            let shapes = column(&first.expr) == Some((id, 0))
                && step_of(&second.expr).is_some_and(|(s, of)| s == step && column(of) == Some((id, 0)))
                && column(&current.expr) == Some((source.id, 1))
                && column(of) == Some((source.id, 1));
            (start, shapes.then_some(step)?, 1)
        }
        _ => return None,
    };
    start.text()?;
    let ExprKind::Binary(tested, op @ (BinaryOp::Lt | BinaryOp::LtEq), end) = &right.filter.as_ref()?.kind else {
        return None;
    };
    end.text()?;
    let is_next = step_of(tested).is_some_and(|(s, of)| s == step && self::column(of) == Some((source.id, 0)));
    let is_plain = self::column(tested) == Some((source.id, column));
    if !is_next && !is_plain {
        return None;
    }
    Some(Written { step, start, on_next: is_next || column == 1, op: *op, end, source: source.id })
}

/// The arms of a CTE that are one SELECT each, without groups, order or limit.
fn arms(cte: &Cte) -> Option<(&Select, &Select)> {
    let Body::Set { op: SetOp::Union, left, right, .. } = &cte.query.body else { return None };
    let plain = |q: &Query| q.with.is_empty() && q.order_by.is_empty() && q.limit.is_none() && q.offset.is_none();
    let (first, second) = (left.select()?, right.select()?);
    let bare = |s: &Select| !s.distinct && s.group_by.is_empty() && s.having.is_none();
    let fits = plain(&cte.query) && plain(left) && plain(right) && bare(first) && bare(second);
    (fits && first.filter.is_none()).then_some((first, second))
}

/// The value of `FROM (SELECT value)`.
fn only_value(select: &Select) -> Option<&Expr> {
    let [source] = select.from.as_slice() else { return None };
    let SourceKind::Derived { query, .. } = &source.kind else { return None };
    let inner = query.select().filter(|inner| inner.from.is_empty() && inner.filter.is_none())?;
    if let [item] = inner.items.as_slice() { Some(&item.expr) } else { None }
}

/// `DATE(x, step)`: the step, and what it starts from.
pub fn step_of(e: &Expr) -> Option<(Step, &Expr)> {
    let ExprKind::Call(call) = &e.kind else { return None };
    let [of, modifier] = call.args.as_slice() else { return None };
    if call.function != "DATE" {
        return None;
    }
    Some((Step::of_modifier(modifier.text()?)?, of))
}

fn column(e: &Expr) -> Option<(SourceId, u16)> {
    match e.kind {
        ExprKind::Column { source, column } => Some((source, column)),
        _ => None,
    }
}

fn day(e: &Expr) -> Option<Date> {
    e.text()?.parse().ok()
}
