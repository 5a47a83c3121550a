//! Calendars: a first CTE of days, from a word that says how long its periods are to the day that ends the last. Its two
//! columns are the first day of each period and the first day after it, with the parts of both ([`crate::date_part`]).

use std::sync::Arc;

use super::Matcher;
use super::cte::Ctes;
use super::grammar::{ColumnFacts, kind};
use super::offer::Offers;
use super::state::{Frame, LevelKind, NONE};
use crate::calendar::Step;
use crate::date_part::{CTE_DAYS, DatePart};
use crate::lexeme::{Lexeme, OUTPUTS, Word};
use crate::tree::SlotPart;

/// A calendar being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Calendar {
    step: Step,
    /// Its first day once read.
    start: u32,
    /// Whether the word between its ends has been read.
    between: bool,
    /// The day that ends it once read.
    end: u32,
}

impl Calendar {
    /// Lexemes needed to end it.
    pub(crate) fn cost(&self) -> usize {
        match (self.start == NONE, self.between, self.end == NONE) {
            (true, ..) => 4,
            (_, false, _) => 3,
            (.., true) => 2,
            _ => 1,
        }
    }
}

/// A column that no query may speak of.
const HIDDEN: ColumnFacts = ColumnFacts { kinds: 0, part: true };
const DAY: ColumnFacts = ColumnFacts { kinds: kind::TIME, part: false };

/// Whether no query may speak of a column.
pub(crate) fn is_hidden(facts: &ColumnFacts) -> bool {
    *facts == HIDDEN
}

/// The columns of the first CTE with the parts of the days that it begins with, in the places that lexemes give them.
pub(crate) fn with_parts(mut columns: Vec<ColumnFacts>) -> Vec<ColumnFacts> {
    let days: Vec<bool> = (0..usize::from(CTE_DAYS)).map(|at| columns.get(at) == Some(&DAY)).collect();
    columns.resize(usize::from(OUTPUTS), HIDDEN);
    for is_day in days {
        let part = if is_day { ColumnFacts { kinds: kind::TEXT, part: true } } else { HIDDEN };
        columns.extend(DatePart::ALL.map(|_| part));
    }
    columns
}

impl Matcher<'_> {
    /// Offers the words that open a calendar before everything else, where the question says a day.
    pub(crate) fn offer_calendars(&self, out: &mut Offers) {
        let level = self.level();
        let fresh = level.kind == LevelKind::Top && level.arm.number == 0 && level.ctes.is_empty();
        if fresh && self.grammar.may_name && Self::has_at_least(1, |visit| self.first_days(visit)) {
            Step::ALL.iter().for_each(|(_, each, _)| out.put(self.grammar.word(*each)));
        }
    }

    pub(crate) fn offer_in_calendar(&self, calendar: &Calendar, out: &mut Offers) {
        match calendar.cost() {
            4 => self.first_days(&mut |id| out.put(id)),
            3 => out.put(self.grammar.word(calendar.step.words().1)),
            2 => self.last_days(&mut |id| {
                if id != calendar.start {
                    out.put(id);
                }
            }),
            _ => out.put(self.grammar.word(Word::Close)),
        }
    }

    /// Visits the days that a calendar may begin with: those that the question says.
    fn first_days(&self, visit: &mut dyn FnMut(u32)) {
        let said = self.slots.range_ends(SlotPart::Start).chain(self.slots.whole(kind::TIME, None));
        said.for_each(|slot| visit(self.slot_id(slot)));
    }

    /// Visits the days that may end a calendar.
    fn last_days(&self, visit: &mut dyn FnMut(u32)) {
        let said = self.slots.range_ends(SlotPart::End).chain(self.slots.whole(kind::TIME, None));
        said.chain(self.slots.days_after()).for_each(|slot| visit(self.slot_id(slot)));
        visit(self.grammar.word(Word::Today));
    }

    /// Opens the calendar that a word begins.
    pub(crate) fn open_calendar(&mut self, word: Word) {
        if let Some((step, ..)) = Step::ALL.into_iter().find(|(_, each, _)| *each == word) {
            self.frames.push(Frame::Calendar(Calendar { step, start: NONE, between: false, end: NONE }));
        }
    }

    pub(crate) fn take_in_calendar(&mut self, calendar: Calendar, id: u32, lexeme: Lexeme) -> bool {
        match (calendar.cost(), lexeme) {
            (4, _) => self.replace_frame(Frame::Calendar(Calendar { start: id, ..calendar })),
            (3, _) => self.replace_frame(Frame::Calendar(Calendar { between: true, ..calendar })),
            (2, _) => self.replace_frame(Frame::Calendar(Calendar { end: id, ..calendar })),
            _ => {
                let grammar = self.grammar;
                let level = self.level_mut();
                level.ctes = Arc::new(Ctes::of_calendar(with_parts(vec![DAY, DAY])));
                level.update_reach(grammar);
                self.drop_frame()
            }
        }
    }
}
