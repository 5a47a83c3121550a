//! Group-relative policy optimisation (Shao et al. 2024): the model answers questions many times over, and each answer
//! is made more or less likely by how its rows compare with those of the others.
//!
//! Rollouts are written by the network that is trained, under the matcher. The policy is the distribution over what the
//! matcher allows, renormalised, at the sampling temperature; tokens that the grammar forces count nothing.
//!
//! Suggested reading order: [`objective`], [`config`], `pool`, `rollout`, `reward`, `drawn`, and [`grpo`]
//! itself.

pub mod config;
mod drawn;
pub mod objective;
mod pool;
#[cfg(test)]
mod reference;
mod reward;
mod rollout;

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use answer::engine::{Engine, Writes};
use answer::orchestrator;
use database::Image;
use jiff::civil::Date;
use model::optim;
use model::parameters::Parameters;
use model::sequences::Sequences;
use model::tokenizer::Tokenizer;
use model::training::{Options, Workspace, policy_gradients, score};
use model::weights::Metadata;
use sha2::{Digest, Sha256};

use self::config::GrpoConfig;
use self::drawn::write_drawn;
use self::objective::{Objective, Token, advantages, deviation, k3, mean};
use self::pool::Pool;
use self::reward::Court;
use self::rollout::{Completion, Group, Rollout, Rollouts, mix};
use crate::checkpoint::{self, Companions, Progress, State};
use crate::dataset::Cursor;
use crate::error::{Result, TrainError};
use crate::evaluate::{Exam, grade_weights, own_model};
use crate::metrics::Metrics;
use crate::question::Question;
use crate::run::{
    Event, Ground, Keeper, Origin, Outcome, Plan, Watch, differs, diverged, ended, environment, finite, found,
    hash_due, update,
};

/// What a run is made of.
pub struct Job<'a> {
    /// The settings.
    pub config: &'a GrpoConfig,
    /// The weights to begin with, which are the reference too.
    pub start: &'a Parameters,
    /// What is asked.
    pub questions: &'a [Question],
    /// The databases that rewards are computed on.
    pub databases: &'a [Image],
    /// What the model is judged by as it goes.
    pub exam: &'a Exam<'a>,
    /// The day that relative dates are counted from.
    pub today: Date,
    /// The vocabulary.
    pub tokenizer: &'a Tokenizer,
    /// Metadata of the weights: hashes of catalog and vocabulary, the prompt format.
    pub metadata: &'a Metadata,
    /// Where it comes from.
    pub origin: &'a Origin,
    /// The run's folder.
    pub run: &'a Path,
}

/// Trains from the given weights or, with `resume`, from the newest whole checkpoint of the run. The engine's model is that
/// which answers; it takes the new weights before each step.
///
/// # Errors
/// When settings, questions or the run's folder do not fit, a file cannot be written, or the gradients are no longer
/// numbers; the checkpoints written so far are whole.
pub fn grpo(job: &Job<'_>, resume: bool, engine: &mut Engine, watch: &mut Watch<'_>) -> Result<Outcome> {
    let mut state = begin(job, resume, watch)?;
    let outcome = steps(job, &mut state, engine, watch);
    ended(job.run, &state, outcome)
}

/// The loop: completions, their rewards, an update, and what is to be noted.
fn steps(job: &Job<'_>, state: &mut State, engine: &mut Engine, watch: &mut Watch<'_>) -> Result<Outcome> {
    let config = job.config;
    let (settings_text, environment) = (config.to_toml()?, environment(&ground(config), job.origin));
    let companions = Companions {
        settings: &settings_text,
        tokenizer: job.tokenizer,
        metadata: job.metadata,
        environment: &environment,
    };
    let plan = Plan::new(config.schedule.max_steps, &config.evaluation, &config.checkpoint);
    let mut keeper = Keeper::open(job.run, companions, plan, state.progress.step)?;
    let mut pool = Pool::new(job.questions.len(), state.progress.cursor, state.progress.resting.clone());
    let mut learner = Learner::new(job, state)?;
    let court = Court { databases: job.databases, settings: &config.reward };
    let asked = orchestrator::Options::on(job.today);
    while keeper.goes_on(state) {
        let began = Instant::now();
        own_model(engine)?.model.update(&state.parameters)?;
        let rollout = Rollout {
            engine,
            questions: job.questions,
            court: &court,
            config: &config.rollout,
            today: job.today,
            threads: config.threads,
        };
        let rollouts = rollout.gather(&mut pool, mix(config.seed, state.progress.step));
        let rollouts = rollouts.map_err(|error| diverged(state, error))?;
        let batch = Batch::new(config, &rollouts.groups);
        let measured = learner.learn(state, &batch)?;
        count(&mut state.progress, &batch, &pool);
        state.update_average(config.optimiser.ema_decay);
        let line = metrics(state, &rollouts, &batch, measured, (pool.epochs(), began));
        if keeper.shows(state.progress.step) {
            write_drawn(job, state.progress.step, &rollouts.groups)?;
        }
        let mut evaluate =
            |parameters: &Parameters| grade_weights(job.exam, engine, (parameters, Writes::Queries), &asked);
        keeper.after_step(state, &line, &mut evaluate, watch)?;
    }
    keeper.close(state)
}

/// The state to begin or to go on with.
fn begin(job: &Job<'_>, resume: bool, watch: &mut Watch<'_>) -> Result<State> {
    job.config.check()?;
    if job.questions.is_empty() {
        return Err(TrainError::Data("there are no questions to practise on".to_owned()));
    }
    let state = match found(job.run, resume, watch)? {
        Some(folder) => resumed(job, &folder)?,
        None => fresh(job),
    };
    let (step, max_steps) = (state.progress.step, job.config.schedule.max_steps);
    let (parameters, precision) = (state.parameters.data.len(), job.config.precision.available());
    let _ = watch(&Event::Begins { step, max_steps, parameters, precision });
    Ok(state)
}

fn fresh(job: &Job<'_>) -> State {
    let parameters = job.start.clone();
    let average = (job.config.optimiser.ema_decay > 0.0).then(|| parameters.clone());
    let optimiser = optim::State::new(parameters.data.len());
    let cursor = Cursor::new(job.config.seed);
    let progress = Progress { cursor, data_sha256: sha256_of(job), ..Progress::default() };
    State { parameters, average, optimiser, progress }
}

/// The state of a checkpoint. Its settings hold, only the number of threads and the patience may be others.
fn resumed(job: &Job<'_>, folder: &Path) -> Result<State> {
    let (mut state, settings) = checkpoint::load(folder)?;
    let mut saved = GrpoConfig::from_toml(&settings)?;
    (saved.threads, saved.evaluation.patience) = (job.config.threads, job.config.evaluation.patience);
    if saved != *job.config {
        return Err(differs(folder, "settings"));
    }
    if state.progress.data_sha256 != sha256_of(job) {
        return Err(differs(folder, "questions or first weights"));
    }
    checkpoint::restore_best(job.run, &mut state.progress)?;
    Ok(state)
}

/// SHA-256 of the questions, their day and the first weights: names what a run was begun with.
fn sha256_of(job: &Job<'_>) -> String {
    let mut hash = Sha256::new();
    hash.update(crate::run::weights_sha256(job.start));
    hash.update(job.today.to_string());
    for question in job.questions {
        // What can be printed as JSON was read from it.
        hash.update(serde_json::to_string(question).unwrap_or_default());
        hash.update(question.previous.as_deref().unwrap_or_default());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn ground(config: &GrpoConfig) -> Ground {
    let GrpoConfig { seed, threads, shards, precision, .. } = *config;
    Ground { seed, threads, shards, precision }
}

/// Counts a step that was made.
fn count(progress: &mut Progress, batch: &Batch, pool: &Pool) {
    progress.step += 1;
    progress.tokens += batch.sequences.tokens.len() as u64;
    progress.cursor = pool.cursor();
    progress.resting = pool.resting().to_vec();
}

/// The completions of a step as training sequences.
struct Batch {
    sequences: Sequences,
    /// For each position of `sequences` in the loss its token, without a reference.
    tokens: Vec<Option<Token>>,
    /// The share of each position in the loss.
    shares: Vec<f32>,
    /// Tokens of all completions, forced ones included.
    written: usize,
    completions: usize,
}

impl Batch {
    fn new(config: &GrpoConfig, groups: &[Group]) -> Batch {
        let rewards: Vec<Vec<f64>> = groups.iter().map(Group::rewards).collect();
        let advantages = advantages(&rewards, config.objective.scale).concat();
        let completions = groups.iter().flat_map(|group| &group.completions);
        let lengths: Vec<usize> = completions.map(|completion| completion.sampled.len()).collect();
        let shares = config.objective.shares(&lengths, answer::query_generator::MAX_LEXEMES);
        let mut batch = Batch {
            sequences: Sequences { masks: Some(vec![]), divisor: Some(1.0), ..Sequences::new() },
            tokens: vec![],
            shares: vec![],
            written: 0,
            completions: lengths.len(),
        };
        let mut weights = advantages.into_iter().zip(shares);
        for group in groups {
            let Some((last, before)) = group.prompt.split_last() else { continue };
            let prefix = batch.sequences.len();
            batch.prompt(before);
            for (completion, (advantage, share)) in group.completions.iter().zip(&mut weights) {
                batch.completion((prefix, *last), completion, advantage as f32, share);
            }
        }
        batch
    }

    /// What a position weighs in the gradient, from log p of its token now.
    fn weight(&self, objective: &Objective, tokens: &[Option<Token>], place: usize, log_prob: f32) -> f32 {
        tokens[place].map_or(0.0, |token| self.shares[place] * objective.weight(token, log_prob))
    }

    /// Appends what the completions of a group share: the prompt but for its last token, which predicts their first.
    fn prompt(&mut self, tokens: &[u32]) {
        self.sequences.push(tokens, &vec![-1; tokens.len()]);
        let len = self.sequences.tokens.len();
        self.sequences.masks.get_or_insert_default().resize(len, None);
        self.tokens.resize(len, None);
        self.shares.resize(len, 0.0);
    }

    /// Appends a completion behind a prompt: position i predicts token i + 1.
    fn completion(&mut self, (prefix, last): (usize, u32), completion: &Completion, advantage: f32, share: f32) {
        let (mut tokens, mut targets) = (vec![last], vec![]);
        let masks = self.sequences.masks.get_or_insert_default();
        let mut sampled = completion.sampled.iter();
        for step in &completion.steps {
            let old = step.among.as_ref().and_then(|_| sampled.next());
            tokens.push(step.token);
            targets.push(if old.is_some() { step.token as i32 } else { -1 });
            masks.push(step.among.clone().filter(|_| old.is_some()).map(Arc::from));
            self.tokens.push(old.map(|old| Token { advantage, old: *old, reference: None }));
        }
        tokens.pop();
        self.shares.resize(self.tokens.len(), share);
        self.written += completion.steps.len();
        self.sequences.push_after(prefix, &tokens, &targets);
    }
}

/// What an update measured.
#[derive(Debug, Clone, Copy, Default)]
struct Measured {
    loss: f64,
    entropy: f64,
    kl: f64,
    clipped: f64,
    norm: f32,
    rate: f32,
    difference_max: f64,
    difference_mean: f64,
}

/// What turns completions into steps.
struct Learner<'a> {
    config: &'a GrpoConfig,
    reference: Option<&'a Parameters>,
    workspace: Workspace,
    grads: Vec<f32>,
}

impl<'a> Learner<'a> {
    fn new(job: &Job<'a>, state: &State) -> Result<Self> {
        let config = job.config;
        let options = Options {
            threads: config.threads,
            shards: config.shards,
            precision: config.precision,
            temperature: config.rollout.temperature,
            ..Options::default()
        };
        Ok(Learner {
            config,
            reference: (config.objective.kl > 0.0).then_some(job.start),
            workspace: Workspace::new(&state.parameters, options)?,
            grads: vec![0.0; state.parameters.data.len()],
        })
    }

    /// Makes the updates of one step. A batch without completions changes nothing.
    fn learn(&mut self, state: &mut State, batch: &Batch) -> Result<Measured> {
        let rate = self.config.learning_rates().learning_rate(state.progress.step);
        let mut measured = Measured { rate, ..Measured::default() };
        if batch.completions == 0 {
            return Ok(measured);
        }
        let mut tokens = batch.tokens.clone();
        if let Some(reference) = self.reference {
            score(reference, &batch.sequences, &mut self.workspace)?;
            for (token, log_prob) in tokens.iter_mut().zip(self.workspace.log_probs()) {
                token.iter_mut().for_each(|token| token.reference = Some(*log_prob));
            }
        }
        for round in 0..self.config.rollout.updates {
            let objective = self.config.objective;
            let weight = |place: usize, log_prob: f32| batch.weight(&objective, &tokens, place, log_prob);
            let Learner { workspace, grads, .. } = self;
            let loss = policy_gradients(&state.parameters, &batch.sequences, &weight, grads, workspace)?;
            finite(state, "the loss", loss.sum)?;
            let now = measure(&objective, &tokens, &batch.shares, self.workspace.log_probs());
            let settings = self.config.settings();
            let norm = update(state, &self.grads, &settings, (rate, self.config.threads))?;
            // How far what drew is from what learns shows before the first update.
            let drawn = if round == 0 { now } else { measured };
            measured = Measured {
                norm,
                rate,
                entropy: loss.entropy / loss.count.max(1) as f64,
                difference_max: drawn.difference_max,
                difference_mean: drawn.difference_mean,
                ..now
            };
        }
        Ok(measured)
    }
}

/// What a pass says of the tokens.
fn measure(objective: &Objective, tokens: &[Option<Token>], shares: &[f32], log_probs: &[f32]) -> Measured {
    let mut measured = Measured::default();
    let mut count = 0;
    for ((token, share), log_prob) in tokens.iter().zip(shares).zip(log_probs) {
        let Some(token) = *token else { continue };
        let difference = f64::from((log_prob - token.old).abs());
        count += 1;
        measured.loss += f64::from(share * objective.value(token, *log_prob));
        measured.kl += f64::from(k3(token, *log_prob));
        measured.clipped += f64::from(u8::from(objective.is_clipped(token, *log_prob)));
        measured.difference_max = measured.difference_max.max(difference);
        measured.difference_mean += difference;
    }
    let count = f64::from(count.max(1));
    measured.kl /= count;
    measured.clipped /= count;
    measured.difference_mean /= count;
    measured
}

fn metrics(
    state: &State,
    rollouts: &Rollouts,
    batch: &Batch,
    measured: Measured,
    (epoch, began): (f64, Instant),
) -> Metrics {
    let all = rollouts.rewards.concat();
    let deviations: Vec<f64> = rollouts.rewards.iter().map(|rewards| deviation(rewards)).collect();
    let dropped = rollouts.rewards.len() - rollouts.groups.len();
    Metrics {
        step: state.progress.step,
        epoch,
        loss: Some(measured.loss),
        entropy: Some(measured.entropy),
        grad_norm: Some(f64::from(measured.norm)),
        learning_rate: Some(f64::from(measured.rate)),
        tokens_per_second: Some(batch.sequences.tokens.len() as f64 / began.elapsed().as_secs_f64()),
        num_tokens: Some(state.progress.tokens),
        reward: Some(mean(&all)),
        reward_std: Some(mean(&deviations)),
        frac_reward_zero_std: Some(dropped as f64 / deviations.len().max(1) as f64),
        kl: Some(measured.kl),
        clip_ratio: Some(measured.clipped),
        mean_length: Some(batch.written as f64 / batch.completions.max(1) as f64),
        logp_difference_max: Some(measured.difference_max),
        logp_difference_mean: Some(measured.difference_mean),
        weights_sha256: hash_due(state),
        ..Metrics::default()
    }
}
