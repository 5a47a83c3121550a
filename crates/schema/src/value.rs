//! One database value.

use serde::{Deserialize, Serialize};

/// A value as a database returns it or a literal states it. Dates are text, as SQLite keeps them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A whole number.
    Integer(i64),
    /// A floating number.
    Real(f64),
    /// Character data.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}
