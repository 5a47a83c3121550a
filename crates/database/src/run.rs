//! A checked query to rows, within limits of time, rows, bytes and memory: whichever engine holds them.

use std::time::Duration;

use schema::Value;
use serde::Serialize;
use sql::VerifiedQuery;

use crate::engine::Database;
use crate::error::RunError;
use crate::sqlite;

/// How far a query may go.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Time from the call to the last row.
    pub deadline: Duration,
    /// Rows returned; there may be more ([`Rows::truncated`]).
    pub max_rows: usize,
    /// Bytes of values returned, a number counting eight; there may be more ([`Rows::truncated`]).
    pub max_bytes: usize,
    /// Bytes that SQLite may hold in the whole process, databases in memory included. The lowest limit ever given
    /// stays: SQLite's own can only be lowered.
    pub max_memory: Option<u64>,
    /// Steps of SQLite's machine, looked at every [`STEPS_BETWEEN_LOOKS`](crate::sqlite::sandbox::STEPS_BETWEEN_LOOKS): the same on every machine, however busy it is.
    pub max_steps: Option<u64>,
}

impl Default for Limits {
    /// 5 s, 10,000 rows, 64 MiB of values, 1 GiB of memory, any number of steps.
    fn default() -> Self {
        Limits {
            deadline: Duration::from_secs(5),
            max_rows: 10_000,
            max_bytes: 64 << 20,
            max_memory: Some(1 << 30),
            max_steps: None,
        }
    }
}

/// What a query returned.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Rows {
    /// The columns in order.
    pub columns: Vec<ResultColumn>,
    /// The rows in order, each as long as `columns`.
    pub rows: Vec<Vec<Value>>,
    /// Whether there was more than the limits let through.
    pub truncated: bool,
}

/// One column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResultColumn {
    /// Its name.
    pub name: String,
    /// The declared type of the table's column it shows unchanged, if it does.
    pub declared: Option<String>,
}

/// Runs a checked query: the rows, or why there are none. Nothing unchecked can be run.
///
/// # Errors
/// When a limit is reached, the database cannot be read, or the engine refuses what analysis let pass.
pub fn run(database: &Database, query: &VerifiedQuery, limits: &Limits) -> Result<Rows, RunError> {
    match database {
        Database::Sqlite(sqlite) => sqlite::run(sqlite, query, limits),
        #[cfg(feature = "postgres")]
        Database::Postgres(server) => server.run(query, limits),
        #[cfg(feature = "mysql")]
        Database::MySql(server) => server.run(query, limits),
    }
}

/// Runs a text that nothing checked and throws away what it returns: what the connection alone stops is measured so.
///
/// # Errors
/// As [`run`].
pub fn try_unchecked(database: &Database, text: &str, limits: &Limits) -> Result<(), RunError> {
    match database {
        Database::Sqlite(sqlite) => sqlite::run_text(sqlite, text, &[], limits).map(drop),
        #[cfg(feature = "postgres")]
        Database::Postgres(server) => server.run_text(text, limits).map(drop),
        #[cfg(feature = "mysql")]
        Database::MySql(server) => server.run_text(text, limits).map(drop),
    }
}

/// Bytes that a value counts for, a number eight.
pub(crate) fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Blob(bytes) => bytes.len(),
        _ => size_of::<f64>(),
    }
}
