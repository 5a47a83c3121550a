//! Everything an exact resume needs, written whole or not at all.
//!
//! `checkpoint-000100/` is a model folder as on Hugging Face whose `model.safetensors` holds the weights that are
//! evaluated and shipped. Beside them stand `optimizer.safetensors`, `state.json`, `config.resolved.toml`,
//! `environment.json` and, where the shipped weights are a running average, the trained ones as `training.safetensors`.

use std::path::{Path, PathBuf};

use model::folder;
use model::model_folder::{self, Save};
use model::optim;
use model::parameters::Parameters;
use model::tokenizer::Tokenizer;
use model::weights::{self, Format, Metadata, Source};
use serde::{Deserialize, Serialize};

use crate::dataset::Cursor;
use crate::error::{Result, TrainError, io};
use crate::report::Tally;

/// What the names of checkpoints start with.
const PREFIX: &str = "checkpoint-";
/// The resolved settings, in the run and in each checkpoint.
pub const SETTINGS: &str = "config.resolved.toml";
const OPTIMISER: &str = "optimizer.safetensors";
const TRAINED: &str = "training.safetensors";
const PROGRESS: &str = "state.json";

/// Where training stands.
#[derive(Clone)]
pub struct State {
    /// The weights that gradients change.
    pub parameters: Parameters,
    /// Their running average, where one is kept.
    pub average: Option<Parameters>,
    /// Moments and step of the optimiser.
    pub optimiser: optim::State,
    /// Everything else.
    pub progress: Progress,
}

/// Counters of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Optimiser steps done; the schedule, dropout and names of checkpoints go by it.
    pub step: u64,
    /// Tokens seen.
    pub tokens: u64,
    /// The next example.
    pub cursor: Cursor,
    /// The best evaluation so far.
    pub best: Option<Best>,
    /// Evaluations since accuracy last rose above all before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stale: u64,
    /// SHA-256 of the training data.
    pub data_sha256: String,
    /// For a run that learns from its own answers: the epoch from which each question is asked again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resting: Vec<u32>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// An evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// The step after which it was made.
    pub step: u64,
    /// Right answers of the development sample.
    pub tally: Tally,
}

/// What does not change during a run and belongs to each of its checkpoints.
pub struct Companions<'a> {
    /// The run's settings with nothing left open, as TOML.
    pub settings: &'a str,
    /// The vocabulary.
    pub tokenizer: &'a Tokenizer,
    /// Metadata of the weights: hashes of catalog and vocabulary, the prompt format.
    pub metadata: &'a Metadata,
    /// The text of `environment.json`.
    pub environment: &'a str,
}

impl State {
    /// The weights to be evaluated and shipped: the average where one is kept.
    pub fn shipped(&self) -> &Parameters {
        self.average.as_ref().unwrap_or(&self.parameters)
    }

    /// Moves the average towards the weights: a ← d·a + (1 − d)·p with d = min(decay, (1 + t) / (10 + t)), so that the
    /// first steps do not weigh on it for long.
    pub fn update_average(&mut self, decay: f32) {
        let Some(average) = &mut self.average else { return };
        let t = self.progress.step as f32;
        let rest = 1.0 - decay.min((1.0 + t) / (10.0 + t));
        for (a, p) in average.data.iter_mut().zip(&self.parameters.data) {
            *a += rest * (*p - *a);
        }
    }
}

/// The name of the checkpoint of a step.
pub fn name_of(step: u64) -> String {
    format!("{PREFIX}{step:06}")
}

/// Writes `checkpoint-N`, then moves `latest` to it.
///
/// # Errors
/// When a value is not finite or a file cannot be written; what was there before is untouched.
pub fn save(run: &Path, state: &State, companions: &Companions<'_>) -> Result<PathBuf> {
    let name = name_of(state.progress.step);
    let optimiser = weights::optimizer_to_bytes(&state.optimiser);
    let progress = serde_json::to_string_pretty(&state.progress).map_err(|e| io(run)(e.into()))? + "\n";
    let mut extra: Vec<(&str, &[u8])> = vec![
        (OPTIMISER, &optimiser),
        (PROGRESS, progress.as_bytes()),
        (SETTINGS, companions.settings.as_bytes()),
        ("environment.json", companions.environment.as_bytes()),
    ];
    let trained;
    if state.average.is_some() {
        state.parameters.check_finite()?;
        trained = weights::to_bytes(&state.parameters, Format::F32, &Metadata::new());
        extra.push((TRAINED, &trained));
    }
    let Companions { tokenizer, metadata, .. } = companions;
    let (parameters, format) = (state.shipped(), Format::F32);
    let save = Save { parameters, tokenizer, format, metadata, channel: None, extra: &extra };
    let folder = run.join(&name);
    model_folder::save(&folder, save)?;
    link(run, "latest", &name)?;
    Ok(folder)
}

/// The files of a model folder or checkpoint that are needed to answer, by name: not those that only training reads.
///
/// # Errors
/// When the folder cannot be read, or a file is not what the manifest says.
pub fn shipped_files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io(folder))? {
        let entry = entry.map_err(io(folder))?;
        if entry.path().is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.retain(|name| ![OPTIMISER, TRAINED, PROGRESS, folder::MANIFEST].contains(&name.as_str()));
    names.sort_unstable();
    names.into_iter().map(|name| Ok((name.clone(), folder::read(folder, &name)?))).collect()
}

/// Reads a checkpoint with the settings of its run as TOML; every file is checked against the manifest.
///
/// # Errors
/// When a file is missing, damaged or not what it should be.
pub fn load(folder: &Path) -> Result<(State, String)> {
    let (settings, progress) = (text(folder, SETTINGS)?, progress(folder)?);
    let shipped = model_folder::load(folder)?.parameters;
    let (path, bytes) = (folder.join(OPTIMISER), folder::read(folder, OPTIMISER)?);
    let optimiser = weights::optimizer_from_bytes(Source { path: &path, bytes: &bytes })?;
    let path = folder.join(TRAINED);
    let state = if path.exists() {
        let bytes = folder::read(folder, TRAINED)?;
        let parameters = weights::from_bytes(&shipped.config, &[Source { path: &path, bytes: &bytes }])?;
        State { parameters, average: Some(shipped), optimiser, progress }
    } else {
        State { parameters: shipped, average: None, optimiser, progress }
    };
    Ok((state, settings))
}

/// The counters of a checkpoint.
///
/// # Errors
/// When the file is missing, damaged or not what it should be.
pub fn progress(folder: &Path) -> Result<Progress> {
    serde_json::from_str(&text(folder, PROGRESS)?)
        .map_err(|e| TrainError::Run { path: folder.join(PROGRESS), reason: e.to_string() })
}

fn text(folder: &Path, name: &str) -> Result<String> {
    String::from_utf8(folder::read(folder, name)?)
        .map_err(|e| TrainError::Run { path: folder.join(name), reason: e.to_string() })
}

/// The newest whole checkpoint of a run, and the damaged ones passed over with what is wrong with them.
///
/// # Errors
/// When the run's folder cannot be read, or it has checkpoints and none is whole.
pub fn newest(run: &Path) -> Result<(Option<PathBuf>, Vec<String>)> {
    let folder::Newest { good, passed_over } = folder::newest_good(run, PREFIX)?;
    let damaged: Vec<String> = passed_over.into_iter().map(|(_, error)| error.to_string()).collect();
    if good.is_none() && !damaged.is_empty() {
        let reason = format!("no checkpoint is whole: {}", damaged.join("; "));
        return Err(TrainError::Run { path: run.to_owned(), reason });
    }
    Ok((good, damaged))
}

/// Moves `best` to the checkpoint of a step.
///
/// # Errors
/// When the link cannot be written.
pub fn mark_best(run: &Path, step: u64) -> Result<()> {
    link(run, "best", &name_of(step))
}

/// Moves `best` to the checkpoint of the best evaluation, from which a crash may have kept it. A best one that is not whole any
/// more is forgotten: the next evaluation is the best.
///
/// # Errors
/// When the link cannot be written.
pub fn restore_best(run: &Path, progress: &mut Progress) -> Result<()> {
    let Some(best) = progress.best else { return Ok(()) };
    if folder::verify(&run.join(name_of(best.step))).is_ok() {
        return mark_best(run, best.step);
    }
    progress.best = None;
    Ok(())
}

/// Removes all checkpoints but `newest`, the last `keep` and the best, and what crashed saves left behind.
///
/// # Errors
/// When a folder cannot be read or removed.
pub fn prune(run: &Path, newest: u64, keep: usize, best: Option<u64>) -> Result<()> {
    let mut found: Vec<(Option<u64>, String)> = vec![];
    for entry in std::fs::read_dir(run).map_err(io(run))? {
        let name = entry.map_err(io(run))?.file_name().to_string_lossy().into_owned();
        if let Some(rest) = name.strip_prefix(PREFIX) {
            // What a crashed save left has more than a number behind the prefix.
            found.push((rest.parse().ok(), name));
        }
    }
    // Those that are no checkpoint of a step stand first. Damaged ones of later steps may be there; the newest stays all the same.
    found.sort_unstable();
    let last = found.len().saturating_sub(keep.max(1));
    for (i, (step, name)) in found.iter().enumerate() {
        let stays = step.is_some_and(|step| i >= last || step == newest || best == Some(step));
        if !stays {
            let path = run.join(name);
            std::fs::remove_dir_all(&path).map_err(io(&path))?;
        }
    }
    Ok(())
}

/// Makes `run/name` point to a folder beside it, at once: readers see the old target or the new one.
fn link(run: &Path, name: &str, target: &str) -> Result<()> {
    let (path, new) = (run.join(name), run.join(format!("{name}.tmp")));
    match std::fs::remove_file(&new) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(&new)(e)),
        _ => {}
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(target, &new).map_err(io(&new))?;
    // Where links need rights that users lack, a file holds the name.
    #[cfg(not(unix))]
    std::fs::write(&new, target).map_err(io(&new))?;
    std::fs::rename(&new, &path).map_err(io(&path))
}

/// The checkpoint that `best` or `latest` of a run stands for; a checkpoint or model folder itself is returned as it is.
pub fn resolve(folder: &Path) -> PathBuf {
    for name in ["best", "latest"] {
        let path = folder.join(name);
        if path.is_dir() {
            return path;
        }
        if let Ok(target) = std::fs::read_to_string(&path) {
            return folder.join(target.trim());
        }
    }
    folder.to_owned()
}
