//! A path to a database that can only be read.

use std::ffi::OsString;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use schema::Catalog;

use crate::error::{OpenError, engine_error};
use crate::introspect::{Live, missing};
use crate::sqlite::introspect::introspect;
use crate::sqlite::sandbox::{Sqlite, lock_down};

/// How long opening waits for another process to let go of the file.
const PATIENCE: Duration = Duration::from_millis(500);
/// What every SQLite file starts with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Opens a file for queries over `pack`: every table and column that the pack names must exist, others may, but cannot
/// be read.
///
/// # Errors
/// When the path is not a readable SQLite file, or lacks something the pack names.
pub(crate) fn open(path: &Path, pack: &Catalog) -> Result<Sqlite, OpenError> {
    let (connection, live, file) = connect_for(path, pack)?;
    lock_down(connection, &live, pack.clone(), Some(file)).map_err(|error| refusal(path, &error))
}

/// A connection to a file that has what the pack names; not locked down yet.
pub(crate) fn connect_for(path: &Path, pack: &Catalog) -> Result<(Connection, Live, PathBuf), OpenError> {
    let opened = connect(path)?;
    let lacking = missing(pack, &opened.1.catalog);
    if lacking.is_empty() { Ok(opened) } else { Err(OpenError::Lacks { path: path.to_owned(), missing: lacking }) }
}

/// Opens a file for queries over whatever it holds, and says what that is.
///
/// # Errors
/// When the path is not a readable SQLite file.
pub(crate) fn open_any(path: &Path) -> Result<(Sqlite, Live), OpenError> {
    let (connection, live, file) = connect(path)?;
    let database = lock_down(connection, &live, live.catalog.clone(), Some(file));
    Ok((database.map_err(|error| refusal(path, &error))?, live))
}

fn connect(path: &Path) -> Result<(Connection, Live, PathBuf), OpenError> {
    let file = check_file(path)?;
    let plain = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let opened = read_schema(Connection::open_with_flags(&file, plain));
    let opened = match opened {
        Err(error) if needs_side_files(&error) => match pending_side_file(&file) {
            Some(side_file) => return Err(OpenError::PendingChanges { path: path.to_owned(), side_file }),
            // A log that cannot be created here, and none with changes: the file alone is the whole database.
            None => read_schema(Connection::open_with_flags(immutable_uri(&file), plain | OpenFlags::SQLITE_OPEN_URI)),
        },
        other => other,
    };
    let (connection, live) = opened.map_err(|error| refusal(path, &error))?;
    Ok((connection, live.fitting(path)?, file))
}

fn read_schema(connection: rusqlite::Result<Connection>) -> rusqlite::Result<(Connection, Live)> {
    let connection = connection?;
    connection.busy_timeout(PATIENCE)?;
    let live = introspect(&connection)?;
    Ok((connection, live))
}

/// Checks what can be checked without SQLite, and returns the path in full: it starts with `/` or a drive, so SQLite
/// can never take it for a URI.
fn check_file(path: &Path) -> Result<PathBuf, OpenError> {
    if path.as_os_str().to_string_lossy().to_ascii_lowercase().starts_with("file:") {
        return Err(OpenError::Uri { uri: path.display().to_string() });
    }
    let path_buf = path.to_owned();
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
            OpenError::Missing { path: path_buf.clone() }
        }
        _ => OpenError::Unreadable { path: path_buf.clone(), reason: error.to_string() },
    };
    let file = fs::canonicalize(path).map_err(unreadable)?;
    let facts = fs::metadata(&file).map_err(unreadable)?;
    let path = path.to_owned();
    if facts.is_dir() {
        return Err(OpenError::Directory { path });
    }
    if !facts.is_file() {
        return Err(OpenError::NotAFile { path });
    }
    if facts.len() == 0 {
        return Err(OpenError::Empty { path });
    }
    let mut start = Vec::with_capacity(MAGIC.len());
    let opened = fs::File::open(&file).map_err(unreadable)?;
    opened.take(MAGIC.len() as u64).read_to_end(&mut start).map_err(unreadable)?;
    if start != MAGIC {
        return Err(OpenError::NotSqlite { path, encrypted: false });
    }
    Ok(file)
}

/// Whether SQLite could not make the files it wants beside the database.
fn needs_side_files(error: &rusqlite::Error) -> bool {
    matches!(engine_error(error).code, ErrorCode::CannotOpen | ErrorCode::ReadOnly)
}

/// The log or journal beside the file that holds changes, if there is one.
fn pending_side_file(file: &Path) -> Option<PathBuf> {
    ["-wal", "-journal"]
        .into_iter()
        .map(|suffix| beside(file, suffix))
        .find(|side| fs::metadata(side).is_ok_and(|facts| facts.is_file() && facts.len() > 0))
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    PathBuf::from(name)
}

/// The file as a URI that promises SQLite nobody writes to it.
fn immutable_uri(file: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in file.as_os_str().as_encoded_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => uri.push(char::from(*byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri + "?mode=ro&immutable=1"
}

fn refusal(path: &Path, error: &rusqlite::Error) -> OpenError {
    let sqlite = engine_error(error);
    let path = path.to_owned();
    let is_gone = !path.exists();
    match sqlite.code {
        ErrorCode::NotADatabase => OpenError::NotSqlite { path, encrypted: true },
        ErrorCode::DatabaseCorrupt => OpenError::Corrupt { path, reason: sqlite.message },
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => OpenError::Locked { path },
        _ if is_gone => OpenError::Missing { path },
        // "malformed database schema" and its like: the file is there, its content is wrong.
        ErrorCode::Unknown => OpenError::Corrupt { path, reason: sqlite.message },
        _ => OpenError::Unreadable { path, reason: format!("{} (SQLite code {})", sqlite.message, sqlite.extended) },
    }
}
