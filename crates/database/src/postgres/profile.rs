//! Which texts a column of a PostgreSQL table holds.

use std::time::Duration;

use schema::ColumnId;

use super::Postgres;
use super::client::Client;
use crate::profile::{Found, ProfileLimits};
use crate::server::ServerError;
use crate::server::session::Client as _;

impl Postgres {
    /// Up to `room` values of one column, and whether that is all.
    pub(crate) fn values_of(
        &self,
        column: ColumnId,
        room: usize,
        limits: &ProfileLimits,
        time: Duration,
    ) -> Result<Found, ServerError> {
        let table = self.qualified(column.table);
        let name = Client::quoted(&self.spelled.column(column).name);
        let sql = format!(
            "SELECT v, COUNT(*), (SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT {}) AS r) \
             FROM (SELECT CAST({name} AS text) COLLATE \"C\" AS v FROM {table} LIMIT {}) AS s \
             WHERE octet_length(v) BETWEEN 1 AND {} GROUP BY v ORDER BY COUNT(*) DESC, v LIMIT {}",
            limits.rows + 1,
            limits.rows,
            limits.value_bytes,
            room + 1
        );
        Ok(Found::of(self.session.ask(time, &sql)?, room, limits))
    }
}
