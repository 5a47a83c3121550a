//! The audit log: who asked for what, when, and how it ended, in a file of its own that only grows. Each line holds the
//! hash of the one before it, so that a line that was changed or taken out shows. No literal, row or key stands in it.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::auth::keys::hex;

/// What stands before the first line.
const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What is to be written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Who.
    pub principal: String,
    /// The route, as `POST /v1/ask`.
    pub route: String,
    /// The schema, where there is one.
    pub schema: Option<String>,
    /// The status of the reply.
    pub status: u16,
    /// The code of the problem, where there was one.
    pub code: Option<String>,
    /// The request.
    pub request_id: String,
    /// The tables that the answer read.
    pub tables: Vec<String>,
    /// How many rows were returned.
    pub rows: Option<usize>,
    /// The key that was made or changed, by its first characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

/// A line of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    seq: u64,
    at: Timestamp,
    #[serde(flatten)]
    entry: Entry,
    prev: String,
    hash: String,
}

/// Why the log cannot be written, or is not whole.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The file cannot be read or written.
    #[error("the audit log {path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        error: std::io::Error,
    },
    /// Another process writes it.
    #[error("the audit log {path} is being written by another process")]
    Locked {
        /// The file.
        path: String,
    },
    /// A line is not what was written.
    #[error("line {line} of the audit log {path} was changed, or one before it was taken out: {reason}")]
    Broken {
        /// The file.
        path: String,
        /// From 1.
        line: usize,
        /// What does not fit.
        reason: &'static str,
    },
}

/// The log being written.
#[derive(Debug)]
pub struct Audit {
    path: PathBuf,
    end: Mutex<End>,
}

#[derive(Debug)]
struct End {
    file: File,
    seq: u64,
    hash: String,
}

impl Audit {
    /// Opens a file to go on writing, after checking what it holds.
    ///
    /// # Errors
    /// When it cannot be written, or is not whole.
    pub fn open(path: &Path) -> Result<Self, AuditError> {
        let failed = |error| AuditError::File { path: path.display().to_string(), error };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(failed)?;
        // Two writers would each go on from the same line. The lock ends with the process.
        file.try_lock().map_err(|_| AuditError::Locked { path: path.display().to_string() })?;
        let (seq, hash) = verify(path)?;
        Ok(Audit { path: path.to_owned(), end: Mutex::new(End { file, seq, hash }) })
    }

    /// Writes a line.
    ///
    /// # Errors
    /// When the file cannot be written. What is not written down must not be done, so the request fails.
    pub fn record(&self, entry: Entry) -> Result<(), AuditError> {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line =
            Line { seq: end.seq + 1, at: Timestamp::now(), entry, prev: end.hash.clone(), hash: String::new() };
        line.hash = hash_of(&line);
        let mut text = serde_json::to_vec(&line).unwrap_or_default();
        text.push(b'\n');
        let failed = |error| AuditError::File { path: self.path.display().to_string(), error };
        let length = end.file.metadata().map_err(failed)?.len();
        if let Err(error) = end.file.write_all(&text) {
            // Half a line would break the chain for whoever goes on.
            let _ = end.file.set_len(length);
            return Err(failed(error));
        }
        (end.seq, end.hash) = (line.seq, line.hash);
        Ok(())
    }
}

/// Of all fields but the hash itself, the previous hash among them.
fn hash_of(line: &Line) -> String {
    let said = serde_json::to_vec(&(line.seq, line.at, &line.entry, &line.prev)).unwrap_or_default();
    hex(&Sha256::digest(said))
}

/// Checks a whole log: how many lines it has, and the hash of the last, which someone else may keep to see later that
/// no lines were cut off at the end.
///
/// # Errors
/// When it cannot be read, or a line is not what was written.
pub fn verify(path: &Path) -> Result<(u64, String), AuditError> {
    let failed = |error| AuditError::File { path: path.display().to_string(), error };
    let (mut seq, mut hash) = (0, BEGINNING.to_owned());
    for (i, text) in BufReader::new(File::open(path).map_err(failed)?).lines().enumerate() {
        let broken = |reason| AuditError::Broken { path: path.display().to_string(), line: i + 1, reason };
        let text = text.map_err(failed)?;
        let line: Line = serde_json::from_str(&text).map_err(|_| broken("it is not a line of the log"))?;
        if line.prev != hash || line.seq != seq + 1 {
            return Err(broken("it does not follow the line before it"));
        }
        if line.hash != hash_of(&line) {
            return Err(broken("its hash is not that of its content"));
        }
        // What was added beside the fields that are hashed shows here.
        if serde_json::to_string(&line).ok().as_deref() != Some(&text) {
            return Err(broken("it is not as it was written"));
        }
        (seq, hash) = (line.seq, line.hash);
    }
    Ok((seq, hash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_cannot_be_written_leaves_the_chain_whole() {
        let path = std::env::temp_dir().join(format!("glrl-audit-{}.jsonl", std::process::id()));
        let entry = || Entry {
            principal: "anonymous".to_owned(),
            route: "POST /v1/ask".to_owned(),
            schema: None,
            status: 200,
            code: None,
            request_id: "req_1".to_owned(),
            tables: vec![],
            rows: None,
            key: None,
        };
        let audit = Audit::open(&path).unwrap();
        audit.record(entry()).unwrap();
        let closed = File::open(&path).unwrap();
        let file = std::mem::replace(&mut audit.end.lock().unwrap().file, closed);
        assert!(matches!(audit.record(entry()), Err(AuditError::File { .. })));
        audit.end.lock().unwrap().file = file;
        audit.record(entry()).unwrap();
        assert_eq!(verify(&path).unwrap().0, 2);
        std::fs::remove_file(&path).unwrap();
    }
}
