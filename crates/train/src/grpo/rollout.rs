//! Groups of completions: each question asked many times at once, every completion run and rewarded.

use std::collections::HashMap;

use answer::engine::Engine;
use answer::engine::LoadedModel;
use answer::prompt::prompt;
use answer::query_generator::{Candidate, Draw, GenerateError, Generator, Request, generate};
use answer::replay::{Step, replay};
use answer::schema_analyzer::{Analysis, analyze};
use jiff::civil::Date;
use judge::reward::{RIGHT_FROM, is_right};
use model::sampling::{Sampling, Source};
use sql::verify;

use super::config::RolloutConfig;
use super::pool::Pool;
use super::reward::Court;
use crate::error::{Result, TrainError};
use crate::evaluate::in_parallel;
use crate::question::Question;

/// A question as the model reads it.
struct Asked<'q> {
    /// Its place among the questions.
    index: usize,
    question: &'q Question,
    analysis: Analysis,
    prompt: Vec<u32>,
}

/// What was written for one question.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    /// Its place among the questions.
    pub(crate) question: usize,
    pub(crate) prompt: Vec<u32>,
    pub(crate) completions: Vec<Completion>,
}

/// One completion.
#[derive(Debug, Clone)]
pub(crate) struct Completion {
    /// Its tokens, with what could have stood there.
    pub(crate) steps: Vec<Step>,
    /// log p of each chosen token when it was drawn.
    pub(crate) sampled: Vec<f32>,
    pub(crate) reward: f64,
}

impl Group {
    pub(crate) fn rewards(&self) -> Vec<f64> {
        self.completions.iter().map(|completion| completion.reward).collect()
    }

    /// Whether some completions are better than others by more than what decides among right ones.
    fn is_telling(&self) -> bool {
        let rewards = || self.completions.iter().map(|completion| completion.reward);
        rewards().fold(f64::MIN, f64::max) - rewards().fold(f64::MAX, f64::min) > 1.0 - RIGHT_FROM
    }
}

/// The groups of a step, and what was dropped on the way.
#[derive(Debug, Default)]
pub(crate) struct Rollouts {
    /// Groups with different rewards.
    pub(crate) groups: Vec<Group>,
    /// Rewards of every completion that was drawn, group by group.
    pub(crate) rewards: Vec<Vec<f64>>,
}

/// Where completions come from and who rewards them.
pub(crate) struct Rollout<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) questions: &'a [Question],
    pub(crate) court: &'a Court<'a>,
    pub(crate) config: &'a RolloutConfig,
    pub(crate) today: Date,
    pub(crate) threads: usize,
}

impl Rollout<'_> {
    /// Asks until there are as many telling groups as a step wants, or enough was tried. Every draw follows from `seed`.
    pub(crate) fn gather(&self, pool: &mut Pool, seed: u64) -> Result<Rollouts> {
        let mut found = Rollouts::default();
        let model = self.engine.model.as_ref().map_err(|problem| TrainError::Evaluation(problem.message.clone()))?;
        for round in 0..self.config.tries as u64 {
            let wanted = self.config.questions - found.groups.len();
            if wanted == 0 {
                break;
            }
            let indices: Vec<usize> = (0..wanted).filter_map(|_| pool.next()).collect();
            let asked = in_parallel(indices.len(), self.threads, &|i| self.read(model, indices[i]));
            let asked: Vec<Asked<'_>> = asked.into_iter().flatten().collect();
            let written = self.write(model, &asked, mix(seed, round))?;
            let groups = in_parallel(asked.len(), self.threads, &|i| self.reward(model, &asked[i], &written[i]));
            for (asked, group) in asked.iter().zip(groups) {
                self.keep(&mut found, pool, asked.index, group);
            }
        }
        Ok(found)
    }

    /// Keeps a group that tells good completions from bad ones; the question of another rests.
    fn keep(&self, found: &mut Rollouts, pool: &mut Pool, question: usize, group: Group) {
        let rewards = group.rewards();
        if group.is_telling() {
            found.groups.push(group);
        } else {
            let solved = rewards.first().is_some_and(|reward| is_right(*reward));
            pool.rest(question, if solved { self.config.rest_solved } else { self.config.rest_unsolved });
        }
        found.rewards.push(rewards);
    }

    /// The prompt of a question; none where it is too long to be answered.
    fn read(&self, model: &LoadedModel, index: usize) -> Option<Asked<'_>> {
        let question = &self.questions[index];
        let (catalog, lexicon) = (&self.engine.pack.catalog, &model.vocabulary.lexicon);
        let mut analysis = analyze(self.engine, &question.question, self.today);
        if let Some(previous) = &question.previous {
            let previous = verify(previous, catalog, &Default::default()).ok()?;
            analysis = analysis.after(previous.query(), catalog, lexicon);
        }
        let prompt = prompt(&model.vocabulary, &analysis.for_model());
        let fits = prompt.len() + answer::query_generator::MAX_LEXEMES < model.model.config().max_position_embeddings;
        fits.then_some(Asked { index, question, analysis, prompt })
    }

    /// All completions of all questions, side by side.
    fn write(&self, model: &LoadedModel, asked: &[Asked<'_>], seed: u64) -> Result<Vec<Vec<Candidate>>> {
        let sampling = Sampling::at_temperature(self.config.temperature);
        // By the place in the round: where there are few questions, one may be asked twice in it.
        let source = |place: usize, n: usize| Source::seeded(mix(mix(seed, place as u64), n as u64));
        let draw = |place: usize, n: usize| Draw { sampling, source: source(place, n) };
        let draws: Vec<Vec<Draw>> =
            (0..asked.len()).map(|place| (0..self.config.candidates).map(|n| draw(place, n)).collect()).collect();
        let request = |(one, draws)| {
            let (one, draws): (&Asked<'_>, &Vec<Draw>) = (one, draws);
            Request::new(&one.prompt, &one.analysis.slots, draws)
        };
        let requests: Vec<Request<'_>> = asked.iter().zip(&draws).map(request).collect();
        generate(self.generator(model, self.threads), &requests).map_err(|error| match error {
            GenerateError::Model(error) => TrainError::Model(error),
            error @ GenerateError::TooLong { .. } => TrainError::Evaluation(error.to_string()),
        })
    }

    fn generator<'m>(&self, model: &'m LoadedModel, threads: usize) -> Generator<'m> {
        Generator { constrained: self.config.matcher, ..model.generator(threads, false) }
    }

    /// Rewards completions; equal ones are run once.
    fn reward(&self, model: &LoadedModel, asked: &Asked<'_>, written: &[Candidate]) -> Group {
        let generator = self.generator(model, 1);
        let case = self.court.open(asked.question);
        let mut known: HashMap<(u8, &[u32]), f64> = HashMap::new();
        let completions = written.iter().map(|candidate| {
            let key = (candidate.intent as u8, &candidate.lexemes[..]);
            let reward = *known
                .entry(key)
                .or_insert_with(|| self.court.reward(&case, self.engine, model, &asked.analysis.question, candidate));
            let steps = replay(generator, &asked.prompt, &asked.analysis.slots, candidate);
            Completion { steps, sampled: candidate.sampled.clone(), reward }
        });
        Group { question: asked.index, prompt: asked.prompt.clone(), completions: completions.collect() }
    }
}

/// Another seed for each pair (SplitMix64's finaliser, Steele et al. 2014).
pub(crate) fn mix(seed: u64, n: u64) -> u64 {
    let mut x = seed ^ n.wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ x >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ x >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ x >> 31
}
