//! `instr`, `replace` and `trim` in time proportional to their arguments.
//!
//! SQLite's own compare each place of one text with each of the other: two long texts, which a query can make, keep one
//! call busy for a quarter of a minute, and a call cannot be interrupted. These answer the same.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashSet;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, ErrorCode, ffi};

use crate::sandbox::LONGEST_VALUE;

/// Puts the functions in the place of SQLite's own.
pub(crate) fn install(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("instr", 2, flags, instr)?;
    connection.create_scalar_function("replace", 3, flags, replace)?;
    connection.create_scalar_function("trim", 2, flags, |context| trim(context, true, true))?;
    connection.create_scalar_function("ltrim", 2, flags, |context| trim(context, true, false))?;
    connection.create_scalar_function("rtrim", 2, flags, |context| trim(context, false, true))
}

fn instr(context: &Context<'_>) -> rusqlite::Result<Value> {
    let place = match (context.get_raw(0), context.get_raw(1)) {
        (ValueRef::Null, _) | (_, ValueRef::Null) => return Ok(Value::Null),
        (ValueRef::Blob(hay), ValueRef::Blob(needle)) => find_bytes(hay, needle).map(|at| at + 1),
        (hay, needle) => {
            let (hay, needle) = (text(hay)?, text(needle)?);
            hay.find(&*needle).map(|at| hay[..at].chars().count() + 1)
        }
    };
    Ok(Value::Integer(place.unwrap_or(0) as i64))
}

fn replace(context: &Context<'_>) -> rusqlite::Result<Value> {
    let (whole, from, to) = (context.get_raw(0), context.get_raw(1), context.get_raw(2));
    if matches!(whole, ValueRef::Null) || matches!(from, ValueRef::Null) {
        return Ok(Value::Null);
    }
    let from = text(from)?;
    if from.is_empty() {
        return Ok(Value::Text(text(whole)?.into_owned()));
    }
    if matches!(to, ValueRef::Null) {
        return Ok(Value::Null);
    }
    let (whole, to) = (text(whole)?, text(to)?);
    let found = whole.matches(&*from).count();
    if (whole.len() - found * from.len() + found * to.len()) as u64 > LONGEST_VALUE {
        return Err(too_big());
    }
    Ok(Value::Text(whole.replace(&*from, &to)))
}

fn trim(context: &Context<'_>, left: bool, right: bool) -> rusqlite::Result<Value> {
    let (whole, unwanted) = (context.get_raw(0), context.get_raw(1));
    if matches!(whole, ValueRef::Null) || matches!(unwanted, ValueRef::Null) {
        return Ok(Value::Null);
    }
    let (whole, unwanted) = (text(whole)?, text(unwanted)?);
    let unwanted: HashSet<char> = unwanted.chars().collect();
    let mut rest: &str = &whole;
    if left {
        rest = rest.trim_start_matches(|c| unwanted.contains(&c));
    }
    if right {
        rest = rest.trim_end_matches(|c| unwanted.contains(&c));
    }
    Ok(Value::Text(rest.to_owned()))
}

/// A value as text, a number spelled as SQLite spells it.
fn text(value: ValueRef<'_>) -> rusqlite::Result<Cow<'_, str>> {
    thread_local! {
        static SPELLER: RefCell<Option<Connection>> = const { RefCell::new(None) };
    }
    let number = match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => return Ok(String::from_utf8_lossy(bytes)),
        ValueRef::Null => return Ok(Cow::Borrowed("")),
        ValueRef::Integer(whole) => return Ok(Cow::Owned(whole.to_string())),
        ValueRef::Real(number) => number,
    };
    SPELLER.with_borrow_mut(|speller| {
        let connection = match speller {
            Some(connection) => connection,
            None => speller.insert(Connection::open_in_memory()?),
        };
        connection.query_row("SELECT CAST(?1 AS TEXT)", [number], |row| row.get(0)).map(Cow::Owned)
    })
}

/// Knuth, Morris and Pratt's search.
fn find_bytes(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let mut borders = vec![0; needle.len()];
    for i in 1..needle.len() {
        let mut border: usize = borders[i - 1];
        while border > 0 && needle[i] != needle[border] {
            border = borders[border - 1];
        }
        borders[i] = border + usize::from(needle[i] == needle[border]);
    }
    let mut matched = 0;
    if needle.is_empty() {
        return Some(0);
    }
    for (at, byte) in hay.iter().enumerate() {
        while matched > 0 && *byte != needle[matched] {
            matched = borders[matched - 1];
        }
        matched += usize::from(*byte == needle[matched]);
        if matched == needle.len() {
            return Some(at + 1 - matched);
        }
    }
    None
}

fn too_big() -> Error {
    Error::SqliteFailure(ffi::Error { code: ErrorCode::TooBig, extended_code: ffi::SQLITE_TOOBIG }, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each call gives what SQLite's own function gives.
    #[test]
    fn the_answers_are_sqlites() {
        let (ours, theirs) =
            (Connection::open_in_memory().expect("memory"), Connection::open_in_memory().expect("memory"));
        install(&ours).expect("the functions");
        let values = [
            "NULL",
            "''",
            "'a'",
            "'ab'",
            "'abcab'",
            "'äöäab'",
            "'a a'",
            "12",
            "1.0",
            "0.1",
            "1e20",
            "-2.5",
            "x''",
            "x'6162'",
            "x'616263'",
            "x'ff62'",
            "'0'",
            "'.'",
            "'aab'",
            "'aaab'",
        ];
        for a in values {
            for b in values {
                let mut calls = vec![format!("instr({a}, {b})")];
                // Bytes that are no text come out as they are from SQLite, repaired from ours.
                if !format!("{a}{b}").contains("ff") {
                    calls.extend(["trim", "ltrim", "rtrim"].map(|f| format!("{f}({a}, {b})")));
                    calls.extend(["NULL", "''", "'xyz'", "7"].map(|c| format!("replace({a}, {b}, {c})")));
                }
                for call in calls {
                    let ask = |c: &Connection| -> Value {
                        c.query_row(&format!("SELECT {call}"), [], |row| row.get(0)).expect(&call)
                    };
                    assert_eq!(ask(&ours), ask(&theirs), "{call}");
                }
            }
        }
    }
}
