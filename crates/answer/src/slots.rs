//! Which literal of a query came from which slot of the question.
//!
//! Hand-written and synthesised pairs hold plain SQL. Before a model can learn from them, each literal must be traced to
//! the part of the question that said it: `Budget > 100000` to `<num1>`, `Status = 'Active'` to `<val1>`. A literal that
//! no slot explains may only be a constant of the lexicon or the day asked on; anything else cannot be learnt. What a
//! slot stands for is asked of the function that fills slots again, so that the two cannot disagree.

use std::collections::HashSet;

use jiff::civil::Date;
use schema::slot::{NormalizedQuestion, Slot, SlotKind};
use schema::{ColumnId, Value};
use sql::canonical::fill_from;
use sql::lexeme::Lexicon;
use sql::tree::{Literal, Query, SlotPart, SlotUse};

use crate::literals::{Place, for_each_literal};

/// Literals of a query that the question does not explain.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("nothing in the question stands for {}", .literals.join(", "))]
pub struct Unaligned {
    /// The literals as SQL would show them, in the order of the query.
    pub literals: Vec<String>,
}

/// Sets [`Literal::slot`] of every literal that a slot of the question explains, unused slots first. Literals equal to a
/// constant of the lexicon or to the day asked on may stay without a slot. Calendars are first brought into shape, so that
/// their ends are days that questions say.
///
/// # Errors
/// When some literal is explained by nothing; the others are set all the same.
pub fn align(query: &mut Query, question: &NormalizedQuestion, lexicon: &Lexicon) -> Result<(), Unaligned> {
    sql::calendar::normalise(query);
    let fill = fill_from(question, &[]);
    let mut aligner = Aligner { question, lexicon, fill: &fill, used: HashSet::new(), missing: vec![] };
    for_each_literal(query, &mut |literal, place| aligner.literal(literal, place));
    if aligner.missing.is_empty() { Ok(()) } else { Err(Unaligned { literals: aligner.missing }) }
}

struct Aligner<'a> {
    question: &'a NormalizedQuestion,
    lexicon: &'a Lexicon,
    /// The text that a slot stands for beside a column.
    fill: &'a dyn Fn(SlotUse, Option<ColumnId>) -> Option<String>,
    used: HashSet<SlotUse>,
    missing: Vec<String>,
}

impl Aligner<'_> {
    fn literal(&mut self, literal: &mut Literal, place: Place) {
        literal.slot = None;
        if matches!(literal.value, Value::Null)
            || (place.arithmetic && is_constant(self.lexicon, &literal.value, place))
        {
            return;
        }
        if let Some(slot_use) = self.best_slot(&literal.value, place) {
            self.used.insert(slot_use);
            literal.slot = Some(slot_use);
        } else if !is_today(&literal.value, self.question.today) && !is_constant(self.lexicon, &literal.value, place) {
            self.missing.push(shown(&literal.value));
        }
    }

    /// The first slot that stands for the value and is not used yet, else the first that is; what is only derived from a
    /// slot (a day after, a fraction) comes last.
    fn best_slot(&self, value: &Value, place: Place) -> Option<SlotUse> {
        let uses = self.question.slots.iter().flat_map(|filled| uses_of(filled.slot, place));
        let fitting = uses.filter(|slot_use| {
            (self.fill)(*slot_use, place.column).is_some_and(|text| stands_for(&text, slot_use.slot.kind, value))
        });
        let mut fitting: Vec<SlotUse> = fitting.collect();
        fitting.sort_by_key(|slot_use| (is_derived(*slot_use), self.used.contains(slot_use)));
        fitting.first().copied()
    }
}

/// Whether a literal may stay without a slot, being a constant of the lexicon.
pub(crate) fn is_constant(lexicon: &Lexicon, value: &Value, place: Place) -> bool {
    lexicon.constants.iter().any(|constant| {
        let beside = constant.columns.is_empty() || place.column.is_some_and(|c| constant.columns.contains(&c));
        beside && same_value(&constant.value, value)
    })
}

/// Whether a literal is the day asked on.
pub(crate) fn is_today(value: &Value, today: Date) -> bool {
    matches!(value, Value::Text(text) if *text == today.to_string())
}

/// Whether a part is not what was said but what follows from it.
fn is_derived(slot_use: SlotUse) -> bool {
    let day_after = (slot_use.slot.kind, slot_use.part) == (SlotKind::Date, SlotPart::End);
    day_after || matches!(slot_use.part, SlotPart::Last | SlotPart::Fraction)
}

/// The parts of a slot that a literal may hold.
fn uses_of(slot: Slot, place: Place) -> impl Iterator<Item = SlotUse> {
    use SlotPart::{Contains, End, Fraction, Last, Prefix, Said, Start, Suffix, Whole};
    let parts: &'static [SlotPart] = match slot.kind {
        SlotKind::Range => &[Start, End, Last],
        SlotKind::Date => &[Whole, End],
        SlotKind::Val if place.label => &[Said],
        SlotKind::Num if place.arithmetic => &[Whole, Fraction],
        SlotKind::Val | SlotKind::Str if place.pattern => &[Whole, Contains, Prefix, Suffix],
        _ => &[Whole],
    };
    parts.iter().map(move |&part| SlotUse { slot, part })
}

/// Whether a slot's text is this literal: numbers as numbers, everything else exactly.
fn stands_for(text: &str, kind: SlotKind, value: &Value) -> bool {
    match value {
        Value::Text(literal) => kind != SlotKind::Num && literal == text,
        Value::Integer(_) | Value::Real(_) if kind == SlotKind::Num => {
            text.parse().is_ok_and(|number| same_value(&Value::Real(number), value))
        }
        _ => false,
    }
}

/// Whether two values are the same literal: numbers as numbers, texts exactly.
pub fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (Value::Integer(a), Value::Real(b)) | (Value::Real(b), Value::Integer(a)) => *a as f64 == *b,
        (Value::Real(a), Value::Real(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => a == b,
        _ => false,
    }
}

/// A value as an SQL literal.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(whole) => whole.to_string(),
        Value::Real(real) => format!("{real:?}"),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => format!("a blob of {} bytes", bytes.len()),
    }
}
