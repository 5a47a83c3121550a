//! Candidates of one request that are written alike so far: their matcher, the tokens that wait to be read, and where each one's
//! choices come from. They part where they choose differently.

use model::sampling::{Choice, Distribution, Sampling, Source, log_prob, sample};
use sql::bitset::BitSet;
use sql::matcher::Matcher;

use super::{Candidate, Excluded, GenerateError, Generator, Request};
use crate::intent::Intent;
use crate::plan::{Plan, PlanOrder};
use crate::vocabulary::Vocabulary;

/// Candidates that are written alike so far. The network reads their tokens once for all of them.
pub(super) struct Row<'a> {
    matcher: Matcher<'a>,
    /// The most lexemes there may be.
    room: usize,
    least_log_likelihood: f64,
    /// A query that this must not become, as long as it may.
    excluded: Option<Excluded>,
    sampling: Sampling,
    drawn: Vec<Drawn>,
    pub(super) candidate: Candidate,
    /// Tokens that the network has not read yet; none when the candidates are done.
    pub(super) pending: Vec<u32>,
    /// The plan while it is being said.
    planning: Option<Plan>,
    /// The lexemes that may come next, kept for its memory.
    allowed: BitSet,
    /// The same as a mask over tokens, while something is pending.
    pub(super) mask: Vec<u64>,
}

/// One of the candidates.
struct Drawn {
    /// Its number among the request's draws.
    number: usize,
    source: Source,
}

impl<'a> Row<'a> {
    /// The intents of a request's candidates, and what follows from them without asking the network.
    pub(super) fn begin(
        generator: Generator<'a>,
        request: &Request<'_>,
        logits: &[f32],
    ) -> Result<Vec<Self>, GenerateError> {
        let known = request.intent.and_then(|intent| generator.vocabulary.intent(intent));
        let (mask, answerable) = match known {
            Some(_) => (vec![], 1.0),
            None => intents(generator.vocabulary, logits, request.least_answerable)?,
        };
        let mut rows: Vec<Self> = vec![];
        for (number, draw) in request.draws.iter().enumerate() {
            let mut source = draw.source.clone();
            let choice = match known {
                Some(token) => Choice { token, log_prob: 0.0, sampling_log_prob: 0.0 },
                None => sample(logits, Some(&mask), draw.sampling, &mut source)?,
            };
            let drawn = Drawn { number, source };
            let intent = generator.vocabulary.intent_of(choice.token).unwrap_or(Intent::Ambiguous);
            match rows.iter_mut().find(|row| row.candidate.intent == intent && row.sampling == draw.sampling) {
                Some(row) => row.drawn.push(drawn),
                None => {
                    let is_known = known.is_some();
                    let candidate = Candidate {
                        intent,
                        answerable,
                        lexemes: vec![],
                        plan: None,
                        log_likelihood: f64::from(choice.log_prob),
                        chosen: usize::from(!is_known),
                        sampled: (!is_known).then_some(choice.sampling_log_prob).into_iter().collect(),
                        forced: 0,
                        finished: intent != Intent::Answerable,
                    };
                    rows.push(Row::new(generator, request, (draw.sampling, drawn), candidate, choice.token));
                }
            }
        }
        Ok(rows)
    }

    /// One candidate, whose intent is told by this token.
    fn new(
        generator: Generator<'a>,
        request: &Request<'_>,
        (sampling, drawn): (Sampling, Drawn),
        candidate: Candidate,
        token: u32,
    ) -> Self {
        let room = generator.room(request.prompt);
        let mut row = Row {
            matcher: Matcher::new(generator.grammar, request.slots, room),
            room,
            least_log_likelihood: request.least_log_likelihood,
            excluded: request.excluded.map(|excluded| excluded.after(candidate.log_likelihood)),
            sampling,
            drawn: vec![drawn],
            candidate,
            pending: vec![],
            planning: None,
            allowed: BitSet::default(),
            mask: vec![],
        };
        if row.candidate.intent == Intent::Answerable {
            row.pending.push(token);
            match generator.plan {
                Some(_) => row.open_plan(generator),
                None => row.take_forced(generator),
            }
        }
        row
    }

    /// The numbers of the candidates among the request's draws.
    pub(super) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.drawn.iter().map(|drawn| drawn.number)
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

    /// Each chooses the next token under the mask, and takes those that must follow it. Returns those that choose otherwise
    /// than the first, which stays.
    pub(super) fn step(&mut self, generator: Generator<'_>, logits: &[f32]) -> Result<Vec<Self>, GenerateError> {
        let without = self.without_excluded(generator, logits)?;
        let next = Distribution::new(without.as_deref().unwrap_or(logits), Some(&self.mask), self.sampling)?;
        let mut chosen: Vec<(u32, Vec<Drawn>)> = vec![];
        for mut drawn in std::mem::take(&mut self.drawn) {
            let token = next.draw(&mut drawn.source);
            match chosen.iter_mut().find(|(known, _)| *known == token) {
                Some((_, alike)) => alike.push(drawn),
                None => chosen.push((token, vec![drawn])),
            }
        }
        let parting = chosen.drain(1..).map(|(token, drawn)| self.part(generator, next.choice(token), drawn));
        let parted = parting.collect();
        for (token, drawn) in chosen {
            self.drawn = drawn;
            self.choose(generator, next.choice(token));
        }
        Ok(parted)
    }

    /// The logits of the next token, where one leads to the excluded query.
    fn without_excluded(
        &mut self,
        generator: Generator<'_>,
        logits: &[f32],
    ) -> Result<Option<Vec<f32>>, GenerateError> {
        let Some(excluded) = self.excluded.as_mut().filter(|_| self.planning.is_none()) else { return Ok(None) };
        match excluded.next(&self.candidate.lexemes) {
            Some(lexeme) => excluded.without(logits, &self.mask, generator.vocabulary.token(lexeme)).map(Some),
            None => {
                self.excluded = None;
                Ok(None)
            }
        }
    }

    /// The same candidate with another next token.
    fn part(&self, generator: Generator<'_>, choice: Choice, drawn: Vec<Drawn>) -> Self {
        let mut other = Row {
            matcher: self.matcher.clone(),
            candidate: self.candidate.clone(),
            pending: vec![],
            planning: self.planning.clone(),
            excluded: self.excluded.clone(),
            allowed: BitSet::default(),
            mask: vec![],
            drawn,
            ..*self
        };
        other.choose(generator, choice);
        other
    }

    fn choose(&mut self, generator: Generator<'_>, choice: Choice) {
        self.pending.clear();
        self.candidate.log_likelihood += f64::from(choice.log_prob);
        self.candidate.chosen += 1;
        self.candidate.sampled.push(choice.sampling_log_prob);
        if self.candidate.log_likelihood < self.least_log_likelihood {
            return;
        }
        let lexeme = generator.vocabulary.lexeme_id(choice.token);
        if let (Some(order), Some(plan)) = (generator.plan, self.planning.take()) {
            self.pending.push(choice.token);
            self.go_on(generator, order, plan, lexeme);
        } else if let Some(lexeme) = lexeme {
            self.take(generator, lexeme);
            self.take_forced(generator);
        }
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

/// What the question may be, as a mask over tokens, and the probability that it is answerable.
fn intents(vocabulary: &Vocabulary, logits: &[f32], least_answerable: f64) -> Result<(Vec<u64>, f64), GenerateError> {
    let all = vocabulary.intent_mask();
    let answerable = match vocabulary.intent(Intent::Answerable) {
        Some(token) => f64::from(log_prob(logits, Some(&all), token)?).exp(),
        None => 0.0,
    };
    let mask = if answerable < least_answerable { vocabulary.declining_mask() } else { all };
    Ok((mask, answerable))
}
