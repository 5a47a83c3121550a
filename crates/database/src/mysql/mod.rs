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

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use schema::Catalog;

use self::client::{Client, Target};
use crate::error::OpenError;
use crate::introspect::{Live, spelled_as};
use crate::server::session::Session;
use crate::server::{Server, ServerError};

/// How long opening may take: a connection, and reading the system's tables.
const PATIENCE: Duration = Duration::from_secs(5);

/// A MySQL database that is only read.
pub struct MySql {
    session: Session<Client>,
    catalog: Catalog,
    /// The same tables and columns as the server spells them.
    spelled: Catalog,
}

impl std::fmt::Debug for MySql {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MySql").field("server", self.server()).finish_non_exhaustive()
    }
}

impl MySql {
    /// Connects for queries over `wanted`, or over whatever the database holds, and says what that is.
    pub(crate) fn open(server: &Server, wanted: Option<&Catalog>) -> Result<(Self, Live), OpenError> {
        let target = Target { server: server.clone(), stop: Arc::new(AtomicBool::new(false)) };
        let session = Session::open(target, PATIENCE)?;
        let live = introspect::introspect(&session)?;
        let catalog = wanted.unwrap_or(&live.catalog).clone();
        let spelled = spelled_as(&catalog, &live.catalog)
            .map_err(|missing| OpenError::ServerLacks { place: server.to_string(), missing })?;
        Ok((MySql { session, catalog, spelled }, live))
    }

    /// The tables and columns that queries may read.
    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Whom it asks.
    pub(crate) fn server(&self) -> &Server {
        &self.session.target().server
    }

    /// Raised to stop the running query.
    pub(crate) fn stop(&self) -> &Arc<AtomicBool> {
        &self.session.target().stop
    }
}

/// What the clocks of MariaDB (1969) and MySQL (3024) say, what a killed statement (1317), and what one that waited too
/// long for a lock (1205).
fn is_late(code: &str) -> bool {
    matches!(code, "1969" | "3024" | "1317" | "1205")
}

/// A name as an identifier.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text as a literal: in hexadecimal, which no character escapes from.
fn literal(text: &str) -> String {
    let digits: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("CONVERT(x'{digits}' USING utf8mb4)")
}

/// Rows of texts: what the server's own tables are read with.
type Texts = Vec<Vec<Option<String>>>;

/// Asks the server one of this program's own questions.
fn ask(session: &Session<Client>, time: Duration, sql: &str) -> Result<Texts, ServerError> {
    session.with(time, |client| client.texts(time, sql))
}
