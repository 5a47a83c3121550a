//! What speaks against a query that is valid, so that others are drawn, and the one with the least against it answers.

use schema::Value;
use schema::slot::{FilledSlot, NormalizedQuestion, Reading, SlotKind, TextSpan};
use sql::Report;
use sql::lexeme::{Lexeme, Lexicon};

/// What is found in queries that nobody means, whatever was asked: a range that ends before it starts, conditions that no row
/// meets together, something said twice.
const NOT_MEANT: [&str; 3] = ["BUS302", "BUS310", "BUS311"];

/// How much speaks against a query: what was found in it that nobody means, and each day, text or stored value that the
/// question says and it leaves out. Numbers are often said for nothing ("at least one", "ten names at most").
pub fn doubts(report: &Report, question: &NormalizedQuestion, lexemes: &[Lexeme], lexicon: &Lexicon) -> usize {
    let found = report.diagnostics.iter().filter(|found| NOT_MEANT.contains(&found.code));
    let left_out = question.slots.iter().filter(|slot| is_asked(slot) && !is_used(slot, lexemes, lexicon));
    found.count() + left_out.count()
}

/// Whether a query should use it: it stands in the question itself, and not in the query that the question goes on from.
fn is_asked(slot: &FilledSlot) -> bool {
    slot.slot.kind != SlotKind::Num && slot.span != TextSpan::default()
}

/// Whether a query has the value, as the slot or as a constant.
fn is_used(slot: &FilledSlot, lexemes: &[Lexeme], lexicon: &Lexicon) -> bool {
    let stored = |text: &str| {
        let mut readings = slot.readings.iter();
        readings.any(|reading| matches!(reading, Reading::Known(known) if known.iter().any(|one| one.stored == text)))
    };
    lexemes.iter().any(|lexeme| match lexeme {
        Lexeme::Slot(used) => used.slot == slot.slot,
        Lexeme::Constant(n) => matches!(&lexicon.constants[usize::from(*n)].value, Value::Text(text) if stored(text)),
        _ => false,
    })
}
