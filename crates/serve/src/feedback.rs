//! What people say of answers, as files that training reads: `corrections.jsonl` holds `{query, sql, reasoning}` lines as
//! `glrl data import` takes them, `ratings.jsonl` everything that was said.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde_json::{Value as Json, json};

/// The folder of feedback.
#[derive(Debug)]
pub struct Feedback {
    folder: PathBuf,
    /// One writer at a time.
    writing: Mutex<()>,
}

impl Feedback {
    /// Keeps feedback in a folder.
    pub fn new(folder: &Path) -> Self {
        Feedback { folder: folder.to_owned(), writing: Mutex::new(()) }
    }

    /// Keeps what was said.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn rate(&self, said: &Json) -> std::io::Result<()> {
        self.append("ratings.jsonl", said)
    }

    /// Keeps a checked pair of question and query.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn correct(&self, question: &str, sql: &str, reasoning: Option<&str>) -> std::io::Result<()> {
        self.append(
            "corrections.jsonl",
            &json!({ "query": question, "sql": sql, "reasoning": reasoning.unwrap_or("") }),
        )
    }

    fn append(&self, file: &str, line: &Json) -> std::io::Result<()> {
        let _alone = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        std::fs::create_dir_all(&self.folder)?;
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(self.folder.join(file))?.write_all(format!("{line}\n").as_bytes())
    }
}
