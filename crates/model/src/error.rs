//! What can go wrong in this crate, each variant with the facts a person needs to fix it.

use std::path::PathBuf;

/// Any failure of this crate.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A field of `config.json` has a value the network cannot have.
    #[error("config.json: {field} = {value}: {reason}")]
    Config {
        /// Field name as in `config.json`.
        field: &'static str,
        /// The value given.
        value: String,
        /// Why it cannot be.
        reason: String,
    },
    /// Input to the network or the optimiser does not fit it.
    #[error("{what}: expected {expected}, got {given}")]
    Input {
        /// What was handed in.
        what: &'static str,
        /// What is allowed.
        expected: String,
        /// What came.
        given: String,
    },
    /// A mask admits no token at all, so there is nothing to sample or to normalise over.
    #[error("the mask of row {row} allows no token")]
    EmptyMask {
        /// Row or position of the mask.
        row: usize,
    },
    /// The instruction set asked for is not present on this machine.
    #[error("this machine has no {path} (available: {available})")]
    Cpu {
        /// The path asked for.
        path: String,
        /// The paths this machine can run.
        available: String,
    },
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// A file is there but its content is not what it should be.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A tensor in a weights file is missing or has the wrong shape, type or values.
    #[error("{path}: tensor \"{tensor}\": {reason}")]
    Tensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A tokenizer file or piece that cannot be used.
    #[error("tokenizer: {0}")]
    Tokenizer(String),
}

/// Results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Builds an [`Error::Input`].
pub(crate) fn input(what: &'static str, expected: impl ToString, given: impl ToString) -> Error {
    Error::Input { what, expected: expected.to_string(), given: given.to_string() }
}
