//! The one prompt function: training, evaluation and serving all write prompts and completions with it.
//!
//! ```text
//! <bos> which <val1> projects cost over <num1> ? Projects Projects.Cost <val1> Projects.Status Companies.Status <sep>
//! <bos> SELECT Projects.Name FROM Projects WHERE … <end> only the <val1> ones <val1> Projects.Status <sep>   (a follow-up)
//! <answerable> SELECT Projects.Name FROM Projects WHERE … <end>
//! <answerable> <think> Projects <val1> <num1> </think> SELECT … <end>      (a model that plans)
//! ```

use schema::link::Links;
use schema::slot::{NormalizedQuestion, Piece, Reading, Slot, SlotKind};
use schema::{ColumnId, TableId};
use sql::lexeme::{ColumnRef, Lexeme, TableRef};

use crate::intent::Intent;
use crate::plan::Plan;
use crate::vocabulary::Vocabulary;

/// Names the way prompts and completions are written; stands in the metadata of weights, which serve no other.
pub const PROMPT_FORMAT: &str = "4";
/// How many columns are named for a value.
pub const MAX_COLUMNS: usize = 6;

/// How many tables and columns that the question speaks of are named.
pub const MAX_LINKS: usize = 8;
/// What is linked more loosely is not named.
const MIN_SCORE: f32 = 0.3;

/// A question as a model reads it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelQuestion {
    /// Words, and slots as `<num1>`.
    pub text: String,
    /// The tables and columns it speaks of, surest first, at most [`MAX_LINKS`].
    pub links: Vec<Lexeme>,
    /// For each value slot, in order, the columns that hold the value, best first.
    pub values: Vec<(Slot, Vec<ColumnId>)>,
    /// The query that it may go on from, the end included; empty at the start of a conversation.
    pub previous: Vec<Lexeme>,
}

impl ModelQuestion {
    /// The same as the follow-up of a query.
    pub fn after(self, previous: Vec<Lexeme>) -> Self {
        ModelQuestion { previous, ..self }
    }

    /// A normalised question and what it speaks of.
    pub fn new(question: &NormalizedQuestion, links: &Links) -> Self {
        // Values of an earlier query stand beside their columns in it.
        let is_said = |slot: Slot| question.pieces.contains(&Piece::Slot(slot));
        let values = question.slots.iter().filter(|filled| filled.slot.kind == SlotKind::Val && is_said(filled.slot));
        let columns_of = |readings: &[Reading]| {
            let mut columns = vec![];
            for reading in readings {
                let Reading::Known(known) = reading else { continue };
                let new: Vec<ColumnId> = known.iter().map(|k| k.column).collect();
                new.into_iter().for_each(|c| {
                    if !columns.contains(&c) {
                        columns.push(c)
                    }
                });
            }
            columns
        };
        let values = values.map(|filled| (filled.slot, columns_of(&filled.readings))).collect();
        ModelQuestion { text: question.text(), links: best_links(links), values, previous: vec![] }
    }
}

/// The surest tables, and columns of linked tables; the columns of values are named beside the values.
fn best_links(links: &Links) -> Vec<Lexeme> {
    let tables = links.tables.iter().map(|t| (t.score, Lexeme::Table(TableRef { table: t.table, instance: 1 })));
    let is_near = |table: TableId| links.tables.is_empty() || links.tables.iter().any(|t| t.table == table);
    let said = links.columns.iter().filter(|c| c.slot.is_none() && is_near(c.column.table));
    let columns = said.map(|c| (c.score, Lexeme::Column(ColumnRef { column: c.column, instance: 1 })));
    let mut ranked: Vec<(f32, Lexeme)> = tables.chain(columns).filter(|(score, _)| *score >= MIN_SCORE).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranked.into_iter().take(MAX_LINKS).map(|(_, lexeme)| lexeme).collect()
}

/// The prompt for a question.
pub fn prompt(vocabulary: &Vocabulary, question: &ModelQuestion) -> Vec<u32> {
    let mut tokens = vec![vocabulary.bos()];
    tokens.extend(question.previous.iter().filter_map(|lexeme| vocabulary.lexeme(*lexeme)));
    tokens.extend(words(vocabulary, &question.text));
    tokens.extend(question.links.iter().filter_map(|lexeme| vocabulary.lexeme(*lexeme)));
    for (slot, columns) in &question.values {
        tokens.extend(vocabulary.slot(*slot));
        let columns = columns.iter().take(MAX_COLUMNS).map(|column| ColumnRef { column: *column, instance: 1 });
        tokens.extend(columns.filter_map(|column| vocabulary.lexeme(Lexeme::Column(column))));
    }
    tokens.push(vocabulary.sep());
    tokens
}

/// The other way round: a query (ids of lexemes; the end is added where it is missing) and what was asked before it, and
/// the words of the question.
pub fn reversed(vocabulary: &Vocabulary, question: &ModelQuestion, query: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut given = vec![vocabulary.bos()];
    given.extend(question.previous.iter().filter_map(|lexeme| vocabulary.lexeme(*lexeme)));
    given.extend(query.iter().map(|id| vocabulary.token(*id)));
    if given.last() != Some(&vocabulary.end()) {
        given.push(vocabulary.end());
    }
    given.push(vocabulary.sep());
    (given, said(vocabulary, question))
}

/// The words of a question as a network writes them.
pub fn said(vocabulary: &Vocabulary, question: &ModelQuestion) -> Vec<u32> {
    let mut said = words(vocabulary, &question.text);
    said.push(vocabulary.sep());
    said
}

/// Words, and slots, as tokens.
fn words(vocabulary: &Vocabulary, text: &str) -> Vec<u32> {
    let (mut tokens, mut between) = (vec![], String::new());
    for word in text.split_whitespace() {
        match slot_named(word).and_then(|slot| vocabulary.slot(slot)) {
            Some(token) => {
                flush(vocabulary, &mut between, &mut tokens);
                tokens.push(token);
            }
            None => {
                between.push(' ');
                between.push_str(word);
            }
        }
    }
    flush(vocabulary, &mut between, &mut tokens);
    tokens
}

/// What a model is to write: the intent and, where that is [`Intent::Answerable`], the plan if it plans, and the lexemes
/// (ids; the end is added where it is missing). `None` for an intent that models do not tell.
pub fn completion(vocabulary: &Vocabulary, intent: Intent, plan: Option<&Plan>, lexemes: &[u32]) -> Option<Vec<u32>> {
    let mut tokens = vec![vocabulary.intent(intent)?];
    if intent == Intent::Answerable {
        if let Some(plan) = plan {
            tokens.push(vocabulary.think());
            tokens.extend(plan.parts.iter().map(|id| vocabulary.token(*id)));
            tokens.push(vocabulary.end_think());
        }
        tokens.extend(lexemes.iter().map(|id| vocabulary.token(*id)));
        if tokens.last() != Some(&vocabulary.end()) {
            tokens.push(vocabulary.end());
        }
    }
    Some(tokens)
}

/// Encodes the words gathered so far; each stands behind a space, so that it has the same pieces wherever it stands.
fn flush(vocabulary: &Vocabulary, words: &mut String, tokens: &mut Vec<u32>) {
    if !words.is_empty() {
        tokens.extend(vocabulary.tokenizer.encode(words));
        words.clear();
    }
}

/// `<num1>` as a slot.
pub fn slot_named(word: &str) -> Option<Slot> {
    let inner = word.strip_prefix('<')?.strip_suffix('>')?;
    let digits = inner.find(|c: char| c.is_ascii_digit())?;
    let number = inner[digits..].parse().ok()?;
    SlotKind::ALL.into_iter().map(|kind| Slot { kind, number }).find(|slot| slot.to_string() == word)
}
