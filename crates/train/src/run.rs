//! What every kind of training run shares: its folder, its events, and what is done after each step.
//!
//! A run is a folder: `config.resolved.toml`, `environment.json`, `metrics.jsonl`, `events.out.tfevents.*`,
//! `completions/step_N.jsonl` (what each evaluation got wrong), `checkpoint-N/`, `latest`, `best`, `report/index.html`.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use model::optim::{self, Settings};
use model::parameters::Parameters;
use model::training::Precision;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::checkpoint::{self, Best, Companions, Progress, SETTINGS, State};
use crate::config::{CheckpointConfig, EvaluationConfig};
use crate::error::{Result, TrainError, io};
use crate::metrics::{Metrics, MetricsFile};
use crate::report::{Report, Tally};
use crate::tensorboard::EventFile;

/// Steps between two hashes of the weights in the metrics.
const HASH_EVERY: u64 = 100;

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

/// When a run is judged and saved, and when it ends.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) max_steps: u64,
    pub(crate) evaluation: EvaluationConfig,
    pub(crate) checkpoint: CheckpointConfig,
}

/// The open files of a run.
pub(crate) struct Keeper<'a> {
    folder: &'a Path,
    companions: Companions<'a>,
    plan: Plan,
    metrics: MetricsFile,
    events: EventFile,
    newest: Option<PathBuf>,
    stopped: bool,
}

impl<'a> Keeper<'a> {
    /// Writes what does not change during the run, and opens the others from a step on.
    pub(crate) fn open(folder: &'a Path, companions: Companions<'a>, plan: Plan, step: u64) -> Result<Self> {
        for (name, text) in [(SETTINGS, companions.settings), ("environment.json", companions.environment)] {
            let path = folder.join(name);
            std::fs::write(&path, text).map_err(io(&path))?;
        }
        let (metrics, events) = (MetricsFile::open(folder, step)?, EventFile::create(folder)?);
        Ok(Keeper { folder, companions, plan, metrics, events, newest: None, stopped: false })
    }

    /// Whether another step is to be made.
    pub(crate) fn goes_on(&self, state: &State) -> bool {
        state.progress.step < self.plan.max_steps && !self.stopped
    }

    /// Notes a step that was made; judges and saves where that is due.
    pub(crate) fn after_step(
        &mut self,
        state: &mut State,
        line: &Metrics,
        evaluate: &mut Evaluate<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<()> {
        self.write(line)?;
        self.stopped = watch(&Event::Step(line)).is_break();
        let step = state.progress.step;
        let is_last = step == self.plan.max_steps;
        let is_judged = is_due(step, self.plan.evaluation.every_steps) && !self.stopped || is_last;
        let is_best = is_judged && self.judge(state, line.epoch, evaluate, watch)?;
        if is_best || self.stopped || is_last || is_due(step, self.plan.checkpoint.every_steps) {
            self.save(state, is_best, watch)?;
        }
        Ok(())
    }

    /// Judges the weights; whether none before were better.
    fn judge(
        &mut self,
        state: &mut State,
        epoch: f64,
        evaluate: &mut Evaluate<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<bool> {
        let began = Instant::now();
        let report = evaluate(state.shipped())?;
        let step = state.progress.step;
        let line = evaluation_metrics(step, &report, epoch, began);
        self.write(&line)?;
        write_misses(self.folder, step, &report, step == self.plan.max_steps)?;
        self.stopped |= watch(&Event::Evaluated(&line)).is_break();
        Ok(note_best(&mut state.progress, report.all()))
    }

    fn save(&mut self, state: &State, is_best: bool, watch: &mut Watch<'_>) -> Result<()> {
        let folder = checkpoint::save(self.folder, state, &self.companions)?;
        if is_best {
            checkpoint::mark_best(self.folder, state.progress.step)?;
        }
        checkpoint::prune(self.folder, self.plan.checkpoint.keep, state.progress.best.map(|best| best.step))?;
        self.stopped |= watch(&Event::Saved(&folder)).is_break();
        self.newest = Some(folder);
        Ok(())
    }

    fn write(&mut self, line: &Metrics) -> Result<()> {
        self.metrics.write(line)?;
        self.events.write(line)
    }

    /// How the run ended.
    pub(crate) fn close(self, state: &State) -> Result<Outcome> {
        let Progress { step, best, .. } = state.progress;
        let checkpoint = if self.newest.is_some() { self.newest } else { checkpoint::newest(self.folder)?.0 };
        Ok(Outcome { steps: step, best, checkpoint, stopped: self.stopped && step < self.plan.max_steps })
    }
}

/// The newest whole checkpoint of a run that is to be resumed; none for a run that begins. Damaged ones are passed over.
///
/// # Errors
/// When the folder cannot be made, or holds a run that is not to be resumed.
pub(crate) fn found(folder: &Path, resume: bool, watch: &mut Watch<'_>) -> Result<Option<PathBuf>> {
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    let (found, damaged) = checkpoint::newest(folder)?;
    for problem in &damaged {
        let _ = watch(&Event::PassedOver(problem));
    }
    if found.is_some() && !resume {
        let reason = "holds a run already: resume it, or choose another folder".to_owned();
        return Err(TrainError::Run { path: folder.to_owned(), reason });
    }
    Ok(found)
}

/// An error about a checkpoint that was made with something else than is given now.
pub(crate) fn differs(folder: &Path, what: &str) -> TrainError {
    let reason = format!("was made with other {what}; a resumed run goes on with its own");
    TrainError::Run { path: folder.to_owned(), reason }
}

pub(crate) fn finite(state: &State, what: &'static str, value: f64) -> Result<()> {
    if value.is_finite() { Ok(()) } else { Err(TrainError::Diverged { step: state.progress.step + 1, what, value }) }
}

/// Changes the weights; the norm of the gradients. Gradients that are no longer numbers change nothing.
pub(crate) fn update(
    state: &mut State,
    grads: &[f32],
    settings: &Settings,
    (rate, threads): (f32, usize),
) -> Result<f32> {
    optim::step(&mut state.parameters, grads, &mut state.optimiser, settings, (rate, threads)).or_else(|error| {
        let norm = grads.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>().sqrt();
        finite(state, "the norm of the gradients", norm)?;
        Err(error.into())
    })
}

fn is_due(step: u64, every: u64) -> bool {
    every > 0 && step.is_multiple_of(every)
}

/// The hash of the weights after a step, every hundred steps.
pub(crate) fn hash_due(state: &State) -> Option<String> {
    is_due(state.progress.step, HASH_EVERY).then(|| weights_sha256(&state.parameters))
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

fn evaluation_metrics(step: u64, report: &Report, epoch: f64, began: Instant) -> Metrics {
    let tally = report.all();
    Metrics {
        step,
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

/// What the bytes of a run depend on besides its settings.
pub(crate) struct Ground {
    pub(crate) seed: u64,
    pub(crate) threads: usize,
    pub(crate) shards: usize,
    pub(crate) precision: Precision,
}

/// The text of `environment.json`.
pub(crate) fn environment(ground: &Ground, origin: &Origin) -> String {
    let value = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "commit": origin.commit,
        "command": origin.command,
        "seed": ground.seed,
        "cpu": model::cpu::current().name(),
        "architecture": std::env::consts::ARCH,
        "system": std::env::consts::OS,
        "threads": ground.threads,
        "shards": ground.shards,
        "precision": ground.precision.available(),
    });
    format!("{value:#}\n")
}
