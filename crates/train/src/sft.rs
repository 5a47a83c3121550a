//! Supervised fine-tuning: one visible loop from batches to weights.
//!
//! A run is a folder: `config.resolved.toml`, `environment.json`, `metrics.jsonl`, `events.out.tfevents.*`,
//! `completions/step_N.jsonl` (what each evaluation got wrong), `checkpoint-N/`, `latest`, `best`, `report/index.html`.
//! Stopped at any moment and resumed, it gives the same weights, byte by byte, as if it had never stopped.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use model::optim;
use model::parameters::Parameters;
use model::tokenizer::Tokenizer;
use model::training::{Loss, Options, Precision, Workspace, loss_and_gradients};
use model::weights::Metadata;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::checkpoint::{self, Best, Companions, Progress, SETTINGS, State};
use crate::config::SftConfig;
use crate::dataset::{Batches, Cursor, Dataset};
use crate::error::{Result, TrainError, io};
use crate::metrics::{Metrics, MetricsFile};
use crate::report::{Report, Tally};
use crate::tensorboard::EventFile;

/// Steps timed to turn minutes into steps.
const TIMED_STEPS: u64 = 20;
/// Steps between two hashes of the weights in the metrics.
const HASH_EVERY: u64 = 100;

/// What a run is made of.
pub struct Job<'a> {
    /// The settings; `schedule.max_steps` may be left to be derived.
    pub config: &'a SftConfig,
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

/// Where a run comes from, for `environment.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Origin {
    /// The command as it was typed.
    pub command: String,
    /// The commit of the code, where it is known.
    pub commit: Option<String>,
}

/// What a watcher is told. It may stop the run, which is then saved as it stands.
#[derive(Debug)]
pub enum Event<'e> {
    /// A checkpoint is damaged and was passed over.
    PassedOver(&'e str),
    /// The run begins, or goes on from a step.
    Begins {
        /// Steps done already.
        step: u64,
        /// Steps in all.
        max_steps: u64,
        /// Parameters of the network.
        parameters: usize,
        /// How products are computed on this machine.
        precision: Precision,
    },
    /// A step was made.
    Step(&'e Metrics),
    /// The model was judged.
    Evaluated(&'e Metrics),
    /// A checkpoint was written.
    Saved(&'e Path),
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Steps done.
    pub steps: u64,
    /// The best evaluation.
    pub best: Option<Best>,
    /// The newest checkpoint.
    pub checkpoint: Option<PathBuf>,
    /// Whether the watcher stopped it.
    pub stopped: bool,
}

/// Judges weights on the development sample; all its questions count, those that must be declined too.
pub type Evaluate<'a> = dyn FnMut(&Parameters) -> Result<Report> + 'a;
/// Hears of events.
pub type Watch<'a> = dyn FnMut(&Event<'_>) -> ControlFlow<()> + 'a;

/// Trains from the beginning or, with `resume`, from the newest whole checkpoint of the run.
///
/// # Errors
/// When settings, data or the run's folder do not fit, a file cannot be written, or the loss is no longer a number; the
/// checkpoints written so far are whole.
pub fn sft(job: &Job<'_>, resume: bool, evaluate: &mut Evaluate<'_>, watch: &mut Watch<'_>) -> Result<Outcome> {
    let (config, mut state) = begin(job, resume, watch)?;
    let environment = environment(&config, job.origin)?;
    let companions =
        Companions { config: &config, tokenizer: job.tokenizer, metadata: job.metadata, environment: &environment };
    write_run_files(job.run, &companions)?;
    let mut journal = Journal::open(job.run, state.progress.step)?;
    let mut workspace = workspace(&config, &state)?;
    let mut batches = Batches::new(job.data, state.progress.cursor, config.data.batch_tokens)?;
    let mut grads = vec![0.0; state.parameters.data.len()];
    let (max_steps, rates, settings) = (config.schedule.max_steps, config.learning_rates(), config.settings());
    let (mut newest, mut stopped) = (None, false);
    while state.progress.step < max_steps && !stopped {
        let began = Instant::now();
        let batch = batches.next_batch();
        let loss = loss_and_gradients(&state.parameters, &batch, &mut grads, &mut workspace)?;
        finite(&state, "the loss", loss.sum)?;
        let rate = rates.learning_rate(state.progress.step);
        let norm = optim::step(&mut state.parameters, &grads, &mut state.optimiser, &settings, (rate, config.threads));
        let norm = norm.or_else(|e| finite(&state, "the norm of the gradients", norm_of(&grads)).and(Err(e.into())))?;
        state.progress.step += 1;
        state.progress.tokens += batch.tokens.len() as u64;
        state.progress.cursor = batches.cursor();
        state.update_average(config.optimiser.ema_decay);

        let speed = batch.tokens.len() as f64 / began.elapsed().as_secs_f64();
        let line = step_metrics(&state, &loss, batches.epochs(), (norm, rate, speed));
        journal.write(&line)?;
        stopped = watch(&Event::Step(&line)).is_break();
        let step = state.progress.step;
        let is_last = step == max_steps;
        let mut is_best = false;
        if is_due(step, config.evaluation.every_steps) && !stopped || is_last {
            let began = Instant::now();
            let report = evaluate(state.shipped())?;
            let line = evaluation_metrics(&state, &report, batches.epochs(), began);
            journal.write(&line)?;
            write_misses(job.run, step, &report, is_last)?;
            stopped |= watch(&Event::Evaluated(&line)).is_break();
            is_best = note_best(&mut state.progress, report.all());
        }
        if is_best || stopped || is_last || is_due(step, config.checkpoint.every_steps) {
            let folder = save(job.run, &state, &companions, is_best)?;
            stopped |= watch(&Event::Saved(&folder)).is_break();
            newest = Some(folder);
        }
    }
    let Progress { step, best, .. } = state.progress;
    let checkpoint = if newest.is_some() { newest } else { checkpoint::newest(job.run)?.0 };
    Ok(Outcome { steps: step, best, checkpoint, stopped: stopped && step < max_steps })
}

/// The resolved settings and the state to go on from.
fn begin(job: &Job<'_>, resume: bool, watch: &mut Watch<'_>) -> Result<(SftConfig, State)> {
    job.config.check()?;
    std::fs::create_dir_all(job.run).map_err(io(job.run))?;
    let (found, damaged) = checkpoint::newest(job.run)?;
    for problem in &damaged {
        let _ = watch(&Event::PassedOver(problem));
    }
    let (config, state) = match (found, resume) {
        (Some(folder), true) => resumed(job, &folder)?,
        (Some(_), false) => {
            let reason = "holds a run already: resume it, or choose another folder".to_owned();
            return Err(TrainError::Run { path: job.run.to_owned(), reason });
        }
        (None, _) => fresh(job)?,
    };
    let (step, max_steps) = (state.progress.step, config.schedule.max_steps);
    let (parameters, precision) = (state.parameters.data.len(), config.precision.available());
    let _ = watch(&Event::Begins { step, max_steps, parameters, precision });
    Ok((config, state))
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
    let parameters = Parameters::init(&shape, config.seed)?;
    let average = (config.optimiser.ema_decay > 0.0).then(|| parameters.clone());
    let optimiser = optim::State::new(parameters.data.len());
    let cursor = Cursor::new(config.seed);
    let progress = Progress { step: 0, tokens: 0, cursor, best: None, data_sha256: job.data.sha256() };
    let state = State { parameters, average, optimiser, progress };
    if config.schedule.max_steps == 0 {
        config.schedule.max_steps = derived_steps(&config, job.data, &state)?;
    }
    Ok((config, state))
}

/// The state of a checkpoint. Its settings hold, only the number of threads may be another.
fn resumed(job: &Job<'_>, folder: &Path) -> Result<(SftConfig, State)> {
    let (state, saved) = checkpoint::load(folder)?;
    let mut given = job.config.clone();
    given.threads = saved.threads;
    if given.schedule.max_steps == 0 {
        given.schedule.max_steps = saved.schedule.max_steps;
    }
    let differs = |what: &str| TrainError::Run {
        path: folder.to_owned(),
        reason: format!("was made with other {what}; a resumed run goes on with its own"),
    };
    if given != saved {
        return Err(differs("settings"));
    }
    if state.progress.data_sha256 != job.data.sha256() {
        return Err(differs("training data"));
    }
    if state.parameters.config.vocab_size != job.tokenizer.len() {
        return Err(differs("tokens"));
    }
    if let Some(best) = state.progress.best {
        // A crash may have come between the checkpoint and its mark.
        checkpoint::mark_best(job.run, best.step)?;
    }
    Ok((SftConfig { threads: job.config.threads, ..saved }, state))
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

fn finite(state: &State, what: &'static str, value: f64) -> Result<()> {
    if value.is_finite() { Ok(()) } else { Err(TrainError::Diverged { step: state.progress.step + 1, what, value }) }
}

fn norm_of(grads: &[f32]) -> f64 {
    grads.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>().sqrt()
}

fn is_due(step: u64, every: u64) -> bool {
    every > 0 && step.is_multiple_of(every)
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
        weights_sha256: is_due(step, HASH_EVERY).then(|| weights_sha256(&state.parameters)),
        ..Metrics::default()
    }
}

/// SHA-256 of the weights as little-endian f32, in hexadecimal.
pub fn weights_sha256(parameters: &Parameters) -> String {
    let mut hash = Sha256::new();
    for values in parameters.data.chunks(1 << 14) {
        let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
        hash.update(&bytes);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn evaluation_metrics(state: &State, report: &Report, epoch: f64, began: Instant) -> Metrics {
    let tally = report.all();
    Metrics {
        step: state.progress.step,
        epoch,
        eval_accuracy: Some(tally.accuracy()),
        eval_right: Some(tally.right),
        eval_questions: Some(tally.questions),
        eval_seconds: Some(began.elapsed().as_secs_f64()),
        ..Metrics::default()
    }
}

/// Whether this evaluation is at least as good as all before; then it is remembered.
fn note_best(progress: &mut Progress, tally: Tally) -> bool {
    let is_best = progress.best.is_none_or(|best| tally.accuracy() >= best.tally.accuracy());
    if is_best {
        progress.best = Some(Best { step: progress.step, tally });
    }
    is_best
}

/// Both files that every line goes to.
struct Journal {
    metrics: MetricsFile,
    events: EventFile,
}

impl Journal {
    fn open(run: &Path, step: u64) -> Result<Self> {
        Ok(Journal { metrics: MetricsFile::open(run, step)?, events: EventFile::create(run)? })
    }

    fn write(&mut self, line: &Metrics) -> Result<()> {
        self.metrics.write(line)?;
        self.events.write(line)
    }
}

/// Writes what an evaluation got wrong, a line each, and after the last step the whole report as a page.
fn write_misses(run: &Path, step: u64, report: &Report, is_last: bool) -> Result<()> {
    let folder = run.join("completions");
    std::fs::create_dir_all(&folder).map_err(io(&folder))?;
    let path = folder.join(format!("step_{step:06}.jsonl"));
    let mut text = String::new();
    for miss in &report.misses {
        text += &serde_json::to_string(miss).map_err(|e| io(&path)(e.into()))?;
        text.push('\n');
    }
    std::fs::write(&path, text).map_err(io(&path))?;
    if is_last { report.write(&run.join("report")) } else { Ok(()) }
}

fn save(run: &Path, state: &State, companions: &Companions<'_>, is_best: bool) -> Result<PathBuf> {
    let folder = checkpoint::save(run, state, companions)?;
    if is_best {
        checkpoint::mark_best(run, state.progress.step)?;
    }
    checkpoint::prune(run, companions.config.checkpoint.keep, state.progress.best.map(|best| best.step))?;
    Ok(folder)
}

fn write_run_files(run: &Path, companions: &Companions<'_>) -> Result<()> {
    let settings = companions.config.to_toml()?;
    for (name, text) in [(SETTINGS, settings.as_str()), ("environment.json", companions.environment)] {
        let path = run.join(name);
        std::fs::write(&path, text).map_err(io(&path))?;
    }
    Ok(())
}

/// The text of `environment.json`: what the bytes of a run depend on besides its settings.
fn environment(config: &SftConfig, origin: &Origin) -> Result<String> {
    let value = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "commit": origin.commit,
        "command": origin.command,
        "seed": config.seed,
        "cpu": model::cpu::current().name(),
        "architecture": std::env::consts::ARCH,
        "system": std::env::consts::OS,
        "threads": config.threads,
        "shards": config.shards,
        "precision": config.precision.available(),
    });
    Ok(format!("{value:#}\n"))
}
