//! Truth, comparisons and membership.

use schema::{Type, Value};

use super::query::{Place, coded};
use super::value::is_null;
use super::{Construct, Lowered, Lowering, Texts, piece, spelling};
use crate::affinity::is_comparison;
use crate::tree::{BinaryOp, Expr, ExprKind, Query, Span, UnaryOp};
use crate::types::{is_day, is_moment};

/// Two operands ready to be compared.
struct Pair {
    left: Expr,
    right: Expr,
    op: BinaryOp,
}

impl Lowering<'_> {
    /// An expression as a condition.
    pub(super) fn condition(&mut self, expr: &Expr) -> Lowered<Expr> {
        match &expr.kind {
            ExprKind::Binary(left, op @ (BinaryOp::And | BinaryOp::Or), right) => {
                Ok(self.condition(left)?.binary(*op, self.condition(right)?))
            }
            ExprKind::Unary(UnaryOp::Not, operand) => {
                Ok(ExprKind::Unary(UnaryOp::Not, Box::new(self.condition(operand)?)).into())
            }
            ExprKind::Binary(left, op, right) if is_comparison(*op) => self.comparison(left, *op, right),
            ExprKind::Binary(left, op @ (BinaryOp::Is | BinaryOp::IsNot), right) => self.is(left, *op, right),
            ExprKind::IsNull { operand, negated } => {
                let operand = Box::new(self.value(operand)?);
                Ok(ExprKind::IsNull { operand, negated: *negated }.into())
            }
            ExprKind::IsTruth { operand, truth, negated } => self.is_truth(operand, *truth, *negated),
            ExprKind::Between { operand, low, high, negated } => self.between(operand, low, high, *negated),
            ExprKind::Like { .. } => self.like(expr),
            ExprKind::InList { operand, list, negated } => self.in_list(operand, list, *negated),
            ExprKind::InQuery { operand, query, negated } => self.in_query(operand, query, *negated),
            ExprKind::Exists { query, negated } => {
                let query = Box::new(self.query(query, Place::Other)?);
                Ok(ExprKind::Exists { query, negated: *negated }.into())
            }
            ExprKind::Literal(literal) => match literal.value {
                Value::Integer(0) => Ok(piece("@never", vec![])),
                Value::Integer(_) => Ok(piece("@always", vec![])),
                _ => self.truth(expr),
            },
            _ => self.truth(expr),
        }
    }

    /// A value as a condition: what is not zero.
    fn truth(&mut self, expr: &Expr) -> Lowered<Expr> {
        if self.kind(expr) == Type::Boolean && self.traits.conditions_are_values {
            return self.value(expr);
        }
        let zero = Expr::value(Value::Integer(0));
        if self.kind(expr) == Type::Boolean {
            return Ok(self.value(expr)?.binary(BinaryOp::NotEq, zero));
        }
        Ok(self.number(expr)?.binary(BinaryOp::NotEq, zero))
    }

    fn is_truth(&mut self, operand: &Expr, truth: bool, negated: bool) -> Lowered<Expr> {
        let condition = self.condition(operand)?;
        if self.traits.conditions_are_values {
            let operand = Box::new(condition);
            return Ok(ExprKind::IsTruth { operand, truth, negated }.into());
        }
        let condition = if truth { condition } else { ExprKind::Unary(UnaryOp::Not, Box::new(condition)).into() };
        let op = if negated { BinaryOp::NotEq } else { BinaryOp::Eq };
        Ok(self.condition_as_value(condition, false).binary(op, Expr::value(Value::Integer(1))))
    }

    fn comparison(&mut self, left: &Expr, op: BinaryOp, right: &Expr) -> Lowered<Expr> {
        if let (ExprKind::Row(a), ExprKind::Row(b)) = (&left.kind, &right.kind) {
            return self.rows(a, op, b, left);
        }
        if let Some(compared) = self.text_beside_number(left, op, right)? {
            return Ok(compared);
        }
        let joins = |e: &Expr| matches!(e.kind, ExprKind::Column { .. }) && self.kind(e) == Type::Text;
        let is_join = op == BinaryOp::Eq && self.traits.loose_texts && joins(left) && joins(right);
        let plain = left.clone().binary(op, right.clone());
        let Pair { left, right, op } = self.pair(left, op, right)?;
        let exact = left.binary(op, right);
        // The indexes of both columns serve the looser comparison only, so that is said too.
        Ok(if is_join && self.target.texts == Texts::ByCode { plain.and(exact) } else { exact })
    }

    fn rows(&mut self, left: &[Expr], op: BinaryOp, right: &[Expr], expr: &Expr) -> Lowered<Expr> {
        let mut pairs = Vec::with_capacity(left.len());
        for (a, b) in left.iter().zip(right) {
            pairs.push(self.comparison(a, BinaryOp::Eq, b)?);
        }
        let equal = pairs.into_iter().reduce(Expr::and);
        match (op, equal) {
            (BinaryOp::Eq, Some(equal)) => Ok(equal),
            (BinaryOp::NotEq, Some(equal)) => Ok(ExprKind::Unary(UnaryOp::Not, Box::new(equal)).into()),
            _ => self.refuse(Construct::RowValue, expr.span),
        }
    }

    /// A column of texts beside one of numbers.
    fn text_beside_number(&mut self, left: &Expr, op: BinaryOp, right: &Expr) -> Lowered<Option<Expr>> {
        let [a, b] = [self.kind(left), self.kind(right)];
        if !is_text_and_number(a, b) && !is_text_and_number(b, a) {
            return Ok(None);
        }
        // What is computed has no type that the other side would be read by.
        if !shows_column(left) || !shows_column(right) {
            return self.refuse(Construct::MixedTypes, left.span);
        }
        Ok(Some(self.as_number(left)?.binary(op, self.as_number(right)?)))
    }

    /// A column as SQLite compares it with one of numbers.
    fn as_number(&mut self, expr: &Expr) -> Lowered<Expr> {
        let value = self.value(expr)?;
        if self.kind(expr) == Type::Text { self.number_if_one(value, expr.span) } else { Ok(value) }
    }

    fn number_if_one(&self, text: Expr, span: Span) -> Lowered<Expr> {
        match spelling("@number_if_one", self.target.dialect) {
            Some(_) => Ok(piece("@number_if_one", vec![text])),
            None => self.refuse(Construct::MixedTypes, span),
        }
    }

    /// `IS` between values: equal, NULL being equal to NULL.
    fn is(&mut self, left: &Expr, op: BinaryOp, right: &Expr) -> Lowered<Expr> {
        if let (ExprKind::Row(_), _) | (_, ExprKind::Row(_)) = (&left.kind, &right.kind) {
            return self.refuse(Construct::RowValue, left.span);
        }
        let Pair { left, right, .. } = self.pair(left, BinaryOp::Eq, right)?;
        Ok(piece(if op == BinaryOp::Is { "@same" } else { "@differs" }, vec![left, right]))
    }

    fn between(&mut self, operand: &Expr, low: &Expr, high: &Expr, negated: bool) -> Lowered<Expr> {
        let (first, last) = (self.pair(operand, BinaryOp::GtEq, low)?, self.pair(operand, BinaryOp::LtEq, high)?);
        if first.left == last.left && first.op == BinaryOp::GtEq && last.op == BinaryOp::LtEq {
            let (operand, low, high) = (Box::new(first.left), Box::new(first.right), Box::new(last.right));
            return Ok(ExprKind::Between { operand, low, high, negated }.into());
        }
        let both = first.left.binary(first.op, first.right).and(last.left.binary(last.op, last.right));
        Ok(if negated { ExprKind::Unary(UnaryOp::Not, Box::new(both)).into() } else { both })
    }

    fn in_list(&mut self, operand: &Expr, list: &[Expr], negated: bool) -> Lowered<Expr> {
        if list.is_empty() {
            return Ok(piece(if negated { "@always" } else { "@never" }, vec![]));
        }
        let mut pairs = Vec::with_capacity(list.len());
        for member in list {
            if matches!(member.kind, ExprKind::Row(_)) {
                return self.refuse(Construct::RowValue, member.span);
            }
            pairs.push(self.pair(operand, BinaryOp::Eq, member)?);
        }
        let first = pairs[0].left.clone();
        if pairs.iter().all(|pair| pair.left == first) {
            let list = pairs.into_iter().map(|pair| pair.right).collect();
            return Ok(ExprKind::InList { operand: Box::new(first), list, negated }.into());
        }
        let tests = pairs.into_iter().map(|pair| pair.left.binary(pair.op, pair.right));
        let any = tests.reduce(|a, b| a.binary(BinaryOp::Or, b)).unwrap_or_else(|| piece("@never", vec![]));
        Ok(if negated { ExprKind::Unary(UnaryOp::Not, Box::new(any)).into() } else { any })
    }

    fn in_query(&mut self, operand: &Expr, query: &Query, negated: bool) -> Lowered<Expr> {
        let types = self.types.of_outputs(query);
        let mut lowered = Box::new(self.query(query, Place::Member)?);
        let (own, shown) = (self.kind(operand), types.first().copied().unwrap_or_default());
        if is_text_and_number(shown, own) && shows_column(operand) && is_column_of_select(query) {
            let items = lowered.select_mut().map(|select| select.items.as_mut_slice());
            if let Some([item]) = items {
                item.expr = self.number_if_one(item.expr.clone(), operand.span)?;
                (item.alias, item.from_star) = (None, false);
            }
            return Ok(ExprKind::InQuery { operand: Box::new(self.value(operand)?), query: lowered, negated }.into());
        }
        let operand = match &operand.kind {
            _ if is_text_and_number(own, shown) && shows_column(operand) && is_column_of_select(query) => {
                self.as_number(operand)?
            }
            ExprKind::Row(items) if self.traits.has_rows => {
                let items = items.iter().zip(&types).map(|(item, ty)| self.member(item, *ty));
                ExprKind::Row(items.collect::<Lowered<_>>()?).into()
            }
            ExprKind::Row(_) => return self.refuse(Construct::RowValue, operand.span),
            _ => self.member(operand, shown)?,
        };
        Ok(ExprKind::InQuery { operand: Box::new(operand), query: lowered, negated }.into())
    }

    /// What is looked for among the rows of a subquery of this type.
    fn member(&mut self, operand: &Expr, ty: Type) -> Lowered<Expr> {
        let own = self.kind(operand);
        let alike = own == ty || own.is_numeric() && ty.is_numeric() || own == Type::Unknown || ty == Type::Unknown;
        if !alike {
            return self.as_type(operand, ty);
        }
        let value = self.value(operand)?;
        let by_code = own == Type::Text && self.traits.loose_texts && self.target.texts == Texts::ByCode;
        Ok(if by_code { coded(value) } else { value })
    }

    /// Two operands as the engine has to compare them.
    fn pair(&mut self, left: &Expr, op: BinaryOp, right: &Expr) -> Lowered<Pair> {
        let (a, b) = (self.kind(left), self.kind(right));
        if a.is_temporal() && (right.text().is_some() || b.is_temporal() || b == Type::Text) {
            return self.temporal(left, op, right);
        }
        if b.is_temporal() && (left.text().is_some() || a == Type::Text) {
            let Pair { left, right, op } = self.temporal(right, op.turned(), left)?;
            return Ok(Pair { left: right, right: left, op: op.turned() });
        }
        if a == Type::Boolean || b == Type::Boolean {
            return self.booleans(left, op, right);
        }
        if a == Type::Text || b == Type::Text {
            return self.texts(left, op, right);
        }
        if (a.is_temporal() || b.is_temporal()) && a != Type::Unknown && b != Type::Unknown {
            return self.refuse(Construct::MixedTypes, left.span);
        }
        Ok(Pair { left: self.value(left)?, right: self.value(right)?, op })
    }

    fn booleans(&mut self, left: &Expr, op: BinaryOp, right: &Expr) -> Lowered<Pair> {
        if !self.traits.has_booleans {
            return Ok(Pair { left: self.value(left)?, right: self.value(right)?, op });
        }
        let truth = |e: &Expr| match &e.kind {
            ExprKind::Literal(literal) => match literal.value {
                Value::Integer(0) => Some(piece("@false", vec![])),
                Value::Integer(1) => Some(piece("@true", vec![])),
                _ => None,
            },
            _ => None,
        };
        match (self.kind(left), self.kind(right)) {
            (Type::Boolean, Type::Boolean) => Ok(Pair { left: self.value(left)?, right: self.value(right)?, op }),
            (Type::Boolean, _) if truth(right).is_some() => {
                Ok(Pair { left: self.value(left)?, right: truth(right).unwrap_or_else(|| right.clone()), op })
            }
            (_, Type::Boolean) if truth(left).is_some() => {
                Ok(Pair { left: truth(left).unwrap_or_else(|| left.clone()), right: self.value(right)?, op })
            }
            _ => Ok(Pair { left: self.number(left)?, right: self.number(right)?, op }),
        }
    }

    fn texts(&mut self, left: &Expr, op: BinaryOp, right: &Expr) -> Lowered<Pair> {
        let is_text = |ty: Type| matches!(ty, Type::Text | Type::Unknown);
        if !is_text(self.kind(left)) || !is_text(self.kind(right)) {
            return self.refuse(Construct::MixedTypes, left.span);
        }
        let folds = |e: &Expr| matches!(&e.kind, ExprKind::Collate(_, name) if name == "NOCASE");
        let (mut a, mut b) = (self.value(left)?, self.value(right)?);
        if folds(left) != folds(right) {
            let plain = if folds(left) { &mut b } else { &mut a };
            *plain = Expr::call("LOWER", vec![plain.clone()]);
        }
        let equality = matches!(op, BinaryOp::Eq | BinaryOp::NotEq);
        if self.target.texts == Texts::ByCode && (self.traits.loose_texts || !equality) {
            // One side says it for both.
            if left.text().is_some() { b = coded(b) } else { a = coded(a) }
        }
        Ok(Pair { left: a, right: b, op })
    }

    /// A day or moment compared: with a text that is one, with another, or as texts.
    fn temporal(&mut self, left: &Expr, op: BinaryOp, right: &Expr) -> Lowered<Pair> {
        let ty = self.kind(left);
        if self.kind(right) == ty {
            return Ok(Pair { left: self.value(left)?, right: self.value(right)?, op });
        }
        let Some(text) = right.text() else { return self.as_texts(left, op, right) };
        if crate::affinity::as_held(&Value::Text(text.to_owned()), Type::Real).is_some() {
            // A text that is a number is compared as one with a column of days.
            return self.refuse(Construct::MixedTypes, right.span);
        }
        let pair = match (ty, op) {
            (Type::Date, _) if is_day(text) => Some(op),
            (Type::Timestamp, _) if is_moment(text) => Some(op),
            // As texts, a moment comes after the day that it begins with.
            (Type::Timestamp, BinaryOp::Gt | BinaryOp::GtEq) if is_day(text) => Some(BinaryOp::GtEq),
            (Type::Timestamp, BinaryOp::Lt | BinaryOp::LtEq) if is_day(text) => Some(BinaryOp::Lt),
            _ => None,
        };
        match (pair, self.day_literal(right, ty)) {
            (Some(op), Some(right)) => Ok(Pair { left: self.value(left)?, right, op }),
            _ => self.as_texts(left, op, right),
        }
    }

    fn as_texts(&mut self, left: &Expr, op: BinaryOp, right: &Expr) -> Lowered<Pair> {
        if is_null(right) {
            return Ok(Pair { left: self.value(left)?, right: right.clone(), op });
        }
        Ok(Pair { left: self.text(left)?, right: self.text(right)?, op })
    }
}

fn is_text_and_number(text: Type, number: Type) -> bool {
    text == Type::Text && number.is_numeric()
}

/// Whether an expression is a column, or a subquery that shows one as it is: what is compared with it is read by its type.
fn shows_column(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Column { .. } => true,
        ExprKind::Scalar(query) => is_column_of_select(query),
        _ => false,
    }
}

/// Whether a query shows one column as it is.
fn is_column_of_select(query: &Query) -> bool {
    let items = query.select().map(|select| select.items.as_slice());
    matches!(items, Some([item]) if matches!(item.expr.kind, ExprKind::Column { .. }))
}
