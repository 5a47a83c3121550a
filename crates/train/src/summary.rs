//! `summary.json`: how a run ended. A folder without one holds a run that goes on, or that was killed.

use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::checkpoint::{self, Best};
use crate::error::{Result, TrainError, io};
use crate::files;

const FILE: &str = "summary.json";

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// All its steps were made.
    Done,
    /// It got no better for as many evaluations as it was to be patient.
    Early,
    /// Its watcher stopped it; it can be resumed.
    Stopped,
    /// It could not go on.
    Failed,
}

impl Ending {
    /// In a word, for people.
    pub fn word(self) -> &'static str {
        match self {
            Ending::Done => "done",
            Ending::Early => "stopped early",
            Ending::Stopped => "stopped",
            Ending::Failed => "failed",
        }
    }
}

/// The best evaluation of a run, with the checkpoint that is kept of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BestOf {
    /// The step after which it was made.
    pub step: u64,
    /// Execution accuracy on the development questions, 0 to 1.
    pub accuracy: f64,
    /// Right answers.
    pub right: usize,
    /// Questions.
    pub questions: usize,
    /// Name of the checkpoint in the run's folder; `best` is a link to it.
    pub checkpoint: String,
}

impl From<Best> for BestOf {
    fn from(best: Best) -> Self {
        let Best { step, tally } = best;
        let checkpoint = checkpoint::name_of(step);
        BestOf { step, accuracy: tally.accuracy(), right: tally.right, questions: tally.questions, checkpoint }
    }
}

/// What is left to say when a run has ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// How it ended.
    pub ending: Ending,
    /// Steps done.
    pub step: u64,
    /// The best evaluation.
    pub best: Option<BestOf>,
    /// Name of the newest whole checkpoint in the run's folder.
    pub checkpoint: Option<String>,
    /// Why it could not go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl Summary {
    /// Writes `summary.json` into a run's folder.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, run: &Path) -> Result<()> {
        let path = run.join(FILE);
        let text = serde_json::to_string_pretty(self).map_err(|e| io(&path)(e.into()))?;
        files::replace(&path, text + "\n")
    }
}

/// How a run ended; none while it goes on.
///
/// # Errors
/// When the file cannot be read or is not what it should be.
pub fn read(run: &Path) -> Result<Option<Summary>> {
    let path = run.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text)
            .map(Some)
            .map_err(|e| TrainError::Run { path: path.clone(), reason: e.to_string() }),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io(&path)(e)),
    }
}

/// Takes back that a run has ended: it goes on.
///
/// # Errors
/// When the file cannot be removed.
pub fn remove(run: &Path) -> Result<()> {
    let path = run.join(FILE);
    match std::fs::remove_file(&path) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(io(&path)(e)),
        _ => Ok(()),
    }
}
