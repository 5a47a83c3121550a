//! The evaluation that needs no model: every reference is asked to answer itself, and to take the form a model learns.
//!
//! Two things are found out. Whether question files, validation, databases and comparison fit together: each reference,
//! judged as an answer, must be right. And which references a model could write at all: those whose literals the
//! question explains, that have a canonical form, that the matcher admits, and whose canonical form returns the same
//! rows.

use schema::normalize::normalize;
use serde::{Deserialize, Serialize};

use crate::canonical::{Obstacle, Reader, Stage, read};
use crate::evaluate::{Exam, Reply, in_parallel};
use crate::question::Status;
use crate::report::{Report, Tally};

/// A reference that a model cannot write.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Unwritable {
    /// The question's name.
    pub id: String,
    /// What was asked.
    pub question: String,
    /// The question as a model reads it.
    pub normalized: String,
    /// The reference.
    pub sql: String,
    /// Where it fails.
    pub stage: Stage,
    /// What is wrong.
    pub reason: String,
}

/// What the oracle found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OracleReport {
    /// References as answers to their own questions; all must be right.
    pub answers: Report,
    /// References that a model could write.
    pub writable: Tally,
    /// The others.
    pub unwritable: Vec<Unwritable>,
}

/// Lets every reference answer its own question, and checks its canonical form.
pub fn oracle(exam: &Exam<'_>, reader: &Reader<'_>) -> OracleReport {
    let answers = exam.grade(&|question, _| match &question.sql {
        Some(sql) => Reply { status: Status::Answered, sql: Some(sql.clone()), confidence: Some(1.0), reason: None },
        None => Reply { status: Status::Refused, ..Reply::default() },
    });
    let mut found = OracleReport { answers, ..OracleReport::default() };
    let checks = in_parallel(exam.questions().len(), exam.threads(), &|i| check(exam, reader, i));
    for check in checks.into_iter().flatten() {
        found.writable.add(check.is_ok());
        found.unwritable.extend(check.err());
    }
    found
}

/// The check of one question's reference; `None` where there is no reference.
fn check(exam: &Exam<'_>, reader: &Reader<'_>, i: usize) -> Option<Result<(), Unwritable>> {
    let question = &exam.questions()[i];
    let sql = question.sql.as_ref()?;
    let rewritten =
        read(reader, &question.question, question.previous.as_deref(), sql).and_then(|read| read.text(reader));
    let checked = rewritten.and_then(|text| match exam.judge(i, &text) {
        Ok(()) => Ok(()),
        Err(miss) => {
            let reason = miss.reason.unwrap_or_else(|| format!("not the same rows: {text}"));
            Err(Obstacle { stage: Stage::Rows, reason })
        }
    });
    Some(checked.map_err(|Obstacle { stage, reason }| Unwritable {
        id: question.id.clone(),
        question: question.question.clone(),
        normalized: normalize(&question.question, &reader.context).text(),
        sql: sql.clone(),
        stage,
        reason,
    }))
}
