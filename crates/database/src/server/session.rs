//! One connection kept from query to query, and opened anew when it is lost.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use super::error::ServerError;
use crate::error::RunError;
use crate::run::Limits;

/// A client of one protocol: how a connection is made, and how the server is told to stop.
pub(crate) trait Client: Sized {
    /// Whom to connect to.
    type Target;
    /// Connects, before time is up.
    fn connect(target: &Self::Target, time: Duration) -> Result<Self, ServerError>;
    /// The client, unless the server has closed the connection or said something since the last exchange.
    fn still_usable(self) -> Option<Self>;
    /// Starts the clock of the next exchange.
    fn arm(&mut self, time: Duration);
    /// Tells the server over another connection that nobody waits any more. It may fail: the server has its own clock.
    fn abandon(self, target: &Self::Target);
}

/// A connection that may have to be made again.
pub(crate) struct Session<C: Client> {
    target: C::Target,
    client: RefCell<Option<C>>,
}

impl<C: Client> Session<C> {
    /// Connects.
    pub(crate) fn open(target: C::Target, time: Duration) -> Result<Self, ServerError> {
        let client = C::connect(&target, time)?;
        Ok(Session { target, client: RefCell::new(Some(client)) })
    }

    /// Whom it is connected to.
    pub(crate) fn target(&self) -> &C::Target {
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
            _ => *self.client.borrow_mut() = Some(client),
        }
        outcome
    }
}

/// The server's own limit: a little less than ours, so that its word arrives in time.
pub(crate) fn server_time(limits: &Limits) -> Duration {
    let margin = (limits.deadline / 5).min(Duration::from_millis(300));
    (limits.deadline - margin).max(Duration::from_millis(1))
}

/// Why a query gave no rows, for one who knows no servers; `is_late` tells the server's word for "time is up".
pub(crate) fn failure(
    error: ServerError,
    limits: &Limits,
    engine: &'static str,
    is_late: impl Fn(&str) -> bool,
) -> RunError {
    match error {
        ServerError::Cancelled => RunError::Cancelled,
        ServerError::TooLong { limit, .. } => RunError::ValueTooLarge { limit },
        ServerError::Statement { code, .. } if is_late(&code) => RunError::Deadline { limit: limits.deadline },
        ServerError::Statement { message, .. } => RunError::RejectedBy { engine, reason: message },
        other => RunError::Server(other),
    }
}
