//! The query generator: prompts to candidates. The mask comes from the matcher at every step, so a candidate is always a
//! whole query over the catalog; tokens that the grammar forces cost no forward pass of their own and count nothing.
//!
//! [`generate`] is the way of requests that are all known at once; a [`Batch`] is one that requests join and leave while it
//! runs. A row's bytes do not depend on the rows beside it, so both write the same.

mod batch;
mod excluded;
mod row;

pub use batch::{Batch, Ticket};
pub use excluded::Excluded;

use model::inference::Model;
use model::sampling::{Sampling, Source};
use sql::bitset::BitSet;
use sql::matcher::{Grammar, Matcher, SlotTable};

use crate::intent::Intent;
use crate::plan::{MAX_PARTS, Plan, PlanOrder};
use crate::vocabulary::Vocabulary;

/// The longest query, in lexemes.
pub const MAX_LEXEMES: usize = 160;
/// The shortest query: SELECT, COUNT(*), FROM, a table, END, and something to spare.
const LEAST_LEXEMES: usize = 8;

/// What a candidate is generated with.
#[derive(Clone, Copy)]
pub struct Generator<'a> {
    /// The network.
    pub model: &'a Model,
    /// Its tokens.
    pub vocabulary: &'a Vocabulary,
    /// What may follow what.
    pub grammar: &'a Grammar,
    /// What a plan may name, for a model that plans before it writes.
    pub plan: Option<&'a PlanOrder>,
    /// Threads, which split the rows; no byte depends on them.
    pub threads: usize,
    /// Whether the grammar holds. Without it any lexeme may follow any other, which only experiments want.
    pub constrained: bool,
}

impl Generator<'_> {
    /// Whether a prompt leaves room for a query.
    ///
    /// # Errors
    /// When it is too long.
    pub fn check(&self, prompt: &[u32]) -> Result<(), GenerateError> {
        let limit = self.model.config().max_position_embeddings.saturating_sub(LEAST_LEXEMES + 1);
        if prompt.len() > limit { Err(GenerateError::TooLong { given: prompt.len(), limit }) } else { Ok(()) }
    }

    /// The most lexemes that a query may have behind a prompt.
    pub(crate) fn room(&self, prompt: &[u32]) -> usize {
        let plan = if self.plan.is_some() { MAX_PARTS + 2 } else { 0 };
        self.model.config().max_position_embeddings.saturating_sub(prompt.len() + 1 + plan).min(MAX_LEXEMES)
    }

    /// The lexemes that may come next.
    pub(crate) fn allowed_next(&self, matcher: &Matcher<'_>, allowed: &mut BitSet) {
        if self.constrained {
            return matcher.mask(allowed);
        }
        allowed.reset(self.grammar.lexeme_count());
        (0..self.grammar.lexeme_count() as u32).for_each(|id| allowed.insert(id));
    }
}

/// One way to draw a candidate.
#[derive(Debug, Clone)]
pub struct Draw {
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// By what; greedy choice needs nothing.
    pub source: Source,
}

impl Draw {
    /// The most likely token each time.
    pub const GREEDY: Draw = Draw { sampling: Sampling::GREEDY, source: Source::Point(0.0) };
}

/// A question and the candidates wanted for it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The prompt.
    pub prompt: &'a [u32],
    /// The question's values.
    pub slots: &'a SlotTable,
    /// One candidate each.
    pub draws: &'a [Draw],
    /// What the question is, where that is known; the model says it otherwise.
    pub intent: Option<Intent>,
    /// A question that is less likely to be answerable is taken for the likeliest of what else it may be.
    pub least_answerable: f64,
    /// A candidate is given up, unfinished, once its log-likelihood is less; −∞ finishes all.
    pub least_log_likelihood: f64,
    /// A query that is not wanted.
    pub excluded: Option<&'a Excluded>,
}

impl<'a> Request<'a> {
    /// Candidates of any kind, all of them finished.
    pub fn new(prompt: &'a [u32], slots: &'a SlotTable, draws: &'a [Draw]) -> Self {
        let (intent, least_answerable, least_log_likelihood) = (None, 0.0, f64::NEG_INFINITY);
        Request { prompt, slots, draws, intent, least_answerable, least_log_likelihood, excluded: None }
    }
}

/// What a model wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// What the question is.
    pub intent: Intent,
    /// The model's probability that it is answerable; 1 where the intent was known.
    pub answerable: f64,
    /// Ids of the query's lexemes, the end included; empty unless the intent is [`Intent::Answerable`].
    pub lexemes: Vec<u32>,
    /// What it planned to use; none for a model that does not plan.
    pub plan: Option<Plan>,
    /// Σ log p over the tokens that were not forced, under the mask at temperature 1.
    pub log_likelihood: f64,
    /// How many tokens were chosen.
    pub chosen: usize,
    /// log p of each chosen token at the temperature it was drawn with: what policy gradients call the old policy.
    /// Zeros for greedy choice.
    pub sampled: Vec<f32>,
    /// How many tokens the grammar forced.
    pub forced: usize,
    /// Whether it came to its end. Only a defect of the grammar leaves a query without a way to go on.
    pub finished: bool,
}

/// Why there are no candidates.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// Prompt and query do not fit the model's longest sequence.
    #[error("the question is {given} tokens long; this model reads at most {limit}")]
    TooLong {
        /// Tokens of the prompt.
        given: usize,
        /// The most there may be.
        limit: usize,
    },
    /// The network refuses.
    #[error(transparent)]
    Model(#[from] model::error::Error),
}

/// Generates every candidate of every request, all of them side by side; replies in the order of the requests. What several
/// candidates of a request begin with is computed once.
///
/// # Errors
/// When a prompt is too long, or the network is broken (NaN).
pub fn generate(generator: Generator<'_>, requests: &[Request<'_>]) -> Result<Vec<Vec<Candidate>>, GenerateError> {
    let mut batch = Batch::new(generator);
    let tickets = batch.join(requests)?;
    while batch.is_writing() {
        batch.step()?;
    }
    Ok(tickets.into_iter().map(|ticket| batch.leave(ticket)).collect())
}
