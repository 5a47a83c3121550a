//! Which literal of a query came from which slot of the question.
//!
//! Hand-written and synthesised pairs hold plain SQL. Before a model can learn from them, each literal must be traced to
//! the part of the question that said it: `Budget > 100000` to `<num1>`, `Status = 'Active'` to `<val1>`. A literal that
//! no slot explains may only be a constant of the lexicon or the day asked on; anything else cannot be learnt.

use std::collections::HashSet;

use schema::slot::{NormalizedQuestion, Reading};
use schema::{ColumnId, Value};
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

/// Sets [`Literal::slot`] of every literal that a slot of the question explains. Unused slots come first, then the
/// likelier reading. Literals equal to a constant of the lexicon or to the day asked on may stay without a slot.
///
/// # Errors
/// When some literal is explained by nothing; the others are set all the same.
pub fn align(query: &mut Query, question: &NormalizedQuestion, lexicon: &Lexicon) -> Result<(), Unaligned> {
    let mut aligner = Aligner { question, lexicon, used: HashSet::new(), missing: vec![] };
    for_each_literal(query, &mut |literal, place| aligner.literal(literal, place));
    if aligner.missing.is_empty() { Ok(()) } else { Err(Unaligned { literals: aligner.missing }) }
}

struct Aligner<'a> {
    question: &'a NormalizedQuestion,
    lexicon: &'a Lexicon,
    used: HashSet<SlotUse>,
    missing: Vec<String>,
}

impl Aligner<'_> {
    fn literal(&mut self, literal: &mut Literal, place: Place) {
        literal.slot = None;
        if matches!(literal.value, Value::Null) || (place.arithmetic && self.is_constant(&literal.value, place)) {
            return;
        }
        if let Some(slot_use) = self.best_slot(&literal.value, place) {
            self.used.insert(slot_use);
            literal.slot = Some(slot_use);
        } else if !self.is_today(&literal.value) && !self.is_constant(&literal.value, place) {
            self.missing.push(shown(&literal.value));
        }
    }

    /// The slot that explains the value: an unused one first, then by the rank of the reading, then in order.
    fn best_slot(&self, value: &Value, place: Place) -> Option<SlotUse> {
        let mut best: Option<((bool, usize), SlotUse)> = None;
        for filled in &self.question.slots {
            for (rank, reading) in filled.readings.iter().enumerate() {
                let Some(part) = part_of(reading, value, place) else { continue };
                let slot_use = SlotUse { slot: filled.slot, part };
                let key = (self.used.contains(&slot_use), rank);
                if best.is_none_or(|(known, _)| key < known) {
                    best = Some((key, slot_use));
                }
            }
        }
        best.map(|(_, slot_use)| slot_use)
    }

    fn is_constant(&self, value: &Value, place: Place) -> bool {
        self.lexicon.constants.iter().any(|constant| {
            let beside = constant.columns.is_empty() || place.column.is_some_and(|c| constant.columns.contains(&c));
            beside && same_value(&constant.value, value)
        })
    }

    fn is_today(&self, value: &Value) -> bool {
        matches!(value, Value::Text(text) if *text == self.question.today.to_string())
    }
}

/// The part of a reading that equals the value, if any does.
fn part_of(reading: &Reading, value: &Value, place: Place) -> Option<SlotPart> {
    match (reading, value) {
        (Reading::Number { value: number, .. }, value) => same_number(number, value).then_some(SlotPart::Whole),
        (Reading::Date(date), Value::Text(text)) => (*text == date.to_string()).then_some(SlotPart::Whole),
        (Reading::Range { start, end }, Value::Text(text)) => match text {
            text if *text == start.to_string() => Some(SlotPart::Start),
            text if *text == end.to_string() => Some(SlotPart::End),
            _ => None,
        },
        (Reading::Known(known), Value::Text(text)) => {
            let here = |column: ColumnId| place.column.is_none_or(|compared| compared == column);
            known.iter().filter(|k| here(k.column)).find_map(|k| text_part(&k.stored, text, place.pattern))
        }
        (Reading::Text(said), Value::Text(text)) => text_part(said, text, place.pattern),
        _ => None,
    }
}

/// How `text` is made of `said`: itself, or as a pattern around it.
fn text_part(said: &str, text: &str, pattern: bool) -> Option<SlotPart> {
    if said == text {
        return Some(SlotPart::Whole);
    }
    if !pattern {
        return None;
    }
    let (opened, start) = text.strip_prefix('%').map_or((text, false), |rest| (rest, true));
    let (inner, end) = opened.strip_suffix('%').map_or((opened, false), |rest| (rest, true));
    if inner != said {
        return None;
    }
    match (start, end) {
        (true, true) => Some(SlotPart::Contains),
        (false, true) => Some(SlotPart::Prefix),
        (true, false) => Some(SlotPart::Suffix),
        (false, false) => None,
    }
}

/// Whether two values are the same literal: numbers as numbers, texts exactly.
pub fn same_value(a: &Value, b: &Value) -> bool {
    same_number(a, b) || matches!((a, b), (Value::Text(a), Value::Text(b)) if a == b)
}

fn same_number(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (Value::Integer(a), Value::Real(b)) | (Value::Real(b), Value::Integer(a)) => *a as f64 == *b,
        (Value::Real(a), Value::Real(b)) => a == b,
        _ => false,
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(whole) => whole.to_string(),
        Value::Real(real) => real.to_string(),
        Value::Text(text) => format!("'{}'", text.replace('\'', "''")),
        Value::Blob(bytes) => format!("a blob of {} bytes", bytes.len()),
    }
}
