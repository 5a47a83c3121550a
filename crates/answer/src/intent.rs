//! What a question is: the first thing the model says, and what each kind is told in return.

use serde::Serialize;

/// What a question asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Intent {
    /// The tables can answer it.
    Answerable,
    /// It leans on an earlier question.
    FollowUp,
    /// The tables do not hold what it asks for.
    Unanswerable,
    /// It can be read in several ways, or leaves out what is needed.
    Ambiguous,
    /// It asks to change data or tables.
    Write,
    /// It is no question about the data.
    ChitChat,
    /// It is SQL already.
    PastedSql,
}

/// The intents a model tells apart, in the order of its vocabulary, with their tokens.
pub const MODEL_INTENTS: [(Intent, &str); 6] = [
    (Intent::Answerable, "<answerable>"),
    (Intent::FollowUp, "<follow_up>"),
    (Intent::Unanswerable, "<unanswerable>"),
    (Intent::Ambiguous, "<ambiguous>"),
    (Intent::Write, "<write>"),
    (Intent::ChitChat, "<chat>"),
];

impl Intent {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Intent::Answerable => "answerable",
            Intent::FollowUp => "follow_up",
            Intent::Unanswerable => "unanswerable",
            Intent::Ambiguous => "ambiguous",
            Intent::Write => "write",
            Intent::ChitChat => "chit_chat",
            Intent::PastedSql => "pasted_sql",
        }
    }
}
