//! A checked query to rows: one statement within a transaction that can only read, whatever the role may do.

use std::sync::atomic::Ordering;

use schema::Value;
use sql::VerifiedQuery;

use super::client::{Answer, Client, Field, Statement, cells};
use super::value::{type_name, value};
use super::{Postgres, is_late, quoted};
use crate::error::RunError;
use crate::run::{Limits, ResultColumn, Rows, size};
use crate::server::ServerError;
use crate::server::session::{failure, server_time};
use crate::text::text_for;

/// Memory for one sort or hash table before it goes to disk.
const WORK_MEMORY: &str = "64MB";
/// What holds until the transaction ends: its clock, how long it waits for locks and for us, its memory, and where names
/// are looked for. The system's own names come first, temporary tables last.
const SETTINGS: &str = "SELECT pg_catalog.set_config('statement_timeout', $1, true), \
    pg_catalog.set_config('lock_timeout', $1, true), \
    pg_catalog.set_config('idle_in_transaction_session_timeout', $2, true), \
    pg_catalog.set_config('work_mem', $3, true), \
    pg_catalog.set_config('search_path', $4, true)";

impl Postgres {
    /// Runs a checked query, written as PostgreSQL has it.
    pub(crate) fn run(&self, query: &VerifiedQuery, limits: &Limits) -> Result<Rows, RunError> {
        self.run_text(&text_for(query, &self.spelled, sql::Dialect::Postgres)?, limits)
    }

    /// Runs one statement.
    pub(crate) fn run_text(&self, sql: &str, limits: &Limits) -> Result<Rows, RunError> {
        let outcome = self.session.with(limits.deadline, |client| {
            let rows = read(client, sql, &self.server().schema, limits);
            if rows.as_ref().err().is_none_or(ServerError::leaves_connection) {
                client.roll_back()?;
            }
            rows
        });
        let outcome = outcome.map_err(|e| failure(e, limits, "PostgreSQL", is_late));
        if matches!(outcome, Err(RunError::Cancelled)) {
            self.stop().store(false, Ordering::Relaxed);
        }
        outcome
    }
}

fn read(client: &mut Client, sql: &str, schema: &str, limits: &Limits) -> Result<Rows, ServerError> {
    let time = server_time(limits).as_millis().to_string();
    let patience = limits.deadline.as_millis().max(1).to_string();
    let path = format!("pg_catalog, {}, pg_temp", quoted(schema));
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
        Answer::Row(row) => {
            let values: Vec<Value> = cells(row).zip(&types).map(|(cell, ty)| value(cell, *ty)).collect();
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
