//! Question files looked over before anything is learnt from them: every problem with its place, its code and what to do.
//!
//! Suggested reading order:
//! * [`codes`]: what can be found.
//! * `alone`: what is wrong with one question, whatever stands beside it; `query` and `words` are its two halves.
//! * `key`: when two questions ask the same.
//! * `alike`: what is wrong between questions: asked twice, answered twice, or asked by a file that judges.

mod alike;
mod alone;
pub mod codes;
mod key;
mod query;
mod words;

use std::collections::{BTreeSet, HashSet};
use std::path::PathBuf;

use database::Image;
use serde::{Deserialize, Serialize};
use sql::{Options, Severity};

use crate::canonical::Reader;
use crate::error::Result;
use crate::evaluate::{Exam, in_parallel};
use crate::question::{Line, Question};
use alone::{Alone, alone};
use codes::{Code, FOLLOWS_NOTHING};
use key::key;

/// What questions are looked over with.
pub struct Ground<'a> {
    /// What they are read against, and what a model can write.
    pub reader: Reader<'a>,
    /// The rules that queries obey.
    pub options: Options<'a>,
    /// The databases that queries are run on.
    pub databases: &'a [Image],
    /// Threads; what is found does not depend on them.
    pub threads: usize,
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
}

impl From<&Line> for Place {
    fn from(line: &Line) -> Self {
        Place { file: line.path.clone(), line: line.number }
    }
}

/// What is said of a question, before it is known where that stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Note {
    /// A code of [`codes`], or one of the validator's.
    pub code: &'static str,
    /// An error keeps it from being learnt from.
    pub severity: Severity,
    /// What is the matter, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// The other line that it speaks of.
    pub other: Option<Place>,
}

impl Note {
    /// A note of one of this module's codes.
    pub fn new(code: &Code, message: impl Into<String>) -> Self {
        let Code { code, severity, help, .. } = *code;
        Note { code, severity, message: message.into(), help: help.to_owned(), other: None }
    }

    /// The same about another line too.
    pub fn about(self, other: &Line) -> Self {
        Note { other: Some(Place::from(other)), ..self }
    }
}

/// A problem at its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// Which of the lines that were looked over, from 0.
    #[serde(skip)]
    pub at: usize,
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// The question's name; none where the line is no question.
    pub id: Option<String>,
    /// A code of [`codes`], or one of the validator's.
    pub code: &'static str,
    /// An error keeps the question from being learnt from.
    pub severity: Severity,
    /// What is the matter, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// The other line that it speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other: Option<Place>,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Linted {
    /// The problems, in the order of the lines.
    pub findings: Vec<Finding>,
    /// For each line what each wording asks, in a form that the same question always has; nothing where it is no question.
    pub asked: Vec<Vec<String>>,
}

impl Linted {
    /// Problems of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// The problems of one line.
    pub fn of(&self, at: usize) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.at == at)
    }

    /// The lines that have an error.
    pub fn refused(&self) -> BTreeSet<usize> {
        self.findings.iter().filter(|one| one.severity == Severity::Error).map(|one| one.at).collect()
    }

    /// Adds what is said of a line.
    pub fn add(&mut self, lines: &[Line], at: usize, note: Note) {
        let Note { code, severity, message, help, other } = note;
        let id = lines[at].question.as_ref().ok().map(|question| question.id.clone());
        self.findings.push(Finding { at, place: Place::from(&lines[at]), id, code, severity, message, help, other });
    }
}

/// Looks over lines, each alone and all together; `against` are lines of files that judge, which none may be in.
///
/// # Errors
/// When a database fails.
pub fn lint(lines: &[Line], against: &[Line], ground: &Ground<'_>) -> Result<Linted> {
    let each: Vec<Alone> = in_parallel(lines.len(), ground.threads, &|at| alone(&lines[at], ground));
    let mut found = Linted::default();
    for (at, Alone { notes, asked }) in each.into_iter().enumerate() {
        found.asked.push(asked);
        notes.into_iter().for_each(|note| found.add(lines, at, note));
    }
    let judging = in_parallel(against.len(), ground.threads, &|at| {
        against[at].question.as_ref().map_or_else(|_| vec![], |question| asked(question, ground))
    });
    alike::leaks(lines, &mut found, against, &judging);
    alike::names(lines, &mut found);
    alike::answers(lines, &mut found, ground)?;
    follow(lines, &mut found);
    found.findings.sort_by_key(|finding| (finding.at, finding.severity, finding.code));
    found.findings.dedup();
    Ok(found)
}

/// What each wording of a question asks, in a form that the same question always has.
pub fn asked(question: &Question, ground: &Ground<'_>) -> Vec<String> {
    let previous = question.previous.as_deref();
    question.asked().map(|wording| key(wording, previous, &ground.reader.context)).collect()
}

/// Whether two questions have the same answer: the same rows on every database, or none at all.
///
/// # Errors
/// When a query does not run.
pub fn has_same_answer(one: &Question, other: &Question, ground: &Ground<'_>) -> Result<bool> {
    let both = [one.clone(), other.clone()];
    Ok(alike::is_same(&Exam::new(&both, ground.databases, 1)?, 0, 1))
}

/// What follows a question that cannot be used cannot be used either.
fn follow(lines: &[Line], found: &mut Linted) {
    let refused = found.refused();
    let mut lost: HashSet<&str> = HashSet::new();
    for (at, line) in lines.iter().enumerate() {
        let Ok(question) = &line.question else { continue };
        let before = question.after.as_deref().filter(|after| lost.contains(after));
        if let Some(before) = before {
            found.add(lines, at, Note::new(&FOLLOWS_NOTHING, format!("it follows \"{before}\", which cannot be used")));
        }
        if before.is_some() || refused.contains(&at) {
            lost.insert(&question.id);
        }
    }
}
