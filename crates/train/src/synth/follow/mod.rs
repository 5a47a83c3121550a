//! Questions that follow others: a question's meaning changed a little, and the few words that say the change.
//!
//! * [`turns`]: the changes.
//! * `say/turn.rs`, `follow/phrases.toml`: their words.

pub mod turns;

use sql::features;

use self::turns::Turn;
use super::dice::Dice;
use super::meaning::Ask;
use super::pair::{Drops, asked_of, declined_example, follow_up, spoken, worth_asking};
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

/// Follow-ups of one tree, in up to `voices` ways.
pub fn examples(
    studio: &Studio<'_>,
    split: Split,
    (seed, index): (u64, u64),
    (voices, dice): (usize, &mut Dice),
    drops: &mut Drops,
) -> Vec<Example> {
    let Some((before, turn)) = conversation(studio, dice) else {
        drops.add("no turn");
        return vec![];
    };
    let (previous, query) = (build::query(&studio.world, &before), build::query(&studio.world, &turn.ask));
    if previous == query || Split::of(features::template_hash(&query)) != split {
        drops.add("turn of another split, or none");
        return vec![];
    }
    if let Err(reason) = worth_asking(studio, &query) {
        drops.add(reason);
        return vec![];
    }
    let mut found: Vec<Example> = vec![];
    for attempt in 0..voices * if split == Split::Train { 2 } else { 12 } {
        if found.len() == voices {
            break;
        }
        let mut speaker = say::Speaker::new(&studio.world, Dice::new(seed ^ 0xf0110, (index << 8) + attempt as u64));
        let alone = turn.leans() && speaker.dice.chance(ALONE);
        let example = spoken(studio, split, &mut speaker, &|speaker| speaker.turn(&turn)).and_then(|question| {
            if alone {
                Ok(declined_example(studio, &question, Intent::FollowUp))
            } else {
                follow_up(studio, &question, &previous, query.clone())
            }
        });
        match example {
            Ok(example) if found.iter().all(|e| e.normalized != example.normalized || e.intent != example.intent) => {
                let id = format!("{}-{seed}-{index}-{attempt}", split.name());
                let ordered = !alone && asked_of(&turn.ask);
                found.push(Example { id, ordered, family: format!("{:016x}", speaker.family.0), ..example });
            }
            Ok(_) => drops.add("said twice"),
            Err(reason) => drops.add(reason),
        }
    }
    found
}

/// What was asked so far, and the next turn.
fn conversation(studio: &Studio<'_>, dice: &mut Dice) -> Option<(Ask, Turn)> {
    let world = &studio.world;
    let mut before = (0..ATTEMPTS).find_map(|_| sample::ask(world, dice))?;
    for _ in 0..dice.weighted(&[0.6, 0.3, 0.1]) {
        if let Some(turn) = turns::draw(world, &before, dice) {
            before = turn.ask;
        }
    }
    let turn = if dice.chance(RESET) {
        Turn::anew(sample::ask(world, dice)?)
    } else {
        (0..ATTEMPTS).find_map(|_| turns::draw(world, &before, dice))?
    };
    Some((before, turn))
}
