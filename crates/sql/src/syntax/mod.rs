//! SQL text to tokens to a syntax tree, before any name means anything.
//!
//! The grammar is SQLite's own, precedence by precedence and fallback by fallback, so that what it accepts is read as
//! SQLite reads it. A few forms of the other dialects are read beside it.
//!
//! Suggested reading order:
//! * `token`: tokens by SQLite's rules.
//! * `ast`: what a query looks like before names are resolved.
//! * `parser`: statements, SELECT, FROM.
//! * `expression`: expressions by precedence.
//! * `call`: function calls and windows.
//! * `ddl`: statements that define tables, indexes, views and triggers.

pub(crate) mod ast;
mod call;
pub(crate) mod ddl;
mod expression;
pub(crate) mod parser;
pub(crate) mod token;
