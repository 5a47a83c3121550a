//! Rows into SQLite, and onto disk.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, MAIN_DB, params_from_iter};
use schema::{Catalog, Value};

use super::error::FillError;
use super::order::Plan;
use super::world::FilledTable;
use crate::functions::is_allowed;
use crate::sqlite::sandbox::quoted;

/// How long a schema script may run.
const SCRIPT_TIME: Duration = Duration::from_secs(2);

/// A database in memory with the script's tables. The script can do nothing outside of it.
pub(super) fn create(ddl: &str) -> Result<Connection, FillError> {
    let mut connection = Connection::open_in_memory()?;
    connection.authorizer(Some(|context: AuthContext<'_>| match context.action {
        AuthAction::Attach { .. } | AuthAction::Detach { .. } | AuthAction::CreateVtable { .. } => Authorization::Deny,
        AuthAction::Function { function_name } if !is_allowed(function_name) => Authorization::Deny,
        AuthAction::Pragma { .. } => Authorization::Ignore,
        _ => Authorization::Allow,
    }))?;
    let start = Instant::now();
    connection.progress_handler(1_000, Some(move || start.elapsed() > SCRIPT_TIME))?;
    let ddl = ddl.strip_prefix('\u{feff}').unwrap_or(ddl);
    let outcome = connection.execute_batch(ddl).map_err(|error| FillError::Script(error.to_string()));
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    connection.progress_handler(0, None::<fn() -> bool>)?;
    outcome.map(|()| connection)
}

/// Inserts what was generated, parents first, in one transaction.
pub(super) fn insert(
    connection: &Connection,
    catalog: &Catalog,
    plan: &Plan,
    filled: &[FilledTable],
) -> Result<(), FillError> {
    connection.execute_batch("PRAGMA foreign_keys = ON; BEGIN")?;
    for table in &plan.tables {
        let name = &catalog.table(table.table).name;
        let rows = insert_table(connection, catalog, table, &filled[table.table.0 as usize]);
        rows.map_err(|error| FillError::Rows { table: name.clone(), reason: error.to_string() })?;
    }
    connection.execute_batch("COMMIT; ANALYZE; PRAGMA query_only = OFF")?;
    Ok(())
}

fn insert_table(
    connection: &Connection,
    catalog: &Catalog,
    plan: &super::TablePlan,
    filled: &FilledTable,
) -> rusqlite::Result<()> {
    let table = catalog.table(plan.table);
    let mut columns: Vec<usize> = plan.columns.iter().map(|(column, _)| usize::from(*column)).collect();
    columns.sort_unstable();
    let names: Vec<String> = columns.iter().map(|column| quoted(&table.columns[*column].name)).collect();
    let marks = vec!["?"; columns.len()].join(", ");
    let sql = format!("INSERT INTO {} ({}) VALUES ({marks})", quoted(&table.name), names.join(", "));
    let mut statement = connection.prepare(&sql)?;
    for row in 0..filled.rows {
        statement.execute(params_from_iter(columns.iter().map(|column| bound(&filled.columns[*column][row]))))?;
    }
    Ok(())
}

fn bound(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Null => ValueRef::Null,
        Value::Integer(whole) => ValueRef::Integer(*whole),
        Value::Real(number) => ValueRef::Real(*number),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Blob(bytes) => ValueRef::Blob(bytes),
    })
}

/// Writes a database in memory to a file: beside it first, then renamed over it.
pub(crate) fn save(connection: &mut Connection, path: &Path, force: bool) -> Result<(), FillError> {
    let failed = |error: std::io::Error| FillError::Write { path: path.to_owned(), reason: error.to_string() };
    let image = connection.serialize(MAIN_DB)?;
    let beside = temporary(path);
    let outcome = write_through(&beside, &image).and_then(|()| {
        // Without force an existing file wins, also one that appeared meanwhile.
        if force { fs::rename(&beside, path) } else { fs::hard_link(&beside, path) }
    });
    if outcome.is_err() || !force {
        let _ = fs::remove_file(&beside);
    }
    match outcome {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            Err(FillError::Exists { path: path.to_owned() })
        }
        other => other.map_err(failed),
    }
}

fn write_through(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = fs::File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(format!(".{}.tmp", std::process::id()));
    PathBuf::from(name)
}
