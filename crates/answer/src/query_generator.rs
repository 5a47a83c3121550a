//! The query generator: prompts to candidates. The mask comes from the matcher at every step, so a candidate is always a
//! whole query over the catalog; tokens that the grammar forces cost no forward pass of their own and count nothing.

use model::inference::{Logits, Model, Options, Want, advance, prefill};
use model::sampling::{Choice, Sampling, log_prob, sample};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
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
#[derive(Debug, Clone, Copy)]
pub struct Draw {
    /// How tokens are chosen.
    pub sampling: Sampling,
    /// Seed of the choice; greedy choice needs none.
    pub seed: u64,
}

impl Draw {
    /// The most likely token each time.
    pub const GREEDY: Draw = Draw { sampling: Sampling::GREEDY, seed: 0 };
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

/// Generates every candidate of every request, all of them side by side; replies in the order of the requests.
///
/// # Errors
/// When a prompt is too long, or the network is broken (NaN).
pub fn generate(generator: Generator<'_>, requests: &[Request<'_>]) -> Result<Vec<Vec<Candidate>>, GenerateError> {
    let prompts: Vec<&[u32]> = requests.iter().map(|request| request.prompt).collect();
    for prompt in &prompts {
        check_length(generator, prompt)?;
    }
    let mut logits = Logits::default();
    let intents = generator.vocabulary.intent_mask();
    let cache =
        prefill(generator.model, &prompts, allowed(generator, &vec![&intents[..]; prompts.len()]), &mut logits)?;
    let mut rows: Vec<Row<'_>> = vec![];
    for (i, request) in requests.iter().enumerate() {
        for draw in request.draws {
            rows.push(Row::begin(generator, i, request, *draw, logits.last(i))?);
        }
    }
    let origins: Vec<usize> = rows.iter().map(|row| row.request).collect();
    let mut cache = cache.fork(&origins)?;
    loop {
        rows.iter_mut().for_each(|row| row.next_mask(generator));
        if rows.iter().all(|row| row.pending.is_empty()) {
            break;
        }
        let tokens: Vec<&[u32]> = rows.iter().map(|row| &row.pending[..]).collect();
        let masks: Vec<&[u64]> = rows.iter().map(|row| &row.mask[..]).collect();
        advance(generator.model, &mut cache, &tokens, allowed(generator, &masks), &mut logits)?;
        for (i, row) in rows.iter_mut().enumerate().filter(|(_, row)| !row.pending.is_empty()) {
            row.step(generator, logits.last(i))?;
        }
    }
    let mut found: Vec<Vec<Candidate>> = requests.iter().map(|_| vec![]).collect();
    rows.into_iter().for_each(|row| found[row.request].push(row.candidate));
    Ok(found)
}

/// What the question is, and the probability that it is answerable.
fn choose_intent(
    vocabulary: &Vocabulary,
    logits: &[f32],
    least_answerable: f64,
    draw: Draw,
    random: &mut ChaCha8Rng,
) -> Result<(Choice, f64), GenerateError> {
    let all = vocabulary.intent_mask();
    let answerable = match vocabulary.intent(Intent::Answerable) {
        Some(token) => f64::from(log_prob(logits, Some(&all), token)?).exp(),
        None => 0.0,
    };
    let mask = if answerable < least_answerable { vocabulary.declining_mask() } else { all };
    let choice = sample(logits, Some(&mask), draw.sampling, random)?;
    Ok((choice, answerable))
}

/// Only the logits that masks allow are asked for.
fn allowed<'a>(generator: Generator<'_>, masks: &'a [&'a [u64]]) -> Options<'a> {
    Options { threads: generator.threads, want: Want::Allowed(masks) }
}

fn check_length(generator: Generator<'_>, prompt: &[u32]) -> Result<(), GenerateError> {
    let limit = generator.model.config().max_position_embeddings.saturating_sub(LEAST_LEXEMES + 1);
    if prompt.len() > limit { Err(GenerateError::TooLong { given: prompt.len(), limit }) } else { Ok(()) }
}

/// One candidate being written.
struct Row<'a> {
    request: usize,
    matcher: Matcher<'a>,
    /// The most lexemes there may be.
    room: usize,
    draw: Draw,
    random: ChaCha8Rng,
    candidate: Candidate,
    /// Tokens that the network has not read yet; none when the candidate is done.
    pending: Vec<u32>,
    /// The question's values.
    slots: &'a SlotTable,
    /// The plan while it is being said.
    planning: Option<Plan>,
    /// The lexemes that may come next, kept for its memory.
    allowed: BitSet,
    /// The same as a mask over tokens, while something is pending.
    mask: Vec<u64>,
}

impl<'a> Row<'a> {
    /// The intent, and what follows from it without asking the network.
    fn begin(
        generator: Generator<'a>,
        index: usize,
        request: &Request<'a>,
        draw: Draw,
        logits: &[f32],
    ) -> Result<Self, GenerateError> {
        let mut random = ChaCha8Rng::seed_from_u64(draw.seed);
        let (choice, answerable) = match request.intent.and_then(|intent| generator.vocabulary.intent(intent)) {
            Some(token) => (Choice { token, log_prob: 0.0, sampling_log_prob: 0.0 }, 1.0),
            None => choose_intent(generator.vocabulary, logits, request.least_answerable, draw, &mut random)?,
        };
        let token = choice.token;
        let intent = generator.vocabulary.intent_of(token).unwrap_or(Intent::Ambiguous);
        let room = generator.room(request.prompt);
        let matcher = Matcher::new(generator.grammar, request.slots, room);
        let finished = intent != Intent::Answerable;
        let candidate = Candidate {
            intent,
            answerable,
            lexemes: vec![],
            plan: None,
            log_likelihood: f64::from(choice.log_prob),
            chosen: usize::from(request.intent.is_none()),
            sampled: request.intent.is_none().then_some(choice.sampling_log_prob).into_iter().collect(),
            forced: 0,
            finished,
        };
        let mut row = Row {
            request: index,
            matcher,
            room,
            draw,
            random,
            candidate,
            pending: vec![],
            slots: request.slots,
            planning: None,
            allowed: BitSet::default(),
            mask: vec![],
        };
        if intent == Intent::Answerable {
            row.pending.push(token);
            match generator.plan {
                Some(_) => row.open_plan(generator),
                None => row.take_forced(generator),
            }
        }
        Ok(row)
    }

    fn open_plan(&mut self, generator: Generator<'_>) {
        self.pending.push(generator.vocabulary.think());
        self.planning = Some(Plan::default());
    }

    /// What may follow the pending tokens; where nothing may, nothing stays pending.
    fn next_mask(&mut self, generator: Generator<'_>) {
        if self.pending.is_empty() {
            return;
        }
        if let (Some(order), Some(plan)) = (generator.plan, &self.planning) {
            let may_end = plan.allowed(order, &generator.vocabulary.lexicon, self.slots, &mut self.allowed);
            self.mask = generator.vocabulary.mask(&self.allowed);
            if may_end {
                generator.vocabulary.allow_end_think(&mut self.mask);
            }
            return;
        }
        generator.allowed_next(&self.matcher, &mut self.allowed);
        self.mask = generator.vocabulary.mask(&self.allowed);
        if self.allowed.is_empty() {
            self.pending.clear();
        }
    }

    /// Chooses the next token under the mask and takes those that must follow it.
    fn step(&mut self, generator: Generator<'_>, logits: &[f32]) -> Result<(), GenerateError> {
        self.pending.clear();
        let choice = sample(logits, Some(&self.mask), self.draw.sampling, &mut self.random)?;
        self.candidate.log_likelihood += f64::from(choice.log_prob);
        self.candidate.chosen += 1;
        self.candidate.sampled.push(choice.sampling_log_prob);
        let lexeme = generator.vocabulary.lexeme_id(choice.token);
        if let (Some(order), Some(plan)) = (generator.plan, self.planning.take()) {
            self.pending.push(choice.token);
            self.go_on(generator, order, plan, lexeme);
        } else if let Some(lexeme) = lexeme {
            self.take(generator, lexeme);
            self.take_forced(generator);
        }
        Ok(())
    }

    /// The next part of the plan, or its end, after which the query begins.
    fn go_on(&mut self, generator: Generator<'_>, order: &PlanOrder, mut plan: Plan, part: Option<u32>) {
        match part {
            Some(part) => {
                plan.say(order, part);
                self.planning = Some(plan);
            }
            None => {
                self.candidate.plan = Some(plan);
                self.take_forced(generator);
            }
        }
    }

    fn take(&mut self, generator: Generator<'_>, lexeme: u32) {
        if generator.constrained {
            self.matcher.advance_allowed(lexeme);
        }
        self.candidate.lexemes.push(lexeme);
        self.pending.push(generator.vocabulary.token(lexeme));
    }

    /// Takes every lexeme that is the only one possible; a finished query has nothing pending.
    fn take_forced(&mut self, generator: Generator<'_>) {
        if !generator.constrained {
            return self.end_freely(generator);
        }
        while !self.matcher.is_finished() {
            let Some(lexeme) = self.matcher.forced() else { return };
            self.candidate.forced += 1;
            self.take(generator, lexeme);
        }
        self.candidate.finished = true;
        self.pending.clear();
    }

    /// Without the grammar a query ends with END, or unfinished where there is no more room.
    fn end_freely(&mut self, generator: Generator<'_>) {
        let last = self.candidate.lexemes.last().map(|id| generator.vocabulary.token(*id));
        self.candidate.finished = last == Some(generator.vocabulary.end());
        if self.candidate.finished || self.candidate.lexemes.len() >= self.room {
            self.pending.clear();
        }
    }
}
