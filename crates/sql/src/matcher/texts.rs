//! Functions of a text column (`UPPER( x )`, `LENGTH( x )`, `SUBSTR( x , 1 , 1 )`, `COALESCE( x , <str1> )`,
//! `CAST( x AS REAL )`), and texts one after another: `x || <str1> || y`.

use super::Matcher;
use super::advance::mix;
use super::expression::{Expression, Operand, Role};
use super::grammar::{ColumnFacts, Kinds, kind};
use super::offer::Offers;
use super::state::{Frame, NONE, Phase, Place};
use crate::lexeme::{Lexeme, Word};

/// Functions whose value is a number.
const NUMBERS: [Word; 2] = [Word::Length, Word::ToNumber];
/// Functions whose value is a text.
const TEXTS: [Word; 3] = [Word::Upper, Word::Lower, Word::Beginning];
/// What texts that are put one after another may be.
pub(crate) const JOINED: Kinds = kind::TEXT | kind::NUMBER | kind::KEY;

/// A function of a text column being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TextCall {
    word: Word,
    place: Place,
    inside: bool,
    /// The column once read.
    column: u32,
    /// Whether a comma has come.
    comma: bool,
    /// Whether what comes after it has.
    second: bool,
}

impl TextCall {
    /// Lexemes needed to end it.
    pub(crate) fn cost(&self) -> usize {
        let pair = matches!(self.word, Word::Beginning | Word::OrElse);
        match (self.column == NONE, pair, self.comma, self.second) {
            (true, true, ..) => 4,
            (true, false, ..) => 2,
            (false, true, false, _) => 3,
            (false, true, true, false) => 2,
            _ => 1,
        }
    }
}

impl Matcher<'_> {
    /// Offers the words that open a function of a text.
    pub(crate) fn offer_text_calls(&self, e: &Expression, kinds: Kinds, out: &mut Offers) {
        let named = e.role != Role::Item || self.grammar.alias(self.level().computed + 1).is_some();
        if !named || e.limit == 0 || e.lacks_aggregate() {
            return;
        }
        if !self.any_text(e.place, e.inside, |_| true) {
            return;
        }
        let numbers = kinds & kind::NUMBER != 0;
        let texts = e.role == Role::Item && self.level().is_whole() && e.is_first() && kinds & kind::TEXT != 0;
        let mut put_all = |words: &[Word]| words.iter().for_each(|word| out.put(self.grammar.word(*word)));
        if numbers {
            put_all(&NUMBERS);
        }
        if texts {
            put_all(&TEXTS);
        }
        if texts && self.slots.labels().next().is_some() {
            put_all(&[Word::OrElse]);
        }
    }

    /// What the column that it still needs may bring along in SELECT: tables, and a key.
    pub(crate) fn text_detour(&self, call: &TextCall) -> usize {
        let level = self.level();
        if call.place != Place::Item || call.column != NONE {
            return 0;
        }
        let mut near = level.need.iter().flat_map(|&node| level.node_columns(self.grammar, node));
        let tables = if near.any(|(id, facts)| self.is_text(id, facts)) {
            0
        } else {
            usize::from(level.sources(self.grammar)) * level.join_cost()
        };
        tables + if call.inside { 0 } else { 2 }
    }

    pub(crate) fn is_text(&self, id: u32, facts: ColumnFacts) -> bool {
        let text = facts.kinds & kind::TEXT != 0 && facts.kinds & (kind::NUMBER | kind::TIME) == 0;
        // What a CTE computes may be no text of the schema.
        text && !facts.part && self.source_column(id).is_some()
    }

    /// Visits the text columns that a place sees, until `visit` returns true; whether it did.
    fn any_text(&self, place: Place, inside: bool, mut visit: impl FnMut(u32) -> bool) -> bool {
        let level = self.level();
        let outside_item = place == Place::Item && !inside;
        self.any_column(place, inside, |id, facts: ColumnFacts| {
            self.is_text(id, facts) && (!outside_item || self.has_room(level, id)) && visit(id)
        })
    }

    /// Opens a function of a text in an expression.
    pub(crate) fn open_text_call(&mut self, e: &Expression, word: Word) {
        let (place, inside) = (e.place, e.inside);
        self.frames.push(Frame::Text(TextCall { word, place, inside, column: NONE, comma: false, second: false }));
    }

    pub(crate) fn offer_in_text_call(&self, call: &TextCall, out: &mut Offers) {
        let word = |word: Word| self.grammar.word(word);
        if call.column == NONE {
            self.any_text(call.place, call.inside, |id| {
                out.put(id);
                false
            });
        } else if call.cost() == 3 {
            out.put(word(if call.word == Word::Beginning { Word::FromFirst } else { Word::Comma }));
        } else if call.cost() == 2 && call.word == Word::Beginning {
            self.slots.limits().for_each(|slot| out.put(self.slot_id(slot)));
            self.grammar.constants.iter().filter(|c| c.limit).for_each(|c| out.put(c.id));
        } else if call.cost() == 2 {
            self.slots.labels().for_each(|slot| out.put(self.slot_id(slot)));
            // A column of the tables that are there; the same one says nothing.
            self.any_text(call.place, call.inside, |id| {
                if id != call.column {
                    out.put(id);
                }
                false
            });
        } else {
            out.put(word(if call.word == Word::ToNumber { Word::AsReal } else { Word::Close }));
        }
    }

    pub(crate) fn take_in_text_call(&mut self, call: TextCall, id: u32, lexeme: Lexeme) -> bool {
        if let (Lexeme::Column(_), Place::Item, false) = (lexeme, call.place, call.inside) {
            self.note_bare(id);
        }
        let level = self.level_mut();
        if level.phase == Phase::ItemEnd {
            level.running = mix(level.running, id);
        }
        match call.cost() {
            1 => {
                self.frames.pop();
                let number = NUMBERS.contains(&call.word);
                let kinds = if number { kind::NUMBER } else { kind::TEXT };
                self.take_operand(Operand { kinds, value: true, column: true, text: !number, ..Operand::NOTHING });
                true
            }
            _ if call.column == NONE => self.replace_frame(Frame::Text(TextCall { column: id, ..call })),
            3 => self.replace_frame(Frame::Text(TextCall { comma: true, ..call })),
            _ => self.replace_frame(Frame::Text(TextCall { second: true, ..call })),
        }
    }

    /// Offers what may stand after `||`.
    pub(crate) fn offer_joined(&self, e: &Expression, out: &mut Offers) {
        let level = self.level();
        self.any_column(e.place, e.inside, |id, facts: ColumnFacts| {
            if facts.kinds & JOINED != 0 && !facts.part && self.has_room(level, id) {
                out.put(id);
            }
            false
        });
        self.slots.labels().for_each(|slot| out.put(self.slot_id(slot)));
    }

    /// Whether another text may follow.
    pub(crate) fn may_join(&self, e: &Expression) -> bool {
        let repeated = self.level().is_repeated();
        e.joinable && self.level().is_whole() && (e.operators_left() > 0 || repeated)
    }
}
