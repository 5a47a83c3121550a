//! Functions of a text column, and texts one after another.

use schema::{Type, Value};

use super::case::label;
use super::expression::is_float;
use super::{Result, Writer, not_canonical};
use crate::lexeme::{Lexeme, Word};
use crate::tree::{BinaryOp, Call, Expr, ExprKind, Literal};

impl Writer<'_> {
    /// Whether an expression is a text column.
    pub(super) fn is_text(&self, e: &Expr) -> bool {
        let ty = self.column_of(e).map(|column| self.catalog.column(column).ty);
        matches!(e.kind, ExprKind::Column { .. }) && ty == Some(Type::Text)
    }

    /// Whether an expression is a function of a text column, or texts one after another.
    pub(super) fn is_of_text(&self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Cast { operand, to } => is_float(to) && self.is_text(operand),
            ExprKind::Call(call) => self.word_of(call).is_some(),
            ExprKind::Binary(_, BinaryOp::Concat, _) => true,
            _ => false,
        }
    }

    /// The same where it is no number: it may be shown and grouped by, and nothing else.
    pub(super) fn is_made_text(&self, e: &Expr) -> bool {
        self.is_of_text(e) && !self.is_length(e) && !matches!(e.kind, ExprKind::Cast { .. })
    }

    fn word_of(&self, call: &Call) -> Option<Word> {
        let plain = call.over.is_none() && call.filter.is_none() && !call.distinct;
        match (call.function.as_str(), call.args.as_slice()) {
            _ if !plain => None,
            ("UPPER", [of]) if self.is_text(of) => Some(Word::Upper),
            ("LOWER", [of]) if self.is_text(of) => Some(Word::Lower),
            ("LENGTH", [of]) if self.is_text(of) => Some(Word::Length),
            ("SUBSTR" | "SUBSTRING", [of, from, _]) if self.is_text(of) && is_one(from) => Some(Word::Beginning),
            ("COALESCE" | "IFNULL", [of, other])
                if self.is_text(of) && (label(other).is_some() || self.is_text(other)) =>
            {
                Some(Word::OrElse)
            }
            _ => None,
        }
    }

    /// Writes such an expression.
    pub(super) fn write_of_text(&mut self, e: &Expr) -> Result<()> {
        match &e.kind {
            ExprKind::Cast { operand, .. } => {
                self.word(Word::ToNumber);
                self.write_expression(operand, None)?;
                self.word(Word::AsReal);
                Ok(())
            }
            ExprKind::Call(call) => self.write_text_call(call, e),
            _ => self.write_joined(e),
        }
    }

    fn write_text_call(&mut self, call: &Call, e: &Expr) -> Result<()> {
        let (Some(word), [of, rest @ ..]) = (self.word_of(call), call.args.as_slice()) else {
            return not_canonical(super::condition::feature(e), e.span);
        };
        self.word(word);
        self.write_expression(of, None)?;
        match (word, rest) {
            (Word::Beginning, [_, letters]) => {
                self.word(Word::FromFirst);
                let limit = self.limit(letters, super::Kind::Top)?;
                self.out.push(limit);
            }
            (Word::OrElse, [other]) if other == of => return not_canonical("text or else itself", e.span),
            (Word::OrElse, [other]) => {
                self.word(Word::Comma);
                self.write_text(other)?;
            }
            _ => {}
        }
        self.word(Word::Close);
        Ok(())
    }

    /// Writes what texts that stand one after another are: columns, and what the question says; the first may be a function.
    fn write_joined(&mut self, e: &Expr) -> Result<()> {
        for (i, part) in joined(e).into_iter().enumerate() {
            if i > 0 {
                self.word(Word::Concat);
            }
            match &part.kind {
                ExprKind::Call(_) if i == 0 && self.is_of_text(part) && !self.is_length(part) => {
                    self.write_of_text(part)?
                }
                ExprKind::Column { .. } => self.write_expression(part, None)?,
                ExprKind::Literal(_) => self.write_text(part)?,
                _ => return not_canonical("concatenation", e.span),
            }
        }
        Ok(())
    }

    fn is_length(&self, e: &Expr) -> bool {
        matches!(&e.kind, ExprKind::Call(call) if call.function == "LENGTH")
    }

    fn write_text(&mut self, e: &Expr) -> Result<()> {
        match (label(e), &e.kind) {
            (Some(label), _) => {
                self.out.push(label);
                Ok(())
            }
            (None, ExprKind::Column { .. }) => {
                let column = self.visible_column(e)?;
                self.out.push(Lexeme::Column(column));
                Ok(())
            }
            _ => not_canonical("concatenation", e.span),
        }
    }
}

fn is_one(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Literal(Literal { value: Value::Integer(1), .. }))
}

/// The texts that stand one after another.
fn joined(e: &Expr) -> Vec<&Expr> {
    match &e.kind {
        ExprKind::Binary(a, BinaryOp::Concat, b) => [joined(a), joined(b)].concat(),
        _ => vec![e],
    }
}
