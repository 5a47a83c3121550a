//! `CASE WHEN condition THEN value [WHEN …] [ELSE value] END` as the argument of an aggregate (sums and counts of some of
//! the rows only) and as an output. Its conditions see what the argument or output sees and hold no subquery.
//!
//! An output may call rows what the question says: `THEN <str1>`. The first value tells what the others must be. A level
//! that has such an output takes no aggregate and no GROUP BY: what groups by it reads a CTE.

use super::Matcher;
use super::advance::mix;
use super::expression::{Expression, Operand, Role};
use super::grammar::{Kinds, kind};
use super::offer::Offers;
use super::scope::SORTABLE;
use super::state::{Conditions, Frame, Level, NONE, Phase, Place};
use crate::lexeme::{Lexeme, Word};

/// Branches of a CASE in an aggregate.
pub(crate) const BRANCHES: u8 = 3;
/// Branches of one that is an output.
pub(crate) const SHOWN_BRANCHES: u8 = 5;

/// A CASE being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Case {
    pub(crate) place: Place,
    /// What its values are.
    pub(crate) kinds: Kinds,
    /// Operators that a value may have.
    pub(crate) limit: u8,
    /// Whether it is an output.
    pub(crate) shown: bool,
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
    /// After ELSE, or in or after its value.
    Else,
}

impl Case {
    /// Lexemes needed to end it, those of the goal above aside.
    pub(crate) fn cost(&self) -> usize {
        if self.stage == Stage::When { 3 } else { 1 }
    }

    /// What its values are, once one of an output has been read.
    fn told(&self, value: Option<&Expression>) -> Kinds {
        match value.map(|e| e.result & SORTABLE) {
            Some(kinds) if self.shown => {
                if kinds == 0 {
                    kind::NUMBER
                } else {
                    kinds
                }
            }
            _ => self.kinds,
        }
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
    /// Offers a CASE as the whole of an aggregate's argument or of an output.
    pub(crate) fn offer_case(&self, e: &Expression, out: &mut Offers) {
        let counts = e.kinds == kind::ANY;
        let fits = match e.role {
            Role::Item => self.may_show_case(e),
            Role::Argument => {
                let groups = matches!(e.place, Place::Having | Place::Order);
                let kinds = if counts || groups { kind::ANY } else { kind::NUMBER };
                (counts || e.kinds & kind::NUMBER != 0) && self.sees(e.place, true, kinds)
            }
            _ => false,
        };
        if fits && e.is_first() {
            out.put(self.grammar.word(Word::CaseWhen));
        }
    }

    fn may_show_case(&self, e: &Expression) -> bool {
        let level = self.level();
        let plain = level.is_whole() && level.arm.number == 0 && !level.aggregated;
        plain && e.limit > 0 && self.sees(e.place, true, kind::ANY)
    }

    /// Whether one more output may be a CASE over the tables that are mentioned.
    pub(crate) fn may_add_case(&self) -> bool {
        let level = self.level();
        let mut near = level.need.iter().flat_map(|&node| level.node_columns(self.grammar, node));
        let named = self.grammar.alias(level.computed + 1).is_some();
        level.is_whole()
            && level.arm.number == 0
            && !level.aggregated
            && named
            && near.any(|(_, f)| f.kinds != 0 && !f.part)
    }

    /// What an output costs beyond one lexeme, where only a CASE is left.
    pub(crate) fn output_detour(&self, level: &Level) -> usize {
        if level.items.is_empty() || level.need.is_empty() || level.arm.number > 0 || self.has_plain_item(NONE) {
            0
        } else {
            6
        }
    }

    /// Offers what an output may call its rows: texts of the question.
    pub(crate) fn offer_labels(&self, e: &Expression, kinds: Kinds, out: &mut Offers) {
        let level = self.level();
        let fits = match e.role {
            Role::Item => level.is_whole() && e.limit > 0 && kinds & kind::TEXT != 0,
            // Of what is counted, and of numbers, there are no labels.
            Role::Then => kinds & kind::TEXT != 0 && kinds & kind::FLAG == 0,
            _ => false,
        };
        if !fits || !e.is_first() {
            return;
        }
        for id in self.slots.labels().map(|slot| self.slot_id(slot)) {
            let again = e.role == Role::Item && level.arm.number == 0 && level.items.contains(&mix(0, id));
            if !again {
                out.put(id);
            }
        }
    }

    pub(crate) fn offer_in_case(&self, case: &Case, child: Option<&Expression>, out: &mut Offers) {
        let mut put = |word: Word| out.put(self.grammar.word(word));
        match case.stage {
            Stage::When => put(Word::Then),
            Stage::Else => put(Word::CaseEnd),
            Stage::Then => {
                if case.branches < if case.shown { SHOWN_BRANCHES } else { BRANCHES } {
                    put(Word::When);
                }
                let kinds = case.told(child);
                if kinds == kind::NUMBER {
                    put(Word::ElseZero);
                }
                if case.shown || kinds == kind::NUMBER {
                    put(Word::Else);
                }
                put(Word::CaseEnd);
            }
        }
    }

    /// Opens a CASE in an argument or an output.
    pub(crate) fn open_case(&mut self, e: &Expression) {
        let shown = e.role == Role::Item;
        let kinds = match e.kinds {
            _ if shown => SORTABLE,
            kind::ANY => kind::ANY,
            _ => kind::NUMBER,
        };
        // What is counted may be a constant; what is summed may be computed.
        let limit = e.limit.max(1);
        let case = Case { place: e.place, kinds, limit, shown, branches: 1, stage: Stage::When };
        if shown {
            let name = self.grammar.output_base + u32::from(self.level().computed);
            let level = self.level_mut();
            level.crowded = true;
            // No two of them count as the same output.
            level.running = mix(level.running, name);
        }
        self.frames.extend([Frame::Case(case), Frame::Conditions(case.conditions())]);
    }

    pub(crate) fn take_in_case(&mut self, case: Case, child: Option<Expression>, lexeme: Lexeme) -> bool {
        let Lexeme::Word(word) = lexeme else { return false };
        let case = Case { kinds: case.told(child.as_ref()), ..case };
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
            Word::Else => {
                self.replace_frame(Frame::Case(Case { stage: Stage::Else, ..case }));
                self.frames.push(Frame::Expression(case.value()));
            }
            Word::CaseEnd => {
                self.frames.pop();
                self.take_operand(Operand { kinds: case.kinds, value: true, column: true, ..Operand::NOTHING });
                // It is the whole of its argument or output: nothing is calculated with it.
                if let Some(Frame::Expression(whole)) = self.frames.last_mut() {
                    whole.calculable = false;
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
