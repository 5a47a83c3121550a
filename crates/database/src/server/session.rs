//! One connection kept from query to query, and opened anew when it is lost.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use sql::Dialect;

use super::error::ServerError;
use super::url::{Kind, Server};
use super::wire::Wire;
use crate::error::OpenError;
use crate::introspect::Live;
use crate::run::{Limits, Rows};

/// How long opening may take: a connection, and each question to the system's tables.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Rows of texts: what the server's own tables are read with.
pub(crate) type Texts = Vec<Vec<Option<String>>>;

/// Whom to connect to, and the flag that ends waiting.
pub(crate) struct Target {
    pub(crate) server: Server,
    pub(crate) stop: Arc<AtomicBool>,
}

/// A client of one protocol: how a connection is made, what is asked by way of it, and how the server is told to stop.
pub(crate) trait Client: Sized {
    /// Which protocol.
    const KIND: Kind;
    /// What its queries are written in.
    const DIALECT: Dialect;
    /// Connects, before time is up.
    fn connect(target: &Target, time: Duration) -> Result<Self, ServerError>;
    /// The connection's bytes.
    fn wire(&mut self) -> &mut Wire;
    /// Tells the server over another connection that nobody waits any more. It may fail: the server has its own clock.
    fn abandon(self, target: &Target);
    /// Reads tables, views, columns, keys, indexes and comments.
    fn introspect(session: &Session<Self>) -> Result<Live, OpenError>;
    /// The rows of one of this program's own questions, before time is up.
    fn texts(&mut self, sql: &str) -> Result<Texts, ServerError>;
    /// The rows of one statement within a transaction that can only read, and that is left open.
    fn read(&mut self, sql: &str, limits: &Limits) -> Result<Rows, ServerError>;
    /// Ends the transaction, whatever its state.
    fn roll_back(&mut self) -> Result<(), ServerError>;
    /// Whether a code of the server's means that time was up.
    fn is_late(code: &str) -> bool;
    /// A name as an identifier.
    fn quoted(name: &str) -> String;

    /// The client, unless an answer was left unread, or the server has closed the connection or said something since.
    fn still_usable(mut self) -> Option<Self> {
        self.wire().is_quiet().then_some(self)
    }

    /// Starts the clock of the next exchange.
    fn arm(&mut self, time: Duration) {
        self.wire().arm(time);
    }

    /// The server's own limit for what is asked now: a little less than ours, so that its word arrives in time.
    fn server_time(&mut self) -> Duration {
        let left = self.wire().left();
        let margin = (left / 5).min(Duration::from_millis(300));
        (left - margin).max(Duration::from_millis(1))
    }
}

/// A connection that may have to be made again.
pub(crate) struct Session<C> {
    target: Target,
    client: RefCell<Option<C>>,
}

impl<C: Client> Session<C> {
    /// Connects.
    pub(crate) fn open(target: Target) -> Result<Self, ServerError> {
        let client = C::connect(&target, PATIENCE)?;
        Ok(Session { target, client: RefCell::new(Some(client)) })
    }

    /// Whom it is connected to.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Does something with a connection before time is up. One that was closed while nobody used it is made anew; one that
    /// is lost in the middle is an error, since what was asked may be the reason.
    pub(crate) fn with<T>(
        &self,
        time: Duration,
        work: impl FnOnce(&mut C) -> Result<T, ServerError>,
    ) -> Result<T, ServerError> {
        let end = Instant::now() + time;
        let left = || end.saturating_duration_since(Instant::now());
        let mut client = match self.client.take().and_then(C::still_usable) {
            Some(kept) => kept,
            None => C::connect(&self.target, left())?,
        };
        client.arm(left());
        let outcome = work(&mut client);
        match &outcome {
            // One that is lost cannot be told anything: the server has its own clock.
            Err(ServerError::Lost { .. }) => {}
            Err(e) if !e.leaves_connection() => client.abandon(&self.target),
            // One with an answer left unread is closed now: the server must not wait for us to take the rest.
            _ => *self.client.borrow_mut() = client.still_usable(),
        }
        outcome
    }

    /// Asks the server one of this program's own questions.
    pub(crate) fn ask(&self, time: Duration, sql: &str) -> Result<Texts, ServerError> {
        self.with(time, |client| client.texts(sql))
    }
}
