//! Completions of many questions, as they come: what was computed for a question or a completion is kept for the next.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use database::{Image, Limits};
use schema::Catalog;
use sql::{Options, verify};

use super::{Case, Components, Court, Settings, feedback, reward};

/// Questions whose references' rows are kept for the next completion.
const QUESTIONS: usize = 32;
/// Completions of a question whose rewards are kept.
const COMPLETIONS: usize = 256;

/// What is known of a question whose completions are rewarded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Asked {
    /// In plain words; some rules look at them.
    pub question: Option<String>,
    /// Queries that are right; without one, rows are compared with nothing.
    pub references: Vec<String>,
    /// Whether the order of rows counts.
    pub ordered: bool,
    /// Whether declining is right.
    pub must_decline: bool,
}

/// What a completion is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct Worth {
    /// The reward.
    pub reward: f64,
    /// Its components.
    pub components: Components,
    /// Why, in words.
    pub feedback: String,
}

/// What completions are rewarded with.
#[derive(Debug)]
pub struct Bench {
    images: Arc<[Image]>,
    limits: Limits,
    settings: Settings,
    known: Mutex<HashMap<Asked, Arc<Known>>>,
}

/// A question with what its completions were worth.
#[derive(Debug)]
struct Known {
    case: Result<Case, String>,
    worths: Mutex<HashMap<String, Worth>>,
}

impl Bench {
    /// Rewards by the rows of these databases, each query within limits.
    pub fn new(images: Arc<[Image]>, limits: Limits, settings: Settings) -> Self {
        Bench { images, limits, settings, known: Mutex::default() }
    }

    /// What a completion is worth; equal completions of one question are run once.
    ///
    /// # Errors
    /// When a reference cannot be used, in words.
    pub fn worth(
        &self,
        catalog: &Catalog,
        validation: &Options<'_>,
        asked: &Asked,
        completion: &str,
    ) -> Result<Worth, String> {
        let known = self.known(catalog, asked);
        let case = known.case.as_ref().map_err(String::clone)?;
        if let Some(worth) = held(&known.worths).get(completion) {
            return Ok(worth.clone());
        }
        let witnesses = self.settings.witnesses;
        let court = Court { images: &self.images, limits: self.limits.clone(), witnesses, in_words: true };
        let options = Options { question: asked.question.as_deref(), ..validation.clone() };
        let trial = court.text(case, completion, &options);
        let worth = Worth {
            reward: reward(&trial, &self.settings),
            components: trial.components,
            feedback: feedback(&trial, &self.settings),
        };
        keep(&known.worths, COMPLETIONS, completion.to_owned(), worth.clone());
        Ok(worth)
    }

    /// The question, its references run on every database unless they were before.
    fn known(&self, catalog: &Catalog, asked: &Asked) -> Arc<Known> {
        if let Some(known) = held(&self.known).get(asked) {
            return Arc::clone(known);
        }
        let known = Arc::new(Known { case: self.case(catalog, asked), worths: Mutex::default() });
        keep(&self.known, QUESTIONS, asked.clone(), Arc::clone(&known));
        known
    }

    fn case(&self, catalog: &Catalog, asked: &Asked) -> Result<Case, String> {
        if asked.must_decline {
            return Ok(Case::to_be_declined());
        }
        let verified = |sql: &String| {
            verify(sql, catalog, &Options::default()).map_err(|report| {
                let first = report.diagnostics.first().map_or("it is no query", |found| found.message.as_str());
                format!("the reference cannot be used: {first}")
            })
        };
        let queries = asked.references.iter().map(verified).collect::<Result<Vec<_>, _>>()?;
        let case = Case::open(&self.images, &queries, asked.ordered, &self.limits);
        case.map_err(|e| format!("the reference cannot be run: {e}"))
    }
}

fn held<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps one more; where there are enough, all others are forgotten.
fn keep<K: Eq + Hash, V>(all: &Mutex<HashMap<K, V>>, most: usize, key: K, value: V) {
    let mut all = held(all);
    if all.len() >= most {
        all.clear();
    }
    all.insert(key, value);
}
