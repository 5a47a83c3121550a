//! Columns, aggregates, arithmetic and literals.

use schema::{ColumnId, Value};

use super::condition::feature;
use super::value::{is_value_function, without_zero};
use super::{Kind, Result, Writer, not_canonical};
use crate::date_part::{DatePart, part_column};
use crate::lexeme::{ColumnRef, Lexeme, Word};
use crate::tree::{BinaryOp, Call, Expr, ExprKind, Literal, Span, UnaryOp};

impl Writer<'_> {
    /// Writes an expression; `scalars` says as what a subquery in it would be written, if one may stand there.
    pub(super) fn write_expression(&mut self, e: &Expr, scalars: Option<Kind>) -> Result<()> {
        match &e.kind {
            _ if is_shown_column(e) => {
                let column = self.visible_column(e)?;
                self.out.push(Lexeme::Column(column));
                Ok(())
            }
            _ if days_of(e).is_some() => self.write_days(e),
            _ if self.is_of_text(e) => self.write_of_text(e),
            ExprKind::Literal(_) => self.write_literal(e, None, true),
            ExprKind::Output(n) => {
                let output = self.output(*n, e.span)?;
                self.write_expression(&output, scalars)
            }
            ExprKind::Unary(UnaryOp::Plus, inner) => self.write_expression(inner, scalars),
            ExprKind::Scalar(query) => match scalars {
                Some(kind) => {
                    self.word(Word::Scalar);
                    self.query(query, kind)
                }
                None => not_canonical(feature(e), e.span),
            },
            ExprKind::Call(call) if is_value_function(call) => self.write_function(call, e, scalars),
            ExprKind::Call(call) => self.write_aggregate(call, e),
            _ => match (self.product(e), self.factors(e).as_slice()) {
                (Some((a, op, b)), _) => self.write_arithmetic(&a, op, &b, scalars),
                (None, [_, _, ..]) => match self.ordered_factors(e).as_slice() {
                    [constant] => self.write_expression(constant, scalars),
                    _ => not_canonical(feature(e), e.span),
                },
                (None, _) => not_canonical(feature(e), e.span),
            },
        }
    }

    /// The parts of an arithmetic expression in canonical order: of a product, constants first; a cast to a floating
    /// number as `1.0 *`.
    fn product(&self, e: &Expr) -> Option<(Expr, BinaryOp, Expr)> {
        if days_of(e).is_some() {
            return None;
        }
        match &e.kind {
            ExprKind::Binary(_, BinaryOp::Mul, _) => {
                let mut factors = self.ordered_factors(e);
                let last = factors.pop()?;
                Some((factors.into_iter().reduce(|a, b| a.binary(BinaryOp::Mul, b))?, BinaryOp::Mul, last))
            }
            ExprKind::Binary(a, op @ (BinaryOp::Add | BinaryOp::Sub | BinaryOp::Div), b) => {
                Some((*a.clone(), *op, *b.clone()))
            }
            ExprKind::Cast { operand, to } if is_float(to) && !self.is_text(operand) => {
                Some((Expr::value(Value::Real(1.0)), BinaryOp::Mul, *operand.clone()))
            }
            _ => None,
        }
    }

    /// The factors of a product in canonical order; one where constants alone make it up.
    fn ordered_factors(&self, e: &Expr) -> Vec<Expr> {
        let mut factors = self.factors(e);
        factors.sort_by_key(|factor| match &factor.kind {
            // Only in front does a quotient need no brackets, in which no subquery may stand.
            ExprKind::Binary(_, BinaryOp::Div, _) if self.has_scalar(factor) => 0,
            ExprKind::Literal(Literal { slot: None, .. }) => 1,
            _ if !self.says(factor) => 2,
            _ => 3,
        });
        self.fold_constants(&mut factors);
        factors
    }

    /// Whether a part of an arithmetic expression is more than constants.
    fn says(&self, e: &Expr) -> bool {
        let is = |e: &Expr| match &e.kind {
            ExprKind::Literal(literal) => literal.slot.is_some(),
            ExprKind::Column { .. } | ExprKind::Call(_) | ExprKind::Scalar(_) => true,
            _ => false,
        };
        self.any_part(e, &is)
    }

    /// The constants that lead a product as one, where there is such a constant: `1.0 * 100` as `100.0`.
    fn fold_constants(&self, factors: &mut Vec<Expr>) {
        while let [Expr { kind: ExprKind::Literal(a), .. }, Expr { kind: ExprKind::Literal(b), .. }, ..] =
            factors.as_slice()
        {
            let folded = match (&a.value, &b.value) {
                (Value::Integer(a), Value::Integer(b)) => a.checked_mul(*b).map(Value::Integer),
                (Value::Integer(n), Value::Real(x)) | (Value::Real(x), Value::Integer(n)) => {
                    Some(Value::Real(x * *n as f64))
                }
                (Value::Real(a), Value::Real(b)) => Some(Value::Real(a * b)),
                _ => None,
            };
            let plain = a.slot.is_none() && b.slot.is_none();
            let Some(value) = folded.filter(|v| plain && self.constant(v, None, true).is_some()) else { return };
            factors.splice(..2, [Expr::value(value)]);
        }
    }

    /// The factors of a product, left to right.
    fn factors(&self, e: &Expr) -> Vec<Expr> {
        match &e.kind {
            ExprKind::Binary(a, BinaryOp::Mul, b) => [self.factors(a), self.factors(b)].concat(),
            ExprKind::Cast { operand, to } if is_float(to) && !self.is_text(operand) => {
                [vec![Expr::value(Value::Real(1.0))], self.factors(operand)].concat()
            }
            ExprKind::Unary(UnaryOp::Plus, inner) => self.factors(inner),
            _ => vec![e.clone()],
        }
    }

    fn write_arithmetic(&mut self, a: &Expr, op: BinaryOp, b: &Expr, scalars: Option<Kind>) -> Result<()> {
        let (left, right) = (self.operator(a), self.operator(b));
        let is_sum = |op: Option<BinaryOp>| matches!(op, Some(BinaryOp::Add | BinaryOp::Sub));
        let product = matches!(op, BinaryOp::Mul | BinaryOp::Div);
        self.write_part(a, product && is_sum(left), scalars)?;
        self.word(match op {
            BinaryOp::Add => Word::Plus,
            BinaryOp::Sub => Word::Minus,
            BinaryOp::Mul => Word::Times,
            _ => Word::Divide,
        });
        let brackets = match op {
            BinaryOp::Add => false,
            BinaryOp::Sub => is_sum(right),
            BinaryOp::Mul => is_sum(right) || right == Some(BinaryOp::Div),
            _ => right.is_some(),
        };
        if let (BinaryOp::Div, Some(divisor)) = (op, without_zero(b)) {
            return self.write_in(Word::NullIf, divisor, Word::OrZero, scalars);
        }
        self.write_part(b, brackets, scalars)
    }

    /// A difference of days, which stands in brackets of its own.
    fn write_days(&mut self, e: &Expr) -> Result<()> {
        let Some((later, earlier)) = days_of(e) else { return not_canonical(feature(e), e.span) };
        if later == earlier || !(self.has_column(later) || self.has_column(earlier)) {
            return not_canonical("difference of days that says nothing", e.span);
        }
        for (word, day) in [(Word::Days, later), (Word::DaysFrom, earlier)] {
            self.word(word);
            match day.kind {
                ExprKind::Literal(_) => self.write_literal(day, None, false)?,
                ExprKind::Column { .. } => self.write_expression(day, None)?,
                ExprKind::Call(ref call) if is_extreme(call) => self.write_aggregate(call, day)?,
                _ => return not_canonical("difference of computed days", day.span),
            }
        }
        self.word(Word::DaysEnd);
        Ok(())
    }

    fn write_part(&mut self, e: &Expr, brackets: bool, scalars: Option<Kind>) -> Result<()> {
        if brackets {
            self.word(Word::Open);
        }
        self.write_expression(e, scalars)?;
        if brackets {
            self.word(Word::Close);
        }
        Ok(())
    }

    /// The operator an expression will be written with.
    fn operator(&self, e: &Expr) -> Option<BinaryOp> {
        match &e.kind {
            ExprKind::Unary(UnaryOp::Plus, inner) => self.operator(inner),
            ExprKind::Output(n) => self.operator(&self.output(*n, e.span).ok()?),
            _ => self.product(e).map(|(_, op, _)| op),
        }
    }

    fn write_aggregate(&mut self, call: &Call, e: &Expr) -> Result<()> {
        if let Some(window) = &call.over {
            return self.write_window(call, window, e);
        }
        if !call.order_by.is_empty() {
            return not_canonical(feature(e), e.span);
        }
        if let Some(argument) = self.filtered_argument(call) {
            let plain = Call { filter: None, args: vec![argument], star: false, ..call.clone() };
            return self.write_aggregate(&plain, e);
        }
        let word = match (call.function.as_str(), call.args.as_slice()) {
            ("COUNT", []) => return self.write_count_rows(),
            ("COUNT", [Expr { kind: ExprKind::Literal(Literal { value, .. }), .. }])
                if *value != Value::Null && !call.distinct =>
            {
                return self.write_count_rows();
            }
            ("COUNT", [Expr { kind: ExprKind::Column { .. } | ExprKind::Case { .. }, .. }]) if call.distinct => {
                Word::CountDistinct
            }
            ("COUNT", [Expr { kind: ExprKind::Column { .. } | ExprKind::Case { .. }, .. }]) => Word::Count,
            ("COUNT", [_]) => return not_canonical("count of an expression", e.span),
            ("SUM" | "AVG", [_]) if call.distinct => return not_canonical("distinct sum or average", e.span),
            ("SUM", [_]) => Word::Sum,
            ("AVG", [_]) => Word::Avg,
            ("MIN", [_]) => Word::Min,
            ("MAX", [_]) => Word::Max,
            _ => return not_canonical(feature(e), e.span),
        };
        if call.args.iter().any(|arg| self.has_aggregate(arg)) {
            return not_canonical("aggregate within an aggregate", e.span);
        }
        self.word(word);
        self.write_argument(&call.args[0])?;
        self.word(Word::Close);
        Ok(())
    }

    /// Writes the argument of an aggregate or a window, or what a window is ordered by.
    pub(super) fn write_argument(&mut self, e: &Expr) -> Result<()> {
        match e.kind {
            ExprKind::Case { .. } => self.write_case(e, false),
            _ => self.write_expression(e, None),
        }
    }

    fn write_count_rows(&mut self) -> Result<()> {
        self.word(Word::CountStar);
        Ok(())
    }

    /// Writes a literal beside a column: its slot, the day asked on, or a constant with the same value (in arithmetic
    /// also of the same type, since 12 and 12.0 divide differently).
    pub(super) fn write_literal(&mut self, e: &Expr, column: Option<ColumnId>, arithmetic: bool) -> Result<()> {
        let ExprKind::Literal(literal) = &e.kind else { return not_canonical("comparison of this shape", e.span) };
        let lexeme = if let Some(slot) = literal.slot {
            Some(Lexeme::Slot(slot)).filter(|l| self.lexicon.id(*l).is_some())
        } else if matches!(&literal.value, Value::Text(text) if Some(text.as_str()) == self.today) {
            Some(Lexeme::Word(Word::Today))
        } else {
            self.constant(&literal.value, column, arithmetic)
        };
        match lexeme {
            Some(lexeme) => self.out.push(lexeme),
            None => return not_canonical(format!("literal {}", shown(literal)), e.span),
        }
        Ok(())
    }

    fn constant(&self, value: &Value, column: Option<ColumnId>, arithmetic: bool) -> Option<Lexeme> {
        let fits =
            |c: &crate::lexeme::Constant| c.columns.is_empty() || column.is_some_and(|own| c.columns.contains(&own));
        let constants = || self.lexicon.constants.iter().enumerate().filter(|(_, c)| fits(c));
        let exact = constants().find(|(_, c)| c.value == *value);
        let near = || constants().find(|(_, c)| !arithmetic && same_number(&c.value, value));
        exact.or_else(near).map(|(i, _)| Lexeme::Constant(i as u8))
    }

    /// The column an expression is, if it stands in this query and not in an enclosing one.
    pub(super) fn visible_column(&self, e: &Expr) -> Result<ColumnRef> {
        if let Some((part, day)) = DatePart::of(e) {
            let day = self.visible_column(day)?;
            let column = part_column(self.catalog, day.column, part).filter(|_| self.is_day(day.column));
            return column.map_or_else(|| not_canonical(feature(e), e.span), |column| Ok(ColumnRef { column, ..day }));
        }
        let ExprKind::Column { source, column } = e.kind else { return not_canonical(feature(e), e.span) };
        match self.place(source) {
            Some(place) if place.depth == self.depth() => {
                let id = ColumnId { table: place.table.table, column };
                Ok(ColumnRef { column: id, instance: place.table.instance })
            }
            Some(_) => not_canonical("outer column", e.span),
            None => not_canonical("column of another scope", e.span),
        }
    }

    /// The column whose values an expression has: the column itself, or MIN or MAX of it.
    pub(super) fn column_of(&self, e: &Expr) -> Option<ColumnId> {
        match &e.kind {
            ExprKind::Column { source, column } => {
                let place = self.place(*source)?;
                self.origin(ColumnId { table: place.table.table, column: *column })
            }
            ExprKind::Call(call) if matches!(call.function.as_str(), "MIN" | "MAX") && call.args.len() == 1 => {
                self.column_of(&call.args[0]).filter(|_| matches!(call.args[0].kind, ExprKind::Column { .. }))
            }
            ExprKind::Output(n) => self.column_of(&self.output(*n, e.span).ok()?),
            _ => None,
        }
    }

    /// The output column that an expression names.
    pub(super) fn output(&self, number: u16, span: Span) -> Result<Expr> {
        match self.scopes.last().and_then(|items| items.get(usize::from(number))) {
            Some(e) if !matches!(e.kind, ExprKind::Output(_)) => Ok(e.clone()),
            _ => not_canonical("output number", span),
        }
    }

    /// Whether any part of an expression, subqueries aside, is as asked.
    pub(super) fn any_part(&self, e: &Expr, is: &dyn Fn(&Expr) -> bool) -> bool {
        is(e)
            || match &e.kind {
                ExprKind::Binary(a, _, b) => self.any_part(a, is) || self.any_part(b, is),
                ExprKind::Unary(_, a) | ExprKind::Cast { operand: a, .. } => self.any_part(a, is),
                ExprKind::Call(call) => call.args.iter().any(|a| self.any_part(a, is)),
                ExprKind::Case { operand, branches, otherwise } => {
                    let parts = branches.iter().flat_map(|(when, then)| [when, then]);
                    parts.chain(operand.as_deref()).chain(otherwise.as_deref()).any(|e| self.any_part(e, is))
                }
                ExprKind::Output(n) => self.output(*n, e.span).is_ok_and(|e| self.any_part(&e, is)),
                _ => false,
            }
    }

    pub(super) fn has_column(&self, e: &Expr) -> bool {
        self.any_part(e, &|e| match &e.kind {
            ExprKind::Column { .. } => true,
            ExprKind::Call(call) => call.over.is_some(),
            _ => false,
        })
    }

    pub(super) fn has_scalar(&self, e: &Expr) -> bool {
        self.any_part(e, &|e| matches!(e.kind, ExprKind::Scalar(_)))
    }

    pub(super) fn has_aggregate(&self, e: &Expr) -> bool {
        self.any_part(e, &is_aggregate)
    }

    /// Columns outside aggregates.
    pub(super) fn bare_columns<'e>(&self, e: &'e Expr) -> Vec<&'e Expr> {
        match &e.kind {
            _ if is_shown_column(e) => vec![e],
            ExprKind::Call(call) if call.over.is_some() || is_aggregate(e) => vec![],
            ExprKind::Call(call) => call.args.iter().flat_map(|a| self.bare_columns(a)).collect(),
            ExprKind::Binary(a, _, b) => [self.bare_columns(a), self.bare_columns(b)].concat(),
            ExprKind::Unary(_, a) | ExprKind::Cast { operand: a, .. } => self.bare_columns(a),
            _ => vec![],
        }
    }
}

/// Whether a call is the least or greatest of a column.
fn is_extreme(call: &Call) -> bool {
    let plain = call.over.is_none() && call.filter.is_none();
    let of_column = matches!(call.args.as_slice(), [Expr { kind: ExprKind::Column { .. }, .. }]);
    plain && of_column && matches!(call.function.as_str(), "MIN" | "MAX")
}

/// Whether an expression is itself an aggregate.
pub(super) fn is_aggregate(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Call(call) if call.over.is_none() => match call.function.as_str() {
            "COUNT" | "SUM" | "AVG" | "TOTAL" | "GROUP_CONCAT" | "STRING_AGG" => true,
            "MIN" | "MAX" => call.args.len() == 1,
            _ => false,
        },
        _ => false,
    }
}

/// The two days whose difference an expression is, cast to a whole number or not.
fn days_of(e: &Expr) -> Option<(&Expr, &Expr)> {
    let day = |e: &'_ Expr| match &e.kind {
        ExprKind::Call(call) if call.function == "JULIANDAY" && call.args.len() == 1 => Some(()),
        _ => None,
    };
    match &e.kind {
        ExprKind::Cast { operand, to } if to.eq_ignore_ascii_case("INTEGER") => days_of(operand),
        ExprKind::Binary(a, BinaryOp::Sub, b) => {
            day(a).and(day(b))?;
            match (&a.kind, &b.kind) {
                (ExprKind::Call(a), ExprKind::Call(b)) => Some((&a.args[0], &b.args[0])),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether an expression is written as one column: a column, or a part of a day.
pub(super) fn is_shown_column(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Column { .. }) || DatePart::of(e).is_some()
}

pub(super) fn is_float(declared: &str) -> bool {
    let upper = declared.to_ascii_uppercase();
    ["REAL", "FLOAT", "DOUBLE"].iter().any(|name| upper.starts_with(name))
}

fn same_number(a: &Value, b: &Value) -> bool {
    let number = |v: &Value| match v {
        Value::Integer(n) => Some(*n as f64),
        Value::Real(n) => Some(*n),
        _ => None,
    };
    number(a).is_some_and(|a| number(b) == Some(a))
}

fn shown(literal: &Literal) -> String {
    match (&literal.slot, &literal.value) {
        (Some(slot), _) => slot.slot.to_string(),
        (_, Value::Integer(n)) => n.to_string(),
        (_, Value::Real(n)) => format!("{n:?}"),
        (_, Value::Text(text)) => format!("'{text}'"),
        (_, Value::Null) => "null".to_owned(),
        (_, Value::Blob(_)) => "blob".to_owned(),
    }
}
