//! When two questions ask the same: same words, whatever their letters and marks, and the same values, however written.

use schema::Context;
use schema::normalize::normalize;
use schema::slot::{NumberUnit, Piece, Reading, Slot};

/// Marks that mean something between words.
const SIGNS: [char; 5] = ['<', '>', '=', '%', '+'];

/// What a question asks, so that others can be compared with it: "Budget over 100k?" and "budget over 100,000" are one
/// text. A question that follows another is told apart by the query that it follows.
pub(super) fn key(question: &str, previous: Option<&str>, context: &Context<'_>) -> String {
    let normalized = normalize(question, context);
    let of_slot = |slot: &Slot| {
        let filled = normalized.slot(*slot).and_then(|filled| filled.readings.first());
        filled.map_or_else(|| slot.to_string(), value)
    };
    let pieces = normalized.pieces.iter().map(|piece| match piece {
        Piece::Text { text, .. } => plain(text),
        Piece::Slot(slot) => of_slot(slot),
    });
    let words: Vec<String> = pieces.filter(|piece| !piece.is_empty()).collect();
    let before = previous.map(|sql| format!(" after {}", sql.split_whitespace().collect::<Vec<_>>().join(" ")));
    words.join(" ") + &before.unwrap_or_default()
}

/// A value as it would be stored.
fn value(reading: &Reading) -> String {
    match reading {
        Reading::Number { value, unit } => {
            let percent = if *unit == NumberUnit::Percent { " %" } else { "" };
            format!("{}{percent}", number(value))
        }
        Reading::Date(day) => day.to_string(),
        Reading::Range { start, end } => format!("{start}..{end}"),
        Reading::Known(known) => known.first().map_or_else(String::new, |known| known.stored.to_lowercase()),
        Reading::Text(text) => text.to_lowercase(),
    }
}

fn number(value: &schema::Value) -> String {
    match value {
        schema::Value::Integer(whole) => whole.to_string(),
        schema::Value::Real(real) => real.to_string(),
        other => format!("{other:?}"),
    }
}

/// Letters, figures and the signs that mean something; an apostrophe joins what stands around it.
fn plain(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !matches!(c, '\'' | '’')) {
        match c {
            c if c.is_alphanumeric() => line.extend(c.to_lowercase()),
            c if SIGNS.contains(&c) => line.extend([' ', c, ' ']),
            _ => line.push(' '),
        }
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_letter_case_do_not_tell_questions_apart_but_signs_do() {
        assert_eq!(plain("What's the  project’s BUDGET?!"), "whats the projects budget");
        assert_eq!(plain("margin>5 %"), "margin > 5 %");
        assert_ne!(plain("budget < 5"), plain("budget > 5"));
        assert_eq!(plain("- …"), "");
    }
}
