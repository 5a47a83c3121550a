//! What every kind of training run shares: its folder, its events, and what is done after each step.
//!
//! A run is a folder: `config.resolved.toml`, `environment.json`, `metrics.jsonl`, `events.out.tfevents.*`,
//! `completions/step_N.jsonl` (what each evaluation got wrong), `checkpoint-N/`, `latest`, `best`, `report/evaluation/` (the newest
//! evaluation), and when it has ended `report/index.html` and `summary.json`.

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
use crate::files;
use crate::metrics::{Metrics, MetricsFile};
use crate::report::{Report, Tally};
use crate::run_report;
use crate::samples;
use crate::summary::{self, Ending, Summary};
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
    /// Patience is at an end: so many evaluations in a row were no better than the best before.
    NoBetter(u64),
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
    /// Whether it ended before its last step since it got no better.
    pub early: bool,
}

impl Outcome {
    /// How the run ended.
    pub fn ending(&self) -> Ending {
        match (self.early, self.stopped) {
            (true, _) => Ending::Early,
            (false, true) => Ending::Stopped,
            (false, false) => Ending::Done,
        }
    }
}

/// Judges weights on the development sample; all its questions count, those that must be declined too.
pub type Evaluate<'a> = dyn FnMut(&Parameters) -> Result<Report> + 'a;
/// Hears of events.
pub type Watch<'a> = dyn FnMut(&Event<'_>) -> ControlFlow<()> + 'a;

/// When a run is judged and saved, and when it ends.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    max_steps: u64,
    evaluation: EvaluationConfig,
    checkpoint: CheckpointConfig,
}

impl Plan {
    /// From the settings of a run.
    pub(crate) fn new(max_steps: u64, evaluation: &EvaluationConfig, checkpoint: &CheckpointConfig) -> Self {
        Plan { max_steps, evaluation: evaluation.clone(), checkpoint: checkpoint.clone() }
    }

    /// Whether enough evaluations in a row were no better than the best before.
    fn is_out_of_patience(&self, progress: &Progress) -> bool {
        self.evaluation.patience > 0 && progress.stale >= self.evaluation.patience
    }
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
            files::replace(&folder.join(name), text)?;
        }
        summary::remove(folder)?;
        let (metrics, events) = (MetricsFile::open(folder, step)?, EventFile::create(folder)?);
        Ok(Keeper { folder, companions, plan, metrics, events, newest: None, stopped: false })
    }

    /// Whether another step is to be made.
    pub(crate) fn goes_on(&self, state: &State) -> bool {
        let is_over = self.stopped || self.plan.is_out_of_patience(&state.progress);
        state.progress.step < self.plan.max_steps && !is_over
    }

    /// Whether a step is followed by an evaluation.
    fn judges(&self, step: u64) -> bool {
        step == self.plan.max_steps || is_due(step, self.plan.evaluation.every_steps)
    }

    /// Whether samples of what was drawn for a step are written: for the first, and for those that are judged.
    pub(crate) fn shows(&self, step: u64) -> bool {
        step == 1 || self.judges(step)
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
        // Judged also where the watcher stops here: a resumed run is to know what one knows that never stopped.
        let is_best = self.judges(step) && self.judge(state, line.epoch, evaluate, watch)?;
        if is_best || !self.goes_on(state) || is_due(step, self.plan.checkpoint.every_steps) {
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
        samples::write_misses(self.folder, step, &report.misses)?;
        report.write(&self.folder.join("report").join("evaluation"))?;
        self.stopped |= watch(&Event::Evaluated(&line)).is_break();
        let is_best = note_best(&mut state.progress, report.all());
        if step < self.plan.max_steps && self.plan.is_out_of_patience(&state.progress) {
            let _ = watch(&Event::NoBetter(state.progress.stale));
        }
        Ok(is_best)
    }

    fn save(&mut self, state: &State, is_best: bool, watch: &mut Watch<'_>) -> Result<()> {
        let folder = checkpoint::save(self.folder, state, &self.companions)?;
        if is_best {
            checkpoint::mark_best(self.folder, state.progress.step)?;
        }
        let best = state.progress.best.map(|best| best.step);
        checkpoint::prune(self.folder, state.progress.step, self.plan.checkpoint.keep, best)?;
        self.stopped |= watch(&Event::Saved(&folder)).is_break();
        self.newest = Some(folder);
        Ok(())
    }

    fn write(&mut self, line: &Metrics) -> Result<()> {
        self.metrics.write(line)?;
        self.events.write(line)
    }

    /// How the run ended; leaves its summary and its page.
    pub(crate) fn close(self, state: &State) -> Result<Outcome> {
        let Progress { step, best, .. } = state.progress;
        let checkpoint = if self.newest.is_some() { self.newest } else { checkpoint::newest(self.folder)?.0 };
        let is_short = step < self.plan.max_steps;
        let early = is_short && self.plan.is_out_of_patience(&state.progress);
        let outcome = Outcome { steps: step, best, checkpoint, stopped: self.stopped && is_short && !early, early };
        let (best, checkpoint) = (best.map(Into::into), outcome.checkpoint.as_deref().map(name));
        Summary { ending: outcome.ending(), step, best, checkpoint, error: None }.write(self.folder)?;
        run_report::write(self.folder, &self.folder.join("report"))?;
        Ok(outcome)
    }
}

/// Names in the failure of a run that had begun what is left of it, and notes the failure in its folder as far as it can be
/// written. What is wrong with questions or settings passes as it is.
pub(crate) fn ended(run: &Path, state: &State, result: Result<Outcome>) -> Result<Outcome> {
    let Err(cause @ (TrainError::Diverged { .. } | TrainError::Io { .. } | TrainError::Model(_))) = result else {
        return result;
    };
    let checkpoint = checkpoint::newest(run).ok().and_then(|(newest, _)| newest);
    // The best of this moment may be the one that could not be saved.
    let best = checkpoint.as_deref().and_then(|folder| checkpoint::progress(folder).ok()?.best).map(Into::into);
    let newest = checkpoint.as_deref().map(name);
    let error = TrainError::Halted { cause: Box::new(cause), checkpoint };
    let (step, message) = (state.progress.step, Some(error.to_string()));
    // Where the disk is full the note is lost too; the error itself is what counts.
    let _ = Summary { ending: Ending::Failed, step, best, checkpoint: newest, error: message }.write(run);
    Err(error)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
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

/// What stands behind an error: logits that are no numbers come from weights that went too far.
pub(crate) fn diverged(state: &State, error: TrainError) -> TrainError {
    match error {
        TrainError::Model(model::error::Error::Input { what: "logits", .. }) => {
            TrainError::Diverged { step: state.progress.step + 1, what: "a logit", value: f64::NAN }
        }
        other => other,
    }
}

/// Changes the weights; the norm of the gradients. Gradients that are no longer numbers change nothing, and weights that are
/// none are not to be judged or saved.
pub(crate) fn update(
    state: &mut State,
    grads: &[f32],
    settings: &Settings,
    (rate, threads): (f32, usize),
) -> Result<f32> {
    let norm = optim::step(&mut state.parameters, grads, &mut state.optimiser, settings, (rate, threads));
    let norm = norm.or_else(|error| {
        let norm = grads.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>().sqrt();
        finite(state, "the norm of the gradients", norm)?;
        Err(TrainError::from(error))
    })?;
    let worst = state.parameters.data.iter().find(|weight| !weight.is_finite());
    finite(state, "a weight", f64::from(*worst.unwrap_or(&0.0)))?;
    Ok(norm)
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

/// Whether this evaluation is at least as good as all before; then it is remembered. Of equal ones the last is kept, but
/// patience wants a better one.
fn note_best(progress: &mut Progress, tally: Tally) -> bool {
    let before = progress.best.map_or(f64::NEG_INFINITY, |best| best.tally.accuracy());
    progress.stale = if tally.accuracy() > before { 0 } else { progress.stale + 1 };
    let is_best = tally.accuracy() >= before;
    if is_best {
        progress.best = Some(Best { step: progress.step, tally });
    }
    is_best
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

#[cfg(test)]
mod tests {
    use model::config::Config;

    use super::*;

    #[test]
    fn what_is_no_number_is_named_and_changes_nothing_that_is_saved() {
        let config = Config { hidden_size: 8, num_hidden_layers: 1, intermediate_size: 16, ..Config::compact(40) };
        let parameters = Parameters::init(&config, 1).unwrap();
        let count = parameters.data.len();
        let progress = Progress { step: 6, ..Progress::default() };
        let mut state = State { parameters, average: None, optimiser: optim::State::new(count), progress };
        let before = state.parameters.data.clone();
        let error = finite(&state, "the loss", f64::NAN).unwrap_err();
        assert_eq!(error.to_string(), "step 7: the loss is NaN");
        assert!(error.advice().is_some_and(|advice| advice.contains("optimiser.learning_rate")));
        let mut grads = vec![1e-3; count];
        grads[3] = f32::NAN;
        let error = update(&mut state, &grads, &Settings::default(), (1e-3, 1)).unwrap_err();
        assert_eq!(error.to_string(), "step 7: the norm of the gradients is NaN");
        assert!(state.parameters.data == before, "such gradients change nothing");
        grads[3] = 1e-3;
        let error = update(&mut state, &grads, &Settings::default(), (f32::INFINITY, 1)).unwrap_err();
        assert!(matches!(error, TrainError::Diverged { step: 7, what: "a weight", .. }), "{error}");
    }
}
