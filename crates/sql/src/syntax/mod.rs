//! SQL text to tokens to a syntax tree, before any name means anything.
//!
//! Suggested reading order:
//! * `token`: tokens by SQLite's rules.

pub(crate) mod token;
