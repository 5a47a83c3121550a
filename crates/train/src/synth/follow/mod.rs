//! Questions that follow others: a question's meaning changed a little, and the few words that say the change.
//!
//! * [`turns`]: the changes.
//! * `say/turn.rs`, `follow/phrases.toml`: their words.

pub mod turns;

use sql::features;
use sql::tree::Query;

use self::turns::Turn;
use super::dice::Dice;
use super::meaning::Ask;
use super::pair::{Drops, asked_of, declined_example, follow_up, in_voices, spoken, worth_asking};
use super::split::Split;
use super::studio::Studio;
use super::{build, sample, say};
use crate::example::{Example, Intent};

/// How often the next question is a whole new one.
const RESET: f64 = 0.12;
/// How often what leans on an earlier question is asked without one.
const ALONE: f64 = 0.1;
/// Attempts at a change before the tree is given up.
const ATTEMPTS: usize = 8;
/// Beginnings drawn until one is of the split: enough for the smallest.
const BEGINNINGS: usize = 60;

/// Follow-ups of one tree, in up to `voices` ways.
pub fn examples(
    studio: &Studio<'_>,
    split: Split,
    (seed, index): (u64, u64),
    (voices, dice): (usize, &mut Dice),
    drops: &mut Drops,
) -> Vec<Example> {
    let Some((previous, turn)) = conversation(studio, split, dice) else {
        drops.add("no turn");
        return vec![];
    };
    let query = build::query(&studio.world, &turn.ask);
    if previous == query || !is_in(split, &query) {
        drops.add("turn of another split, or none");
        return vec![];
    }
    if let Err(reason) = worth_asking(studio, &previous).and_then(|()| worth_asking(studio, &query)) {
        drops.add(reason);
        return vec![];
    }
    let made = |attempt| {
        let speaker = say::Speaker::new(&studio.world, Dice::new(seed ^ 0xf0110, (index << 8) + attempt));
        asked(studio, split, speaker, &turn, (&previous, &query))
    };
    in_voices(split, (seed, index), voices, made, |reason| {
        drops.add(reason);
        true
    })
}

/// One next question; now and then without the question before, where it must be declined.
fn asked(
    studio: &Studio<'_>,
    split: Split,
    mut speaker: say::Speaker<'_>,
    turn: &Turn,
    (previous, query): (&Query, &Query),
) -> Result<Example, String> {
    let alone = turn.leans() && speaker.dice.chance(ALONE);
    let question = spoken(studio, split, &mut speaker, &|speaker| speaker.turn(turn, alone))?;
    let example = if alone {
        declined_example(studio, &question, Intent::FollowUp)
    } else {
        follow_up(studio, &question, previous, query.clone())?
    };
    let ordered = !alone && asked_of(&turn.ask);
    Ok(Example { ordered, family: format!("{:016x}", speaker.family.0), ..example })
}

fn is_in(split: Split, query: &Query) -> bool {
    Split::of(features::template_hash(query)) == split
}

/// The query of what was asked so far, which is of the split, and the next turn.
fn conversation(studio: &Studio<'_>, split: Split, dice: &mut Dice) -> Option<(Query, Turn)> {
    let world = &studio.world;
    let (before, previous) = (0..BEGINNINGS).find_map(|_| {
        let before = before(studio, dice)?;
        let previous = build::query(world, &before);
        is_in(split, &previous).then_some((before, previous))
    })?;
    let turn = if dice.chance(RESET) {
        Turn::anew(sample::ask(world, dice)?)
    } else {
        (0..ATTEMPTS).find_map(|_| turns::draw(world, &before, dice))?
    };
    Some((previous, turn))
}

/// What was asked so far: a question and up to two turns.
fn before(studio: &Studio<'_>, dice: &mut Dice) -> Option<Ask> {
    let mut before = (0..ATTEMPTS).find_map(|_| sample::ask(&studio.world, dice))?;
    for _ in 0..dice.weighted(&[0.6, 0.3, 0.1]) {
        if let Some(turn) = turns::draw(&studio.world, &before, dice) {
            before = turn.ask;
        }
    }
    Some(before)
}
