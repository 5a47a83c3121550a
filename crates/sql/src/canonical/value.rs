//! Functions of a number.

use schema::{Type, Value};

use super::condition::feature;
use super::{Kind, Result, Writer, not_canonical};
use crate::lexeme::Word;
use crate::tree::{Call, Expr, ExprKind, Literal};

/// Whether a call is a function of a number.
pub(super) fn is_value_function(call: &Call) -> bool {
    let plain = call.over.is_none() && call.filter.is_none() && !call.distinct;
    plain && matches!(call.function.as_str(), "COALESCE" | "IFNULL" | "ABS" | "ROUND")
}

/// What `NULLIF(x, 0)` is of.
pub(super) fn without_zero(e: &Expr) -> Option<&Expr> {
    match &e.kind {
        ExprKind::Call(call) if call.function == "NULLIF" => match call.args.as_slice() {
            [of, zero] if whole(zero) == Some(0) => Some(of),
            _ => None,
        },
        _ => None,
    }
}

/// The whole number that a literal is, said in the question ("missing counts as zero") or not.
fn whole(e: &Expr) -> Option<i64> {
    match &e.kind {
        ExprKind::Literal(Literal { value: Value::Integer(n), .. }) => Some(*n),
        ExprKind::Literal(Literal { value: Value::Real(0.0), .. }) => Some(0),
        _ => None,
    }
}

impl Writer<'_> {
    /// Writes a function of a number.
    pub(super) fn write_function(&mut self, call: &Call, e: &Expr, scalars: Option<Kind>) -> Result<()> {
        let (word, of, end) = match (call.function.as_str(), call.args.as_slice()) {
            ("COALESCE" | "IFNULL", [of, zero]) if whole(zero) == Some(0) => (Word::Coalesce, of, Word::OrZero),
            ("ABS", [of]) => (Word::Abs, of, Word::Close),
            ("ROUND", [of]) => (Word::Round, of, Word::OrZero),
            ("ROUND", [of, places]) => match whole(places) {
                Some(0) => (Word::Round, of, Word::OrZero),
                Some(1) => (Word::Round, of, Word::ToTenths),
                Some(2) => (Word::Round, of, Word::ToHundredths),
                _ => return not_canonical(feature(e), e.span),
            },
            _ => return not_canonical(feature(e), e.span),
        };
        self.write_in(word, of, end, scalars)
    }

    /// Writes an expression between a function's brackets.
    pub(super) fn write_in(&mut self, word: Word, of: &Expr, end: Word, scalars: Option<Kind>) -> Result<()> {
        let is_number = |ty: Type| ty.is_numeric() || ty == Type::Unknown;
        let plain = self.column_of(of).is_some_and(|column| !is_number(self.catalog.column(column).ty));
        if plain || !(self.has_column(of) || self.has_aggregate(of) || self.has_scalar(of)) {
            return not_canonical("function of what is no number", of.span);
        }
        self.word(word);
        self.write_expression(of, scalars)?;
        self.word(end);
        Ok(())
    }
}
