//! What can go wrong when a database is generated.

use std::path::PathBuf;

use crate::error::OpenError;

/// Why no database was generated.
#[derive(Debug, thiserror::Error)]
pub enum FillError {
    /// The specification, or the file of other values, is not what it has to be.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A name that means nothing.
    #[error("no {what} \"{name}\"{}", suggestion(.nearest))]
    Unknown {
        /// What is missing: "table", "column", "list", "format", "filter".
        what: &'static str,
        /// The name given.
        name: String,
        /// The closest name there is.
        nearest: Option<String>,
    },
    /// A generator that cannot work as it is set.
    #[error("column {column}: {problem}")]
    Column {
        /// The column, as `Table.Column`.
        column: String,
        /// What is wrong.
        problem: String,
    },
    /// Tables that refer to each other, or columns that read each other.
    #[error("{what} depend on each other: {}", .names.join(", "))]
    Cycle {
        /// "tables" or "columns".
        what: &'static str,
        /// Those that cannot be put in order.
        names: Vec<String>,
    },
    /// The schema script does not run.
    #[error("the schema script does not run: {0}")]
    Script(String),
    /// SQLite refuses the rows: a constraint that the specification does not know.
    #[error("table {table} refuses its rows: {reason}")]
    Rows {
        /// The table.
        table: String,
        /// SQLite's own words.
        reason: String,
    },
    /// The file exists and may not be replaced.
    #[error("{path} exists; --force replaces it")]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write {path}: {reason}")]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// What was generated cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// SQLite fails otherwise.
    #[error("SQLite: {0}")]
    Engine(#[from] rusqlite::Error),
}

impl FillError {
    /// A name that means nothing, with the closest of those that do.
    pub(super) fn unknown<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let lower = name.to_lowercase();
        let distance = |known: &str| edit_distance(&lower, &known.to_lowercase());
        let nearest = known.map(|k| (distance(k), k)).min().filter(|(d, _)| *d <= 1 + name.len() / 4);
        FillError::Unknown { what, name: name.to_owned(), nearest: nearest.map(|(_, k)| k.to_owned()) }
    }
}

fn suggestion(name: &Option<String>) -> String {
    name.as_ref().map(|name| format!("; did you mean \"{name}\"?")).unwrap_or_default()
}

/// Levenshtein's distance in characters.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let change = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
