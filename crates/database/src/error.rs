//! What can go wrong between a path and rows, with the facts a person needs.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::ErrorCode;
use rusqlite::ffi;

use crate::server::{ServerError, UrlError};

/// Whose problem an error is; commands choose their exit code by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The file or its schema is not what it has to be.
    Data,
    /// The database cannot be reached now: locked, vanished, unreadable.
    Unavailable,
    /// The statement is not one that may run here.
    Refused,
    /// A limit was reached or the run was cancelled.
    Limit,
    /// The statement itself is wrong.
    Statement,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No file stands at the path.
    #[error("no database at {path}")]
    Missing {
        /// The path as given.
        path: PathBuf,
    },
    /// The path names a folder.
    #[error("{path} is a directory, not a database file")]
    Directory {
        /// The path as given.
        path: PathBuf,
    },
    /// The path is neither a file nor a folder: a device, a pipe, a socket.
    #[error("{path} is not a regular file")]
    NotAFile {
        /// The path as given.
        path: PathBuf,
    },
    /// The path is a `file:` URI, whose parameters could ask for anything.
    #[error("{uri} is a URI; give a plain path to the file")]
    Uri {
        /// The URI as given.
        uri: String,
    },
    /// The file has no byte.
    #[error("{path} is empty")]
    Empty {
        /// The path as given.
        path: PathBuf,
    },
    /// The file does not start as SQLite files do.
    #[error("{path} is not an SQLite database{}", if *.encrypted { " (or it is encrypted)" } else { "" })]
    NotSqlite {
        /// The path as given.
        path: PathBuf,
        /// Whether the header looked right and SQLite still refused it.
        encrypted: bool,
    },
    /// SQLite found the file damaged.
    #[error("{path} is damaged: {reason}")]
    Corrupt {
        /// The path as given.
        path: PathBuf,
        /// SQLite's own words.
        reason: String,
    },
    /// The database lacks tables or columns that the pack names.
    #[error("{path} lacks {}", list(.missing))]
    Lacks {
        /// The path as given.
        path: PathBuf,
        /// Tables, and columns as `Table.Column`, that are missing.
        missing: Vec<String>,
    },
    /// The database has more tables, or a table more columns, than a catalog can hold.
    #[error("{path} has {given} {what}; at most {limit} are supported")]
    TooLarge {
        /// The path as given.
        path: PathBuf,
        /// "tables", or "columns in T".
        what: String,
        /// How many there are.
        given: usize,
        /// How many there may be.
        limit: usize,
    },
    /// Another process holds the file.
    #[error("{path} is locked by another process; try again when it has finished")]
    Locked {
        /// The path as given.
        path: PathBuf,
    },
    /// The file has changes in a write-ahead log (or an unfinished transaction) that cannot be read without writing.
    #[error(
        "{path} has changes in {side_file} that cannot be read from here; let its writer checkpoint and close it, or copy both files to a folder you can write"
    )]
    PendingChanges {
        /// The path as given.
        path: PathBuf,
        /// The log or journal beside it.
        side_file: PathBuf,
    },
    /// A copy in memory cannot be opened.
    #[error("the copy in memory cannot be opened: {0}")]
    Memory(#[from] rusqlite::Error),
    /// A URL names no server.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// A server gives no answer, or refuses.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// A server's database has no such schema.
    #[error("{place} has no schema \"{schema}\" (or its role may not use it); name one with ?schema=NAME")]
    NoSchema {
        /// The server, without its password.
        place: String,
        /// The schema asked for.
        schema: String,
    },
    /// A server's schema lacks tables or columns that the pack names, or does not let them be read.
    #[error("{place} lacks, or does not let us read, {}", list(.missing))]
    ServerLacks {
        /// The server, without its password.
        place: String,
        /// Tables, and columns as `Table.Column`, that are missing.
        missing: Vec<String>,
    },
    /// This program was built without the engine.
    #[error("this program was built without {engine}")]
    NotBuilt {
        /// The engine.
        engine: &'static str,
    },
    /// The operating system refused to read.
    #[error("{path} cannot be read: {reason}")]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl OpenError {
    /// Whose problem it is.
    pub fn fault(&self) -> Fault {
        match self {
            OpenError::Locked { .. } | OpenError::Unreadable { .. } | OpenError::PendingChanges { .. } => {
                Fault::Unavailable
            }
            OpenError::Server(error) => error.fault(),
            _ => Fault::Data,
        }
    }
}

/// Why a query gave no rows.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The query took longer than it may.
    #[error("the query was stopped after {limit:?}")]
    Deadline {
        /// The time it had.
        limit: Duration,
    },
    /// The query took more steps than it may.
    #[error("the query takes more than {limit} steps")]
    Steps {
        /// The steps it had.
        limit: u64,
    },
    /// Someone asked to stop.
    #[error("the query was cancelled")]
    Cancelled,
    /// SQLite needed more memory than it may have.
    #[error("the query needs more than {limit} bytes of memory")]
    Memory {
        /// The bytes it had.
        limit: u64,
    },
    /// A text or intermediate value is longer than it may be.
    #[error("a value is longer than {limit} bytes")]
    ValueTooLarge {
        /// The longest a value may be.
        limit: u64,
    },
    /// The statement would do something that is not reading the catalog's tables.
    #[error("refused: {reason}")]
    Refused {
        /// What it would do, in SQLite's words.
        reason: String,
    },
    /// SQLite does not accept the statement, or fails computing it (an integer overflow).
    #[error("SQLite rejects the query: {reason}")]
    Rejected {
        /// SQLite's own words.
        reason: String,
        /// Byte offset in the statement, where SQLite gives one.
        offset: Option<usize>,
    },
    /// A server does not accept the statement, or fails computing it.
    #[error("{engine} rejects the query: {reason}")]
    RejectedBy {
        /// The engine.
        engine: &'static str,
        /// The server's words.
        reason: String,
    },
    /// The engine cannot say what the query means.
    #[error("{reason}")]
    Unsayable {
        /// Which engine, and what it cannot say.
        reason: String,
    },
    /// A server gives no answer.
    #[error(transparent)]
    Server(ServerError),
    /// Another process holds the file.
    #[error("the database is locked by another process")]
    Locked,
    /// The file is gone or cannot be read any more.
    #[error("the database cannot be read any more: {reason}")]
    Vanished {
        /// What happened.
        reason: String,
    },
    /// SQLite found the file damaged.
    #[error("the database is damaged: {reason}")]
    Corrupt {
        /// SQLite's own words.
        reason: String,
    },
}

impl RunError {
    /// Whose problem it is.
    pub fn fault(&self) -> Fault {
        match self {
            RunError::Deadline { .. } | RunError::Steps { .. } | RunError::Cancelled => Fault::Limit,
            RunError::Memory { .. } | RunError::ValueTooLarge { .. } => Fault::Limit,
            RunError::Refused { .. } => Fault::Refused,
            RunError::Rejected { .. } | RunError::RejectedBy { .. } | RunError::Unsayable { .. } => Fault::Statement,
            RunError::Server(error) => error.fault(),
            RunError::Locked | RunError::Vanished { .. } => Fault::Unavailable,
            RunError::Corrupt { .. } => Fault::Data,
        }
    }
}

/// SQLite's code, extended code and words for an error.
pub(crate) struct EngineError {
    pub(crate) code: ErrorCode,
    pub(crate) extended: i32,
    pub(crate) message: String,
    pub(crate) offset: Option<usize>,
}

/// Takes a driver error apart.
pub(crate) fn engine_error(error: &rusqlite::Error) -> EngineError {
    let (sqlite, offset) = match error {
        rusqlite::Error::SqliteFailure(sqlite, _) => (*sqlite, None),
        rusqlite::Error::SqlInputError { error, offset, .. } => (*error, usize::try_from(*offset).ok()),
        _ => (ffi::Error { code: ErrorCode::Unknown, extended_code: 0 }, None),
    };
    let message = match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    };
    EngineError { code: sqlite.code, extended: sqlite.extended_code, message, offset }
}

/// Up to eight names in a row, and how many more.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
