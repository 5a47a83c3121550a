//! Examples to tokens: the vocabulary they teach, and prompts and completions through the one prompt function.

use std::path::PathBuf;

use answer::intent::Intent as ModelIntent;
use answer::pack::Pack;
use answer::plan::{Plan, PlanOrder};
use answer::prompt::{ModelQuestion, completion, prompt, reversed, slot_named};
use answer::query_generator::MAX_LEXEMES;
use answer::vocabulary::{Vocabulary, added_tokens};
use model::tokenizer::train_bpe;
use schema::Catalog;
use schema::slot::Slot;
use sql::lexeme::{Lexeme, Word};
use sql::matcher::{Grammar, Limits, Matcher, Refused, SlotTable};

use crate::config::SftConfig;
use crate::dataset::{Dataset, Encoded};
use crate::error::{Result, TrainError};
use crate::example::{Example, ExampleSlot, Intent, read_examples};

impl From<Intent> for ModelIntent {
    fn from(intent: Intent) -> Self {
        match intent {
            Intent::Answerable => ModelIntent::Answerable,
            Intent::Unanswerable => ModelIntent::Unanswerable,
            Intent::Ambiguous => ModelIntent::Ambiguous,
            Intent::Write => ModelIntent::Write,
            Intent::Chat => ModelIntent::ChitChat,
            Intent::FollowUp => ModelIntent::FollowUp,
        }
    }
}

/// Learns a vocabulary for a pack from the words of normalised questions: the pack's own tokens, 256 bytes, and at most
/// `word_pieces` characters and pieces of words.
///
/// # Errors
/// When the pack's conditions are no SQL over its catalog, or the questions have more characters than `word_pieces`.
pub fn learn_vocabulary<'a>(
    pack: &Pack,
    normalized: impl IntoIterator<Item = &'a str>,
    word_pieces: usize,
) -> Result<Vocabulary> {
    let data = |e: &dyn std::fmt::Display| TrainError::Data(e.to_string());
    let lexicon = pack.lexicon().map_err(|e| data(&e))?;
    let added = added_tokens(&pack.catalog, &lexicon);
    let is_word = |word: &&str| slot_named(word).is_none();
    let words = normalized.into_iter().flat_map(|text| text.split_whitespace()).filter(is_word);
    let tokenizer = train_bpe(words, added.len() + 256 + word_pieces, &added)?;
    Vocabulary::new(tokenizer, &pack.catalog, lexicon).map_err(|e| data(&e))
}

/// What examples are turned into tokens with.
#[derive(Clone, Copy)]
pub struct Encoder<'a> {
    /// Tables and columns.
    pub catalog: &'a Catalog,
    /// The tokens.
    pub vocabulary: &'a Vocabulary,
    /// With a grammar, the tokens of a completion that it forces are marked.
    pub grammar: Option<&'a Grammar>,
    /// What a plan may name, for a model that plans before it writes.
    pub plan: Option<&'a PlanOrder>,
}

/// Prompt and completion of an example.
///
/// # Errors
/// When the example names a column, lexeme or slot that the catalog or the vocabulary does not have, or the grammar does
/// not admit its query.
pub fn encode(encoder: Encoder<'_>, example: &Example) -> Result<Encoded> {
    let Encoder { catalog, vocabulary, grammar, plan } = encoder;
    let (question, lexemes) = read_names(encoder, example)?;
    let plan = plan.map(|order| Plan::of(order, catalog, &vocabulary.lexicon, &lexemes));
    let completion = completion(vocabulary, example.intent.into(), plan.as_ref(), &lexemes)
        .ok_or_else(|| unknown(example, "intent", &format!("{:?}", example.intent)))?;
    let forced = match grammar {
        Some(grammar) if !lexemes.is_empty() => forced(grammar, &question, plan.as_ref(), &lexemes)
            .map_err(|e| TrainError::Data(format!("example {}: the grammar refuses its query: {e}", example.id)))?,
        _ => vec![],
    };
    Ok(Encoded { prompt: prompt(vocabulary, &question), completion, forced })
}

/// An example the other way round, from its query to its question; none where there is no query.
///
/// # Errors
/// As [`encode`].
pub fn encode_reversed(encoder: Encoder<'_>, example: &Example) -> Result<Option<Encoded>> {
    if example.intent != Intent::Answerable {
        return Ok(None);
    }
    let (question, lexemes) = read_names(encoder, example)?;
    let (prompt, completion) = reversed(encoder.vocabulary, &question, &lexemes);
    Ok(Some(Encoded { prompt, completion, forced: vec![] }))
}

/// The question as a model reads it, and the lexemes of its query, the end included.
fn read_names(encoder: Encoder<'_>, example: &Example) -> Result<(ModelQuestion, Vec<u32>)> {
    let Encoder { catalog, vocabulary, .. } = encoder;
    let mut values = Vec::with_capacity(example.slots.len());
    for ExampleSlot { slot, columns, .. } in &example.slots {
        let slot: Slot = slot_named(slot).ok_or_else(|| unknown(example, "slot", slot))?;
        let find = |name: &String| catalog.find_qualified(name).ok_or_else(|| unknown(example, "column", name));
        values.push((slot, columns.iter().map(find).collect::<Result<Vec<_>>>()?));
    }
    let lexeme = |name: &String| {
        let token = vocabulary.tokenizer.token_id(name);
        token.and_then(|token| vocabulary.lexeme_id(token)).ok_or_else(|| unknown(example, "lexeme", name))
    };
    let linked =
        |name: &String| vocabulary.lexicon.lexeme(lexeme(name)?).ok_or_else(|| unknown(example, "lexeme", name));
    let links = example.links.iter().map(linked).collect::<Result<_>>()?;
    let previous = example.previous.iter().map(linked).collect::<Result<Vec<_>>>()?;
    let mut lexemes: Vec<u32> = example.lexemes.iter().map(lexeme).collect::<Result<_>>()?;
    if example.intent == Intent::Answerable {
        lexemes.extend(vocabulary.lexicon.id(Lexeme::Word(Word::End)));
    }
    Ok((ModelQuestion { text: example.normalized.clone(), links, values, previous }, lexemes))
}

fn unknown(example: &Example, what: &str, name: &str) -> TrainError {
    TrainError::Data(format!("example {}: {what} \"{name}\" is not of this pack; make the data anew", example.id))
}

/// For the intent, the plan and each lexeme, whether the grammar leaves no other choice there.
fn forced(
    grammar: &Grammar,
    question: &ModelQuestion,
    plan: Option<&Plan>,
    lexemes: &[u32],
) -> std::result::Result<Vec<bool>, Refused> {
    let mut slots = SlotTable::new();
    let mut known = Vec::new();
    for slot in question.text.split_whitespace().filter_map(slot_named) {
        if !known.contains(&slot) {
            known.push(slot);
            let columns = question.values.iter().find(|(other, _)| *other == slot).map(|(_, columns)| columns.clone());
            slots.add(slot, columns.unwrap_or_default());
        }
    }
    let mut matcher = Matcher::new(grammar, &slots, MAX_LEXEMES);
    let mut forced = vec![false];
    if let Some(plan) = plan {
        forced.push(true);
        forced.extend(plan.parts.iter().map(|_| false));
        forced.push(false);
    }
    for lexeme in lexemes {
        forced.push(matcher.forced() == Some(*lexeme));
        matcher.advance(*lexeme)?;
    }
    Ok(forced)
}

/// Learns a vocabulary from the questions of data files, which are read one line at a time.
///
/// # Errors
/// As [`learn_vocabulary`], and when a file cannot be read.
pub fn vocabulary_of(pack: &Pack, files: &[PathBuf], config: &SftConfig) -> Result<Vocabulary> {
    let mut texts = Vec::new();
    for_each_example(files, config, |example| {
        texts.push(example.normalized);
        Ok(())
    })?;
    learn_vocabulary(pack, texts.iter().map(String::as_str), config.data.word_pieces)
}

/// Reads data files into memory as tokens, each example as often in an epoch as its tags say.
///
/// # Errors
/// As [`encode`], and when a file cannot be read.
pub fn load_dataset(files: &[PathBuf], pack: &Pack, vocabulary: &Vocabulary, config: &SftConfig) -> Result<Dataset> {
    let mut data = Dataset::default();
    let glossary = Some(&pack.glossary);
    let grammar =
        config.data.skip_forced.then(|| Grammar::new(&pack.catalog, &vocabulary.lexicon, glossary, Limits::default()));
    let order = PlanOrder::new(&vocabulary.lexicon);
    let mut index = 0;
    for_each_example(files, config, |example| {
        let plan = is_planned(index, config.data.plan).then_some(&order);
        index += 1;
        let encoder = Encoder { catalog: &pack.catalog, vocabulary, grammar: grammar.as_ref(), plan };
        let encoded =
            if config.data.reversed { encode_reversed(encoder, &example)? } else { Some(encode(encoder, &example)?) };
        encoded.map_or(Ok(()), |encoded| data.push(&encoded, config.copies(&example.tags), config.data.skip_forced))
    })?;
    Ok(data)
}

/// Whether the example of this index is taught with a plan. Multiples of the golden ratio spread evenly, so that neighbours,
/// which word the same query, differ.
fn is_planned(index: usize, share: f32) -> bool {
    (index as f64 * 0.618_033_988_749_895).fract() < f64::from(share)
}

fn for_each_example(files: &[PathBuf], config: &SftConfig, mut each: impl FnMut(Example) -> Result<()>) -> Result<()> {
    let limit = if config.data.limit == 0 { usize::MAX } else { config.data.limit };
    let mut count = 0;
    for file in files {
        for example in read_examples(file)? {
            if count == limit {
                return Ok(());
            }
            count += 1;
            each(example?)?;
        }
    }
    Ok(())
}
