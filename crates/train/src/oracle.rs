//! The evaluation that needs no model: every reference is asked to answer itself, and to take the form a model learns.
//!
//! Two things are found out. Whether question files, validation, databases and comparison fit together: each reference,
//! judged as an answer, must be right. And which references a model could write at all: those whose literals the
//! question explains, that have a canonical form, that the matcher admits, and whose canonical form returns the same
//! rows.

use answer::slots::align;
use schema::Context;
use schema::normalize::normalize;
use serde::{Deserialize, Serialize};
use sql::canonical::{self, CanonicalOptions, fill_from};
use sql::lexeme::{Lexeme, Lexicon};
use sql::matcher::{Grammar, SlotTable, admits};
use sql::verify::verify;

use crate::evaluate::{Exam, Reply, in_parallel};
use crate::question::{Question, Status};
use crate::report::{Report, Tally};

/// What a question is read against, and what a model can write.
pub struct Reader<'a> {
    /// Tables, words and values.
    pub context: Context<'a>,
    /// Every lexeme.
    pub lexicon: &'a Lexicon,
    /// What may follow what.
    pub grammar: &'a Grammar,
}

/// What stands between a reference and a model that could write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It does not pass validation.
    Validation,
    /// The question does not say one of its literals.
    Literals,
    /// It has something that lexemes cannot say.
    Canonical,
    /// The matcher refuses its canonical form.
    Matcher,
    /// Its canonical form cannot be filled with the question's values.
    Values,
    /// Its canonical form returns other rows.
    Rows,
}

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
    let answers = exam.grade(&|question| match &question.sql {
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
    let rewritten = canonical_text(reader, question, sql);
    let checked = rewritten.and_then(|text| match exam.judge(i, &text) {
        Ok(()) => Ok(()),
        Err(miss) => Err((Stage::Rows, miss.reason.unwrap_or_else(|| format!("not the same rows: {text}")))),
    });
    Some(checked.map_err(|(stage, reason)| Unwritable {
        id: question.id.clone(),
        question: question.question.clone(),
        normalized: normalize(&question.question, &reader.context).text(),
        sql: sql.clone(),
        stage,
        reason,
    }))
}

/// The reference by way of its lexemes, filled with the question's values again.
fn canonical_text(reader: &Reader<'_>, question: &Question, sql: &str) -> Result<String, (Stage, String)> {
    let context = &reader.context;
    let verified = verify(sql, context.catalog, &Default::default()).map_err(|report| {
        let first = report.diagnostics.first().map_or_else(String::new, |d| format!("{}: {}", d.code, d.message));
        (Stage::Validation, first)
    })?;
    let normalized = normalize(&question.question, context);
    let mut query = verified.query().clone();
    align(&mut query, &normalized, reader.lexicon).map_err(|e| (Stage::Literals, e.to_string()))?;
    let today = context.today.to_string();
    let options = CanonicalOptions { today: Some(&today) };
    let lexemes = canonical::lexemes(&query, context.catalog, reader.lexicon, options)
        .map_err(|e| (Stage::Canonical, e.to_string()))?;
    admits(reader.grammar, reader.lexicon, &SlotTable::of(&normalized), &lexemes)
        .map_err(|refused| (Stage::Matcher, refusal(reader, &lexemes, refused.position)))?;
    canonical::text(&lexemes, context.catalog, reader.lexicon, &fill_from(&normalized, &[]), &today)
        .map_err(|e| (Stage::Values, e.to_string()))
}

/// The lexemes up to the refused one, which stands after a mark.
fn refusal(reader: &Reader<'_>, lexemes: &[Lexeme], position: usize) -> String {
    let name = |lexeme: &Lexeme| reader.lexicon.name(reader.context.catalog, *lexeme);
    let before: Vec<String> = lexemes[..position.min(lexemes.len())].iter().map(name).collect();
    let refused = lexemes.get(position).map_or_else(|| "nothing more".to_owned(), name);
    format!("{} » {refused}", before.join(" "))
}
