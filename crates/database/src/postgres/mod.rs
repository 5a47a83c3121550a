//! PostgreSQL: one schema of one database, read within a transaction that can only read.
//!
//! Suggested reading order:
//! * `client`: the protocol, extended form only: one statement a message, values beside it.
//! * `run`: a checked query to rows.
//! * `value`: the server's texts to values as SQLite has them.
//! * `introspect`: tables, columns, keys and comments to a catalog.
//! * `profile`: which texts a column holds.
//! * `facts`: what the planner says of a query.
//! * `doctor`: what to change about the role.

mod client;
mod doctor;
mod facts;
mod introspect;
mod profile;
mod run;
mod value;

use self::client::Client;
use crate::server::remote::Remote;

/// A schema of a PostgreSQL database that is only read.
pub type Postgres = Remote<Client>;
