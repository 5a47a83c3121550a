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

/// A schema of a PostgreSQL database that is only read.
pub struct Postgres {
    session: Session<Client>,
    catalog: Catalog,
    /// The same tables and columns as the server spells them.
    spelled: Catalog,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Postgres").field("server", self.server()).finish_non_exhaustive()
    }
}

impl Postgres {
    /// Connects for queries over `wanted`, or over whatever the schema holds, and says what that is.
    pub(crate) fn open(server: &Server, wanted: Option<&Catalog>) -> Result<(Self, Live), OpenError> {
        let target = Target { server: server.clone(), stop: Arc::new(AtomicBool::new(false)) };
        let session = Session::open(target, PATIENCE)?;
        let live = introspect::introspect(&session)?;
        let catalog = wanted.unwrap_or(&live.catalog).clone();
        let spelled = spelled_as(&catalog, &live.catalog)
            .map_err(|missing| OpenError::ServerLacks { place: server.to_string(), missing })?;
        Ok((Postgres { session, catalog, spelled }, live))
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

/// A name as an identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// `57014`: a statement that the server's clock, or a cancel request, has stopped; `55P03`: a lock waited for too long.
fn is_late(code: &str) -> bool {
    matches!(code, "57014" | "55P03")
}

/// Rows of texts: what the server's own tables are read with.
type Texts = Vec<Vec<Option<String>>>;

/// Asks the server one of this program's own questions.
fn ask(session: &Session<Client>, time: Duration, sql: &str, values: &[&str]) -> Result<Texts, ServerError> {
    session.with(time, |client| client.texts(time, sql, values))
}
