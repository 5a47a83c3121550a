//! Which texts a column of a MySQL table holds.

use std::time::Duration;

use schema::ColumnId;

use super::MySql;
use super::client::Client;
use crate::profile::{Found, ProfileLimits};
use crate::server::ServerError;
use crate::server::session::Client as _;

impl MySql {
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
        // Texts that a collation takes for equal are values of their own.
        let sql = format!(
            "SELECT CONVERT(v USING utf8mb4), COUNT(*), (SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT {}) AS r) \
             FROM (SELECT BINARY CONVERT({name} USING utf8mb4) AS v FROM {table} LIMIT {}) AS s \
             WHERE LENGTH(v) BETWEEN 1 AND {} GROUP BY v ORDER BY COUNT(*) DESC, v LIMIT {}",
            limits.rows + 1,
            limits.rows,
            limits.value_bytes,
            room + 1
        );
        Ok(Found::of(self.session.ask(time, &sql)?, room, limits))
    }
}
