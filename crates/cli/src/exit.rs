//! How a command ends: its exit code, and a failure as the person at the terminal reads it.

use std::fmt;
use std::io;

/// Exit codes, documented in `docs/exit-codes.md` and tested one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// The command did what was asked.
    Done = 0,
    /// Something went wrong that no other code names.
    Failed = 1,
    /// The command line or the question cannot be used.
    Usage = 2,
    /// A gate was not met: SQL that does not validate, an evaluation below its mark.
    Gate = 3,
    /// Settings are invalid.
    Settings = 4,
    /// A dependency is unavailable: the database is locked or gone.
    Unavailable = 5,
    /// The request would write, or the SQL is unsafe.
    Refused = 6,
    /// Data or schema are invalid.
    Data = 7,
    /// The model is missing, damaged, or made for something else.
    Model = 8,
    /// There is no confident answer.
    NoAnswer = 9,
    /// Time ran out.
    Deadline = 124,
}

/// What a command comes to.
pub(crate) type Outcome = Result<Exit, Failure>;

/// Why a command could not do what was asked.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// Stable name of the problem, for `error.code` in JSON.
    pub(crate) code: &'static str,
    /// What is wrong, in one sentence.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: Option<String>,
}

impl Failure {
    /// A failure without a hint.
    pub(crate) fn new(exit: Exit, code: &'static str, message: impl fmt::Display) -> Self {
        Failure { exit, code, message: message.to_string(), hint: None }
    }

    /// Adds what to do about it.
    pub(crate) fn hint(mut self, hint: impl fmt::Display) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// A wrong command line.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Failure::new(Exit::Usage, "usage", message)
    }

    /// Wrong data, schema or files.
    pub(crate) fn data(message: impl fmt::Display) -> Self {
        Failure::new(Exit::Data, "data", message)
    }

    /// A file that cannot be read.
    pub(crate) fn unreadable(path: &std::path::Path, error: &io::Error) -> Self {
        Failure::new(Exit::Data, "unreadable", format_args!("cannot read {}: {error}", path.display()))
    }
}

impl From<io::Error> for Failure {
    /// Only standard output is written through `?`: when its reader has gone there is nothing left to do.
    fn from(error: io::Error) -> Self {
        let closed = error.kind() == io::ErrorKind::BrokenPipe;
        let (exit, code) = if closed { (Exit::Done, CLOSED_PIPE) } else { (Exit::Failed, "output") };
        Failure::new(exit, code, format_args!("cannot write to standard output: {error}"))
    }
}

/// The code of a failure that is none: whoever read our output has seen enough.
pub(crate) const CLOSED_PIPE: &str = "closed_pipe";
