//! One candidate being written: its matcher, its random stream, and the tokens that wait to be read.

use model::sampling::{Choice, log_prob, sample};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sql::bitset::BitSet;
use sql::matcher::Matcher;

use super::{Candidate, Draw, GenerateError, Generator, Request};
use crate::intent::Intent;
use crate::plan::{Plan, PlanOrder};
use crate::vocabulary::Vocabulary;

/// One candidate being written.
pub(super) struct Row<'a> {
    matcher: Matcher<'a>,
    /// The most lexemes there may be.
    room: usize,
    draw: Draw,
    random: ChaCha8Rng,
    pub(super) candidate: Candidate,
    /// Tokens that the network has not read yet; none when the candidate is done.
    pub(super) pending: Vec<u32>,
    /// The plan while it is being said.
    planning: Option<Plan>,
    /// The lexemes that may come next, kept for its memory.
    allowed: BitSet,
    /// The same as a mask over tokens, while something is pending.
    pub(super) mask: Vec<u64>,
}

impl<'a> Row<'a> {
    /// The intent, and what follows from it without asking the network.
    pub(super) fn begin(
        generator: Generator<'a>,
        request: &Request<'_>,
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
            matcher,
            room,
            draw,
            random,
            candidate,
            pending: vec![],
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
    pub(super) fn next_mask(&mut self, generator: Generator<'_>) {
        if self.pending.is_empty() {
            return;
        }
        if let (Some(order), Some(plan)) = (generator.plan, &self.planning) {
            let may_end = plan.allowed(order, &generator.vocabulary.lexicon, self.matcher.slots(), &mut self.allowed);
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
    pub(super) fn step(&mut self, generator: Generator<'_>, logits: &[f32]) -> Result<(), GenerateError> {
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
