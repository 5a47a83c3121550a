//! Where a query runs: SQLite, PostgreSQL and MySQL opened to be read, introspected, profiled; SQLite filled with generated
//! rows. Blocking.
//!
//! Suggested reading order:
//! * [`engine`]: a place to a [`Database`] that can only be read, whichever engine holds it.
//! * [`run`](mod@run): a checked query to rows, within limits.
//! * [`sqlite`]: a file opened read-only, locked down by an authorizer and limits.
//! * [`server`]: what the two servers have in common: URL, socket, session.
//! * `postgres`, `mysql`: a client each that speaks as much of the protocol as reading needs.
//! * `text`: a checked query in the SQL of a server.
//! * [`functions`]: the SQL functions a query may call.
//! * [`introspect`](mod@introspect): what a live database holds.
//! * [`profile`](mod@profile): which texts a column holds, and how often.
//! * [`engine_facts`](mod@engine_facts): what an engine's planner says of a query.
//! * [`advice`](mod@advice): indexes that would make a query quicker, measured on a copy; [`timing`]: two queries side by side.
//! * [`verdict`]: whether SQLite prepares a text, and what it would read.
//! * [`image`]: a database that each thread opens for itself, for repeated evaluation.
//! * [`fill`](mod@fill): a generated database out of a pack's `demo.toml`.
//! * [`demo`]: the pack's own database, generated once.
//!
//! This crate has never heard of models or HTTP. Nothing in it writes to a database that a user names: the only files
//! it writes are databases it generates and cached profiles.

pub mod advice;
pub mod demo;
pub mod engine;
pub mod engine_facts;
mod error;
pub mod fill;
pub mod functions;
pub mod image;
pub mod introspect;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod profile;
pub mod run;
pub mod server;
pub mod sqlite;
#[cfg(any(feature = "postgres", feature = "mysql"))]
mod text;
pub mod timing;
pub mod verdict;

pub use advice::{Advice, Gain, Redundant, advise, redundant};
pub use demo::demo_database;
pub use engine::{Canceller, Database, Place, open, open_any, open_any_at, open_at};
pub use engine_facts::{EngineFacts, engine_facts};
pub use error::{Fault, OpenError, RunError};
pub use fill::{DemoSpec, FillError, Recipe, ValuesOverride, fill, fill_file};
pub use image::Image;
pub use introspect::Live;
pub use profile::{CacheKey, Profile, ProfileLimits, profile};
pub use run::{Limits, ResultColumn, Rows, run, try_unchecked};
pub use sqlite::introspect::introspect;
pub use timing::{Times, side_by_side};
pub use verdict::{Oracle, Refusal};
