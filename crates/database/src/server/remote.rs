//! A database on a server, whichever protocol that speaks: opened, asked, counted.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use schema::{Catalog, TableId};
use sql::VerifiedQuery;

use super::error::ServerError;
use super::session::{Client, Session, Target};
use super::url::Server;
use crate::error::{OpenError, RunError};
use crate::introspect::{Live, spelled_as};
use crate::run::{Limits, Rows};
use crate::text::text_for;

/// A database on a server that is only read.
pub struct Remote<C> {
    pub(crate) session: Session<C>,
    catalog: Catalog,
    /// The same tables and columns as the server spells them.
    pub(crate) spelled: Catalog,
}

impl<C: Client> fmt::Debug for Remote<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("server", self.server()).finish_non_exhaustive()
    }
}

#[expect(
    private_bounds,
    reason = "`Database` shows that this exists; what it asks by way of is nobody's concern outside"
)]
impl<C: Client> Remote<C> {
    /// Connects for queries over `wanted`, or over whatever the server holds, and says what that is.
    pub(crate) fn open(server: &Server, wanted: Option<&Catalog>) -> Result<(Self, Live), OpenError> {
        let session = Session::open(Target { server: server.clone(), stop: Arc::default() })?;
        let mut live = C::introspect(&session)?;
        if wanted.is_none() {
            live.leave_out_alike();
        }
        let catalog = wanted.unwrap_or(&live.catalog).clone();
        let spelled = spelled_as(&catalog, &live.catalog)
            .map_err(|missing| OpenError::ServerLacks { place: server.to_string(), missing })?;
        Ok((Remote { session, catalog, spelled }, live))
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

    /// Runs a checked query, written as the server has it.
    pub(crate) fn run(&self, query: &VerifiedQuery, limits: &Limits) -> Result<Rows, RunError> {
        self.run_text(&self.text_of(query)?, limits)
    }

    /// Runs one statement.
    pub(crate) fn run_text(&self, sql: &str, limits: &Limits) -> Result<Rows, RunError> {
        self.with(limits, |client| {
            let rows = client.read(sql, limits);
            if rows.as_ref().err().is_none_or(ServerError::leaves_connection) {
                client.roll_back()?;
            }
            rows
        })
    }

    /// A checked query in the server's own SQL.
    pub(crate) fn text_of(&self, query: &VerifiedQuery) -> Result<String, RunError> {
        text_for(query, &self.spelled, C::DIALECT)
    }

    /// Does something for a query; what fails is said for one who knows no servers.
    pub(crate) fn with<T>(
        &self,
        limits: &Limits,
        work: impl FnOnce(&mut C) -> Result<T, ServerError>,
    ) -> Result<T, RunError> {
        let outcome = self.session.with(limits.deadline, work).map_err(|e| failure::<C>(e, limits));
        if matches!(outcome, Err(RunError::Cancelled)) {
            self.stop().store(false, Ordering::Relaxed);
        }
        outcome
    }

    /// How many rows each table has, counted up to `most`; `None` where time was up.
    pub(crate) fn row_counts(&self, most: u64, time: Duration) -> Vec<Option<u64>> {
        let end = Instant::now() + time;
        let count = |table| {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {} LIMIT {most}) AS r", self.qualified(table));
            self.session.ask(left, &sql).ok()?.first()?.first()?.as_ref()?.parse().ok()
        };
        self.catalog.table_ids().map(count).collect()
    }

    /// A table with its schema, as identifiers.
    pub(crate) fn qualified(&self, table: TableId) -> String {
        format!("{}.{}", C::quoted(&self.server().schema), C::quoted(&self.spelled.table(table).name))
    }
}

/// Why a query gave no rows.
fn failure<C: Client>(error: ServerError, limits: &Limits) -> RunError {
    match error {
        ServerError::Cancelled => RunError::Cancelled,
        ServerError::TooLong { limit, .. } => RunError::ValueTooLarge { limit },
        ServerError::Statement { code, .. } if C::is_late(&code) => RunError::Deadline { limit: limits.deadline },
        ServerError::Statement { message, .. } => RunError::RejectedBy { engine: C::KIND.name(), reason: message },
        other => RunError::Server(other),
    }
}
