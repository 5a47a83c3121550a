//! What a question is answered with: one typed value, and its shape in JSON.

use schema::Value;
use serde::{Deserialize, Serialize, Serializer};
use sql::diagnostic::Diagnostic;

use crate::intent::Intent;

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// With SQL, and rows where they were wanted.
    Answered,
    /// Without a confident answer; the candidates stand in the alternatives.
    Abstained,
    /// It is not to be answered, and the reply says why.
    Refused,
    /// Something failed.
    Error,
}

/// Why there is no answer; commands choose their exit code by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The question is empty, too long or no text.
    Question,
    /// The tables do not hold what is asked for.
    Unanswerable,
    /// The question can be read in several ways.
    Ambiguous,
    /// The question leans on an earlier one.
    FollowUp,
    /// It is no question about the data.
    ChitChat,
    /// It asks to change data or tables.
    Write,
    /// The SQL given reaches for what may not be read, or is no query.
    Unsafe,
    /// The SQL given does not fit the tables.
    InvalidSql,
    /// No candidate passed validation.
    NoCandidate,
    /// The best candidate is less sure than it has to be.
    LowConfidence,
    /// No model was given.
    ModelMissing,
    /// The model cannot be read, or its network is broken.
    ModelDamaged,
    /// The model was made for another catalog, vocabulary or prompt.
    ModelForAnother,
    /// The database is locked or gone.
    DatabaseUnavailable,
    /// The database is not what it has to be.
    DatabaseInvalid,
    /// Time ran out.
    Deadline,
    /// A limit of memory or size was reached.
    Limit,
    /// A defect of this program.
    Internal,
}

impl Cause {
    /// The stable code in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Cause::Question => "invalid_question",
            Cause::Unanswerable => "unanswerable",
            Cause::Ambiguous => "ambiguous",
            Cause::FollowUp => "follow_up",
            Cause::ChitChat => "not_a_question",
            Cause::Write => "write_request",
            Cause::Unsafe => "unsafe_sql",
            Cause::InvalidSql => "invalid_sql",
            Cause::NoCandidate => "no_valid_candidate",
            Cause::LowConfidence => "low_confidence",
            Cause::ModelMissing => "model_missing",
            Cause::ModelDamaged => "model_damaged",
            Cause::ModelForAnother => "model_for_another",
            Cause::DatabaseUnavailable => "database_unavailable",
            Cause::DatabaseInvalid => "database_invalid",
            Cause::Deadline => "deadline",
            Cause::Limit => "limit",
            Cause::Internal => "internal",
        }
    }

    /// How a question with this cause ended.
    pub fn status(self) -> Status {
        match self {
            Cause::LowConfidence | Cause::NoCandidate => Status::Abstained,
            Cause::Unanswerable | Cause::Ambiguous | Cause::FollowUp | Cause::ChitChat => Status::Refused,
            Cause::Write | Cause::Unsafe | Cause::InvalidSql => Status::Refused,
            _ => Status::Error,
        }
    }
}

/// Why there is no answer, for the person who asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The kind.
    pub cause: Cause,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without a hint.
    pub fn new(cause: Cause, message: impl Into<String>) -> Self {
        Problem { cause, message: message.into(), hint: None }
    }

    /// Adds what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut problem = serializer.serialize_struct("Problem", 3)?;
        problem.serialize_field("code", self.cause.code())?;
        problem.serialize_field("message", &self.message)?;
        problem.serialize_field("hint", &self.hint)?;
        problem.end()
    }
}

/// Another query that the question may mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    /// The query, for reading.
    pub sql: String,
    /// How sure it is.
    pub confidence_score: f64,
}

/// A reply: the fields of `glrl ask --json`, in their order.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// As given with the question; null without one.
    pub id: serde_json::Value,
    /// The line of a batch that could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// As asked.
    pub question: String,
    /// How it ended.
    pub status: Status,
    /// What it asks for, as far as that was found out.
    pub intent: Option<Intent>,
    /// The model's probability that it can be answered at all, before it wrote.
    #[serde(skip)]
    pub answerable: Option<f64>,
    /// The probability of the question's tokens given the query, by their geometric mean, where candidates were compared.
    #[serde(skip)]
    pub explained: Option<f64>,
    /// Names of the tables that the query reads.
    #[serde(skip)]
    pub tables: Vec<String>,
    /// The query, for reading; only where `status` is answered.
    pub sql: Option<String>,
    /// That query before a policy made another of it.
    #[serde(skip)]
    pub written: Option<String>,
    /// How likely the query is right, 0 to 1.
    pub confidence_score: Option<f64>,
    /// The plan, derived from the query, a step a line.
    pub reasoning: Option<String>,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The rows; null where they were not wanted.
    #[serde(serialize_with = "rows")]
    pub rows: Option<Vec<Vec<Value>>>,
    /// How many rows came; null where the query was not run.
    pub row_count: Option<usize>,
    /// Whether limits cut the rows.
    pub truncated: bool,
    /// What validation said.
    pub validation: Vec<Diagnostic>,
    /// Further candidates.
    pub alternatives: Vec<Alternative>,
    /// Why there is no answer.
    pub error: Option<Problem>,
    /// The reviewed script of a request to change definitions: a text for whoever may change the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// Time from question to answer.
    pub elapsed_ms: f64,
}

impl Answer {
    /// A reply that holds a question and nothing else yet.
    pub fn to(question: &str) -> Self {
        Answer {
            id: serde_json::Value::Null,
            line: None,
            question: question.to_owned(),
            status: Status::Error,
            intent: None,
            answerable: None,
            explained: None,
            tables: vec![],
            sql: None,
            written: None,
            confidence_score: None,
            reasoning: None,
            columns: vec![],
            rows: None,
            row_count: None,
            truncated: false,
            validation: vec![],
            alternatives: vec![],
            error: None,
            script: None,
            elapsed_ms: 0.0,
        }
    }

    /// This reply without an answer, and why.
    pub fn declined(mut self, problem: Problem) -> Self {
        self.status = problem.cause.status();
        self.sql = None;
        self.error = Some(problem);
        self
    }

    /// One line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Rows as JSON: numbers and texts as they are, bytes in hexadecimal.
pub fn rows_as_json(rows: &[Vec<Value>]) -> Vec<Vec<serde_json::Value>> {
    let cell = |value: &Value| match value {
        Value::Blob(bytes) => serde_json::Value::String(bytes.iter().map(|b| format!("{b:02x}")).collect()),
        other => serde_json::to_value(other).unwrap_or_default(),
    };
    rows.iter().map(|row| row.iter().map(cell).collect()).collect()
}

fn rows<S: Serializer>(rows: &Option<Vec<Vec<Value>>>, serializer: S) -> Result<S::Ok, S::Error> {
    rows.as_deref().map(rows_as_json).serialize(serializer)
}
