//! A checked query to rows: one statement within a transaction that can only read, whatever the account may do.

use std::sync::atomic::Ordering;

use schema::Value;
use sql::VerifiedQuery;

use super::client::{Answer, Client};
use super::value::{type_name, value};
use super::{MySql, is_late};
use crate::error::RunError;
use crate::run::{Limits, ResultColumn, Rows, size};
use crate::server::ServerError;
use crate::server::session::{failure, server_time};
use crate::text::text_for;

impl MySql {
    /// Runs a checked query, written as MySQL has it.
    pub(crate) fn run(&self, query: &VerifiedQuery, limits: &Limits) -> Result<Rows, RunError> {
        self.run_text(&text_for(query, &self.spelled, sql::Dialect::MySql)?, limits)
    }

    /// Runs one statement.
    pub(crate) fn run_text(&self, sql: &str, limits: &Limits) -> Result<Rows, RunError> {
        let outcome = self.session.with(limits.deadline, |client| {
            let rows = read(client, sql, limits);
            if rows.as_ref().err().is_none_or(ServerError::leaves_connection) {
                client.set("ROLLBACK")?;
            }
            rows
        });
        let outcome = outcome.map_err(|e| failure(e, limits, "MySQL", is_late));
        if matches!(outcome, Err(RunError::Cancelled)) {
            self.stop().store(false, Ordering::Relaxed);
        }
        outcome
    }
}

fn read(client: &mut Client, sql: &str, limits: &Limits) -> Result<Rows, ServerError> {
    client.limit(server_time(limits))?;
    client.set("START TRANSACTION READ ONLY")?;
    let (mut result, mut types, mut bytes) = (Rows::default(), Vec::new(), 0);
    let has_columns = client.exchange(sql, &mut |answer| match answer {
        Answer::Columns(fields) => {
            types = fields.iter().map(|field| (field.ty, field.characters)).collect();
            let column = |field| ResultColumn { declared: type_name(&field).map(str::to_owned), name: field.name };
            result.columns = fields.into_iter().map(column).collect();
            true
        }
        Answer::Row(mut row) => {
            let values: Vec<Value> = types.iter().map(|ty| value(row.cell().flatten(), *ty)).collect();
            bytes += values.iter().map(size).sum::<usize>();
            result.truncated = result.rows.len() == limits.max_rows || bytes > limits.max_bytes;
            if !result.truncated {
                result.rows.push(values);
            }
            !result.truncated
        }
    })?;
    if !has_columns {
        let message = "not a query that returns rows".to_owned();
        return Err(ServerError::Statement { code: "0".to_owned(), message });
    }
    Ok(result)
}
