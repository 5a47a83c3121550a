//! Question files: what is asked, and what counts as the right answer.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Result, TrainError, io};
use crate::example::Example;

/// What an asker is to be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Rows.
    #[default]
    Answered,
    /// That there is no confident answer.
    Abstained,
    /// That this cannot be answered, and why.
    Refused,
    /// That something failed.
    Error,
}

/// A line of a question file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Its name in reports.
    pub id: String,
    /// What is asked.
    pub question: String,
    /// Other wordings of the same question, which the same reference answers. They are learnt from as questions of their
    /// own; evaluation asks `question` alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// The reference; none where the question must not be answered.
    #[serde(default)]
    pub sql: Option<String>,
    /// Other queries that answer it as well.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// Whether the question asks for an order.
    #[serde(default)]
    pub ordered: bool,
    /// "easy", "medium", "hard" or "very hard".
    #[serde(default)]
    pub difficulty: String,
    /// What it exercises.
    #[serde(default)]
    pub tags: Vec<String>,
    /// What the asker is to be told.
    #[serde(default)]
    pub status: Status,
    /// Who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persona: Option<String>,
    /// The name of the question that this one follows, which stands before it in the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The reference of that question, or the query that a data set's line goes on from.
    #[serde(skip)]
    pub previous: Option<String>,
}

impl Question {
    /// Whether rows are the right answer.
    pub fn is_answerable(&self) -> bool {
        self.status == Status::Answered
    }
}

impl From<&Example> for Question {
    fn from(example: &Example) -> Self {
        let status = if example.sql.is_some() { Status::Answered } else { Status::Refused };
        Question {
            id: example.id.clone(),
            question: example.question.clone(),
            also: vec![],
            sql: example.sql.clone(),
            alternatives: vec![],
            ordered: example.ordered,
            difficulty: example.difficulty.clone(),
            tags: example.tags.clone(),
            status,
            persona: None,
            after: None,
            previous: example.previous_sql.clone(),
        }
    }
}

/// Reads a question file, or a data set's lines as questions: both hold `id`, `question`, `sql`, `ordered`,
/// `difficulty` and `tags`, and a data set's lines without `sql` must not be answered. Blank lines are skipped.
///
/// # Errors
/// When the file cannot be read, a line is not a question, an answerable question has no reference, or one follows a
/// question that is not there.
pub fn read_questions(path: &Path) -> Result<Vec<Question>> {
    let file = File::open(path).map_err(io(path))?;
    let mut questions = Vec::new();
    for (i, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(io(path))?;
        let text = line.trim_start_matches('\u{feff}').trim();
        if text.is_empty() {
            continue;
        }
        let bad = |reason: String| TrainError::Line { path: path.to_owned(), line: i + 1, reason };
        let mut question = parse_line(text).map_err(bad)?;
        question.previous = previous(&question, &questions).map_err(bad)?;
        questions.push(question);
    }
    Ok(questions)
}

/// The reference of the question that one follows.
fn previous(question: &Question, before: &[Question]) -> std::result::Result<Option<String>, String> {
    let Some(after) = &question.after else { return Ok(None) };
    let found = before.iter().rev().find(|known| known.id == *after);
    let reference = found.and_then(|known| known.sql.clone());
    let missing =
        || format!("\"after\" names \"{after}\", but no question with a reference stands before it by that id");
    reference.map(Some).ok_or_else(missing)
}

fn parse_line(text: &str) -> std::result::Result<Question, String> {
    if let Ok(example) = serde_json::from_str::<Example>(text) {
        return Ok(Question::from(&example));
    }
    let question: Question = serde_json::from_str(text).map_err(|e| e.to_string())?;
    if question.is_answerable() && question.sql.is_none() {
        return Err("\"status\" is \"answered\", so \"sql\" must hold a reference".to_owned());
    }
    Ok(question)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_kinds_are_read() {
        let asked =
            r#"{"id":"a","question":"How many?","sql":"SELECT 1","alternatives":["SELECT 2"],"status":"answered"}"#;
        let question = parse_line(asked).unwrap();
        assert_eq!((question.alternatives.len(), question.is_answerable()), (1, true));
        let refused = parse_line(r#"{"id":"b","question":"Hello","sql":null,"status":"refused"}"#).unwrap();
        assert!(!refused.is_answerable());
        assert!(parse_line(r#"{"id":"c","question":"?"}"#).unwrap_err().contains("reference"));
        assert!(parse_line("{}").is_err());
        let many = parse_line(r#"{"id":"d","question":"How many?","also":["Count?"],"sql":"SELECT 1"}"#).unwrap();
        assert_eq!((many.also.as_slice(), question.also.len()), (&["Count?".to_owned()][..], 0));
        assert!(
            !serde_json::to_string(&question).unwrap().contains("also"),
            "a question of one wording has no such field"
        );
    }

    #[test]
    fn a_follow_up_knows_the_reference_before_it() {
        let first = Question { id: "a".into(), sql: Some("SELECT 1".into()), ..Question::default() };
        let second = Question { after: Some("a".into()), ..Question::default() };
        assert_eq!(previous(&second, std::slice::from_ref(&first)), Ok(Some("SELECT 1".to_owned())));
        assert_eq!(previous(&first, &[]), Ok(None));
        assert!(previous(&second, &[Question { sql: None, ..first }]).unwrap_err().contains("\"a\""));
    }
}
