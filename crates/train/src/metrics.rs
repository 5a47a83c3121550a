//! `metrics.jsonl` of a run: one line a step or evaluation, names as in TRL.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Result, io};
use crate::files;

/// One line of `metrics.jsonl`. What a line does not measure is left out of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Metrics {
    /// Optimiser steps done, this one included.
    pub step: u64,
    /// Passes over the data, with the current one's share.
    pub epoch: f64,
    /// Mean cross-entropy of the positions in the loss, in nats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<f64>,
    /// Share of the positions in the loss whose target was the most likely token, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_token_accuracy: Option<f64>,
    /// Mean entropy of the predicted distributions, in nats.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entropy: Option<f64>,
    /// Norm of the gradients before clipping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grad_norm: Option<f64>,
    /// AdamW's learning rate of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// Tokens of the batch over the wall-clock seconds of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_per_second: Option<f64>,
    /// Tokens seen since the beginning of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_tokens: Option<u64>,
    /// Mean reward of the completions drawn for the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<f64>,
    /// Mean over groups of the rewards' standard deviation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward_std: Option<f64>,
    /// Share of the groups asked for whose rewards are the same but for what decides among right ones: they are dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frac_reward_zero_std: Option<f64>,
    /// Mean divergence (k3) from the reference at chosen tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl: Option<f64>,
    /// Share of the chosen tokens whose ratio was clipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_ratio: Option<f64>,
    /// Mean number of tokens of a completion, forced ones included.
    #[serde(rename = "completions/mean_length", skip_serializing_if = "Option::is_none")]
    pub mean_length: Option<f64>,
    /// Largest |log p when drawn − log p in the update| of a chosen token, before the weights change.
    #[serde(rename = "sampling/sampling_logp_difference/max", skip_serializing_if = "Option::is_none")]
    pub logp_difference_max: Option<f64>,
    /// The same on average.
    #[serde(rename = "sampling/sampling_logp_difference/mean", skip_serializing_if = "Option::is_none")]
    pub logp_difference_mean: Option<f64>,
    /// SHA-256 of the weights as little-endian f32, every hundred steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights_sha256: Option<String>,
    /// Execution accuracy on the development sample, 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eval_accuracy: Option<f64>,
    /// Right answers on the development sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eval_right: Option<usize>,
    /// Questions of the development sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eval_questions: Option<usize>,
    /// Wall-clock seconds of the evaluation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eval_seconds: Option<f64>,
}

/// The open file of a run, flushed line by line.
pub struct MetricsFile {
    path: PathBuf,
    file: File,
}

impl MetricsFile {
    /// Opens `metrics.jsonl` in a run folder to append to; lines of steps after `step`, which a resumed run does again,
    /// and a line that a crash cut off are dropped.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub fn open(run: &Path, step: u64) -> Result<Self> {
        let path = run.join("metrics.jsonl");
        let kept: Vec<String> = if path.exists() {
            lines(&path)?.into_iter().filter(|(m, _)| m.step <= step).map(|l| l.1).collect()
        } else {
            vec![]
        };
        let text: String = kept.iter().map(|line| format!("{line}\n")).collect();
        files::replace(&path, text)?;
        let file = OpenOptions::new().append(true).open(&path).map_err(io(&path))?;
        Ok(MetricsFile { path, file })
    }

    /// Appends a line.
    ///
    /// # Errors
    /// When the file cannot be written, as on a full disk.
    pub fn write(&mut self, metrics: &Metrics) -> Result<()> {
        let mut line = serde_json::to_string(metrics).map_err(|e| io(&self.path)(e.into()))?;
        line.push('\n');
        self.file.write_all(line.as_bytes()).map_err(io(&self.path))
    }
}

/// All lines of a run's `metrics.jsonl`, in order.
///
/// # Errors
/// When the file cannot be read.
pub fn read(run: &Path) -> Result<Vec<Metrics>> {
    Ok(lines(&run.join("metrics.jsonl"))?.into_iter().map(|(metrics, _)| metrics).collect())
}

/// The whole lines with their text.
fn lines(path: &Path) -> Result<Vec<(Metrics, String)>> {
    let file = File::open(path).map_err(io(path))?;
    let mut found = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line.map_err(io(path))?;
        if let Ok(metrics) = serde_json::from_str(&line) {
            found.push((metrics, line));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resumed_run_forgets_what_it_does_again() {
        let run = std::env::temp_dir().join(format!("metrics-{}", std::process::id()));
        std::fs::create_dir_all(&run).unwrap();
        let mut file = MetricsFile::open(&run, 0).unwrap();
        for step in 1..=5 {
            file.write(&Metrics { step, loss: Some(1.0 / step as f64), ..Metrics::default() }).unwrap();
        }
        file.file.write_all(b"{\"step\":6,\"lo").unwrap();
        let mut file = MetricsFile::open(&run, 3).unwrap();
        file.write(&Metrics { step: 4, ..Metrics::default() }).unwrap();
        let steps: Vec<(u64, Option<f64>)> = read(&run).unwrap().iter().map(|m| (m.step, m.loss)).collect();
        assert_eq!(steps, [(1, Some(1.0)), (2, Some(0.5)), (3, Some(1.0 / 3.0)), (4, None)]);
        std::fs::remove_dir_all(&run).unwrap();
    }
}
