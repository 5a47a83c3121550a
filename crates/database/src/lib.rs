//! Where a query runs: SQLite opened read-only, introspected, profiled, filled with generated rows. Blocking.
//!
//! Suggested reading order:
//! * [`open`](mod@open): a file to a [`Database`] that can only be read.
//! * [`sandbox`]: what such a connection may do, and how it is stopped.
//! * [`functions`]: the SQL functions a query may call.
//! * `linear`: text functions whose time is bounded by their arguments.
//! * [`run`](mod@run): a checked query to rows, within limits.
//! * [`introspect`](mod@introspect): a live database to a catalog.
//! * [`profile`](mod@profile): which texts a column holds, and how often.
//! * [`engine_facts`](mod@engine_facts): what SQLite's planner says of a query.
//! * [`advice`](mod@advice): indexes that would make a query quicker, measured on a copy; [`timing`]: two queries side by side.
//! * [`verdict`]: whether SQLite prepares a text, and what it would read.
//! * [`image`]: a database in memory, shared by repeated evaluation.
//! * [`fill`](mod@fill): a generated database out of a pack's `demo.toml`.
//! * [`demo`]: the pack's own database, generated once.
//!
//! This crate has never heard of models or HTTP. Nothing in it writes to a database that a user names: the only files
//! it writes are databases it generates and cached profiles.

pub mod advice;
pub mod demo;
pub mod engine_facts;
mod error;
pub mod fill;
pub mod functions;
pub mod image;
pub mod introspect;
mod linear;
pub mod open;
mod pattern;
pub mod profile;
pub mod run;
pub mod sandbox;
pub mod timing;
pub mod verdict;

pub use advice::{Advice, Gain, Redundant, advise, redundant};
pub use demo::demo_database;
pub use engine_facts::{EngineFacts, engine_facts};
pub use error::{Fault, OpenError, RunError};
pub use fill::{DemoSpec, FillError, Recipe, ValuesOverride, fill, fill_file};
pub use image::Image;
pub use introspect::{Live, introspect};
pub use open::{open, open_any};
pub use profile::{CacheKey, Profile, ProfileLimits, profile};
pub use run::{Limits, ResultColumn, Rows, run, try_unchecked};
pub use sandbox::{Canceller, Database};
pub use timing::{Times, side_by_side};
pub use verdict::{Oracle, Refusal};
