//! One pair written by hand, many like it: the words and the tree of a pair changed together, by rules that keep them true
//! to each other.
//!
//! A rule applies only where the words that it changes are found and mean one thing in the tree; a pair to which none
//! applies stays as it is. What comes out is executed, normalised, aligned and admitted as any other pair.
//!
//! * [`rules`]: all of them, and how often each is tried.
//! * [`mention`]: where a question names the tables and columns of its query.
//! * [`reword`]: other words for the same query.
//! * [`list`]: other columns shown.
//! * [`swap`]: another column, aggregate, comparison, direction or value.
//! * [`narrow`], [`widen`]: a condition more, a condition less.
//! * [`entries`], [`columns`]: a list of what is wanted, found and changed.
//! * [`order`]: an order more or less.
//! * [`value`]: another value of the same kind; [`several`]: more of them or fewer; [`parallel`]: another table.
//! * [`correction`]: a value said wrongly at first; [`frame`]: what stands around a question.
//! * [`text`]: cutting and joining text.

pub mod columns;
pub mod correction;
pub mod entries;
pub mod frame;
pub mod list;
pub mod mention;
pub mod narrow;
pub mod order;
pub mod parallel;
pub mod reword;
pub mod rules;
pub mod several;
pub mod swap;
pub mod text;
pub mod value;
pub mod widen;

use std::collections::{BTreeMap, BTreeSet};

use schema::normalize::normalize;
use schema::slot::{FilledSlot, NormalizedQuestion, TextSpan};
use schema::{ColumnId, TableId};
use sql::features;
use sql::tree::{Expr, ExprKind, Query, SourceId};
use sql::visit::{each_expr, each_expr_mut, each_select};

use self::mention::{Mention, mentions};
use super::dice::Dice;
use super::noise;
use super::pair::{Drops, from_pair, worth_asking};
use super::split::Split;
use super::studio::Studio;
use crate::example::Example;

pub use self::rules::Rule;
pub use self::text::{occurrences, replaced};

/// The tag of pairs made from a hand-written one.
pub const VARIED: &str = "varied";
/// How often none, one, two … rules are applied to a pair.
const RULES_APPLIED: [f64; 5] = [0.1, 0.3, 0.3, 0.2, 0.1];
/// How often a value is said wrongly at first.
const CORRECTED: f64 = 0.04;
/// How often what stands around a question is changed.
const FRAMED: f64 = 0.25;
/// Attempts for each variant wanted; many rules do not apply, or lead to a pair that exists.
const ATTEMPTS: usize = 3;
/// Room for the attempts of one pair between the dice of two pairs.
const STREAM_BITS: u32 = 32;

/// A pair while it is changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The question.
    pub question: String,
    /// Its query.
    pub query: Query,
    /// Whether the question asks for an order.
    pub ordered: bool,
}

impl Draft {
    /// A pair; a question that asks for no order.
    pub fn new(question: impl Into<String>, query: Query) -> Self {
        Draft { question: question.into(), query, ordered: false }
    }

    /// The same, its literals without slots: whence they come is found anew for each question.
    pub fn without_slots(mut self) -> Self {
        each_expr_mut(&mut self.query, &mut |expr| {
            if let ExprKind::Literal(literal) = &mut expr.kind {
                literal.slot = None;
            }
        });
        self
    }

    /// Other words and another query, the same in all else.
    pub fn to(&self, question: String, query: Query) -> Self {
        Draft { question, query, ordered: self.ordered }
    }
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
    /// The query with its literals traced to the slots, as far as they can be.
    pub aligned: Query,
}

impl<'a> Reading<'a> {
    /// Reads a draft.
    pub fn new(studio: &Studio<'_>, draft: &'a Draft) -> Self {
        let normalized = normalize(&draft.question, &studio.context);
        let sources = sources(&draft.query);
        let mentions = mentions(&studio.world, &normalized, &draft.query, &sources);
        let mut aligned = draft.query.clone();
        // A literal that nothing explains stays without a slot, and no rule touches it.
        let _ = answer::slots::align(&mut aligned, &normalized, studio.lexicon);
        Reading { draft, normalized, sources, mentions, aligned }
    }

    /// Where the values of the question stand.
    pub fn values(&self) -> Vec<TextSpan> {
        self.normalized.slots.iter().flat_map(FilledSlot::spans).collect()
    }

    /// The words at a span.
    pub fn at(&self, span: TextSpan) -> &str {
        &self.draft.question[span.start..span.end]
    }

    /// The columns of tables that an expression reads, as often as it does.
    pub fn columns_in(&self, expr: &Expr) -> Vec<ColumnId> {
        let mut found = vec![];
        each_expr(expr, &mut |part| {
            if let ExprKind::Column { source, column } = part.kind
                && let Some(&table) = self.sources.get(&source)
            {
                found.push(ColumnId { table, column });
            }
        });
        found
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

/// Up to `wanted` pairs like this one, none twice and none the same as it; queries other than its own have templates of
/// the training split.
pub fn variants(
    studio: &Studio<'_>,
    original: &Draft,
    (seed, stream): (u64, u64),
    wanted: usize,
    drops: &mut Drops,
) -> Vec<Example> {
    let mut seen: BTreeSet<Shown> = BTreeSet::new();
    if let Ok(example) = from_pair(studio, &original.question, original.query.clone()) {
        seen.insert(shown(&example));
    }
    let mut found = vec![];
    for attempt in 0..wanted * ATTEMPTS {
        if found.len() == wanted {
            break;
        }
        let mut dice = Dice::new(seed ^ 0x7a51, (stream << STREAM_BITS) + attempt as u64);
        match varied(studio, original, &mut dice) {
            Ok(example) if seen.insert(shown(&example)) => found.push(example),
            Ok(_) => drops.add("varied: said twice"),
            Err(reason) => drops.add(format!("varied: {reason}")),
        }
    }
    found
}

/// What a model sees of a pair: the words with their slots, what those may be, and the answer.
type Shown = (String, Vec<Vec<String>>, Vec<String>);

fn shown(example: &Example) -> Shown {
    let slots = example.slots.iter().map(|slot| slot.columns.clone()).collect();
    (example.normalized.clone(), slots, example.lexemes.clone())
}

fn varied(studio: &Studio<'_>, original: &Draft, dice: &mut Dice) -> Result<Example, String> {
    let mut draft = original.clone();
    let mut applied = vec![];
    for _ in 0..dice.weighted(&RULES_APPLIED) {
        if let Some((rule, changed)) = rules::changed(studio, &draft, &applied, dice) {
            draft = changed;
            applied.push(rule);
        }
    }
    if dice.chance(CORRECTED) {
        draft = correction::changed(studio, &Reading::new(studio, &draft), dice).unwrap_or(draft);
    }
    if dice.chance(FRAMED) {
        draft = frame::changed(studio, &Reading::new(studio, &draft), dice).unwrap_or(draft);
    }
    draft.question = reword::reworded(&studio.world, &Reading::new(studio, &draft), dice);
    let text = noise::typed(draft.question.trim_end_matches(['.', '?', '!', ' ']), &studio.world.patterns, dice);
    if draft.query != original.query {
        if Split::of(features::template_hash(&draft.query)) != Split::Train {
            return Err("template of another split".into());
        }
        worth_asking(studio, &draft.query)?;
    }
    let mut example = from_pair(studio, &text, draft.query)?;
    example.ordered = draft.ordered;
    example.tags.push(VARIED.to_owned());
    example.tags.extend(applied.iter().map(|rule| format!("{VARIED} by {}", rule.name())));
    Ok(example)
}
