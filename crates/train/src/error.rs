//! What can go wrong while a model is trained or judged.

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
    #[error("step {step}: {what} is {value}; the last good checkpoint is kept. A lower learning rate may help")]
    Diverged {
        /// The step at which it was seen.
        step: u64,
        /// "the loss" or "the norm of the gradients".
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
    /// The network, its optimiser or its files.
    #[error(transparent)]
    Model(#[from] model::error::Error),
    /// A reference query, database or engine that evaluation needs does not work.
    #[error("evaluation: {0}")]
    Evaluation(String),
}

/// Results of this crate.
pub type Result<T> = std::result::Result<T, TrainError>;

/// Names the file in an error of the operating system.
pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> TrainError + '_ {
    move |source| TrainError::Io { path: path.to_owned(), source }
}
