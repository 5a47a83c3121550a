//! SQLite: a file that can only be read, or a copy of one in memory.
//!
//! Suggested reading order:
//! * `open`: a path to a connection.
//! * [`sandbox`]: what such a connection may do, and how it is stopped.
//! * `linear`, `pattern`: text functions whose time is bounded by their arguments.
//! * `run`: a checked query to rows.
//! * [`introspect`](mod@introspect): tables, columns, keys and indexes to a catalog.
//! * `profile`: which texts a column holds.

pub mod introspect;
mod linear;
pub(crate) mod open;
mod pattern;
pub(crate) mod profile;
pub(crate) mod run;
pub mod sandbox;
#[cfg(test)]
mod tests;

pub(crate) use run::{run, run_text};
pub use sandbox::Sqlite;
