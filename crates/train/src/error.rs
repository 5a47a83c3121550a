//! What can go wrong while a model is trained or judged.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Any failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A file could not be read or written; a full disk ends here.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A line of a data or question file is not what it should be.
    #[error("{path}, line {line}: {reason}")]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The training data cannot be used.
    #[error("training data: {0}")]
    Data(String),
    /// A setting has a value that cannot be.
    #[error("setting {setting}: {reason}")]
    Setting {
        /// The setting's full name, `optimiser.learning_rate`.
        setting: String,
        /// Why it cannot be.
        reason: String,
    },
    /// The loss or the gradients are no longer numbers.
    #[error("step {step}: {what} is {value}")]
    Diverged {
        /// The step at which it was seen.
        step: u64,
        /// "the loss", "the norm of the gradients", "a weight" or "a logit".
        what: &'static str,
        /// NaN or an infinity.
        value: f64,
    },
    /// A run folder is not what it should be.
    #[error("{path}: {reason}")]
    Run {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A run that had begun could not go on. What it had saved before is whole.
    #[error("{cause}; {}", named(.checkpoint.as_deref()))]
    Halted {
        /// Why.
        cause: Box<TrainError>,
        /// The newest whole checkpoint, where there is one.
        checkpoint: Option<PathBuf>,
    },
    /// The network, its optimiser or its files.
    #[error(transparent)]
    Model(#[from] model::error::Error),
    /// A reference query, database or engine that evaluation needs does not work.
    #[error("evaluation: {0}")]
    Evaluation(String),
}

const ON_FULL_DISK: &str = "make room on the disk, or raise the quota or the limit of file sizes; the same command with --resume goes on \
                            from the last good checkpoint";
const ON_DIVERGENCE: &str = "begin another run with a lower optimiser.learning_rate, a longer schedule.warmup_ratio or optimiser.max_grad_norm = 1; \
                             `glrl train grpo` can begin with the last good checkpoint (--model)";

impl TrainError {
    /// What stands behind a run that could not go on; the error itself for others.
    pub fn cause(&self) -> &TrainError {
        if let TrainError::Halted { cause, .. } = self { cause.cause() } else { self }
    }

    /// Whether a file could not be written since there is no room for it.
    pub fn is_disk_full(&self) -> bool {
        let source = match self.cause() {
            TrainError::Io { source, .. } | TrainError::Model(model::error::Error::Io { source, .. }) => source,
            _ => return false,
        };
        matches!(source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge)
    }

    /// What to do about it, where that is known.
    pub fn advice(&self) -> Option<&'static str> {
        match self.cause() {
            TrainError::Diverged { .. } => Some(ON_DIVERGENCE),
            _ if self.is_disk_full() => Some(ON_FULL_DISK),
            _ => None,
        }
    }
}

fn named(checkpoint: Option<&Path>) -> String {
    match checkpoint {
        Some(path) => format!("the last good checkpoint is {}", path.display()),
        None => "no checkpoint had been written yet".to_owned(),
    }
}

/// Results of this crate.
pub type Result<T> = std::result::Result<T, TrainError>;

/// Names the file in an error of the operating system.
pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> TrainError + '_ {
    move |source| TrainError::Io { path: path.to_owned(), source }
}
