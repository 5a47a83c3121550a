//! A checked query to rows: one statement within a transaction that can only read, whatever the account may do.

use schema::Value;

use super::client::{Answer, Client, End};
use super::value::{type_name, value};
use crate::run::{Limits, ResultColumn, Rows, size};
use crate::server::ServerError;

/// Warnings after which rows are not what was asked for (MySQL 8.0, "Server Error Message Reference"): a text that GROUP_CONCAT
/// cut, and one that became NULL for its length.
const CUT: [&str; 2] = ["1260", "1301"];
/// What MariaDB says where it has stopped a query and calls what it has the answer.
const STOPPED: &str = "may be incomplete";

/// Runs one statement.
pub(super) fn read(client: &mut Client, sql: &str, limits: &Limits) -> Result<Rows, ServerError> {
    client.limit()?;
    client.set("START TRANSACTION READ ONLY")?;
    let (mut result, mut types, mut bytes) = (Rows::default(), Vec::new(), 0);
    let end = client.exchange(sql, &mut |answer| match answer {
        Answer::Columns(fields) => {
            types = fields.iter().map(|field| (field.ty, field.characters)).collect();
            let column = |field| ResultColumn { declared: type_name(&field).map(str::to_owned), name: field.name };
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
            !result.truncated
        }
    })?;
    match end {
        End::Nothing => {
            let message = "not a query that returns rows".to_owned();
            Err(ServerError::Statement { code: "0".to_owned(), message })
        }
        End::Whole { warnings } if warnings > 0 => refuse_what_is_cut(client).map(|()| result),
        End::Whole { .. } | End::Cut => Ok(result),
    }
}

/// Reads the warnings of the last statement; those that tell of rows that are not whole are errors here.
fn refuse_what_is_cut(client: &mut Client) -> Result<(), ServerError> {
    for warning in client.texts_of("SHOW WARNINGS")? {
        let Ok([_, Some(code), Some(message)]) = <[_; 3]>::try_from(warning) else { continue };
        if CUT.contains(&code.as_str()) || message.contains(STOPPED) {
            return Err(ServerError::Statement { code, message });
        }
    }
    Ok(())
}
