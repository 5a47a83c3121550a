//! A checked query to rows in SQLite, within limits of time, rows, bytes and memory.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, PrepFlags, Statement};
use schema::Value;
use sql::VerifiedQuery;

use crate::error::{RunError, engine_error};
use crate::run::{Limits, ResultColumn, Rows, size};
use crate::sqlite::sandbox::{LONGEST_VALUE, STEPS_BETWEEN_LOOKS, Sqlite};

/// Runs a checked query: the rows, or why there are none.
pub(crate) fn run(database: &Sqlite, query: &VerifiedQuery, limits: &Limits) -> Result<Rows, RunError> {
    run_text(database, &database.text_of(query), query.parameters(), limits)
}

pub(crate) fn run_text(
    database: &Sqlite,
    sql: &str,
    parameters: &[(String, Value)],
    limits: &Limits,
) -> Result<Rows, RunError> {
    let guard = &database.guard;
    lower_memory_ceiling(limits.max_memory);
    // Waiting for a lock is time too, and SQLite does not look at the clock meanwhile.
    let _ = database.connection.busy_timeout(limits.deadline.min(Duration::from_secs(1)));
    guard.arm(limits.deadline);
    guard.allow(limits.max_steps.map(|steps| steps.div_ceil(STEPS_BETWEEN_LOOKS as u64)));
    let outcome = prepare(database, sql).and_then(|statement| step(statement, parameters, limits));
    guard.disarm();
    let outcome = outcome.map_err(|error| failure(database, &error, limits));
    if matches!(outcome, Err(RunError::Cancelled)) {
        guard.clear_cancel();
    }
    outcome
}

fn prepare<'a>(database: &'a Sqlite, sql: &str) -> rusqlite::Result<Statement<'a>> {
    let flags = PrepFlags::SQLITE_PREPARE_NO_VTAB | PrepFlags::SQLITE_PREPARE_DONT_LOG;
    let statement = database.connection.prepare_with_flags(sql, flags)?;
    let is_query = statement.readonly() && statement.is_explain() == 0 && statement.column_count() > 0;
    if is_query { Ok(statement) } else { Err(rusqlite::Error::InvalidQuery) }
}

/// Gives each `:name` its value; a text with other names than those is refused.
fn bind(statement: &mut Statement<'_>, parameters: &[(String, Value)]) -> rusqlite::Result<()> {
    if statement.parameter_count() != parameters.len() {
        return Err(rusqlite::Error::InvalidParameterCount(parameters.len(), statement.parameter_count()));
    }
    for (name, value) in parameters {
        let name = format!(":{name}");
        let index = statement.parameter_index(&name)?.ok_or(rusqlite::Error::InvalidParameterName(name))?;
        match value {
            Value::Null => statement.raw_bind_parameter(index, rusqlite::types::Null)?,
            Value::Integer(whole) => statement.raw_bind_parameter(index, whole)?,
            Value::Real(number) => statement.raw_bind_parameter(index, number)?,
            Value::Text(text) => statement.raw_bind_parameter(index, text)?,
            Value::Blob(bytes) => statement.raw_bind_parameter(index, bytes)?,
        }
    }
    Ok(())
}

fn step(mut statement: Statement<'_>, parameters: &[(String, Value)], limits: &Limits) -> rusqlite::Result<Rows> {
    bind(&mut statement, parameters)?;
    let columns: Vec<ResultColumn> = statement
        .columns()
        .map(|c| ResultColumn { name: c.name().to_owned(), declared: c.decl_type().map(str::to_owned) })
        .collect();
    let width = columns.len();
    let mut result = Rows { columns, ..Rows::default() };
    let mut bytes = 0;
    let mut cursor = statement.raw_query();
    while let Some(row) = cursor.next()? {
        if result.rows.len() == limits.max_rows {
            result.truncated = true;
            break;
        }
        let values = (0..width).map(|i| row.get_ref(i).map(value)).collect::<rusqlite::Result<Vec<Value>>>()?;
        bytes += values.iter().map(size).sum::<usize>();
        if bytes > limits.max_bytes {
            result.truncated = true;
            break;
        }
        result.rows.push(values);
    }
    Ok(result)
}

fn value(cell: ValueRef<'_>) -> Value {
    match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(whole) => Value::Integer(whole),
        // No number of JSON is infinite; this is how SQLite spells it.
        ValueRef::Real(number) if number.is_infinite() => {
            Value::Text(if number > 0.0 { "Inf" } else { "-Inf" }.to_owned())
        }
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(bytes) => Value::Text(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}

/// SQLite's heap limit belongs to the process, and a statement can only lower it.
fn lower_memory_ceiling(limit: Option<u64>) {
    static CEILING: AtomicU64 = AtomicU64::new(u64::MAX);
    let Some(limit) = limit else { return };
    if CEILING.fetch_min(limit, Ordering::Relaxed) > limit
        && let Ok(scratch) = Connection::open_in_memory()
    {
        let _ = scratch.query_row(&format!("PRAGMA hard_heap_limit = {limit}"), [], |_| Ok(()));
    }
}

pub(crate) fn failure(database: &Sqlite, error: &rusqlite::Error, limits: &Limits) -> RunError {
    let guard = &database.guard;
    if let Some(reason) = guard.take_refusal() {
        return RunError::Refused { reason };
    }
    match error {
        rusqlite::Error::InvalidQuery => {
            return RunError::Refused { reason: "not a query that returns rows".to_owned() };
        }
        rusqlite::Error::MultipleStatement => {
            return RunError::Refused { reason: "more than one statement".to_owned() };
        }
        _ => {}
    }
    let sqlite = engine_error(error);
    let reason = sqlite.message;
    match sqlite.code {
        ErrorCode::OperationInterrupted if guard.is_cancelled() => RunError::Cancelled,
        ErrorCode::OperationInterrupted if guard.is_spent() => {
            RunError::Steps { limit: limits.max_steps.unwrap_or(u64::MAX) }
        }
        ErrorCode::OperationInterrupted => RunError::Deadline { limit: limits.deadline },
        ErrorCode::OutOfMemory => RunError::Memory { limit: limits.max_memory.unwrap_or(u64::MAX) },
        ErrorCode::TooBig => RunError::ValueTooLarge { limit: LONGEST_VALUE },
        ErrorCode::AuthorizationForStatementDenied => RunError::Refused { reason },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => RunError::Locked,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => RunError::Corrupt { reason },
        ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied => {
            RunError::Vanished { reason }
        }
        _ => RunError::Rejected { reason, offset: sqlite.offset },
    }
}
