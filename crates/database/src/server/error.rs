//! What goes wrong between here and a server. No message holds a password.

use std::time::Duration;

use crate::error::Fault;

/// Why a server gave no answer, or not the one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// Nothing listens there, or the network does not lead there.
    #[error("cannot reach {place}: {reason}")]
    Unreachable {
        /// The server, without its password.
        place: String,
        /// The operating system's words.
        reason: String,
    },
    /// It does not let this user in, or lacks the database.
    #[error("{place} does not let us in: {reason}")]
    Login {
        /// The server, without its password.
        place: String,
        /// The server's words.
        reason: String,
    },
    /// It was reached and says nothing.
    #[error("{place} did not answer within {waited:?}")]
    Silent {
        /// The server, without its password.
        place: String,
        /// How long it was waited for.
        waited: Duration,
    },
    /// The connection ended in the middle.
    #[error("the connection to {place} was lost: {reason}")]
    Lost {
        /// The server, without its password.
        place: String,
        /// What happened.
        reason: String,
    },
    /// It says what the protocol does not.
    #[error("{place} is not understood: {what}")]
    Protocol {
        /// The server, without its password.
        place: String,
        /// What was not understood.
        what: String,
    },
    /// It refuses a statement.
    #[error("{message} ({code})")]
    Statement {
        /// The five characters of SQLSTATE, or MySQL's number.
        code: String,
        /// The server's words.
        message: String,
    },
    /// A message is longer than any row may be.
    #[error("the server sends a row of {size} bytes; at most {limit} are read")]
    TooLong {
        /// Its length.
        size: u64,
        /// The longest that is read.
        limit: u64,
    },
    /// Someone asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl ServerError {
    /// Whose problem it is.
    pub fn fault(&self) -> Fault {
        match self {
            ServerError::Statement { .. } => Fault::Statement,
            ServerError::TooLong { .. } | ServerError::Cancelled => Fault::Limit,
            _ => Fault::Unavailable,
        }
    }

    /// Whether the connection can be used for the next query.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    pub(crate) fn leaves_connection(&self) -> bool {
        matches!(self, ServerError::Statement { .. })
    }
}
