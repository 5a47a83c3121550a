//! A checked query to rows: one statement within a transaction that can only read, whatever the role may do.

use schema::Value;

use super::client::{Answer, Client, Field, Statement};
use super::value::{type_name, value};
use crate::run::{Limits, ResultColumn, Rows, size};
use crate::server::ServerError;
use crate::server::session::Client as _;

/// Memory for one sort or hash table before it goes to disk.
const WORK_MEMORY: &str = "64MB";
/// What holds until the transaction ends: its clock, how long it waits for locks and for us, its memory, and where names
/// are looked for.
const SETTINGS: &str = "SELECT pg_catalog.set_config('statement_timeout', $1, true), \
    pg_catalog.set_config('lock_timeout', $1, true), \
    pg_catalog.set_config('idle_in_transaction_session_timeout', $2, true), \
    pg_catalog.set_config('work_mem', $3, true), \
    pg_catalog.set_config('search_path', $4, true)";

/// Runs one statement.
pub(super) fn read(client: &mut Client, sql: &str, limits: &Limits) -> Result<Rows, ServerError> {
    let time = client.server_time().as_millis().to_string();
    let patience = limits.deadline.as_millis().max(1).to_string();
    let path = client.path.clone();
    let most = i32::try_from(limits.max_rows.saturating_add(1)).unwrap_or(i32::MAX);
    let statements = [
        Statement::plain("BEGIN READ ONLY"),
        Statement::with(SETTINGS, &[&time, &patience, WORK_MEMORY, &path]),
        Statement { most, ..Statement::plain(sql) },
    ];
    let (mut result, mut types, mut bytes) = (Rows::default(), Vec::new(), 0);
    client.exchange(&statements, &mut |answer| match answer {
        Answer::Columns(fields) => {
            types = fields.iter().map(|field| field.ty).collect();
            result.columns = fields.into_iter().map(column).collect();
            true
        }
        Answer::Row(cells) => {
            let values: Vec<Value> = cells.into_iter().zip(&types).map(|(cell, ty)| value(cell, *ty)).collect();
            bytes += values.iter().map(size).sum::<usize>();
            result.truncated = result.rows.len() == limits.max_rows || bytes > limits.max_bytes;
            if !result.truncated {
                result.rows.push(values);
            }
            bytes <= limits.max_bytes
        }
    })?;
    if result.columns.is_empty() {
        let message = "not a query that returns rows".to_owned();
        return Err(ServerError::Statement { code: "0A000".to_owned(), message });
    }
    Ok(result)
}

fn column(field: Field) -> ResultColumn {
    ResultColumn { declared: type_name(field.ty).map(str::to_owned), name: field.name }
}
