//! Question files: what is asked, and what counts as the right answer.

use std::path::{Path, PathBuf};

use answer::pack::sha256;
use serde::{Deserialize, Serialize};

use crate::error::{Result, TrainError, io};
use crate::example::{Example, Intent};

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

/// A question of a question file.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// Its name in reports; where the file gives none, one made of its words.
    #[serde(default)]
    pub id: String,
    /// What is asked; "query" in pairs of one's own.
    #[serde(alias = "query")]
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
    /// Why it must not be answered, where that is said outright and not by a tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Intent>,
    /// How its writer came to the reference, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// The name of the question whose place this one takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<String>,
    /// The reference of that question, or the query that a data set's line goes on from.
    #[serde(skip)]
    pub previous: Option<String>,
}

/// The tags by which question files say why a question must not be answered.
const INTENTS: [(&str, Intent); 5] = [
    ("unanswerable", Intent::Unanswerable),
    ("ambiguous", Intent::Ambiguous),
    ("write", Intent::Write),
    ("chitchat", Intent::Chat),
    ("chat", Intent::Chat),
];

impl Question {
    /// All that is asked with the same reference: the question, then its other wordings.
    pub fn asked(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.question).chain(&self.also).map(String::as_str)
    }

    /// The question as one of its own in each of its wordings: `id`, `id+1`, `id+2` …
    pub fn wordings(self) -> Vec<Question> {
        let also = self.also.iter().enumerate();
        let others = also.map(|(n, question)| Question {
            id: format!("{}+{}", self.id, n + 1),
            question: question.clone(),
            also: vec![],
            ..self.clone()
        });
        let others: Vec<Question> = others.collect();
        std::iter::once(Question { also: vec![], ..self }).chain(others).collect()
    }

    /// Why it must not be answered: said outright, or by one of its tags.
    pub fn declined_intent(&self) -> Option<Intent> {
        let tagged = |tag: &String| INTENTS.iter().find(|(name, _)| tag == name).map(|(_, intent)| *intent);
        self.intent.or_else(|| self.tags.iter().find_map(tagged))
    }

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
            sql: example.sql.clone(),
            ordered: example.ordered,
            difficulty: example.difficulty.clone(),
            tags: example.tags.clone(),
            status,
            intent: example.sql.is_none().then_some(example.intent),
            previous: example.previous_sql.clone(),
            ..Question::default()
        }
    }
}

/// What keeps a line from being a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It is not one object of JSON.
    Json,
    /// A field is missing, or of another kind.
    Field,
    /// It is to be answered, and no reference says how.
    Reference,
    /// It follows a question that does not stand before it.
    After,
}

/// A line of a question file that is not blank.
#[derive(Debug, Clone)]
pub struct Line {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub number: usize,
    /// What stands there.
    pub text: String,
    /// The question, or what is wrong with the line, in words too.
    pub question: Parsed,
}

/// A line read.
pub type Parsed = std::result::Result<Question, (Trouble, String)>;

/// Reads a question file, a data set's lines, or pairs `{"query", "sql", "reasoning"}` as questions: a data set's lines
/// without `sql` must not be answered. Blank lines are skipped.
///
/// # Errors
/// When the file cannot be read, a line is not a question, an answerable question has no reference, or one follows a
/// question that is not there.
pub fn read_questions(path: &Path) -> Result<Vec<Question>> {
    let each = read_lines(path, &[])?.into_iter().map(|Line { path, number, question, .. }| {
        question.map_err(|(_, reason)| TrainError::Line { path, line: number, reason })
    });
    each.collect()
}

/// Reads every line of such a file, whatever is wrong with some; questions may follow those of the file and `known` ones.
///
/// # Errors
/// When the file cannot be read.
pub fn read_lines(path: &Path, known: &[Question]) -> Result<Vec<Line>> {
    let bytes = std::fs::read(path).map_err(io(path))?;
    let mut lines: Vec<Line> = Vec::new();
    for (i, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let text = String::from_utf8_lossy(line).trim_start_matches('\u{feff}').trim().to_owned();
        if text.is_empty() {
            continue;
        }
        let before = lines.iter().rev().filter_map(|line| line.question.as_ref().ok()).chain(known.iter().rev());
        let question = match std::str::from_utf8(line) {
            Ok(_) => parse_line(&text).and_then(|question| following(question, before)),
            Err(e) => Err((Trouble::Json, format!("not UTF-8 text: {e}"))),
        };
        lines.push(Line { path: path.to_owned(), number: i + 1, text, question });
    }
    Ok(lines)
}

/// A question with the reference of the one that it follows, which is among those before it, the last one first.
fn following<'q>(question: Question, mut before: impl Iterator<Item = &'q Question>) -> Parsed {
    let Some(after) = &question.after else { return Ok(question) };
    let found = before.find(|known| known.id == *after);
    let reference = found.and_then(|known| known.sql.clone());
    let missing =
        || format!("\"after\" names \"{after}\", but no question with a reference stands before it by that id");
    let previous = reference.ok_or_else(|| (Trouble::After, missing()))?;
    Ok(Question { previous: Some(previous), ..question })
}

fn parse_line(text: &str) -> Parsed {
    if let Ok(example) = serde_json::from_str::<Example>(text) {
        return Ok(Question::from(&example));
    }
    let mut question: Question = serde_json::from_str(text).map_err(|e| trouble(&e))?;
    if question.question.trim().is_empty() {
        return Err((Trouble::Field, "\"question\" is empty".to_owned()));
    }
    if question.sql.is_none() && question.is_answerable() && question.declined_intent().is_some() {
        question.status = Status::Refused;
    }
    if question.is_answerable() && question.sql.as_ref().is_none_or(|sql| sql.trim().is_empty()) {
        let reason = "\"status\" is \"answered\", so \"sql\" must hold a reference";
        return Err((Trouble::Reference, reason.to_owned()));
    }
    if question.id.is_empty() {
        question.id = made_id(&question);
    }
    Ok(question)
}

/// What serde says of a line, without its count of lines, which begins anew with each.
fn trouble(error: &serde_json::Error) -> (Trouble, String) {
    let kind = if error.is_data() { Trouble::Field } else { Trouble::Json };
    let reason = error.to_string().replace(" at line 1 column ", ", column ");
    (kind, if kind == Trouble::Json { format!("not a line of JSON: {reason}") } else { reason })
}

/// The name of a question whose file gives it none: the same words have the same one.
fn made_id(question: &Question) -> String {
    let words = format!("{}\n{}", question.question.trim(), question.after.as_deref().unwrap_or_default());
    format!("q-{}", &sha256(words.as_bytes())[..12])
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
        let chat = parse_line(r#"{"id":"b","question":"Hello","intent":"chat"}"#).unwrap();
        assert_eq!((chat.status, chat.declined_intent()), (Status::Refused, Some(Intent::Chat)));
        assert_eq!(parse_line(r#"{"id":"c","question":"?"}"#).unwrap_err().0, Trouble::Reference);
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
        let known = following(second.clone(), std::iter::once(&first)).unwrap();
        assert_eq!(known.previous.as_deref(), Some("SELECT 1"));
        assert_eq!(following(first.clone(), std::iter::empty()).unwrap().previous, None);
        let of_a_data_set = Question { previous: Some("SELECT 2".into()), ..first.clone() };
        assert_eq!(following(of_a_data_set.clone(), std::iter::empty()).unwrap(), of_a_data_set);
        let (trouble, reason) = following(second, std::iter::once(&Question { sql: None, ..first })).unwrap_err();
        assert!(trouble == Trouble::After && reason.contains("\"a\""), "{reason}");
    }

    #[test]
    fn pairs_of_ones_own_are_questions() {
        let pair = r#"{"query":"How many shops?","sql":"SELECT COUNT(*) FROM shops","reasoning":"count them"}"#;
        let question = parse_line(pair).unwrap();
        assert_eq!(
            (question.question.as_str(), question.reasoning.as_deref()),
            ("How many shops?", Some("count them"))
        );
        assert!(question.id.starts_with("q-") && question.is_answerable());
        assert_eq!(parse_line(pair).unwrap().id, question.id, "the same words have the same name");
        assert_ne!(parse_line(&pair.replace("many", "few")).unwrap().id, question.id);
    }

    #[test]
    fn what_is_wrong_with_a_line_is_told() {
        let check = |text: &str, wanted: Trouble, word: &str| {
            let (trouble, reason) = parse_line(text).unwrap_err();
            assert!(trouble == wanted && reason.contains(word), "{text}: {trouble:?} {reason}");
        };
        check("{\"query\":", Trouble::Json, "not a line of JSON");
        check("SELECT 1", Trouble::Json, "column 1");
        check("7", Trouble::Field, "integer");
        check(r#"{"sql":"SELECT 1"}"#, Trouble::Field, "question");
        check(r#"{"query":7,"sql":"SELECT 1"}"#, Trouble::Field, "string");
        check(r#"{"query":" ","sql":"SELECT 1"}"#, Trouble::Field, "empty");
        check(r#"{"query":"a","question":"a","sql":"SELECT 1"}"#, Trouble::Field, "duplicate");
        check(r#"{"query":"a","sql":" "}"#, Trouble::Reference, "sql");
    }

    #[test]
    fn each_wording_is_a_question_of_its_own() {
        let line = r#"{"id":"a","question":"How many?","also":["Count?","Number?"],"sql":"SELECT 1","tags":["t"]}"#;
        let questions = parse_line(line).unwrap().wordings();
        let said: Vec<(&str, &str)> = questions.iter().map(|q| (q.id.as_str(), q.question.as_str())).collect();
        assert_eq!(said, [("a", "How many?"), ("a+1", "Count?"), ("a+2", "Number?")]);
        assert!(questions.iter().all(|q| q.also.is_empty() && q.sql.as_deref() == Some("SELECT 1") && q.tags == ["t"]));
    }
}
