//! A question that follows another: the earlier query stands before it in the prompt, and what that query's literals say
//! may be said again.
//!
//! Only the query is kept of what went before, so a conversation can go on from pasted SQL as well. Each of its literals
//! becomes a slot of the new question, after the question's own.

use schema::slot::{FilledSlot, KnownValue, NormalizedQuestion, NumberUnit, Reading, Slot, SlotKind, TextSpan};
use schema::{Catalog, ColumnId, Type, Value};
use sql::affinity::coerce_literals;
use sql::canonical::{CanonicalOptions, lexemes};
use sql::lexeme::{Lexeme, Lexicon};
use sql::tree::{ExprKind, Query};
use sql::visit::each_expr_of_query;

use crate::literals::{Place, for_each_literal};
use crate::slots::{align, is_constant, is_today};

/// The earlier query as the new question's prompt holds it, its values added to the question's slots. `None`, and the
/// question as it was, where the query has no canonical form or more values than a question may have.
pub fn continued(
    previous: &Query,
    question: &mut NormalizedQuestion,
    catalog: &Catalog,
    lexicon: &Lexicon,
) -> Option<Vec<Lexeme>> {
    let mut query = previous.clone();
    coerce_literals(&mut query, catalog);
    sql::calendar::normalise(&mut query);
    let mut half_open = true;
    each_expr_of_query(&query, &mut |e| half_open &= !matches!(e.kind, ExprKind::Between { .. }));
    let remembered = |half_open| remembered(&query, question, catalog, lexicon, half_open);
    // Two days beside a column may be no range: `> a AND < b`.
    let (with, said) = remembered(half_open).or_else(|| remembered(false))?;
    *question = with;
    Some(said)
}

/// A question with the values of an earlier query, and that query's lexemes.
fn remembered(
    query: &Query,
    question: &NormalizedQuestion,
    catalog: &Catalog,
    lexicon: &Lexicon,
    half_open: bool,
) -> Option<(NormalizedQuestion, Vec<Lexeme>)> {
    let (mut query, mut with) = (query.clone(), question.clone());
    let mut memory = Memory { catalog, question: &mut with, half_open, open: None, fits: true };
    for_each_literal(&mut query, &mut |literal, place| {
        if !is_constant(lexicon, &literal.value, place) && !is_today(&literal.value, memory.question.today) {
            memory.keep(&literal.value, place);
        }
    });
    if !memory.fits {
        return None;
    }
    align(&mut query, &with, lexicon).ok()?;
    let today = with.today.to_string();
    let said = lexemes(&query, catalog, lexicon, CanonicalOptions { today: Some(&today) }).ok()?;
    Some((with, said))
}

/// Values being remembered.
struct Memory<'a> {
    catalog: &'a Catalog,
    question: &'a mut NormalizedQuestion,
    /// Whether two days beside a column may be a range; the second one of a BETWEEN is within it.
    half_open: bool,
    /// A day beside a column, which another day beside it may make a range.
    open: Option<(Slot, ColumnId)>,
    /// Whether every value found a slot.
    fits: bool,
}

impl Memory<'_> {
    fn keep(&mut self, value: &Value, place: Place) {
        let open = self.open.take();
        match value {
            Value::Integer(_) | Value::Real(_) => {
                let reading = Reading::Number { value: value.clone(), unit: NumberUnit::None };
                self.add(SlotKind::Num, reading);
            }
            Value::Text(text) => self.keep_text(text, place, open),
            Value::Null | Value::Blob(_) => {}
        }
    }

    fn keep_text(&mut self, text: &str, place: Place, open: Option<(Slot, ColumnId)>) {
        let temporal = place.column.filter(|column| self.catalog.column(*column).ty.is_temporal());
        if let (Some(column), Ok(day)) = (temporal, text.get(..10).unwrap_or(text).parse()) {
            return self.keep_day(day, column, open);
        }
        match place.column.filter(|column| self.catalog.column(*column).ty == Type::Text) {
            Some(column) if !place.pattern => {
                let stored = KnownValue { column, stored: text.to_owned(), score: 1.0 };
                self.add(SlotKind::Val, Reading::Known(vec![stored]));
            }
            _ => {
                self.add(SlotKind::Str, Reading::Text(text.trim_matches('%').to_owned()));
            }
        }
    }

    /// A day; with the one before it beside the same column, a range.
    fn keep_day(&mut self, day: jiff::civil::Date, column: ColumnId, open: Option<(Slot, ColumnId)>) {
        let start = open.filter(|(_, known)| self.half_open && *known == column).and_then(|(slot, _)| {
            let at = self.question.slots.iter().position(|filled| filled.slot == slot)?;
            match self.question.slots[at].readings[..] {
                [Reading::Date(start)] if start < day => Some((at, start)),
                _ => None,
            }
        });
        let Some((at, start)) = start else {
            self.open = self.add(SlotKind::Date, Reading::Date(day)).map(|slot| (slot, column));
            return;
        };
        if self.has_room(SlotKind::Range) {
            self.question.slots.remove(at);
            self.add(SlotKind::Range, Reading::Range { start, end: day });
        } else {
            self.add(SlotKind::Date, Reading::Date(day));
        }
    }

    fn has_room(&self, kind: SlotKind) -> bool {
        self.number(kind) <= kind.limit()
    }

    /// The number that a further slot of a kind has.
    fn number(&self, kind: SlotKind) -> u8 {
        1 + self.question.slots.iter().filter(|f| f.slot.kind == kind).map(|f| f.slot.number).max().unwrap_or(0)
    }

    /// The new slot; none where one is known that says the same, or where there are too many already.
    fn add(&mut self, kind: SlotKind, reading: Reading) -> Option<Slot> {
        if !self.fits || self.question.slots.iter().any(|filled| filled.readings == [reading.clone()]) {
            return None;
        }
        let slot = Slot { kind, number: self.number(kind) };
        self.fits &= slot.number <= kind.limit();
        self.question.slots.push(FilledSlot {
            slot,
            span: TextSpan::default(),
            again: vec![],
            readings: vec![reading],
        });
        self.question.slots.sort_by_key(|filled| filled.slot);
        Some(slot)
    }
}
