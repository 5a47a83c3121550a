//! `like`, `glob`, `instr`, `replace` and `trim` in time that is bounded.
//!
//! SQLite's own compare each place of one text with each of the other: two long texts, which a query can make, keep one
//! call busy for a quarter of a minute, and neither a call nor a row of calls can be interrupted. These answer the same in
//! time proportional to their arguments, or look at the clock meanwhile, and none starts once it is late.

use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::Arc;

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Error, ErrorCode, ffi};

use crate::sqlite::pattern::Pattern;
use crate::sqlite::sandbox::{Guard, LONGEST_PATTERN, LONGEST_VALUE};

/// How many characters are compared between two looks at the clock.
const STEPS_BETWEEN_LOOKS: u32 = 1 << 16;
/// Up to so many bytes, looking through them is quicker than a table of all characters.
const FEW: usize = 16;

/// Puts the functions in the place of SQLite's own.
pub(crate) fn install(connection: &Connection, guard: &Arc<Guard>) -> rusqlite::Result<()> {
    let like = |context: &Context<'_>, guard: &Guard| matches(context, guard, Pattern::like);
    let glob = |context: &Context<'_>, guard: &Guard| matches(context, guard, |pattern, _| Pattern::glob(pattern));
    let guarded = Guarded { connection, guard };
    guarded.add("like", 2, like)?;
    guarded.add("like", 3, like)?;
    guarded.add("glob", 2, glob)?;
    guarded.add("instr", 2, |context, _| instr(context))?;
    guarded.add("replace", 3, |context, _| replace(context))?;
    guarded.add("trim", 2, |context, _| trim(context, true, true))?;
    guarded.add("ltrim", 2, |context, _| trim(context, true, false))?;
    guarded.add("rtrim", 2, |context, _| trim(context, false, true))
}

/// A connection whose functions fail once its clock says so.
struct Guarded<'a> {
    connection: &'a Connection,
    guard: &'a Arc<Guard>,
}

impl Guarded<'_> {
    fn add(
        &self,
        name: &str,
        arguments: i32,
        function: impl Fn(&Context<'_>, &Guard) -> rusqlite::Result<Value> + Send + 'static,
    ) -> rusqlite::Result<()> {
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
        let guard = Arc::clone(self.guard);
        self.connection.create_scalar_function(name, arguments, flags, move |context| {
            if guard.is_over() { Err(interrupted()) } else { function(context, &guard) }
        })
    }
}

/// `text LIKE pattern`, which SQLite calls as `like(pattern, text)`, with the escape after them.
fn matches(context: &Context<'_>, guard: &Guard, read: fn(&str, Option<char>) -> Pattern) -> rusqlite::Result<Value> {
    let (pattern, whole) = (context.get_raw(0), context.get_raw(1));
    if text(pattern)?.len() > LONGEST_PATTERN {
        return Err(failed("LIKE or GLOB pattern too complex"));
    }
    let escape = match context.len() {
        3 if matches!(context.get_raw(2), ValueRef::Null) => return Ok(Value::Null),
        3 => Some(only_character(&text(context.get_raw(2))?)?),
        _ => None,
    };
    if matches!(pattern, ValueRef::Null) || matches!(whole, ValueRef::Null) {
        return Ok(Value::Null);
    }
    let whole = text(whole)?;
    let mut left = STEPS_BETWEEN_LOOKS;
    let step = || {
        left = left.checked_sub(1).unwrap_or(STEPS_BETWEEN_LOOKS);
        left > 0 || !guard.is_over()
    };
    // A pattern that is the same for all rows is read once.
    let found = match escape {
        None => {
            let pattern = context
                .get_or_create_aux(0, |pattern: ValueRef<'_>| text(pattern).map(|pattern| read(&pattern, None)))?;
            pattern.matches(&whole, step)
        }
        Some(_) => read(&text(pattern)?, escape).matches(&whole, step),
    };
    found.map(|found| Value::Integer(found.into())).ok_or_else(interrupted)
}

fn only_character(escape: &str) -> rusqlite::Result<char> {
    let mut characters = escape.split('\0').next().unwrap_or_default().chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(failed("ESCAPE expression must be a single character")),
    }
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
    let table = (unwanted.len() > FEW).then(|| table_of(&unwanted));
    let is_unwanted = |c: char| match &table {
        Some(table) => table[c as usize / 64] >> (c as usize % 64) & 1 == 1,
        None => unwanted.contains(c),
    };
    let mut rest: &str = &whole;
    if left {
        rest = rest.trim_start_matches(is_unwanted);
    }
    if right {
        rest = rest.trim_end_matches(is_unwanted);
    }
    Ok(Value::Text(rest.to_owned()))
}

/// A bit for each character there is, set for those of a text.
fn table_of(text: &str) -> Vec<u64> {
    let mut table = vec![0; char::MAX as usize / 64 + 1];
    text.chars().for_each(|c| table[c as usize / 64] |= 1 << (c as usize % 64));
    table
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

fn interrupted() -> Error {
    let code = ffi::Error { code: ErrorCode::OperationInterrupted, extended_code: ffi::SQLITE_INTERRUPT };
    Error::SqliteFailure(code, None)
}

/// A failure in SQLite's own words.
fn failed(message: &str) -> Error {
    let code = ffi::Error { code: ErrorCode::Unknown, extended_code: ffi::SQLITE_ERROR };
    Error::SqliteFailure(code, Some(message.to_owned()))
}

fn too_big() -> Error {
    Error::SqliteFailure(ffi::Error { code: ErrorCode::TooBig, extended_code: ffi::SQLITE_TOOBIG }, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection with these functions, and one with SQLite's own.
    fn both() -> (Connection, Connection) {
        let (ours, theirs) =
            (Connection::open_in_memory().expect("memory"), Connection::open_in_memory().expect("memory"));
        install(&ours, &Arc::new(Guard::new())).expect("the functions");
        theirs.set_limit(rusqlite::limits::Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 250).expect("a limit");
        (ours, theirs)
    }

    fn ask(connection: &Connection, call: &str) -> Result<Value, String> {
        connection.query_row(&format!("SELECT {call}"), [], |row| row.get(0)).map_err(|error| error.to_string())
    }

    #[test]
    fn patterns_match_as_sqlites_do() {
        let (ours, theirs) = both();
        let letters = ["a", "B", "b", "ä", "Ä", "%", "_", "*", "?", "[", "]", "^", "-", "!", "1", "'||char(0)||'"];
        // A small generator of its own: the same texts each time.
        let mut state = 7_u64;
        let mut word = |longest: u64| -> String {
            let mut next = |below: u64| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) % below
            };
            (0..next(longest)).map(|_| letters[next(letters.len() as u64) as usize]).collect()
        };
        let long = format!("'{}'", "a".repeat(251));
        let fixed = ["NULL", "x''", "x'6125'", "12", "1.5", "''", "'[a-'", "'[]a]'", "'[^]a]*'", "'a!'", long.as_str()];
        let mut calls: Vec<String> = Vec::new();
        for a in fixed {
            calls.extend(fixed.iter().flat_map(|b| [format!("{a} LIKE {b}"), format!("{a} GLOB {b}")]));
            calls.extend(fixed.iter().map(|b| format!("'a' LIKE {b} ESCAPE {a}")));
        }
        for _ in 0..20_000 {
            let (text, pattern) = (word(7), word(9));
            calls.extend(["LIKE", "GLOB"].map(|op| format!("'{text}' {op} '{pattern}'")));
            calls.extend(["!", "%", "_", "b", "ä"].map(|e| format!("'{text}' LIKE '{pattern}' ESCAPE '{e}'")));
        }
        for call in calls {
            assert_eq!(ask(&ours, &call), ask(&theirs, &call), "{call}");
        }
    }

    /// Each call gives what SQLite's own function gives.
    #[test]
    fn the_answers_are_sqlites() {
        let (ours, theirs) = both();
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
            "'a long list of letters: bcäö'",
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
                    assert_eq!(ask(&ours, &call), ask(&theirs, &call), "{call}");
                }
            }
        }
    }
}
