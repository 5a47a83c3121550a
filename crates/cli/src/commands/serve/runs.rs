//! Runs of training beside the service's own metrics: the last figures in each run's journal.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use serde_json::Value;
use serve::metrics::Gauge;

/// As much of a journal's end as holds its last lines.
const TAIL: u64 = 65_536;

/// A journal's field, its name among the metrics, and what it means.
const FIGURES: &[(&str, &str, &str)] = &[
    ("step", "glrl_train_step", "Optimiser steps done."),
    ("epoch", "glrl_train_epoch", "Passes over the data."),
    ("loss", "glrl_train_loss", "Mean cross-entropy of the step, in nats."),
    ("reward", "glrl_train_reward", "Mean reward of the completions drawn for the step."),
    ("reward_std", "glrl_train_reward_std", "Mean over groups of the rewards' standard deviation."),
    ("frac_reward_zero_std", "glrl_train_frac_reward_zero_std", "Share of groups whose rewards are all the same."),
    ("kl", "glrl_train_kl", "Mean divergence from the reference."),
    ("entropy", "glrl_train_entropy", "Mean entropy of the predicted distributions, in nats."),
    ("clip_ratio", "glrl_train_clip_ratio", "Share of tokens whose ratio was clipped."),
    ("completions/mean_length", "glrl_train_completions_mean_length", "Mean number of tokens of a completion."),
    ("grad_norm", "glrl_train_grad_norm", "Norm of the gradients before clipping."),
    ("learning_rate", "glrl_train_learning_rate", "Learning rate of the step."),
    ("tokens_per_second", "glrl_train_tokens_per_second", "Tokens of the step over its seconds."),
    ("eval_accuracy", "glrl_train_eval_accuracy", "Execution accuracy on the development sample, 0 to 1."),
];

/// The last figures of every run in a folder.
pub(super) fn gauges(folder: &Path) -> Vec<Gauge> {
    let mut runs: Vec<(String, Vec<Value>)> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        // A link names a run that stands beside it.
        .filter(|entry| !entry.path().is_symlink())
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, last_lines(&entry.path())?)))
        .collect();
    runs.sort_by(|a, b| a.0.cmp(&b.0));
    let of = |(field, name, help): &(&str, &'static str, &'static str)| {
        let last = |lines: &Vec<Value>| lines.iter().rev().find_map(|line| line[*field].as_f64());
        let known = runs.iter().filter_map(|(run, lines)| Some((run.clone(), last(lines)?)));
        known.map(|(run, value)| Gauge { label: Some(("run", run)), ..Gauge::new(name, help, value) }).collect::<Vec<_>>()
    };
    FIGURES.iter().flat_map(of).collect()
}

/// The last lines of a run's journal; evaluations and steps stand in lines of their own.
fn last_lines(run: &Path) -> Option<Vec<Value>> {
    let mut file = File::open(run.join("metrics.jsonl")).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL))).ok()?;
    let mut bytes = vec![];
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    // A line that was cut at the beginning, or is being written, is none.
    Some(String::from_utf8_lossy(&bytes).lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
}
