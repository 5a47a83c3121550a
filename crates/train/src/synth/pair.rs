//! One tree, several questions: each normalised as a user's would be, each literal traced to its slot, each query run.

use std::collections::BTreeMap;

use answer::conversation::continued;
use answer::query_generator::MAX_LEXEMES;
use database::Limits;
use schema::normalize::normalize;
use schema::slot::{FilledSlot, NormalizedQuestion, SlotKind};
use schema::{TableId, Value};
use sql::canonical::{self, CanonicalOptions};
use sql::features;
use sql::lexeme::{Lexeme, Word};
use sql::matcher::{Matcher, SlotTable};
use sql::print;
use sql::tree::Query;
use sql::verify::verify;

use super::dice::Dice;
use super::meaning::{Ask, Shape};
use super::shapes::count::Counts;
use super::split::Split;
use super::studio::Studio;
use super::{build, compose, decline, follow, noise, sample, say, shapes};
use crate::canonical::add_prompt;
use crate::example::{Example, Intent};

/// Trees that are not trees but questions to decline; as these are asked in half as many ways, an eighth of the pairs.
const DECLINED: f64 = 0.22;

/// Of the other trees, those that follow another in a conversation.
const FOLLOWING: f64 = 0.16;

/// Rows looked at to see whether a query tells something.
const ROWS: usize = 2000;

/// Why a tree or a question was dropped, and how often.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drops(pub BTreeMap<String, u64>);

impl Drops {
    /// Counts one more.
    pub fn add(&mut self, reason: impl Into<String>) {
        *self.0.entry(reason.into()).or_insert(0) += 1;
    }

    /// Adds another count.
    pub fn merge(&mut self, other: &Drops) {
        for (reason, n) in &other.0 {
            *self.0.entry(reason.clone()).or_insert(0) += n;
        }
    }
}

/// The examples of one tree of a split: the tree `index` of a seed, asked in up to `voices` ways.
pub fn examples(
    studio: &Studio<'_>,
    split: Split,
    (seed, index): (u64, u64),
    voices: usize,
    (drops, counts): (&mut Drops, &mut Counts),
) -> Vec<Example> {
    let mut dice = Dice::new(seed, index.wrapping_mul(2));
    let rest = 1.0 - shapes::SHARE - compose::SHARE - FOLLOWING;
    let answerable = [shapes::SHARE, compose::SHARE, FOLLOWING, rest].map(|share| share * (1.0 - DECLINED));
    match dice.weighted(&[DECLINED, answerable[0], answerable[1], answerable[2], answerable[3]]) {
        0 => declined(studio, split, (seed, index), voices.div_ceil(2), drops),
        1 => shapes::ask::examples(studio, split, (seed, index), (voices, &mut dice), counts),
        2 => compose::ask::examples(studio, split, (seed, index), (voices, &mut dice), counts),
        3 => follow::examples(studio, split, (seed, index), (voices, &mut dice), drops),
        _ => simple(studio, split, (seed, index), (voices, &mut dice), drops),
    }
}

/// Questions of the simple kinds: rows, their columns, totals and groups.
fn simple(
    studio: &Studio<'_>,
    split: Split,
    (seed, index): (u64, u64),
    (voices, dice): (usize, &mut Dice),
    drops: &mut Drops,
) -> Vec<Example> {
    let Some(ask) = sample::ask(&studio.world, dice) else {
        drops.add("no meaning");
        return vec![];
    };
    let query = build::query(&studio.world, &ask);
    if Split::of(features::template_hash(&query)) != split {
        drops.add("template of another split");
        return vec![];
    }
    if let Err(reason) = worth_asking(studio, &query) {
        drops.add(reason);
        return vec![];
    }
    let made = |attempt| {
        let speaker = Dice::new(seed ^ 0x5eed, (index << 8) + attempt);
        asked(studio, split, &ask, &query, speaker)
    };
    in_voices(split, (seed, index), voices, made, |reason| {
        drops.add(reason);
        true
    })
}

/// Different examples of one tree, at most as many as voices. What is lost goes with its reason to `lost`, which says
/// whether other words are worth a try.
pub(super) fn in_voices(
    split: Split,
    (seed, index): (u64, u64),
    voices: usize,
    made: impl Fn(u64) -> Result<Example, String>,
    mut lost: impl FnMut(String) -> bool,
) -> Vec<Example> {
    let mut found: Vec<Example> = vec![];
    for attempt in 0..voices as u64 * if split == Split::Train { 2 } else { 12 } {
        if found.len() == voices {
            break;
        }
        let new = |e: &Example| found.iter().all(|f| f.normalized != e.normalized || f.intent != e.intent);
        match made(attempt) {
            Ok(example) if new(&example) => {
                found.push(Example { id: format!("{}-{seed}-{index}-{attempt}", split.name()), ..example });
            }
            Ok(_) => drop(lost("said twice".into())),
            Err(reason) => {
                if !lost(reason) {
                    break;
                }
            }
        }
    }
    found
}

/// The query must run, and on one of the databases return something that tells.
pub(super) fn worth_asking(studio: &Studio<'_>, query: &Query) -> Result<(), String> {
    if tells(studio, query, &says_something)? { Ok(()) } else { Err("empty everywhere".into()) }
}

/// Whether rows tell something.
pub(super) type Tells<'a> = &'a dyn Fn(&[Vec<Value>]) -> bool;

/// Runs the query on the databases until one tells something.
pub(super) fn tells(studio: &Studio<'_>, query: &Query, says: Tells<'_>) -> Result<bool, String> {
    let text = print::compact(query, studio.world.catalog);
    let verified = verify(&text, studio.world.catalog, &Default::default()).map_err(|report| {
        let first = report.diagnostics.first().map_or(String::new(), |d| format!("{}: {}", d.code, d.message));
        format!("refused: {first}: {text}")
    })?;
    let limits = Limits { max_rows: ROWS, ..Limits::default() };
    for image in &studio.images {
        let rows = image.with(|db| database::run(db, &verified, &limits)).map_err(|e| format!("no database: {e}"))?;
        let rows = rows.map_err(|e| format!("failed: {e}: {text}"))?;
        if says(&rows.rows) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a value is no more than nothing.
pub(super) fn is_nothing(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Integer(0)) || *value == Value::Real(0.0)
}

/// Whether rows say something: there is one with more in it than nothing and zeros.
pub(super) fn says_something(rows: &[Vec<Value>]) -> bool {
    rows.iter().flatten().any(|v| !is_nothing(v))
}

/// One question of a tree, if every literal is found again in its words.
fn asked(studio: &Studio<'_>, split: Split, ask: &Ask, query: &Query, dice: Dice) -> Result<Example, String> {
    let ordered = asked_of(ask);
    let example = worded(studio, split, query, dice, &|speaker| speaker.question(ask))?;
    Ok(Example { ordered, ..example })
}

/// Whether an order is asked for.
pub(super) fn asked_of(ask: &Ask) -> bool {
    matches!(&ask.shape, Shape::List { order: Some(_), .. })
        || matches!(&ask.shape, Shape::Group(g) if g.order.is_some() && g.top.is_none())
}

/// One question of a tree in the words of a speaker.
pub(super) fn worded(
    studio: &Studio<'_>,
    split: Split,
    query: &Query,
    dice: Dice,
    tell: &dyn Fn(&mut say::Speaker<'_>) -> Option<String>,
) -> Result<Example, String> {
    let mut speaker = say::Speaker::new(&studio.world, dice);
    let question = spoken(studio, split, &mut speaker, tell)?;
    let mut example = from_pair(studio, &question, query.clone())?;
    example.family = format!("{:016x}", speaker.family.0);
    Ok(example)
}

/// What a speaker says, as it is typed.
pub(super) fn spoken(
    studio: &Studio<'_>,
    split: Split,
    speaker: &mut say::Speaker<'_>,
    tell: &dyn Fn(&mut say::Speaker<'_>) -> Option<String>,
) -> Result<String, String> {
    let said = tell(speaker).ok_or("no words")?;
    if Split::of(speaker.family.0) != split {
        return Err("phrase family of another split".into());
    }
    let question = noise::typed(&said, &studio.world.patterns, &mut speaker.dice);
    if question.contains('{') {
        return Err(format!("unfilled pattern: {question}"));
    }
    Ok(question)
}

/// An example of a question and its query: normalised, aligned, canonical, admitted.
///
/// # Errors
/// What is wrong with it, in a few words that can be counted.
pub fn from_pair(studio: &Studio<'_>, question: &str, query: Query) -> Result<Example, String> {
    from_normalized(studio, question, normalize(question, &studio.context), query)
}

/// The same for a question that follows another, whose query was `previous`.
///
/// # Errors
/// As [`from_pair`], and when the previous query cannot stand in a prompt.
pub fn follow_up(studio: &Studio<'_>, question: &str, previous: &Query, query: Query) -> Result<Example, String> {
    let mut normalized = normalize(question, &studio.context);
    let said = continued(previous, &mut normalized, studio.world.catalog, studio.lexicon)
        .ok_or("previous query without a canonical form")?;
    let example = from_normalized(studio, question, normalized, query)?;
    let name = |lexeme: &Lexeme| studio.lexicon.name(studio.world.catalog, *lexeme);
    let previous_sql = Some(print::compact(previous, studio.world.catalog));
    Ok(Example { previous: said.iter().map(name).collect(), previous_sql, ..example })
}

fn from_normalized(
    studio: &Studio<'_>,
    question: &str,
    normalized: NormalizedQuestion,
    mut query: Query,
) -> Result<Example, String> {
    let catalog = studio.world.catalog;
    answer::slots::align(&mut query, &normalized, studio.lexicon).map_err(|_| "unaligned literal")?;
    let today = studio.world.today.to_string();
    let options = CanonicalOptions { today: Some(&today) };
    let lexemes =
        canonical::lexemes(&query, catalog, studio.lexicon, options).map_err(|e| format!("not canonical: {e}"))?;
    admitted(studio, &normalized, &lexemes)?;
    let difficulty = features::difficulty(&query);
    let mut example = Example {
        question: question.to_owned(),
        sql: Some(print::compact(&query, catalog)),
        intent: Intent::Answerable,
        lexemes: names(studio, &lexemes),
        template: format!("{:016x}", features::template_hash(&query)),
        tags: tags(&query, &normalized, &lexemes),
        difficulty: difficulty.to_string(),
        ..Example::default()
    };
    add_prompt(&mut example, &normalized, &studio.context, studio.lexicon);
    Ok(example)
}

fn admitted(studio: &Studio<'_>, question: &NormalizedQuestion, lexemes: &[Lexeme]) -> Result<(), String> {
    if lexemes.len() > MAX_LEXEMES {
        return Err("too long".into());
    }
    let slots = SlotTable::of(question);
    let mut matcher = Matcher::new(studio.grammar, &slots, MAX_LEXEMES);
    for (at, lexeme) in lexemes.iter().enumerate() {
        let id = studio.lexicon.id(*lexeme).ok_or("no such lexeme")?;
        if matcher.advance(id).is_err() {
            let name = studio.lexicon.name(studio.world.catalog, *lexeme);
            let before = names(studio, &lexemes[at.saturating_sub(3)..at]).join(" ");
            return Err(format!("not admitted: {before} » {name}"));
        }
    }
    Ok(())
}

/// The features of the query, and whether the question counts from the day it is asked on.
fn tags(query: &Query, question: &NormalizedQuestion, lexemes: &[Lexeme]) -> Vec<String> {
    let is_day = |filled: &&FilledSlot| matches!(filled.slot.kind, SlotKind::Date | SlotKind::Range);
    let said = |filled: &FilledSlot| &question.original[filled.span.start..filled.span.end];
    // "Last quarter" names no year, "the last 30 days" none of four digits.
    let is_relative = |text: &str| !text.as_bytes().windows(4).any(|four| four.iter().all(u8::is_ascii_digit));
    let mut days = question.slots.iter().filter(is_day).map(said).filter(|text| !text.is_empty());
    let relative = lexemes.contains(&Lexeme::Word(Word::Today)) || days.any(is_relative);
    let tags = features::tags(query).into_iter().chain(relative.then_some("relative_date"));
    tags.map(str::to_owned).collect()
}

fn names(studio: &Studio<'_>, lexemes: &[Lexeme]) -> Vec<String> {
    lexemes
        .iter()
        .filter(|l| **l != Lexeme::Word(Word::End))
        .map(|l| studio.lexicon.name(studio.world.catalog, *l))
        .collect()
}

fn declined(
    studio: &Studio<'_>,
    split: Split,
    (seed, index): (u64, u64),
    voices: usize,
    drops: &mut Drops,
) -> Vec<Example> {
    let mut found = vec![];
    for voice in 0..voices {
        let mut dice = Dice::new(seed ^ 0xdec1, (index << 8) + voice as u64);
        let rows = |table: TableId, dice: &mut Dice| {
            let filters = sample::some_filters(&studio.world, table, dice);
            say::Speaker::new(&studio.world, Dice::new(dice.seed(), 0)).some_rows(table, &filters)
        };
        let Some((said, intent, family)) = decline::question(&studio.world, &rows, &mut dice) else {
            drops.add("no words");
            continue;
        };
        if Split::of(family.0) != split {
            drops.add("phrase family of another split");
            continue;
        }
        let question = noise::typed(&said, &studio.world.patterns, &mut dice);
        let mut example = declined_example(studio, &question, intent);
        example.id = format!("{}-{seed}-{index}-{voice}", split.name());
        example.family = format!("{:016x}", family.0);
        found.push(example);
    }
    found
}

/// An example of a question that must not be answered.
pub fn declined_example(studio: &Studio<'_>, question: &str, intent: Intent) -> Example {
    let normalized = normalize(question, &studio.context);
    let mut example =
        Example { question: question.to_owned(), intent, difficulty: "easy".into(), ..Example::default() };
    add_prompt(&mut example, &normalized, &studio.context, studio.lexicon);
    example
}
