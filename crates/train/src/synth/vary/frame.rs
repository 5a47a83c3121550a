//! What stands around a question without being part of it: a greeting, a reason, a word of thanks.

use std::sync::LazyLock;

use schema::normalize::normalize;
use serde::Deserialize;

use super::super::dice::Dice;
use super::super::pattern::expand;
use super::super::studio::Studio;
use super::text::{capitalised, lowered, with_sentence};
use super::{Draft, Reading};

/// Openings and closings, as they are read from the embedded file.
#[derive(Debug, Deserialize)]
struct Frames {
    openings: Vec<String>,
    closings: Vec<String>,
}

static FRAMES: LazyLock<Frames> =
    LazyLock::new(|| toml::from_str(include_str!("frames.toml")).expect("the embedded frames are valid TOML"));

/// The draft with an opening, a closing, or without one that it has.
pub fn changed(studio: &Studio<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
    let question = bare(&reading.draft.question).unwrap_or_else(|| reading.draft.question.clone());
    let framed = match dice.weighted(&[0.3, 0.4, 0.2, 0.1]) {
        0 => question,
        1 => opened(&question, dice)?,
        2 => with_sentence(&question, &expand(dice.pick(&FRAMES.closings)?, dice)),
        _ => with_sentence(&opened(&question, dice)?, &expand(dice.pick(&FRAMES.closings)?, dice)),
    };
    // A frame that holds what reads as a value of the pack might be taken for one that the query compares with.
    let values = normalize(&framed, &studio.context).slots.len();
    let is_idle = values <= reading.normalized.slots.len();
    (is_idle && framed != reading.draft.question).then(|| reading.draft.to(framed, reading.draft.query.clone()))
}

fn opened(question: &str, dice: &mut Dice) -> Option<String> {
    let opening = expand(dice.pick(&FRAMES.openings)?, dice);
    let joined = !opening.ends_with(['.', '!', '?']);
    Some(format!("{opening} {}", if joined { lowered(question) } else { capitalised(question) }))
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
