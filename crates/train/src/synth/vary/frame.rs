//! What stands around a question without being part of it: a greeting, a reason, a word of thanks.

use std::sync::LazyLock;

use answer::literals::for_each_literal;
use schema::slot::TextSpan;
use schema::{ColumnId, Role, Value};
use serde::Deserialize;
use sql::tree::SlotUse;

use super::super::dice::Dice;
use super::super::pattern::expand;
use super::super::studio::Studio;
use super::super::surface;
use super::super::world::World;
use super::text::{capitalised, lowered, with_sentence};
use super::{Draft, Reading};

/// Openings and closings, as they are read from the embedded file.
#[derive(Debug, Deserialize)]
struct Frames {
    openings: Vec<String>,
    stories: Vec<String>,
    idle: Vec<String>,
    closings: Vec<String>,
    after: Vec<String>,
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

static FRAMES: LazyLock<Frames> =
    LazyLock::new(|| toml::from_str(include_str!("frames.toml")).expect("the embedded frames are valid TOML"));

/// The draft with an opening, a closing, or without one that it has.
pub fn changed(studio: &Studio<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let question = bare(&reading.draft.question).unwrap_or_else(|| reading.draft.question.clone());
    let world = &studio.world;
    let framed = match dice.weighted(&[0.3, 0.4, 0.2, 0.1]) {
        0 => question,
        1 => opened(world, &question, dice)?,
        2 => with_sentence(&question, &closing(world, dice)?),
        _ => with_sentence(&opened(world, &question, dice)?, &closing(world, dice)?),
    };
    let draft = reading.draft.to(framed, reading.draft.query.clone());
    let is_idle = speaks_of_the_same(reading, &Reading::new(studio, &draft));
    (is_idle && draft.question != reading.draft.question).then_some(draft)
}

/// Whether the query's values are said by the same words with and without the frame, and by no others: what a frame holds
/// that reads as a value must not be taken for one that the query compares with.
pub fn speaks_of_the_same(bare: &Reading<'_>, framed: &Reading<'_>) -> bool {
    let (before, after) = (used(bare), used(framed));
    let said = |text: &String| framed.values().into_iter().filter(|span| lower(framed, *span) == *text).count();
    before == after && after.iter().all(|text| said(text) == 1)
}

/// The words of the values that the query compares with, in its order.
fn used(reading: &Reading<'_>) -> Vec<String> {
    let mut found = vec![];
    for_each_literal(&mut reading.aligned.clone(), &mut |literal, _| {
        let filled = |used: SlotUse| reading.normalized.slots.iter().find(|filled| filled.slot == used.slot);
        found.extend(literal.slot.and_then(filled).map(|filled| lower(reading, filled.span)));
    });
    found
}

fn lower(reading: &Reading<'_>, span: TextSpan) -> String {
    reading.at(span).to_lowercase()
}

fn opened(world: &World<'_>, question: &str, dice: &mut Dice) -> Option<String> {
    let opening = match dice.weighted(&[0.4, 0.35, 0.25]) {
        0 => expand(dice.pick(&FRAMES.openings)?, dice),
        1 => dice.pick(&FRAMES.stories)?.clone(),
        _ => idle(world, &FRAMES.idle, dice)?,
    };
    let joined = !opening.ends_with(['.', '!', '?']);
    Some(format!("{opening} {}", if joined { lowered(question) } else { capitalised(question) }))
}

fn closing(world: &World<'_>, dice: &mut Dice) -> Option<String> {
    if dice.chance(0.6) { Some(expand(dice.pick(&FRAMES.closings)?, dice)) } else { idle(world, &FRAMES.after, dice) }
}

/// A sentence that may name something the database holds, and asks for nothing by it.
fn idle(world: &World<'_>, sentences: &[String], dice: &mut Dice) -> Option<String> {
    let mut story = dice.pick(sentences)?.clone();
    for (place, role) in [("{state}", Role::Status), ("{place}", Role::Dimension), ("{name}", Role::Name)] {
        while story.contains(place) {
            story = story.replacen(place, held(world, role, dice)?, 1);
        }
    }
    let said = [
        ("{month}", (*dice.pick(&surface::MONTHS)?).to_owned()),
        ("{day}", (*dice.pick(&DAYS)?).to_owned()),
        ("{year}", dice.between(2018, 2027).to_string()),
        ("{number}", dice.between(2, 60).to_string()),
        ("{money}", surface::number(&Value::Integer(dice.between(1, 90) * 5000), None, dice)),
    ];
    Some(capitalised(&said.into_iter().fold(story, |story, (place, value)| story.replace(place, &value))))
}

/// A text that a column of this role holds.
fn held<'w>(world: &'w World<'_>, role: Role, dice: &mut Dice) -> Option<&'w str> {
    let columns: Vec<ColumnId> = world.samples.keys().copied().filter(|column| world.role(*column) == role).collect();
    let column = dice.pick(&columns)?;
    match dice.pick(world.samples.get(column)?)? {
        Value::Text(value) => Some(value),
        _ => None,
    }
}

/// The question without an opening and a closing that are known; none where it has none.
fn bare(question: &str) -> Option<String> {
    let opening =
        known(&FRAMES.openings).into_iter().filter(|text| starts(question, text)).map(|text| text.len()).max();
    let rest = question[opening.unwrap_or(0)..].trim_start();
    let trimmed = rest.trim_end();
    let closing = known(&FRAMES.closings).into_iter().filter(|text| ends(trimmed, text)).map(|text| text.len()).max();
    let rest = trimmed[..trimmed.len() - closing.unwrap_or(0)].trim_end();
    let is_whole = rest.split(' ').count() > 2;
    ((opening.is_some() || closing.is_some()) && is_whole).then(|| capitalised(rest))
}

/// Frames without choices, in words that can be found again.
fn known(frames: &[String]) -> Vec<&str> {
    frames.iter().map(String::as_str).filter(|text| !text.contains(['(', '['])).collect()
}

fn starts(question: &str, opening: &str) -> bool {
    let head = question.get(..opening.len());
    head.is_some_and(|head| head.eq_ignore_ascii_case(opening)) && question[opening.len()..].starts_with(' ')
}

fn ends(question: &str, closing: &str) -> bool {
    let from = question.len().checked_sub(closing.len() + 1);
    let tail = from.and_then(|from| question.get(from..));
    tail.is_some_and(|tail| tail.starts_with(' ') && tail[1..].eq_ignore_ascii_case(closing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_frame_comes_off_again() {
        assert_eq!(bare("Hi, which projects are late?").as_deref(), Some("Which projects are late?"));
        assert_eq!(bare("Which projects are late? Thanks.").as_deref(), Some("Which projects are late?"));
        assert_eq!(bare("Which projects are late?"), None);
        assert!(FRAMES.openings.len() + FRAMES.closings.len() >= 150);
    }
}
