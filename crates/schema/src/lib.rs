//! What a database holds, as plain data and pure functions: no SQL text, no tensors, no I/O.
//!
//! Suggested reading order:
//! * [`catalog`]: tables, columns, types and keys.
//! * [`value`]: one database value, and how two are compared.
//! * [`glossary`]: the trade's words for tables, columns, measures, conditions and thresholds.
//! * [`lexicon`]: every phrase of glossary and identifiers as one index.
//! * [`slot`]: spans of a question that stand for values.
//! * [`value_index`]: which columns hold a known cell value.
//! * [`mod@normalize`]: a question to text with typed slots, by way of `atom` (lexing), `numbers`, `dates` over `calendar`,
//!   `mentions` (known values), `names` (unknown ones), `patterns` (parts of names) and `slips` (spelling).
//! * [`link`]: the tables and columns a question speaks of, and why.
//! * [`join_path`]: how tables are reached from each other over keys.
//! * [`discover`]: relationships nobody declared.
//! * [`words`]: folding, stems, spelling distance.

mod atom;
mod calendar;
pub mod catalog;
mod dates;
pub mod discover;
pub mod glossary;
pub mod join_path;
pub mod lexicon;
pub mod link;
mod mentions;
mod names;
pub mod normalize;
mod numbers;
mod patterns;
mod slips;
pub mod slot;
pub mod value;
pub mod value_index;
pub mod words;

pub use catalog::{Catalog, Column, ColumnId, ForeignKey, ForeignKeyId, Table, TableId, Type};
pub use glossary::{Glossary, Role};
pub use lexicon::Lexicon;
pub use normalize::{Context, normalize};
pub use value::Value;
pub use value_index::ValueIndex;
pub use words::WordList;
