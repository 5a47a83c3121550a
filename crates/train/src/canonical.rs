//! A question and its reference in the form a model learns: words with slots, and lexemes.

use answer::conversation::continued;
use answer::prompt::ModelQuestion;
use answer::slots::align;
use schema::link::link;
use schema::normalize::normalize;
use schema::slot::{NormalizedQuestion, Slot};
use schema::{ColumnId, Context};
use serde::{Deserialize, Serialize};
use sql::affinity::coerce_literals;
use sql::canonical::{self, CanonicalOptions, fill_from};
use sql::features;
use sql::lexeme::{Lexeme, Lexicon, Word};
use sql::matcher::{Grammar, SlotTable, admits};
use sql::tree::Query;
use sql::verify;

use crate::example::{Example, ExampleSlot, Intent};
use crate::question::Question;
use crate::synth::sets::HAND;

/// What a question is read against, and what a model can write.
pub struct Reader<'a> {
    /// Tables, words and values.
    pub context: Context<'a>,
    /// Every lexeme.
    pub lexicon: &'a Lexicon,
    /// What may follow what.
    pub grammar: &'a Grammar,
}

/// What stands between a reference and a model that could write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It does not pass validation.
    Validation,
    /// The question does not say one of its literals.
    Literals,
    /// It has something that lexemes cannot say.
    Canonical,
    /// The matcher refuses its canonical form.
    Matcher,
    /// Its canonical form cannot be filled with the question's values.
    Values,
    /// Its canonical form returns other rows.
    Rows,
}

/// Why a model cannot write a reference.
#[derive(Debug, Clone, PartialEq)]
pub struct Obstacle {
    /// Where it fails.
    pub stage: Stage,
    /// What is wrong.
    pub reason: String,
}

impl Obstacle {
    /// The stage and the reason, without the lexemes that a refusal repeats: few words, so that they can be counted.
    pub fn brief(&self) -> String {
        match self.stage {
            Stage::Validation => format!("refused: {}", self.reason),
            Stage::Literals => "unaligned literal".to_owned(),
            Stage::Canonical => format!("not canonical: {}", self.reason),
            Stage::Matcher => {
                let (before, refused) = self.reason.split_once(" » ").unwrap_or(("", &self.reason));
                let last = before.rsplitn(4, ' ').take(3).collect::<Vec<_>>();
                let last: Vec<&str> = last.into_iter().rev().collect();
                format!("not admitted: {} » {refused}", last.join(" "))
            }
            Stage::Values | Stage::Rows => self.reason.clone(),
        }
    }
}

/// A question and a query as a model reads and writes them.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// Words, and slots where values stood.
    pub question: NormalizedQuestion,
    /// The query, its literals traced to the slots.
    pub query: Query,
    /// Its canonical form, the end included.
    pub lexemes: Vec<Lexeme>,
    /// That of the query before it in a conversation; empty without one.
    pub previous: Vec<Lexeme>,
}

/// Traces every literal of a query to the question (and to the query `previous` that it follows), writes the query as
/// lexemes, and has the matcher admit them.
///
/// # Errors
/// The first thing that stands against it.
pub fn read(reader: &Reader<'_>, question: &str, previous: Option<&str>, sql: &str) -> Result<Read, Obstacle> {
    let context = &reader.context;
    let stopped = |stage: Stage, reason: String| Obstacle { stage, reason };
    let verified = |sql: &str| {
        verify(sql, context.catalog, &Default::default()).map_err(|report| {
            let first = report.diagnostics.first();
            stopped(Stage::Validation, first.map_or_else(String::new, |d| format!("{}: {}", d.code, d.message)))
        })
    };
    let mut question = normalize(question, context);
    let previous = match previous {
        Some(previous) => continued(verified(previous)?.query(), &mut question, context.catalog, reader.lexicon)
            .ok_or_else(|| stopped(Stage::Canonical, "the query before it has no canonical form".to_owned()))?,
        None => vec![],
    };
    let mut query = verified(sql)?.query().clone();
    coerce_literals(&mut query, context.catalog);
    align(&mut query, &question, reader.lexicon).map_err(|e| stopped(Stage::Literals, e.to_string()))?;
    let today = context.today.to_string();
    let options = CanonicalOptions { today: Some(&today) };
    let lexemes = canonical::lexemes(&query, context.catalog, reader.lexicon, options)
        .map_err(|e| stopped(Stage::Canonical, e.to_string()))?;
    admits(reader.grammar, reader.lexicon, &SlotTable::of(&question), &lexemes)
        .map_err(|refused| stopped(Stage::Matcher, refusal(reader, &lexemes, refused.position)))?;
    Ok(Read { question, query, lexemes, previous })
}

/// The lexemes up to the refused one, which stands after a mark.
fn refusal(reader: &Reader<'_>, lexemes: &[Lexeme], position: usize) -> String {
    let name = |lexeme: &Lexeme| reader.lexicon.name(reader.context.catalog, *lexeme);
    let before: Vec<String> = lexemes[..position.min(lexemes.len())].iter().map(name).collect();
    let refused = lexemes.get(position).map_or_else(|| "nothing more".to_owned(), name);
    format!("{} » {refused}", before.join(" "))
}

impl Read {
    /// The query as SQL again, by way of its lexemes and the question's values.
    ///
    /// # Errors
    /// When the question's values do not fill it.
    pub fn text(&self, reader: &Reader<'_>) -> Result<String, Obstacle> {
        let fill = fill_from(&self.question, &[]);
        let today = reader.context.today.to_string();
        canonical::text(&self.lexemes, reader.context.catalog, reader.lexicon, &fill, &today)
            .map_err(|e| Obstacle { stage: Stage::Values, reason: e.to_string() })
    }
}

/// A question of a file as an example to learn from, tagged [`HAND`] beside its own tags and those of its query. Where it
/// must not be answered, a tag names the intent ("unanswerable", "ambiguous", "write", "chitchat"); without one it counts
/// as unanswerable. A difficulty that the file does not name is that of the query.
///
/// # Errors
/// When its reference has no form that a model could write.
pub fn example(reader: &Reader<'_>, question: &Question) -> Result<Example, Obstacle> {
    let mut example = Example {
        id: question.id.clone(),
        question: question.question.clone(),
        tags: question.tags.iter().cloned().chain([HAND.to_owned()]).collect(),
        difficulty: question.difficulty.clone(),
        ordered: question.ordered,
        ..Example::default()
    };
    let normalized = match &question.sql {
        Some(sql) => {
            let read = read(reader, &question.question, question.previous.as_deref(), sql)?;
            example.previous = read.previous.iter().map(|l| reader.lexicon.name(reader.context.catalog, *l)).collect();
            let written = read.lexemes.iter().filter(|lexeme| **lexeme != Lexeme::Word(Word::End));
            example.lexemes = written.map(|l| reader.lexicon.name(reader.context.catalog, *l)).collect();
            example.template = format!("{:016x}", features::template_hash(&read.query));
            example.sql = Some(sql.clone());
            example.previous_sql = question.previous.clone();
            let own = features::tags(&read.query).into_iter().map(str::to_owned);
            let new: Vec<String> = own.filter(|tag| !question.tags.contains(tag)).collect();
            example.tags.splice(0..0, new);
            if example.difficulty.is_empty() {
                example.difficulty = features::difficulty(&read.query).to_string();
            }
            read.question
        }
        None => {
            example.intent = declined_intent(&question.tags);
            if example.difficulty.is_empty() {
                example.difficulty = "easy".to_owned();
            }
            normalize(&question.question, &reader.context)
        }
    };
    add_prompt(&mut example, &normalized, &reader.context, reader.lexicon);
    Ok(example)
}

/// Writes into an example what a prompt of its question holds.
pub(crate) fn add_prompt(
    example: &mut Example,
    question: &NormalizedQuestion,
    context: &Context<'_>,
    lexicon: &Lexicon,
) {
    let catalog = context.catalog;
    let ModelQuestion { text, links, values, .. } = ModelQuestion::new(question, &link(question, context));
    example.normalized = text;
    example.links = links.iter().map(|lexeme| lexicon.name(catalog, *lexeme)).collect();
    let slot = |(slot, columns): &(Slot, Vec<ColumnId>)| ExampleSlot {
        slot: slot.to_string(),
        columns: columns.iter().map(|column| catalog.qualified(*column)).collect(),
        unit: None,
    };
    example.slots = values.iter().map(slot).collect();
}

fn declined_intent(tags: &[String]) -> Intent {
    let has = |name: &str| tags.iter().any(|tag| tag == name);
    match () {
        () if has("ambiguous") => Intent::Ambiguous,
        () if has("write") || has("ddl") => Intent::Write,
        () if has("chat") || has("chitchat") => Intent::Chat,
        () => Intent::Unanswerable,
    }
}
