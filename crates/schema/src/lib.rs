//! What a database holds, as plain data and pure functions: no SQL text, no tensors, no I/O.
//!
//! Suggested reading order:
//! * [`catalog`]: tables, columns, types and keys.
//! * [`value`]: one database value, and how two are compared.
//! * [`glossary`]: the trade's words for tables, columns, measures, conditions and thresholds.
//! * [`rules`]: what rows and queries must obey.
//! * [`slot`]: spans of a question that stand for values.
//! * [`value_index`]: which columns hold a known cell value.
//! * [`normalize`]: a question to text with typed slots.
//! * [`link`]: the tables and columns a question speaks of, and why.
//! * [`join_path`]: how tables are reached from each other over keys.

pub mod catalog;
pub mod glossary;
pub mod slot;
pub mod value;

pub use catalog::{Catalog, Column, ColumnId, ForeignKey, ForeignKeyId, Table, TableId, Type};
pub use glossary::{Glossary, Role};
pub use value::Value;
