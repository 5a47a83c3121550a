//! `CASE WHEN condition THEN value [WHEN …] [ELSE 0] END` as the argument of an aggregate: sums and counts of some of the
//! rows only. Its conditions see what the argument sees and hold no subquery.

use super::Matcher;
use super::expression::{Expression, Operand, Role};
use super::grammar::{Kinds, kind};
use super::offer::Offers;
use super::state::{Conditions, Frame, Phase, Place};
use crate::lexeme::{Lexeme, Word};

/// Branches of one CASE.
const BRANCHES: u8 = 3;

/// A CASE being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Case {
    pub(crate) place: Place,
    /// What its values are.
    pub(crate) kinds: Kinds,
    /// Operators that a value may have.
    pub(crate) limit: u8,
    /// Conditions so far.
    pub(crate) branches: u8,
    pub(crate) stage: Stage,
}

/// How far a CASE has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    /// In or after a condition.
    When,
    /// In or after a value.
    Then,
    /// After ELSE.
    Else,
}

impl Case {
    /// Lexemes needed to end it, those of the goal above aside.
    pub(crate) fn cost(&self) -> usize {
        if self.stage == Stage::When { 3 } else { 1 }
    }

    fn value(&self) -> Expression {
        Expression::new(Role::Then, self.place, self.kinds, self.limit)
    }

    fn conditions(&self) -> Conditions {
        Conditions {
            place: self.place,
            inside: true,
            depth: 0,
            conditions: 0,
            alternatives: 1,
            expects: true,
            must_and: false,
        }
    }
}

impl Matcher<'_> {
    /// Offers a CASE as the whole of an aggregate's argument.
    pub(crate) fn offer_case(&self, e: &Expression, out: &mut Offers) {
        let counts = e.kinds == kind::ANY;
        let alone = e.role == Role::Argument && e.is_first() && (counts || e.kinds & kind::NUMBER != 0);
        if alone && self.sees(e.place, true, if counts { kind::ANY } else { kind::NUMBER }) {
            out.put(self.grammar.word(Word::CaseWhen));
        }
    }

    pub(crate) fn offer_in_case(&self, case: &Case, out: &mut Offers) {
        let mut put = |word: Word| out.put(self.grammar.word(word));
        match case.stage {
            Stage::When => put(Word::Then),
            Stage::Else => put(Word::CaseEnd),
            Stage::Then => {
                if case.branches < BRANCHES {
                    put(Word::When);
                }
                if case.kinds == kind::NUMBER {
                    put(Word::ElseZero);
                }
                put(Word::CaseEnd);
            }
        }
    }

    /// Opens a CASE in an argument.
    pub(crate) fn open_case(&mut self, e: &Expression) {
        let kinds = if e.kinds == kind::ANY { kind::ANY } else { kind::NUMBER };
        // What is counted may be a constant; what is summed may be computed.
        let limit = e.limit.max(1);
        let case = Case { place: e.place, kinds, limit, branches: 1, stage: Stage::When };
        self.frames.extend([Frame::Case(case), Frame::Conditions(case.conditions())]);
    }

    pub(crate) fn take_in_case(&mut self, case: Case, lexeme: Lexeme) -> bool {
        let Lexeme::Word(word) = lexeme else { return false };
        match word {
            Word::Then => {
                self.replace_frame(Frame::Case(Case { stage: Stage::Then, ..case }));
                self.frames.push(Frame::Expression(case.value()));
            }
            Word::When => {
                self.replace_frame(Frame::Case(Case { stage: Stage::When, branches: case.branches + 1, ..case }));
                self.frames.push(Frame::Conditions(case.conditions()));
            }
            Word::ElseZero => _ = self.replace_frame(Frame::Case(Case { stage: Stage::Else, ..case })),
            Word::CaseEnd => {
                self.frames.pop();
                self.take_operand(Operand { kinds: case.kinds, value: true, column: true, ..Operand::NOTHING });
                // It is the whole of its argument: nothing is calculated with it.
                if let Some(Frame::Expression(argument)) = self.frames.last_mut() {
                    argument.calculable = false;
                }
            }
            _ => return false,
        }
        true
    }

    /// Whether an output is being read within a CASE, whose lexemes all count for what the output is.
    pub(crate) fn is_in_case_of_item(&self) -> bool {
        self.level().phase == Phase::ItemEnd && self.frames.iter().any(|frame| matches!(frame, Frame::Case(_)))
    }
}
