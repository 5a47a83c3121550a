//! Which texts a column of an SQLite table holds, and how many rows tables have.

use std::time::Duration;

use schema::{ColumnId, TableId};

use crate::profile::{Found, ProfileLimits};
use crate::sqlite::sandbox::{Sqlite, quoted};

/// Up to `room` values of one column, and whether that is all.
pub(crate) fn values_of(
    database: &Sqlite,
    column: ColumnId,
    room: usize,
    limits: &ProfileLimits,
    time: Duration,
) -> rusqlite::Result<Found> {
    database.guard.arm(time);
    let found = read(database, column, room, limits);
    database.guard.disarm();
    found
}

fn read(database: &Sqlite, column: ColumnId, room: usize, limits: &ProfileLimits) -> rusqlite::Result<Found> {
    let catalog = database.catalog();
    let table = quoted(&catalog.table(column.table).name);
    let name = quoted(&catalog.column(column).name);
    let sql = format!(
        "SELECT v, COUNT(*) FROM (SELECT {name} AS v FROM {table} LIMIT {}) WHERE typeof(v) = 'text'
         AND octet_length(v) BETWEEN 1 AND {} GROUP BY v ORDER BY COUNT(*) DESC, v LIMIT {}",
        limits.rows,
        limits.value_bytes,
        room + 1
    );
    let mut statement = database.connection.prepare(&sql)?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, count(row, 1)?));
    let mut values = statement.query_map([], read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    let more = format!("SELECT COUNT(*) FROM (SELECT 1 FROM {table} LIMIT {})", limits.rows + 1);
    let rows: u64 = database.connection.query_row(&more, [], |row| count(row, 0))?;
    let is_complete = values.len() <= room && rows <= limits.rows;
    values.truncate(room);
    Ok(Found { values, is_complete })
}

fn count(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

/// How many rows each table has, counted up to `most` and for at most `time`; `None` where time was up.
pub(crate) fn row_counts(database: &Sqlite, most: u64, time: Duration) -> Vec<Option<u64>> {
    let count = |table: TableId| -> rusqlite::Result<u64> {
        let name = quoted(&database.catalog().table(table).name);
        database
            .connection
            .query_row(&format!("SELECT COUNT(*) FROM (SELECT 1 FROM {name} LIMIT {most})"), [], |row| count(row, 0))
    };
    database.guard.arm(time);
    let counts = database.catalog().table_ids().map(|table| count(table).ok()).collect();
    database.guard.disarm();
    counts
}
