//! Conversations on the command line: the last query of each, by name, in a file of its own.

use std::path::PathBuf;

use schema::Catalog;
use serde::{Deserialize, Serialize};
use sql::verify::{VerifiedQuery, verify};

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// The longest name.
const MAX_NAME: usize = 64;

/// A conversation.
pub(crate) struct Session {
    path: PathBuf,
}

/// What is kept of one.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    /// The last question that was answered.
    question: String,
    /// Its query.
    sql: String,
}

impl Session {
    /// The conversation of this name. Names are words of letters, digits, `-` and `_`, being names of files too.
    pub(crate) fn named(name: &str, context: &Context) -> Result<Self, Failure> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(is_plain) {
            let message = format!("\"{name}\" cannot be a session's name");
            let hint = format!("letters, digits, - and _, at most {MAX_NAME}");
            return Err(Failure::new(Exit::Usage, "usage", message).hint(hint));
        }
        let folder = context.cache_folder().ok_or_else(|| {
            Failure::new(Exit::Settings, "settings", "a session needs a folder to be kept in").hint("set paths.cache")
        })?;
        Ok(Session { path: folder.join("sessions").join(format!("{name}.json")) })
    }

    /// The query to go on from; none in a new conversation, or where the last query does not fit these tables.
    pub(crate) fn previous(&self, catalog: &Catalog) -> Option<VerifiedQuery> {
        let text = std::fs::read_to_string(&self.path).ok()?;
        let kept: Kept = serde_json::from_str(&text).ok()?;
        verify(&kept.sql, catalog, &Default::default()).ok()
    }

    /// Keeps an answered question and its query. What cannot be kept is an error: the next question would lean on nothing.
    pub(crate) fn keep(&self, question: &str, sql: &str) -> Result<(), Failure> {
        let kept = Kept { question: question.to_owned(), sql: sql.to_owned() };
        let text = serde_json::to_string(&kept).unwrap_or_default();
        let write = || {
            let folder = self.path.parent().unwrap_or(&self.path);
            std::fs::create_dir_all(folder)?;
            // A file beside it and a rename, so that another command never reads half of it.
            let new = self.path.with_extension(format!("{}.new", std::process::id()));
            std::fs::write(&new, text)?;
            std::fs::rename(&new, &self.path)
        };
        write().map_err(|e: std::io::Error| {
            Failure::new(Exit::Failed, "unwritable", format_args!("the session cannot be kept: {e}"))
        })
    }
}
