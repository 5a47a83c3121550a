//! Supervised fine-tuning: one visible loop from batches to weights.
//!
//! Stopped at any moment and resumed, a run gives the same weights, byte by byte, as if it had never stopped.

use std::path::Path;
use std::time::Instant;

use model::optim;
use model::parameters::Parameters;
use model::tokenizer::Tokenizer;
use model::training::{Loss, Options, Workspace, loss_and_gradients};
use model::weights::Metadata;

use crate::checkpoint::{self, Companions, Progress, State};
use crate::config::SftConfig;
use crate::dataset::{Batches, Cursor, Dataset};
use crate::error::{Result, TrainError};
use crate::metrics::Metrics;
use crate::run::{
    Evaluate, Event, Ground, Keeper, Origin, Outcome, Plan, Watch, differs, ended, environment, finite, found,
    hash_due, update, weights_sha256,
};

/// Steps timed to turn minutes into steps.
const TIMED_STEPS: u64 = 20;

/// What a run is made of.
pub struct Job<'a> {
    /// The settings; `schedule.max_steps` may be left to be derived.
    pub config: &'a SftConfig,
    /// The weights to begin with, whose shape the settings have; without, random ones.
    pub start: Option<&'a Parameters>,
    /// The training data, as tokens of `tokenizer`.
    pub data: &'a Dataset,
    /// The vocabulary.
    pub tokenizer: &'a Tokenizer,
    /// Metadata of the weights: hashes of catalog and vocabulary, the prompt format.
    pub metadata: &'a Metadata,
    /// Where it comes from.
    pub origin: &'a Origin,
    /// The run's folder.
    pub run: &'a Path,
}

/// Trains from the beginning or, with `resume`, from the newest whole checkpoint of the run.
///
/// # Errors
/// When settings, data or the run's folder do not fit, a file cannot be written, or the loss is no longer a number; the
/// checkpoints written so far are whole.
pub fn sft(job: &Job<'_>, resume: bool, evaluate: &mut Evaluate<'_>, watch: &mut Watch<'_>) -> Result<Outcome> {
    let (config, mut state) = begin(job, resume, watch)?;
    let outcome = steps(job, &config, &mut state, (evaluate, watch));
    ended(job.run, &state, outcome)
}

/// The loop: a batch, its gradients, an update, and what is to be noted.
fn steps(
    job: &Job<'_>,
    config: &SftConfig,
    state: &mut State,
    (evaluate, watch): (&mut Evaluate<'_>, &mut Watch<'_>),
) -> Result<Outcome> {
    let (settings_text, environment) = (config.to_toml()?, environment(&ground(config), job.origin));
    let companions = Companions {
        settings: &settings_text,
        tokenizer: job.tokenizer,
        metadata: job.metadata,
        environment: &environment,
    };
    let plan = Plan::new(config.schedule.max_steps, &config.evaluation, &config.checkpoint);
    let mut keeper = Keeper::open(job.run, companions, plan, state.progress.step)?;
    let mut workspace = workspace(config, state)?;
    let mut batches = Batches::new(job.data, state.progress.cursor, config.data.batch_tokens)?;
    let mut grads = vec![0.0; state.parameters.data.len()];
    let (rates, settings) = (config.learning_rates(), config.settings());
    while keeper.goes_on(state) {
        let began = Instant::now();
        let batch = batches.next_batch();
        let loss = loss_and_gradients(&state.parameters, &batch, &mut grads, &mut workspace)?;
        finite(state, "the loss", loss.sum)?;
        let rate = rates.learning_rate(state.progress.step);
        let norm = update(state, &grads, &settings, (rate, config.threads))?;
        state.progress.step += 1;
        state.progress.tokens += batch.tokens.len() as u64;
        state.progress.cursor = batches.cursor();
        state.update_average(config.optimiser.ema_decay);
        let speed = batch.tokens.len() as f64 / began.elapsed().as_secs_f64();
        let line = step_metrics(state, &loss, batches.epochs(), (norm, rate, speed));
        keeper.after_step(state, &line, evaluate, watch)?;
    }
    keeper.close(state)
}

/// The resolved settings and the state to go on from.
fn begin(job: &Job<'_>, resume: bool, watch: &mut Watch<'_>) -> Result<(SftConfig, State)> {
    job.config.check()?;
    let (config, state) = match found(job.run, resume, watch)? {
        Some(folder) => resumed(job, &folder)?,
        None => fresh(job)?,
    };
    let (step, max_steps) = (state.progress.step, config.schedule.max_steps);
    let (parameters, precision) = (state.parameters.data.len(), config.precision.available());
    let _ = watch(&Event::Begins { step, max_steps, parameters, precision });
    Ok((config, state))
}

fn ground(config: &SftConfig) -> Ground {
    let SftConfig { seed, threads, shards, precision, .. } = *config;
    Ground { seed, threads, shards, precision }
}

/// A fresh state, and settings with `max_steps` derived.
fn fresh(job: &Job<'_>) -> Result<(SftConfig, State)> {
    let mut config = job.config.clone();
    let shape = config.shape(job.tokenizer.len());
    if job.data.longest() > shape.max_position_embeddings {
        let (longest, limit) = (job.data.longest(), shape.max_position_embeddings);
        let reason = format!("an example has {longest} tokens, the network reads {limit}");
        return Err(TrainError::Setting { setting: "model.max_position_embeddings".to_owned(), reason });
    }
    let parameters = match job.start {
        Some(start) if start.config != shape => {
            let reason = "the weights to begin with have another shape or vocabulary".to_owned();
            return Err(TrainError::Setting { setting: "model".to_owned(), reason });
        }
        Some(start) => start.clone(),
        None => Parameters::init(&shape, config.seed)?,
    };
    let average = (config.optimiser.ema_decay > 0.0).then(|| parameters.clone());
    let optimiser = optim::State::new(parameters.data.len());
    let cursor = Cursor::new(config.seed);
    let progress = Progress { cursor, data_sha256: sha256_of(job), ..Progress::default() };
    let state = State { parameters, average, optimiser, progress };
    if config.schedule.max_steps == 0 {
        config.schedule.max_steps = derived_steps(&config, job.data, &state)?;
    }
    Ok((config, state))
}

/// The state of a checkpoint. Its settings hold, only the number of threads and the patience may be others.
fn resumed(job: &Job<'_>, folder: &Path) -> Result<(SftConfig, State)> {
    let (mut state, settings) = checkpoint::load(folder)?;
    let mut saved = SftConfig::from_toml(&settings)?;
    (saved.threads, saved.evaluation.patience) = (job.config.threads, job.config.evaluation.patience);
    let mut given = job.config.clone();
    if given.schedule.max_steps == 0 {
        given.schedule.max_steps = saved.schedule.max_steps;
    }
    if given != saved {
        return Err(differs(folder, "settings"));
    }
    if state.progress.data_sha256 != sha256_of(job) {
        return Err(differs(folder, "training data or first weights"));
    }
    if state.parameters.config.vocab_size != job.tokenizer.len() {
        return Err(differs(folder, "tokens"));
    }
    checkpoint::restore_best(job.run, &mut state.progress)?;
    Ok((saved, state))
}

/// SHA-256 of the data and of the weights that it began with: names what a run was begun with.
fn sha256_of(job: &Job<'_>) -> String {
    let data = job.data.sha256();
    job.start.map_or(data.clone(), |start| format!("{data} on {}", weights_sha256(start)))
}

/// Steps for the minutes or the epochs that the settings ask for.
fn derived_steps(config: &SftConfig, data: &Dataset, state: &State) -> Result<u64> {
    let steps = if config.schedule.minutes > 0.0 {
        config.schedule.minutes * 60.0 / seconds_per_step(config, data, state)?
    } else {
        config.schedule.epochs * data.epoch_tokens() / config.data.batch_tokens as f64
    };
    Ok((steps.round() as u64).max(1))
}

/// Wall-clock seconds of a whole step, measured on copies that are then dropped.
fn seconds_per_step(config: &SftConfig, data: &Dataset, state: &State) -> Result<f64> {
    let mut state = state.clone();
    let mut workspace = workspace(config, &state)?;
    let mut batches = Batches::new(data, state.progress.cursor, config.data.batch_tokens)?;
    let mut grads = vec![0.0; state.parameters.data.len()];
    let settings = config.settings();
    let mut began = Instant::now();
    for step in 0..=TIMED_STEPS {
        loss_and_gradients(&state.parameters, &batches.next_batch(), &mut grads, &mut workspace)?;
        optim::step(&mut state.parameters, &grads, &mut state.optimiser, &settings, (1e-6, config.threads))?;
        state.update_average(config.optimiser.ema_decay);
        if step == 0 {
            // The first step also makes the memory that the others use again.
            began = Instant::now();
        }
    }
    Ok(began.elapsed().as_secs_f64() / TIMED_STEPS as f64)
}

fn workspace(config: &SftConfig, state: &State) -> Result<Workspace> {
    let options = Options {
        threads: config.threads,
        shards: config.shards,
        precision: config.precision,
        dropout: config.model.dropout,
        dropout_seed: config.seed,
        ..Options::default()
    };
    let mut workspace = Workspace::new(&state.parameters, options)?;
    workspace.set_step(state.progress.step);
    Ok(workspace)
}

fn step_metrics(state: &State, loss: &Loss, epoch: f64, (norm, rate, speed): (f32, f32, f64)) -> Metrics {
    let Progress { step, tokens, .. } = state.progress;
    Metrics {
        step,
        epoch,
        loss: Some(loss.mean()),
        mean_token_accuracy: Some(loss.accuracy()),
        entropy: Some(loss.entropy / loss.count.max(1) as f64),
        grad_norm: Some(f64::from(norm)),
        learning_rate: Some(f64::from(rate)),
        tokens_per_second: Some(speed),
        num_tokens: Some(tokens),
        weights_sha256: hash_due(state),
        ..Metrics::default()
    }
}
