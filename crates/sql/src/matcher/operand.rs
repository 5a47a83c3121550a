//! What an expression takes as its next operand.

use super::Matcher;
use super::advance::mix;
use super::expression::{Expression, Op, Role, Wants};
use super::grammar::{ColumnFacts, Kinds, kind};
use super::offer::Offers;
use super::scope::SORTABLE;
use super::state::{LevelKind, Phase, Place};
use crate::lexeme::Word;

impl Matcher<'_> {
    /// Offers the operands of an expression.
    pub(crate) fn offer_operands(&self, e: &Expression, out: &mut Offers) {
        if e.last == Op::Join {
            return self.offer_joined(e, out);
        }
        let plain = e.is_first() && e.role != Role::Parenthesis;
        let kinds = if plain { e.kinds } else { kind::NUMBER };
        let last_chance = e.operators_left() == 0;
        if !(last_chance && e.lacks_aggregate()) {
            self.offer_columns(e, plain, kinds, out);
            if kinds & kind::NUMBER != 0 && e.limit > 0 {
                self.offer_days(e, out);
            }
        }
        self.offer_case(e, out);
        self.offer_text_calls(e, kinds, out);
        self.offer_labels(e, kinds, out);
        self.offer_windows(e, kinds, out);
        if self.may_aggregate(e) {
            self.offer_aggregates(e, kinds, out);
        }
        if e.orders_texts() {
            return;
        }
        if e.role == Role::Right && plain {
            self.literals(kinds, e.versus, |id| out.put(id));
            if kinds & kind::TIME != 0 {
                self.range_ends(e.comparison, |id| out.put(id));
            }
        }
        self.offer_queries(e, kinds, out);
        if kinds & kind::NUMBER != 0 && e.limit > 0 {
            self.offer_arithmetic(e, plain, out);
            self.offer_functions(e, out);
        }
    }

    /// Constants, numbers of the question and parentheses: operands that alone would say nothing.
    fn offer_arithmetic(&self, e: &Expression, plain: bool, out: &mut Offers) {
        let left = e.operators_left();
        let may_wait = self.may_wait(e);
        let folds = e.constant && e.last == Op::Divide;
        if may_wait && !folds && !(plain && e.role == Role::Right) {
            self.grammar.constants.iter().filter(|c| c.arithmetic).for_each(|c| out.put(c.id));
        }
        if may_wait || (e.wants == Wants::Value && matches!(e.debt, Wants::Nothing | Wants::Value)) {
            self.slots.numbers().for_each(|slot| out.put(self.slot_id(slot)));
        }
        let needed = 1 + e.operators_after_parenthesis();
        if left >= needed
            && e.depth < self.grammar.limits.parentheses
            && self.can_be_met(e)
            && self.can_be_met(&e.parenthesis())
        {
            out.put(self.grammar.word(Word::Open));
        }
    }

    fn offer_columns(&self, e: &Expression, plain: bool, kinds: Kinds, out: &mut Offers) {
        let level = self.level();
        let bytes_too = plain && matches!(e.role, Role::Item | Role::Left) && kinds == kind::ANY;
        // What a CTE shows must be of use: bytes can be neither compared nor grouped by.
        let bytes_too = bytes_too && level.kind != LevelKind::Cte;
        let may_compute = e.limit > 0 && self.grammar.alias(level.computed + 1).is_some();
        // A column that still needs an aggregate beside it must be one to calculate with.
        let kinds = if e.wants == Wants::Aggregate && !e.is_met() { kinds & kind::NUMBER } else { kinds };
        let outside_item = e.place == Place::Item && !e.inside;
        self.any_column(e.place, e.inside, |id, facts: ColumnFacts| {
            let mut fits = facts.kinds & kinds != 0 || (bytes_too && facts.kinds == 0);
            if plain && e.role == Role::Item && level.arm.number == 0 && level.plain.contains(&id) {
                fits &= may_compute && facts.kinds & kind::NUMBER != 0;
            }
            if plain && e.role == Role::Order {
                fits &= !level.order.contains(&id);
            }
            if plain && e.role == Role::Argument && facts.kinds & kind::NUMBER == 0 {
                fits &= e.limit == 0 || !self.would_repeat(&[id]);
            }
            if fits && (!plain || id != e.versus) && (!outside_item || self.has_room(level, id)) {
                out.put(id);
            }
            false
        });
    }

    fn offer_aggregates(&self, e: &Expression, kinds: Kinds, out: &mut Offers) {
        if e.role == Role::Item && self.grammar.alias(self.level().computed + 1).is_none() {
            return;
        }
        let mut put = |word: Word| out.put(self.grammar.word(word));
        if kinds & kind::NUMBER != 0 {
            put(Word::CountStar);
            if self.sees(e.place, true, kind::ANY) {
                put(Word::Count);
                put(Word::CountDistinct);
            }
            // A CASE may count, and days be apart, where no column is a number.
            let groups = matches!(e.place, Place::Having | Place::Order);
            if self.sees(e.place, true, if groups { kind::ANY } else { kind::NUMBER }) {
                put(Word::Sum);
                put(Word::Avg);
            }
        }
        for word in [Word::Min, Word::Max] {
            let start = self.grammar.word(word);
            let fits = |id: u32, facts: ColumnFacts| {
                facts.kinds & kinds & SORTABLE != 0
                    && (facts.kinds & kind::NUMBER != 0 || e.role != Role::Item || !self.would_repeat(&[start, id]))
            };
            if self.any_column(e.place, true, fits) {
                put(word);
            }
        }
    }

    /// Whether the output being read would, with these lexemes and a bracket, be an earlier one once more. A least or
    /// greatest text cannot be calculated with, so nothing could make it another.
    fn would_repeat(&self, ids: &[u32]) -> bool {
        let level = self.level();
        let start = if level.phase == Phase::ItemEnd { level.running } else { 0 };
        let hash = ids.iter().chain([&self.grammar.word(Word::Close)]).fold(start, |hash, id| mix(hash, *id));
        level.arm.number == 0 && level.phase <= Phase::ItemEnd && level.items.contains(&hash)
    }

    /// The expression within an aggregate's bracket, and the kinds of the result (0: those of the argument).
    pub(crate) fn argument(&self, e: &Expression, word: Word) -> (Expression, Kinds) {
        let plain = e.is_first() && e.role != Role::Parenthesis;
        let kinds = if plain { e.kinds & SORTABLE } else { kind::NUMBER };
        let operators = self.grammar.limits.operators.min(3);
        let (kinds, limit, result) = match word {
            Word::Count | Word::CountDistinct => (kind::ANY, 0, kind::NUMBER),
            Word::Sum | Word::Avg => (kind::NUMBER, operators, kind::NUMBER),
            _ if kinds & kind::NUMBER != 0 => (kinds, operators, 0),
            _ => (kinds, 0, 0),
        };
        (Expression::new(Role::Argument, e.place, kinds, limit), result)
    }

    /// An operator may follow a value of these kinds.
    pub(crate) fn is_calculable(e: &Expression, kinds: Kinds) -> bool {
        let first = e.is_first() && e.role != Role::Parenthesis;
        kinds & kind::NUMBER != 0 && (!first || e.kinds & kind::NUMBER != 0)
    }
}
