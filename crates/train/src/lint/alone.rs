//! What is wrong with one question, whatever stands beside it.

use super::codes::{FOLLOWS_NOTHING, NO_FIELD, NO_JSON};
use super::{Ground, Note, asked, query, words};
use crate::question::{Line, Trouble};

/// What was found of a line by itself.
pub(super) struct Alone {
    /// The problems.
    pub(super) notes: Vec<Note>,
    /// What each wording asks; nothing where the line is no question.
    pub(super) asked: Vec<String>,
}

/// Looks at a line by itself.
pub(super) fn alone(line: &Line, ground: &Ground<'_>) -> Alone {
    let question = match &line.question {
        Ok(question) => question,
        Err((trouble, reason)) => return Alone { notes: vec![unread(*trouble, reason)], asked: vec![] },
    };
    let mut notes = query::look(question, ground);
    notes.extend(words::look(question, ground));
    Alone { notes, asked: asked(question, ground) }
}

fn unread(trouble: Trouble, reason: &str) -> Note {
    let code = match trouble {
        Trouble::Json => &NO_JSON,
        Trouble::Field | Trouble::Reference => &NO_FIELD,
        Trouble::After => &FOLLOWS_NOTHING,
    };
    Note::new(code, reason)
}
