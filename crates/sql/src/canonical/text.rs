//! Lexemes as SQL text.

use schema::slot::{NormalizedQuestion, Reading, SlotKind, TextSpan};
use schema::{Catalog, ColumnId, Value};
use thiserror::Error;

use super::cte::{origin, origins};
use crate::lexeme::{Lexeme, Lexicon, Word, source_text};
use crate::tree::{SlotPart, SlotUse};

/// A slot that the question cannot fill there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the question has no value for {}", use_of.slot)]
pub struct Unfilled {
    /// Which slot, and which part of it.
    pub use_of: SlotUse,
    /// The column it is compared with.
    pub column: Option<ColumnId>,
}

/// The SQL text of lexemes, joined by single spaces. `fill` gives a slot's text without quotes (a LIKE pattern with `\`
/// before a literal wildcard) for the column it is compared with; `today` is the day asked on, `YYYY-MM-DD`.
///
/// # Errors
/// The first slot that `fill` knows nothing for.
pub fn text(
    lexemes: &[Lexeme],
    catalog: &Catalog,
    lexicon: &Lexicon,
    fill: &dyn Fn(SlotUse, Option<ColumnId>) -> Option<String>,
    today: &str,
) -> Result<String, Unfilled> {
    let mut sql = String::new();
    let mut column: Option<ColumnId> = None;
    let origins = origins(lexemes, catalog);
    for (at, lexeme) in lexemes.iter().enumerate() {
        // A value that is an output as it is stands beside no column.
        if matches!(lexemes.get(at + 1), Some(Lexeme::Alias(_) | Lexeme::Word(Word::Concat)))
            && matches!(lexeme, Lexeme::Slot(_))
        {
            column = None;
        }
        let piece = match *lexeme {
            Lexeme::Word(Word::End) => break,
            Lexeme::Word(Word::Today) => quoted(today),
            Lexeme::Word(word) => word.text().to_owned(),
            Lexeme::Table(table) => source_text(catalog, table),
            Lexeme::Constant(i) => lexicon.constants.get(usize::from(i)).map(|c| c.sql.clone()).unwrap_or_default(),
            Lexeme::Slot(use_of) => {
                let value = fill(use_of, column).ok_or(Unfilled { use_of, column })?;
                literal(catalog, use_of, column, &value)
            }
            other => lexicon.name(catalog, other),
        };
        match lexeme {
            Lexeme::Column(c) => column = origin(&origins, catalog, c.column),
            Lexeme::Word(Word::Limit | Word::Then | Word::Else | Word::Concat) => column = None,
            _ => {}
        }
        if !sql.is_empty() {
            sql.push(' ');
        }
        sql.push_str(&piece);
    }
    Ok(sql)
}

fn literal(catalog: &Catalog, use_of: SlotUse, column: Option<ColumnId>, value: &str) -> String {
    let is_pattern = matches!(use_of.part, SlotPart::Contains | SlotPart::Prefix | SlotPart::Suffix);
    let numeric = use_of.slot.kind == SlotKind::Num || column.is_some_and(|c| catalog.column(c).ty.is_numeric());
    if numeric && !is_pattern && value.parse::<f64>().is_ok_and(f64::is_finite) {
        return value.to_owned();
    }
    let escape = if is_pattern && value.contains('\\') { r" ESCAPE '\'" } else { "" };
    quoted(value) + escape
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What [`text`] fills slots with: the values of a question, `choice[i]` being the reading of its i-th slot (the likeliest
/// where missing). A known value is spelled as the compared column stores it.
pub fn fill_from<'q>(
    question: &'q NormalizedQuestion,
    choice: &'q [usize],
) -> impl Fn(SlotUse, Option<ColumnId>) -> Option<String> + 'q {
    move |use_of, column| {
        let position = question.slots.iter().position(|s| s.slot == use_of.slot)?;
        let readings = &question.slots[position].readings;
        let chosen = readings.get(choice.get(position).copied().unwrap_or(0));
        let mut others = chosen.into_iter().chain(readings);
        let plain = match use_of.part {
            SlotPart::Whole => others.find_map(|r| whole(r, column))?,
            SlotPart::Start => others.find_map(|r| range_end(r, true))?,
            SlotPart::End => others.find_map(|r| range_end(r, false))?,
            SlotPart::Last => others.find_map(last_day)?,
            SlotPart::Fraction => others.find_map(fraction)?,
            // What an earlier query said stands nowhere in the question.
            SlotPart::Said => match said(&question.original, question.slots[position].span) {
                "" => others.find_map(|r| whole(r, None))?,
                words => words.to_owned(),
            },
            SlotPart::Contains | SlotPart::Prefix | SlotPart::Suffix => {
                let known = chosen.into_iter().chain(readings).find_map(|r| whole(r, column));
                let known = known.or_else(|| others.find_map(|r| whole(r, None)))?;
                let said = said(&question.original, question.slots[position].span);
                escape_wildcards(part_said(&known, said))
            }
        };
        Some(match use_of.part {
            SlotPart::Contains => format!("%{plain}%"),
            SlotPart::Prefix => format!("{plain}%"),
            SlotPart::Suffix => format!("%{plain}"),
            _ => plain,
        })
    }
}

fn whole(reading: &Reading, column: Option<ColumnId>) -> Option<String> {
    match reading {
        Reading::Number { value: Value::Integer(n), .. } => Some(n.to_string()),
        Reading::Number { value: Value::Real(n), .. } => Some(format!("{n:?}")),
        Reading::Number { .. } => None,
        Reading::Date(day) | Reading::Range { start: day, .. } => Some(day.to_string()),
        Reading::Known(values) => {
            let held = values.iter().find(|v| column.is_none_or(|c| c == v.column))?;
            Some(held.stored.clone())
        }
        Reading::Text(text) => Some(text.clone()),
    }
}

fn range_end(reading: &Reading, start: bool) -> Option<String> {
    match reading {
        Reading::Range { start: day, .. } if start => Some(day.to_string()),
        Reading::Range { end, .. } => Some(end.to_string()),
        Reading::Date(day) if start => Some(day.to_string()),
        Reading::Date(day) => day.tomorrow().ok().map(|next| next.to_string()),
        _ => None,
    }
}

fn last_day(reading: &Reading) -> Option<String> {
    match reading {
        Reading::Range { end, .. } => end.yesterday().ok().map(|day| day.to_string()),
        _ => None,
    }
}

/// A percentage divided by a hundred.
fn fraction(reading: &Reading) -> Option<String> {
    match reading {
        Reading::Number { value: Value::Integer(n), .. } => Some(format!("{:?}", *n as f64 / 100.0)),
        Reading::Number { value: Value::Real(n), .. } => Some(format!("{:?}", n / 100.0)),
        _ => None,
    }
}

/// The words of a slot as they stand in the question, quotes aside.
fn said(question: &str, span: TextSpan) -> &str {
    let words = question.get(span.start..span.end).unwrap_or("");
    words.trim_matches(|c| "\"'`“”„«»‘’".contains(c))
}

/// The words said where a known value holds them, spelled as it is: "blue" of `Blue Harbor Ltd`. Else the whole value.
fn part_said<'k>(known: &'k str, said: &str) -> &'k str {
    let starts = known.char_indices().map(|(at, _)| at);
    let spelled = |at: usize| known.get(at..at + said.len()).filter(|part| part.eq_ignore_ascii_case(said));
    if said.is_empty() { known } else { starts.into_iter().find_map(spelled).unwrap_or(known) }
}

/// `%`, `_` and `\` with a backslash before them.
fn escape_wildcards(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
