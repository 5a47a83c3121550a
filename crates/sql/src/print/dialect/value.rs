//! Expressions as values: what they are in the engine's types, and as another type where one is wanted.

use schema::{Type, Value};

use super::query::{Place, coded};
use super::{Construct, Lowered, Lowering, Texts, piece};
use crate::dialect::Dialect;
use crate::tree::{BinaryOp, Expr, ExprKind, Literal, SourceId, UnaryOp};
use crate::types::{is_day, is_moment};
use crate::visit::{arity, each_expr_here};

impl Lowering<'_> {
    /// The type of an expression.
    pub(super) fn kind(&self, expr: &Expr) -> Type {
        self.types.of_expr(expr)
    }

    /// An expression as a value of its own type.
    pub(super) fn value(&mut self, expr: &Expr) -> Lowered<Expr> {
        let lowered = self.plain_value(expr)?;
        let groups_by_code = self.traits.loose_texts && self.target.texts == Texts::ByCode;
        let grouped = self.levels.last().is_some_and(|level| level.grouped.contains(expr));
        if groups_by_code && grouped && self.kind(expr) == Type::Text {
            return Ok(coded(lowered));
        }
        Ok(lowered)
    }

    fn plain_value(&mut self, expr: &Expr) -> Lowered<Expr> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Column { .. } => Ok(expr.clone()),
            ExprKind::RowId(source) => self.row_id(*source, expr),
            ExprKind::Literal(literal) => self.literal(literal, expr),
            ExprKind::Unary(op, operand) => self.unary(*op, operand, expr),
            ExprKind::Binary(left, op, right) if is_arithmetic(*op) => self.arithmetic(left, *op, right, expr),
            ExprKind::Case { operand, branches, otherwise } => {
                self.case(operand.as_deref(), branches, otherwise.as_deref(), self.kind(expr))
            }
            ExprKind::Cast { operand, to } => self.cast(operand, to, expr),
            ExprKind::Call(call) => self.call(call, expr),
            ExprKind::Collate(inner, name) => match name.as_str() {
                "NOCASE" => Ok(Expr::call("LOWER", vec![self.text(inner)?])),
                "RTRIM" => {
                    let text = self.text(inner)?;
                    self.piece("@rtrim", vec![text], span)
                }
                "BINARY" => self.value(inner),
                _ => self.refuse(Construct::Collation(name.clone()), span),
            },
            ExprKind::Scalar(query) if arity(query) == 1 => {
                Ok(ExprKind::Scalar(Box::new(self.query(query, Place::Scalar)?)).into())
            }
            ExprKind::Scalar(_) | ExprKind::Row(_) => self.refuse(Construct::RowValue, span),
            ExprKind::Parameter(name) => self.refuse(Construct::Parameter(name.clone()), span),
            ExprKind::Unknown(name) => self.refuse(Construct::Unknown(name.clone()), span),
            ExprKind::Output(_) => Ok(expr.clone()),
            ExprKind::Binary(_, BinaryOp::Arrow, _) => self.refuse(Construct::Operator("->"), span),
            ExprKind::Binary(_, BinaryOp::LongArrow, _) => self.refuse(Construct::Operator("->>"), span),
            _ => {
                let condition = self.condition(expr)?;
                let never_null = matches!(expr.kind, ExprKind::IsNull { .. } | ExprKind::Exists { .. });
                Ok(self.condition_as_value(condition, !never_null))
            }
        }
    }

    /// A condition where a value is wanted: 1, 0, and NULL where it may be that.
    pub(super) fn condition_as_value(&self, condition: Expr, may_be_null: bool) -> Expr {
        if self.traits.conditions_are_values {
            return condition;
        }
        let whole = |n| Expr::value(Value::Integer(n));
        let mut branches = vec![(condition.clone(), whole(1))];
        let mut otherwise = Some(Box::new(whole(0)));
        if may_be_null {
            let not = ExprKind::Unary(UnaryOp::Not, Box::new(condition));
            branches.push((not.into(), whole(0)));
            otherwise = None;
        }
        ExprKind::Case { operand: None, branches, otherwise }.into()
    }

    /// The column that SQLite's row id is.
    fn row_id(&self, source: SourceId, expr: &Expr) -> Lowered<Expr> {
        match self.naming_table(source).and_then(|table| self.catalog.row_id_column(table)) {
            Some(id) => Ok(ExprKind::Column { source, column: id.column }.into()),
            None => self.refuse(Construct::RowId, expr.span),
        }
    }

    fn literal(&self, literal: &Literal, expr: &Expr) -> Lowered<Expr> {
        match &literal.value {
            Value::Text(text) if text.is_empty() && self.traits.empty_is_null => {
                self.refuse(Construct::EmptyText, expr.span)
            }
            Value::Text(text) if text.contains('\0') => self.refuse(Construct::Pattern, expr.span),
            Value::Real(real) if real.is_infinite() => self.refuse(Construct::Type("infinity".into()), expr.span),
            _ => Ok(expr.clone()),
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr, expr: &Expr) -> Lowered<Expr> {
        match op {
            UnaryOp::Not => {
                let condition = self.condition(expr)?;
                Ok(self.condition_as_value(condition, true))
            }
            UnaryOp::Minus => Ok(ExprKind::Unary(op, Box::new(self.number(operand)?)).into()),
            UnaryOp::Plus => self.value(operand),
            UnaryOp::BitNot => self.refuse(Construct::Operator("~"), expr.span),
        }
    }

    /// An expression as a number: what SQLite makes of it in arithmetic.
    pub(super) fn number(&mut self, expr: &Expr) -> Lowered<Expr> {
        match self.kind(expr) {
            Type::Boolean => {
                let value = self.value(expr)?;
                let is_stored = matches!(expr.kind, ExprKind::Column { .. });
                let is_bit = self.traits.has_booleans || is_stored && self.target.dialect == Dialect::SqlServer;
                if is_bit { self.piece("@whole_of_bool", vec![value], expr.span) } else { Ok(value) }
            }
            Type::Text => {
                let text = self.value(expr)?;
                self.piece("@number_of_text", vec![text], expr.span)
            }
            // A day is the text of one, whose number is its year.
            Type::Date | Type::Timestamp => {
                let day = self.value(expr)?;
                self.piece("@year", vec![day], expr.span)
            }
            Type::Blob => self.refuse(Construct::MixedTypes, expr.span),
            _ => self.value(expr),
        }
    }

    /// An expression as a text.
    pub(super) fn text(&mut self, expr: &Expr) -> Lowered<Expr> {
        match self.kind(expr) {
            Type::Text | Type::Unknown => self.value(expr),
            Type::Integer => {
                let whole = self.value(expr)?;
                self.piece("@text", vec![whole], expr.span)
            }
            Type::Boolean => {
                let whole = self.number(expr)?;
                self.piece("@text", vec![whole], expr.span)
            }
            Type::Date => self.formatted(expr, "%Y-%m-%d"),
            Type::Timestamp => self.formatted(expr, "%Y-%m-%d %H:%M:%S"),
            Type::Real => self.refuse(Construct::RealAsText, expr.span),
            Type::Blob => self.refuse(Construct::MixedTypes, expr.span),
        }
    }

    fn formatted(&mut self, expr: &Expr, format: &str) -> Lowered<Expr> {
        let moment = self.value(expr)?;
        self.format(moment, format, expr.span)
    }

    /// An expression as a value of the type that its column has.
    pub(super) fn as_type(&mut self, expr: &Expr, ty: Type) -> Lowered<Expr> {
        let own = self.kind(expr);
        if own == ty || is_null(expr) {
            return self.value(expr);
        }
        match ty {
            Type::Date | Type::Timestamp => self.day_literal(expr, ty).map_or_else(
                || self.refuse(if own == Type::Text { Construct::TextAsDay } else { Construct::MixedTypes }, expr.span),
                Ok,
            ),
            Type::Text if own.is_temporal() => self.text(expr),
            Type::Integer | Type::Real if own == Type::Boolean => self.number(expr),
            Type::Real if own == Type::Integer => self.value(expr),
            _ if own == Type::Unknown => self.value(expr),
            // Types that cannot be told are left to the engine, but not values of which two are told apart.
            Type::Unknown => self.value(expr),
            _ => self.refuse(Construct::MixedTypes, expr.span),
        }
    }

    /// A text literal as the day or moment that it is.
    pub(super) fn day_literal(&self, expr: &Expr, ty: Type) -> Option<Expr> {
        let text = expr.text()?;
        let name = match ty {
            Type::Date if is_day(text) => "@day",
            Type::Timestamp if is_day(text) || is_moment(text) => "@moment",
            _ => return None,
        };
        let text = if name == "@moment" && is_day(text) { format!("{text} 00:00:00") } else { text.to_owned() };
        Some(piece(name, vec![Expr::value(Value::Text(text))]))
    }

    /// Values that stand in one column.
    pub(super) fn alike(&mut self, values: &[Expr], ty: Type) -> Lowered<Vec<Expr>> {
        if ty == Type::Unknown {
            self.check_alike(values)?;
        }
        values.iter().map(|value| self.as_type(value, ty)).collect()
    }

    /// Refuses values of which some are texts and some numbers.
    fn check_alike(&self, values: &[Expr]) -> Lowered<()> {
        let mut types = values.iter().filter(|value| !is_null(value)).map(|value| (self.kind(value), value.span));
        let Some((first, _)) = types.find(|(ty, _)| *ty != Type::Unknown) else { return Ok(()) };
        match types.find(|(ty, _)| *ty != Type::Unknown && *ty != first) {
            Some((_, span)) => self.refuse(Construct::MixedTypes, span),
            None => Ok(()),
        }
    }

    fn case(
        &mut self,
        operand: Option<&Expr>,
        branches: &[(Expr, Expr)],
        otherwise: Option<&Expr>,
        ty: Type,
    ) -> Lowered<Expr> {
        let results: Vec<Expr> = branches.iter().map(|(_, then)| then).chain(otherwise).cloned().collect();
        let mut results = self.alike(&results, ty)?;
        let otherwise = otherwise.and_then(|_| results.pop()).map(Box::new);
        let mut lowered = Vec::with_capacity(branches.len());
        for ((when, _), then) in branches.iter().zip(results) {
            let when = match operand {
                // Compared one by one, so that every comparison is what it is anywhere.
                Some(operand) => self.condition(&operand.clone().binary(BinaryOp::Eq, when.clone()))?,
                None => self.condition(when)?,
            };
            lowered.push((when, then));
        }
        Ok(ExprKind::Case { operand: None, branches: lowered, otherwise }.into())
    }

    fn arithmetic(&mut self, left: &Expr, op: BinaryOp, right: &Expr, expr: &Expr) -> Lowered<Expr> {
        if let Some(days) = self.difference_of_days(left, op, right)? {
            return Ok(days);
        }
        match op {
            BinaryOp::Concat => self.concat(left, right),
            BinaryOp::Div => self.division(left, right),
            BinaryOp::Mod => {
                if self.kind(left) == Type::Real || self.kind(right) == Type::Real {
                    return self.refuse(Construct::Operator("% between decimals"), expr.span);
                }
                let by = self.number(right)?;
                let args = vec![self.number(left)?, self.not_zero(by)];
                self.piece("@remainder", args, expr.span)
            }
            BinaryOp::BitAnd => self.bits("@bit_and", left, right, expr),
            BinaryOp::BitOr => self.bits("@bit_or", left, right, expr),
            BinaryOp::ShiftLeft => self.refuse(Construct::Operator("<<"), expr.span),
            BinaryOp::ShiftRight => self.refuse(Construct::Operator(">>"), expr.span),
            _ => Ok(self.number(left)?.binary(op, self.number(right)?)),
        }
    }

    fn bits(&mut self, name: &'static str, left: &Expr, right: &Expr, expr: &Expr) -> Lowered<Expr> {
        if self.kind(left) == Type::Real || self.kind(right) == Type::Real {
            return self.refuse(Construct::Operator("bits of decimals"), expr.span);
        }
        let args = vec![self.number(left)?, self.number(right)?];
        self.piece(name, args, expr.span)
    }

    /// NULL where either is, which Oracle would read as an empty text.
    fn concat(&mut self, left: &Expr, right: &Expr) -> Lowered<Expr> {
        let mut parts = vec![right];
        let mut first = left;
        while let ExprKind::Binary(a, BinaryOp::Concat, b) = &first.kind {
            parts.push(b);
            first = a;
        }
        parts.push(first);
        let parts = parts.into_iter().rev().map(|part| self.text(part)).collect::<Lowered<Vec<_>>>()?;
        let nullable = parts.iter().filter(|part| !matches!(part.kind, ExprKind::Literal(_)));
        let known = nullable.map(|part| ExprKind::IsNull { operand: Box::new(part.clone()), negated: true }.into());
        let known = known.reduce(Expr::and).filter(|_| self.traits.empty_is_null);
        let joined = parts.into_iter().reduce(|a, b| piece("@concat", vec![a, b]));
        let joined = joined.unwrap_or_else(|| Expr::value(Value::Null));
        Ok(match known {
            Some(known) => ExprKind::Case { operand: None, branches: vec![(known, joined)], otherwise: None }.into(),
            None => joined,
        })
    }

    /// Whole numbers divide to whole numbers, and by zero to NULL.
    fn division(&mut self, left: &Expr, right: &Expr) -> Lowered<Expr> {
        let is_whole = |ty: Type| matches!(ty, Type::Integer | Type::Boolean);
        let whole = is_whole(self.kind(left)) && is_whole(self.kind(right));
        if !whole && self.may_be_whole(left) && self.may_be_whole(right) {
            return self.refuse(Construct::WholeDecimals, left.span);
        }
        let (lowered, by) = (self.number(left)?, self.number(right)?);
        let by = self.not_zero(by);
        if whole {
            let name = if self.is_plain_whole(&lowered) && self.is_plain_whole(&by) {
                "@divide_whole"
            } else {
                "@divide_sums"
            };
            return self.piece(name, vec![lowered, by], left.span);
        }
        // What is a decimal in SQLite may be a whole number, or one of few digits, here.
        let is_wide = is_wide(&lowered) || is_wide(&by);
        let both_whole = is_count_of_days(&lowered) && (is_count_of_days(&by) || is_whole(self.kind(right)));
        let both_whole = both_whole || is_count_of_days(&by) && is_whole(self.kind(left));
        let lowered = if !is_wide && (self.traits.short_decimals || both_whole) {
            piece("@double", vec![lowered])
        } else {
            lowered
        };
        Ok(lowered.binary(BinaryOp::Div, by))
    }

    /// Whether a lowered expression is a whole number of a type for whole numbers, as far as can be seen: a sum may be of
    /// another, and so may what a subquery shows.
    fn is_plain_whole(&self, expr: &Expr) -> bool {
        let mut is_plain = true;
        let is_stored = |source| self.naming_table(source).is_some_and(|table| !self.catalog.table(table).is_view);
        each_expr_here(expr, &mut |part| match &part.kind {
            ExprKind::Column { source, .. } => is_plain &= is_stored(*source),
            ExprKind::Call(call) => is_plain &= call.function != "SUM",
            kind => is_plain &= kind.subquery().is_none(),
        });
        is_plain
    }

    /// Whether SQLite may have whole numbers where the catalog has decimals: in columns declared so, and what is made of them.
    fn may_be_whole(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(literal) => matches!(literal.value, Value::Integer(_)),
            ExprKind::Column { source, column } => {
                let table = self.naming_table(*source).map(|table| self.catalog.table(table));
                table.and_then(|table| table.columns.get(usize::from(*column))).is_some_and(|column| {
                    let declared = column.declared.to_ascii_uppercase();
                    !["REAL", "FLOA", "DOUB"].iter().any(|part| declared.contains(part))
                })
            }
            ExprKind::Binary(a, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, b) => {
                self.may_be_whole(a) && self.may_be_whole(b)
            }
            ExprKind::Unary(UnaryOp::Minus, inner) => self.may_be_whole(inner),
            ExprKind::Case { branches, otherwise, .. } => {
                let mut results = branches.iter().map(|(_, then)| then).chain(otherwise.as_deref());
                results.all(|result| is_null(result) || self.may_be_whole(result))
            }
            ExprKind::Call(call) => match call.function.as_str() {
                "COUNT" => true,
                "SUM" | "MIN" | "MAX" | "ABS" | "COALESCE" | "NULLIF" | "LAG" | "LEAD" | "FIRST_VALUE"
                | "LAST_VALUE" => call.args.first().is_some_and(|arg| self.may_be_whole(arg)),
                _ => false,
            },
            ExprKind::Scalar(query) => {
                let items = query.select().map(|select| &select.items);
                items.and_then(|items| items.first()).is_some_and(|item| self.may_be_whole(&item.expr))
            }
            _ => false,
        }
    }

    /// A divisor that is NULL where it is zero.
    fn not_zero(&self, by: Expr) -> Expr {
        let is_safe = match &by.kind {
            ExprKind::Literal(literal) => {
                !matches!(literal.value, Value::Integer(0)) && literal.value != Value::Real(0.0)
            }
            _ => false,
        };
        if is_safe || !self.traits.zero_fails {
            return by;
        }
        piece("NULLIF", vec![by, Expr::value(Value::Integer(0))])
    }

    fn cast(&mut self, operand: &Expr, to: &str, expr: &Expr) -> Lowered<Expr> {
        let own = self.kind(operand);
        let upper = to.to_ascii_uppercase();
        // SQLite, "Datatypes", section 3.1: what a type's name holds says what it is.
        let has = |part: &str| upper.contains(part);
        if has("INT") {
            return self.whole(operand, own, expr);
        }
        if has("CHAR") || has("CLOB") || has("TEXT") {
            return self.text(operand);
        }
        if has("REAL") || has("FLOA") || has("DOUB") {
            let number = self.number(operand)?;
            return Ok(piece("@double", vec![number]));
        }
        if has("NUM") || has("DEC") {
            return if own == Type::Text && self.target.dialect == Dialect::Oracle {
                self.number(operand)
            } else {
                let number = self.number(operand)?;
                Ok(if own == Type::Text { piece("@double", vec![number]) } else { number })
            };
        }
        self.refuse(Construct::Type(to.to_owned()), expr.span)
    }

    /// `CAST(x AS INTEGER)` cuts off what stands behind the point.
    fn whole(&mut self, operand: &Expr, own: Type, expr: &Expr) -> Lowered<Expr> {
        if let Some(part) = self.part_of_date(operand)? {
            return Ok(part);
        }
        match own {
            Type::Integer | Type::Boolean | Type::Date | Type::Timestamp => self.number(operand),
            _ => {
                let number = self.number(operand)?;
                if is_count_of_days(&number) {
                    return Ok(number);
                }
                self.piece("@whole", vec![number], expr.span)
            }
        }
    }

    /// The table that a source is.
    fn naming_table(&self, source: SourceId) -> Option<schema::TableId> {
        self.tables.get(&source).copied()
    }
}

fn is_arithmetic(op: BinaryOp) -> bool {
    use BinaryOp::{Add, BitAnd, BitOr, Concat, Div, Mod, Mul, ShiftLeft, ShiftRight, Sub};
    matches!(op, Add | Sub | Mul | Div | Mod | Concat | BitAnd | BitOr | ShiftLeft | ShiftRight)
}

/// Whether an expression is the literal NULL.
pub(super) fn is_null(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Literal(literal) if literal.value == Value::Null)
}

/// Whether a lowered expression is a double, or a decimal with a point, as far as can be seen.
fn is_wide(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Literal(literal) => matches!(literal.value, Value::Real(_)),
        ExprKind::Binary(a, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div, b) => {
            is_wide(a) || is_wide(b)
        }
        ExprKind::Unary(UnaryOp::Minus, inner) => is_wide(inner),
        ExprKind::Call(call) => match call.function.as_str() {
            "@double" | "@days_of_moments" => true,
            "SUM" | "AVG" | "MIN" | "MAX" | "NULLIF" | "ABS" => call.args.first().is_some_and(is_wide),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a lowered expression is a whole number of days, which SQLite has as a decimal.
pub(super) fn is_count_of_days(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Case { branches, otherwise, .. } => {
            let results = branches.iter().map(|(_, then)| then).chain(otherwise.as_deref());
            !is_wide(expr) && results.into_iter().any(is_count_of_days)
        }
        ExprKind::Call(call) => match call.function.as_str() {
            "@days" => true,
            "SUM" | "MIN" | "MAX" | "NULLIF" | "ABS" | "COALESCE" | "LAG" | "LEAD" => {
                call.args.first().is_some_and(is_count_of_days)
            }
            _ => false,
        },
        ExprKind::Binary(a, BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul, b) => {
            let whole = |e: &Expr| matches!(&e.kind, ExprKind::Literal(l) if matches!(l.value, Value::Integer(_)));
            (is_count_of_days(a) && (whole(b) || is_count_of_days(b))) || (whole(a) && is_count_of_days(b))
        }
        _ => false,
    }
}
