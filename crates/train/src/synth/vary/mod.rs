//! One pair written by hand, many like it: the words and the tree of a pair changed together, by rules that keep them true
//! to each other.
//!
//! A rule applies only where the words that it changes are found and mean one thing in the tree; a pair to which none
//! applies stays as it is. What comes out is executed, normalised, aligned and admitted as any other pair.
//!
//! * [`mention`]: where a question names the tables and columns of its query.
//! * [`reword`]: other words for the same query.
//! * [`list`]: other columns shown.
//! * [`swap`]: another column, aggregate, comparison, direction or value.

pub mod list;
pub mod mention;
pub mod reword;
pub mod swap;

use std::collections::{BTreeMap, BTreeSet};

use schema::TableId;
use schema::normalize::normalize;
use schema::slot::{NormalizedQuestion, TextSpan};
use sql::tree::{Query, SourceId};
use sql::visit::each_select;

use self::mention::{Mention, mentions};
use super::dice::Dice;
use super::noise;
use super::pair::{Drops, from_pair, worth_asking};
use super::studio::Studio;
use crate::example::Example;

/// The tag of pairs made from a hand-written one.
pub const VARIED: &str = "varied";
/// Attempts for each variant wanted; many rules do not apply, or lead to a pair that exists.
const ATTEMPTS: usize = 3;

/// A pair while it is changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The question.
    pub question: String,
    /// Its query.
    pub query: Query,
}

/// A draft with what is known of its words.
pub struct Reading<'a> {
    /// The pair.
    pub draft: &'a Draft,
    /// Words and slots.
    pub normalized: NormalizedQuestion,
    /// What its query reads from.
    pub sources: BTreeMap<SourceId, TableId>,
    /// Where tables and columns of the query are named.
    pub mentions: Vec<Mention>,
}

impl<'a> Reading<'a> {
    /// Reads a draft.
    pub fn new(studio: &Studio<'_>, draft: &'a Draft) -> Self {
        let normalized = normalize(&draft.question, &studio.context);
        let sources = sources(&draft.query);
        let mentions = mentions(&studio.world, &normalized, &draft.query, &sources);
        Reading { draft, normalized, sources, mentions }
    }

    /// The question in lower case, byte for byte in the same places.
    pub fn lower(&self) -> String {
        self.draft.question.to_ascii_lowercase()
    }
}

fn sources(query: &Query) -> BTreeMap<SourceId, TableId> {
    let mut found = BTreeMap::new();
    each_select(query, &mut |select| {
        found.extend(select.from.iter().filter_map(|source| Some((source.id, source.table_id()?))));
    });
    found
}

/// Up to `wanted` pairs like this one, none twice and none the same as it.
pub fn variants(
    studio: &Studio<'_>,
    original: &Draft,
    (seed, stream): (u64, u64),
    wanted: usize,
    drops: &mut Drops,
) -> Vec<Example> {
    let mut seen: BTreeSet<(String, Vec<String>)> = BTreeSet::new();
    if let Ok(example) = from_pair(studio, &original.question, original.query.clone()) {
        seen.insert((example.normalized, example.lexemes));
    }
    let mut found = vec![];
    for attempt in 0..wanted * ATTEMPTS {
        if found.len() == wanted {
            break;
        }
        let mut dice = Dice::new(seed ^ 0x7a51, (stream << 10) + attempt as u64);
        match varied(studio, original, &mut dice) {
            Ok(example) if seen.insert((example.normalized.clone(), example.lexemes.clone())) => found.push(example),
            Ok(_) => drops.add("varied: said twice"),
            Err(reason) => drops.add(format!("varied: {reason}")),
        }
    }
    found
}

fn varied(studio: &Studio<'_>, original: &Draft, dice: &mut Dice) -> Result<Example, String> {
    let mut draft = original.clone();
    for _ in 0..dice.weighted(&[0.3, 0.4, 0.3]) {
        draft = changed(studio, &draft, dice).unwrap_or(draft);
    }
    let is_new = draft.query != original.query;
    draft.question = reword::reworded(&studio.world, &Reading::new(studio, &draft), dice);
    let text = noise::typed(draft.question.trim_end_matches(['.', '?', '!', ' ']), &studio.world.patterns, dice);
    if is_new {
        worth_asking(studio, &draft.query)?;
    }
    let mut example = from_pair(studio, &text, draft.query)?;
    example.tags.push(VARIED.to_owned());
    Ok(example)
}

/// The draft after the first rule, in random order, that applies to it.
fn changed(studio: &Studio<'_>, draft: &Draft, dice: &mut Dice) -> Option<Draft> {
    let reading = Reading::new(studio, draft);
    let mut rules = Rule::ALL;
    dice.shuffle(&mut rules);
    rules.into_iter().find_map(|rule| rule.apply(studio, &reading, dice))
}

/// A rule that changes words and query together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// [`swap::column`].
    Column,
    /// [`list::columns`].
    List,
    /// [`swap::aggregate`].
    Aggregate,
    /// [`swap::comparison`].
    Comparison,
    /// [`swap::direction`].
    Direction,
    /// [`swap::value`].
    Value,
}

impl Rule {
    /// All rules.
    pub const ALL: [Rule; 6] =
        [Rule::Column, Rule::List, Rule::Aggregate, Rule::Comparison, Rule::Direction, Rule::Value];

    /// The draft after this rule, if it applies.
    pub fn apply(self, studio: &Studio<'_>, reading: &Reading<'_>, dice: &mut Dice) -> Option<Draft> {
        let world = &studio.world;
        match self {
            Rule::Column => swap::column(world, reading, dice),
            Rule::List => list::columns(world, reading, dice),
            Rule::Aggregate => swap::aggregate(reading, dice),
            Rule::Comparison => swap::comparison(reading, dice),
            Rule::Direction => swap::direction(world, reading),
            Rule::Value => swap::value(world, reading, dice),
        }
    }
}

/// A text with some of its spans replaced; an article before a replaced word is made to fit.
pub fn replaced(text: &str, mut edits: Vec<(TextSpan, String)>) -> String {
    edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
    let mut out = text.to_owned();
    for (span, new) in edits {
        let capital = text[span.start..].starts_with(char::is_uppercase) && span.start == 0;
        let new = if capital { capitalised(&new) } else { new };
        out.replace_range(span.start..span.end, &new);
        out = with_article(out, span.start);
    }
    out
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// "a engagement" as "an engagement", where the word stands at `at`.
fn with_article(text: String, at: usize) -> String {
    let (before, after) = text.split_at(at);
    let vowel = after.starts_with(['a', 'e', 'i', 'o', 'A', 'E', 'I', 'O']);
    let (wrong, right) = if vowel { (" a ", " an ") } else { (" an ", " a ") };
    match before.strip_suffix(wrong) {
        Some(rest) => format!("{rest}{right}{after}"),
        None => text,
    }
}

/// Where a phrase stands as whole words in a text; both in lower case.
pub fn occurrences(lower: &str, phrase: &str) -> Vec<TextSpan> {
    let is_inner = |c: char| c.is_alphanumeric() || c == '_';
    let starts_word = phrase.starts_with(is_inner);
    let ends_word = phrase.ends_with(is_inner);
    let whole = |start: usize, end: usize| {
        let goes_on =
            (starts_word && lower[..start].ends_with(is_inner)) || (ends_word && lower[end..].starts_with(is_inner));
        !goes_on
    };
    let at = lower.match_indices(phrase).map(|(start, found)| TextSpan { start, end: start + found.len() });
    at.filter(|span| !phrase.is_empty() && whole(span.start, span.end)).collect()
}
