//! MySQL and MariaDB: one database, read within a transaction that can only read.
//!
//! Suggested reading order:
//! * `packet`: numbers and texts in the protocol's packets.
//! * `login`: how a password is proved.
//! * `client`: the protocol, one statement a message.
//! * `run`: a checked query to rows.
//! * `value`: the server's texts to values as SQLite has them.
//! * `introspect`: tables, columns, keys and comments to a catalog.
//! * `profile`: which texts a column holds.
//! * `facts`: what the planner says of a query.
//! * `doctor`: what to change about the account.

mod client;
mod doctor;
mod facts;
mod introspect;
mod login;
mod packet;
mod profile;
mod run;
mod value;

use self::client::Client;
use crate::server::remote::Remote;

/// A MySQL database that is only read.
pub type MySql = Remote<Client>;

/// A text as a literal: in hexadecimal, which no character escapes from.
fn literal(text: &str) -> String {
    let digits: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("CONVERT(x'{digits}' USING utf8mb4)")
}
