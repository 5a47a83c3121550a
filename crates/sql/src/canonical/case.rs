//! CASE within an aggregate or as an output, and FILTER, which says the same; texts as what an output calls its rows.

use schema::Value;
use schema::slot::SlotKind;

use super::condition::{Cond, Test, feature};
use super::{Result, Writer, not_canonical};
use crate::lexeme::{Lexeme, Word};
use crate::matcher::case::{BRANCHES, SHOWN_BRANCHES};
use crate::tree::{BinaryOp, Call, Expr, ExprKind, Literal, SlotPart};

/// The text of the question that an expression is.
pub(super) fn label(e: &Expr) -> Option<Lexeme> {
    match &e.kind {
        ExprKind::Literal(Literal { value: Value::Text(_), slot: Some(said) }) => {
            crate::matcher::label(said.slot).filter(|label| label == said).map(Lexeme::Slot)
        }
        _ => None,
    }
}

/// Whether an expression is a value that the question said, spelled as it is stored.
fn is_stored(e: &Expr) -> bool {
    matches!(&e.kind, ExprKind::Literal(Literal { slot: Some(said), .. })
        if said.slot.kind == SlotKind::Val && said.part == SlotPart::Whole)
}

impl Writer<'_> {
    /// The argument of an aggregate with its FILTER, if it has one, as a CASE.
    pub(super) fn filtered_argument(&self, call: &Call) -> Option<Expr> {
        let filter = call.filter.as_deref()?;
        let value = call.args.first().cloned().unwrap_or_else(|| Expr::value(Value::Integer(1)));
        Some(ExprKind::Case { operand: None, branches: vec![(filter.clone(), value)], otherwise: None }.into())
    }

    /// Writes a CASE that is the whole argument of an aggregate or, `shown`, an output.
    pub(super) fn write_case(&mut self, e: &Expr, shown: bool) -> Result<()> {
        let ExprKind::Case { operand, branches, otherwise } = &e.kind else {
            return not_canonical(feature(e), e.span);
        };
        if branches.len() > usize::from(if shown { SHOWN_BRANCHES } else { BRANCHES }) {
            return not_canonical("case of many branches", e.span);
        }
        for (i, (when, then)) in branches.iter().enumerate() {
            self.word(if i == 0 { Word::CaseWhen } else { Word::When });
            let condition = match operand {
                Some(operand) => operand.as_ref().clone().binary(BinaryOp::Eq, when.clone()),
                None => when.clone(),
            };
            let mut conditions = self.condition(&condition, false)?.into_conjuncts();
            if conditions.iter().flat_map(Cond::tests).any(|test| self.has_query(test)) {
                return not_canonical("subquery in a case", when.span);
            }
            conditions.sort_by_key(|condition| self.place_of(condition));
            self.write_conditions(&conditions, false)?;
            self.word(Word::Then);
            self.write_value(then, shown)?;
        }
        match otherwise.as_deref().map(|e| &e.kind) {
            None | Some(ExprKind::Literal(Literal { value: Value::Null, .. })) => {}
            Some(ExprKind::Literal(Literal { value: Value::Integer(0), .. })) => self.word(Word::ElseZero),
            Some(_) => {
                self.word(Word::Else);
                self.write_value(otherwise.as_deref().unwrap_or(e), shown)?;
            }
        }
        self.word(Word::CaseEnd);
        Ok(())
    }

    /// Writes a value of a CASE.
    fn write_value(&mut self, e: &Expr, shown: bool) -> Result<()> {
        match label(e).filter(|_| shown) {
            Some(label) => self.out.push(label),
            None if is_stored(e) => return not_canonical("stored value as a text", e.span),
            None => self.write_expression(e, None)?,
        }
        Ok(())
    }

    fn has_query(&self, test: &Test) -> bool {
        matches!(test, Test::Query(..) | Test::Exists(..)) || test.operands().into_iter().any(|e| self.has_scalar(e))
    }
}
