//! Differences of days: `( JULIANDAY( later ) - JULIANDAY( earlier ) )`, a number. Each side is a day's column, the first or
//! last day of a group, or a day that the question says, and at least one is none of the last.

use super::Matcher;
use super::advance::mix;
use super::expression::{Expression, Operand, Role};
use super::grammar::{ColumnFacts, Kinds, kind};
use super::offer::Offers;
use super::state::{Frame, Level, NONE, Place};
use crate::lexeme::{Lexeme, Word};
use crate::tree::SlotPart;

/// A difference of days being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Days {
    pub(crate) place: Place,
    /// Within an aggregate.
    pub(crate) inside: bool,
    /// The later day once read.
    pub(crate) later: u32,
    /// Whether the word between them has been read.
    pub(crate) between: bool,
    /// The earlier day once read.
    pub(crate) earlier: u32,
    /// One of them is an aggregate.
    pub(crate) aggregate: bool,
}

impl Days {
    pub(crate) fn new(e: &Expression) -> Self {
        Days { place: e.place, inside: e.inside, later: NONE, between: false, earlier: NONE, aggregate: false }
    }

    /// Lexemes needed to end it.
    pub(crate) fn cost(&self) -> usize {
        match (self.later == NONE, self.between, self.earlier == NONE) {
            (true, ..) => 4,
            (_, false, _) => 3,
            (.., true) => 2,
            _ => 1,
        }
    }
}

impl Matcher<'_> {
    /// Offers the word that opens a difference of days, where a day's column is in sight.
    pub(crate) fn offer_days(&self, e: &Expression, out: &mut Offers) {
        let named = e.role != Role::Item || self.grammar.alias(self.level().computed + 1).is_some();
        let grouped = self.may_aggregate(e) && self.any_day(e.place, true, |_| true);
        if named && (grouped || self.any_day(e.place, e.inside, |_| true)) {
            out.put(self.grammar.word(Word::Days));
        }
    }

    /// Whether a condition sees days or texts and no number: a difference of days, or a function of a text, is all there is
    /// to calculate with.
    pub(crate) fn has_days_alone(&self, e: &Expression, level: &Level) -> bool {
        let columns = || level.have.iter().flat_map(|&node| level.node_columns(self.grammar, node));
        let sees = |kinds: Kinds| columns().any(|(_, facts)| !facts.part && facts.kinds & kinds != 0);
        let of_rows = e.place == Place::Where || (e.inside && matches!(e.place, Place::Having | Place::Order));
        let others = || sees(kind::TIME) || columns().any(|(id, facts)| self.is_text(id, facts));
        of_rows && !sees(kind::NUMBER) && others()
    }

    pub(crate) fn offer_in_days(&self, days: &Days, out: &mut Offers) {
        match days.cost() {
            4 => {
                self.any_day(days.place, days.inside, |id| {
                    out.put(id);
                    false
                });
                self.day_aggregates(days, |id| out.put(id));
                self.said_days(|id| out.put(id));
            }
            3 => out.put(self.grammar.word(Word::DaysFrom)),
            2 => {
                self.any_day(days.place, days.inside, |id| {
                    if id != days.later {
                        out.put(id);
                    }
                    false
                });
                self.day_aggregates(days, |id| out.put(id));
                if days.aggregate || self.grammar.column(days.later).is_some() {
                    self.said_days(|id| out.put(id));
                }
            }
            _ => out.put(self.grammar.word(Word::DaysEnd)),
        }
    }

    /// What the day that it still needs costs beyond a column, where only the first or last of a group is in sight.
    pub(crate) fn group_detour(&self, days: &Days) -> usize {
        let said = days.aggregate || [days.later, days.earlier].into_iter().any(|id| self.grammar.column(id).is_some());
        if said || self.any_day(days.place, days.inside, |_| true) { 0 } else { 2 }
    }

    /// Visits the days' columns that a place sees, until `visit` returns true; whether it did.
    fn any_day(&self, place: Place, inside: bool, mut visit: impl FnMut(u32) -> bool) -> bool {
        let level = self.level();
        let outside_item = place == Place::Item && !inside;
        self.any_column(place, inside, |id, facts: ColumnFacts| {
            facts.kinds & kind::TIME != 0 && (!outside_item || self.has_room(level, id)) && visit(id)
        })
    }

    /// Visits MIN and MAX where they may be of a day; not the same word twice.
    fn day_aggregates(&self, days: &Days, mut visit: impl FnMut(u32)) {
        let e = self.day_argument(days, days.inside);
        if self.level().may_take_aggregate(&e) && self.any_day(days.place, true, |_| true) {
            let words = [Word::Min, Word::Max].map(|word| self.grammar.word(word));
            words.into_iter().filter(|id| *id != days.later).for_each(&mut visit);
        }
    }

    fn day_argument(&self, days: &Days, inside: bool) -> Expression {
        Expression { inside, ..Expression::new(Role::Argument, days.place, kind::TIME, 0) }
    }

    /// Opens MIN or MAX as one of the days.
    fn open_day_aggregate(&mut self, days: Days) {
        let argument = self.day_argument(&days, true);
        self.level_mut().aggregated |= days.place == Place::Item;
        self.frames.extend([Frame::Call(0), Frame::Expression(argument)]);
    }

    /// Visits the days that the question says, the ends of its ranges, and the day asked on.
    fn said_days(&self, mut visit: impl FnMut(u32)) {
        let ends = [SlotPart::Start, SlotPart::End].into_iter().flat_map(|part| self.slots.range_ends(part));
        let said = self.slots.whole(kind::TIME, None).chain(self.slots.days_after()).chain(ends);
        said.for_each(|slot| visit(self.slot_id(slot)));
        visit(self.grammar.word(Word::Today));
    }

    pub(crate) fn take_in_days(&mut self, days: Days, id: u32, lexeme: Lexeme) -> bool {
        if let (Lexeme::Column(_), Place::Item, false) = (lexeme, days.place, days.inside) {
            self.note_bare(id);
        }
        let level = self.level_mut();
        level.running = mix(level.running, id);
        let aggregate = matches!(lexeme, Lexeme::Word(Word::Min | Word::Max));
        let days = Days { aggregate: days.aggregate || aggregate, ..days };
        if aggregate {
            let later = if days.later == NONE { id } else { days.later };
            let earlier = if days.later == NONE { NONE } else { id };
            self.replace_frame(Frame::Days(Days { later, earlier, ..days }));
            self.open_day_aggregate(days);
            return true;
        }
        match days.cost() {
            4 => self.replace_frame(Frame::Days(Days { later: id, ..days })),
            3 => self.replace_frame(Frame::Days(Days { between: true, ..days })),
            2 => self.replace_frame(Frame::Days(Days { earlier: id, ..days })),
            _ => {
                self.frames.pop();
                let aggregate = days.aggregate;
                self.take_operand(Operand {
                    kinds: kind::NUMBER,
                    value: true,
                    column: true,
                    aggregate,
                    ..Operand::NOTHING
                });
                true
            }
        }
    }
}
