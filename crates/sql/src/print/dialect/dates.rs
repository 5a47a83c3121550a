//! Days and moments: SQLite's functions of texts as functions of the engine's own types.

use schema::{Type, Value};

use super::{Construct, Lowered, Lowering, piece};
use crate::dialect::Dialect;
use crate::tree::{BinaryOp, Call, Expr, ExprKind, Span};
use crate::types::{is_day, is_moment};

/// The day from which SQLite's day numbers are counted here, and its number at midnight.
const EPOCH: (&str, f64) = ("2000-01-01", 2_451_544.5);

/// A lowered day or moment.
#[derive(Clone)]
struct Moment {
    expr: Expr,
    /// [`Type::Date`] or [`Type::Timestamp`].
    ty: Type,
    /// Whether its day stands in every month.
    plain: bool,
}

/// SQLite's format letters, as the formatting functions of PostgreSQL and Oracle, MySQL, SQL Server have them.
const FORMATS: [(char, &str, &str, &str); 7] = [
    ('Y', "YYYY", "%Y", "yyyy"),
    ('m', "MM", "%m", "MM"),
    ('d', "DD", "%d", "dd"),
    ('H', "HH24", "%H", "HH"),
    ('M', "MI", "%i", "mm"),
    ('S', "SS", "%s", "ss"),
    ('j', "DDD", "%j", ""),
];

/// Format letters that are numbers by themselves.
const NUMBERS: [(&str, &str); 8] = [
    ("%Y", "@year"),
    ("%m", "@month"),
    ("%d", "@day_of_month"),
    ("%j", "@day_of_year"),
    ("%w", "@weekday"),
    ("%H", "@hour"),
    ("%M", "@minute"),
    ("%S", "@second"),
];

impl Lowering<'_> {
    /// A call of one of SQLite's date functions.
    pub(super) fn date_call(&mut self, call: &Call, expr: &Expr) -> Lowered<Expr> {
        let refuse = |p: &Self| p.refuse(Construct::Function(call.function.clone()), expr.span);
        match call.function.as_str() {
            "CURRENT_DATE" => self.piece("@today", vec![], expr.span),
            "CURRENT_TIMESTAMP" => self.piece("@now", vec![], expr.span),
            "DATE" => Ok(self.day_of(&call.args, expr.span)?.into_day()),
            "DATETIME" => Ok(self.moment_of(&call.args, expr.span)?.into_moment()),
            "JULIANDAY" => {
                let moment = self.moment_of(&call.args, expr.span)?;
                let (day, number) = EPOCH;
                let epoch = Moment { expr: day_piece(day), ty: Type::Date, plain: true };
                Ok(difference(moment, epoch).binary(BinaryOp::Add, Expr::value(Value::Real(number))))
            }
            "UNIXEPOCH" => {
                let moment = self.moment_of(&call.args, expr.span)?;
                self.piece("@epoch", vec![moment.expr], expr.span)
            }
            "STRFTIME" => {
                let [format, args @ ..] = call.args.as_slice() else { return refuse(self) };
                let Some(format) = format.text() else { return refuse(self) };
                let moment = self.moment_of(args, expr.span)?;
                self.format(moment.expr, format, expr.span)
            }
            _ => refuse(self),
        }
    }

    /// `JULIANDAY(a) - JULIANDAY(b)`: days between two.
    pub(super) fn difference_of_days(&mut self, left: &Expr, op: BinaryOp, right: &Expr) -> Lowered<Option<Expr>> {
        let day_number = |e: &Expr| match &e.kind {
            ExprKind::Call(call) if call.function == "JULIANDAY" => Some(call.args.clone()),
            _ => None,
        };
        let (BinaryOp::Sub, Some(left_args), Some(right_args)) = (op, day_number(left), day_number(right)) else {
            return Ok(None);
        };
        let (from, to) = (self.moment_of(&left_args, left.span)?, self.moment_of(&right_args, right.span)?);
        Ok(Some(difference(from, to)))
    }

    /// `CAST(STRFTIME('%m', d) AS INTEGER)`: a part of a day as a number.
    pub(super) fn part_of_date(&mut self, operand: &Expr) -> Lowered<Option<Expr>> {
        let ExprKind::Call(Call { function, args, .. }) = &operand.kind else { return Ok(None) };
        let [format, args @ ..] = args.as_slice() else { return Ok(None) };
        let number = format.text().and_then(|format| NUMBERS.iter().find(|(text, _)| *text == format));
        let Some((_, name)) = number.filter(|_| function == "STRFTIME") else { return Ok(None) };
        if self.levels.last().is_some_and(|level| level.grouped.contains(operand)) {
            // Engines know what is grouped by from its words.
            let text = self.value(operand)?;
            return self.piece("@whole_of_digits", vec![text], operand.span).map(Some);
        }
        let moment = self.moment_of(args, operand.span)?;
        self.piece(name, vec![moment.expr], operand.span).map(Some)
    }

    /// A day or moment with modifiers.
    fn moment_of(&mut self, args: &[Expr], span: Span) -> Lowered<Moment> {
        let Some((first, modifiers)) = args.split_first() else {
            return Ok(Moment { expr: self.piece("@now", vec![], span)?, ty: Type::Timestamp, plain: false });
        };
        let moment = self.moment(first)?;
        self.all_modified(moment, modifiers)
    }

    /// The day of a day or moment with modifiers: the time of day has no part in them.
    fn day_of(&mut self, args: &[Expr], span: Span) -> Lowered<Moment> {
        let Some((first, modifiers)) = args.split_first() else {
            return Ok(Moment { expr: self.piece("@today", vec![], span)?, ty: Type::Date, plain: false });
        };
        if first.text().is_some_and(|text| text.eq_ignore_ascii_case("now")) {
            let today = Moment { expr: self.piece("@today", vec![], first.span)?, ty: Type::Date, plain: false };
            return self.all_modified(today, modifiers);
        }
        let moment = self.moment(first)?;
        let day = Moment { plain: moment.plain, expr: moment.into_day(), ty: Type::Date };
        self.all_modified(day, modifiers)
    }

    fn all_modified(&mut self, mut moment: Moment, modifiers: &[Expr]) -> Lowered<Moment> {
        let is_floor = |e: &Expr| e.text().is_some_and(|text| text.eq_ignore_ascii_case("floor"));
        for (i, modifier) in modifiers.iter().enumerate() {
            let Some(text) = modifier.text() else {
                return self.refuse(Construct::DateFormat("computed".to_owned()), modifier.span);
            };
            // A month that lacks the day ends on its last one: what engines do by themselves, but for Oracle.
            let floors = modifiers.get(i + 1).is_some_and(is_floor) && self.target.dialect != Dialect::Oracle;
            moment.plain |= floors;
            if i == 0 || !is_floor(modifier) || self.target.dialect == Dialect::Oracle {
                moment = self.modified(moment, text, modifier.span)?;
            }
            moment.plain &= !floors;
        }
        Ok(moment)
    }

    fn moment(&mut self, expr: &Expr) -> Lowered<Moment> {
        let (ty, lowered) = match expr.text() {
            Some(text) if text.eq_ignore_ascii_case("now") => (Type::Timestamp, self.piece("@now", vec![], expr.span)?),
            Some(text) if is_day(text) => (Type::Date, day_piece(text)),
            Some(text) if is_moment(text) => (Type::Timestamp, piece("@moment", vec![expr.clone()])),
            _ => match self.kind(expr) {
                ty @ (Type::Date | Type::Timestamp) => (ty, self.value(expr)?),
                _ => return self.refuse(Construct::TextAsDay, expr.span),
            },
        };
        Ok(Moment { expr: lowered, ty, plain: self.is_plain(expr) })
    }

    /// Whether a day is known to stand in every month: a literal's, or one of a calendar's.
    fn is_plain(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(_) => expr.text().and_then(|text| text.get(8..10)).is_some_and(|day| day <= "28"),
            ExprKind::Column { source, .. } => {
                self.ctes_of.get(source).is_some_and(|name| self.plain_months.contains(name))
            }
            _ => false,
        }
    }

    fn modified(&mut self, moment: Moment, modifier: &str, span: Span) -> Lowered<Moment> {
        let lower = modifier.trim().to_ascii_lowercase();
        let refuse = |p: &Self| p.refuse(Construct::DateFormat(modifier.to_owned()), span);
        match lower.as_str() {
            "utc" => return Ok(moment),
            "start of day" => return Ok(Moment { ty: Type::Date, expr: moment.into_day(), plain: false }),
            "start of month" => {
                return Ok(Moment { expr: piece("@month_start", vec![moment.expr]), ty: Type::Date, plain: true });
            }
            "start of year" => {
                return Ok(Moment { expr: piece("@year_start", vec![moment.expr]), ty: Type::Date, plain: true });
            }
            _ => {}
        }
        if let Some(day) = lower.strip_prefix("weekday ").and_then(|day| day.trim().parse().ok()) {
            return if (0..7).contains(&day) { Ok(next_weekday(moment, day)) } else { refuse(self) };
        }
        let Some((count, unit)) = lower.split_once(' ') else { return refuse(self) };
        let Ok(count) = count.trim_start_matches('+').parse::<i64>() else { return refuse(self) };
        match unit.trim().trim_end_matches('s') {
            "day" => Ok(days_later(moment, count)),
            unit @ ("month" | "year") if moment.plain || moment.ty == Type::Date => {
                let months = if unit == "year" { count.checked_mul(12) } else { Some(count) };
                months.map_or_else(|| refuse(self), |months| Ok(months_later(moment, months)))
            }
            _ => refuse(self),
        }
    }

    /// A day or moment as a text of SQLite's format.
    pub(super) fn format(&self, moment: Expr, format: &str, span: Span) -> Lowered<Expr> {
        if format == "%w" {
            let number = self.piece("@weekday", vec![moment], span)?;
            return self.piece("@text", vec![number], span);
        }
        match format_text(format, self.target.dialect) {
            Some(text) => self.piece("@format", vec![moment, Expr::value(Value::Text(text))], span),
            None => self.refuse(Construct::DateFormat(format.to_owned()), span),
        }
    }
}

impl Moment {
    fn into_day(self) -> Expr {
        if self.ty == Type::Date { self.expr } else { piece("@day_of", vec![self.expr]) }
    }

    fn into_moment(self) -> Expr {
        if self.ty == Type::Timestamp { self.expr } else { piece("@moment_of", vec![self.expr]) }
    }
}

fn day_piece(day: &str) -> Expr {
    piece("@day", vec![Expr::value(Value::Text(day.to_owned()))])
}

/// Days from one to the other.
fn difference(from: Moment, to: Moment) -> Expr {
    if from.ty == Type::Date && to.ty == Type::Date {
        return piece("@days", vec![from.expr, to.expr]);
    }
    piece("@days_of_moments", vec![from.into_moment(), to.into_moment()])
}

fn days_later(moment: Moment, count: i64) -> Moment {
    let name = if moment.ty == Type::Date { "@add_days" } else { "@add_days_to_moment" };
    let expr = piece(name, vec![moment.expr, Expr::value(Value::Integer(count))]);
    Moment { expr, plain: false, ..moment }
}

/// Months later, the days that a month lacks counted into the next, as SQLite does.
fn months_later(moment: Moment, count: i64) -> Moment {
    let months = Expr::value(Value::Integer(count));
    if moment.plain {
        let name = if moment.ty == Type::Date { "@add_months" } else { "@add_months_to_moment" };
        return Moment { expr: piece(name, vec![moment.expr, months]), ..moment };
    }
    let day = moment.into_day();
    let first = piece("@month_start", vec![day.clone()]);
    let passed = piece("@day_of_month", vec![day]).binary(BinaryOp::Sub, Expr::value(Value::Integer(1)));
    let expr = piece("@add_days", vec![piece("@add_months", vec![first, months]), passed]);
    Moment { expr, ty: Type::Date, plain: false }
}

/// The same day, or the first after it, of a weekday.
fn next_weekday(moment: Moment, weekday: i64) -> Moment {
    let day = moment.into_day();
    let whole = |n| Expr::value(Value::Integer(n));
    let ahead = whole(weekday + 7).binary(BinaryOp::Sub, piece("@weekday", vec![day.clone()]));
    let expr = piece("@add_days", vec![day, piece("@remainder", vec![ahead, whole(7)])]);
    Moment { expr, ty: Type::Date, plain: false }
}

/// SQLite's format in the engine's letters; none where a letter has no counterpart.
fn format_text(format: &str, dialect: Dialect) -> Option<String> {
    let mut text = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            match dialect {
                Dialect::MySql => text.push(c),
                _ if c.is_ascii_punctuation() && !matches!(c, '"' | '\'' | '\\') || c == ' ' => text.push(c),
                // Letters stand for themselves within quotes, one by one.
                Dialect::SqlServer => text.extend(['\\', c]),
                _ if c == '"' || c == '\\' => return None,
                _ => text.extend(['"', c, '"']),
            }
            continue;
        }
        let letter = chars.next()?;
        if letter == '%' {
            text.push_str(if dialect == Dialect::MySql { "%%" } else { "%" });
            continue;
        }
        let (_, oracle, mysql, sqlserver) = FORMATS.iter().find(|(known, ..)| *known == letter)?;
        let letters = match dialect {
            Dialect::MySql => mysql,
            Dialect::SqlServer => sqlserver,
            _ => oracle,
        };
        if letters.is_empty() {
            return None;
        }
        text.push_str(letters);
    }
    Some(text)
}
