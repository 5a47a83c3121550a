//! Which texts a column of a PostgreSQL table holds, and how many rows tables have.

use std::time::{Duration, Instant};

use schema::ColumnId;

use super::{Postgres, ask, quoted};
use crate::profile::{Found, ProfileLimits};
use crate::server::ServerError;

impl Postgres {
    /// Up to `room` values of one column, and whether that is all.
    pub(crate) fn values_of(
        &self,
        column: ColumnId,
        room: usize,
        limits: &ProfileLimits,
        time: Duration,
    ) -> Result<Found, ServerError> {
        let table = self.qualified(column);
        let name = quoted(&self.spelled.column(column).name);
        let sql = format!(
            "SELECT v, COUNT(*), (SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT {}) AS r) \
             FROM (SELECT CAST({name} AS text) COLLATE \"C\" AS v FROM {table} LIMIT {}) AS s \
             WHERE octet_length(v) BETWEEN 1 AND {} GROUP BY v ORDER BY COUNT(*) DESC, v LIMIT {}",
            limits.rows + 1,
            limits.rows,
            limits.value_bytes,
            room + 1
        );
        Ok(Found::of(ask(&self.session, time, &sql, &[])?, room, limits))
    }

    /// How many rows each table has, counted up to `most`; `None` where time was up.
    pub(crate) fn row_counts(&self, most: u64, time: Duration) -> Vec<Option<u64>> {
        let end = Instant::now() + time;
        let count = |table| {
            let table = self.qualified(ColumnId { table, column: 0 });
            let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT {most}) AS r");
            let rows = ask(&self.session, end.saturating_duration_since(Instant::now()), &sql, &[]).ok()?;
            rows.first()?.first()?.as_ref()?.parse().ok()
        };
        self.catalog.table_ids().map(count).collect()
    }

    /// The table of a column with its schema.
    fn qualified(&self, column: ColumnId) -> String {
        format!("{}.{}", quoted(&self.server().schema), quoted(&self.spelled.table(column.table).name))
    }
}
