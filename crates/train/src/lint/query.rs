//! What is wrong with the queries of a question: what the validator says of them, and whether they run.

use database::RunError;
use judge::{Expected, expect_on};
use sql::diagnostic::Diagnostic;
use sql::{Layer, Options, Severity, VerifiedQuery, verify};

use super::codes::{DOES_NOT_RUN, NO_ROWS, TOO_MANY_ROWS};
use super::{Ground, Note};
use crate::evaluate::limits;
use crate::question::Question;

/// Looks at the reference and at each alternative.
pub(super) fn look(question: &Question, ground: &Ground<'_>) -> Vec<Note> {
    let mut notes = vec![];
    for (n, sql) in question.sql.iter().chain(&question.alternatives).enumerate() {
        let which = if n == 0 { String::new() } else { format!("alternative {n}: ") };
        let options = Options { question: Some(&question.question), ..ground.options.clone() };
        let verified = verify(sql, ground.reader.context.catalog, &options);
        let report = verified.as_ref().map_or_else(|report| &**report, VerifiedQuery::report);
        notes.extend(report.diagnostics.iter().filter(|d| is_told(d)).map(|d| said(d, &which)));
        let Ok(query) = &verified else { continue };
        let rows = expect_on(ground.databases, query, question.ordered, &limits());
        notes.extend(ran(rows, n == 0).map(|note| Note { message: format!("{which}{}", note.message), ..note }));
    }
    notes
}

/// Errors, and warnings that the query may not mean what the question does; how fast it is matters to nobody here.
fn is_told(found: &Diagnostic) -> bool {
    found.severity == Severity::Error || found.severity == Severity::Warning && found.layer != Layer::Performance
}

fn said(found: &Diagnostic, which: &str) -> Note {
    let explained = || format!("`glrl explain {}` says more", found.code);
    let fix = || found.fixes.first().map(|fix| fix.title.clone());
    Note {
        code: found.code,
        severity: found.severity,
        message: format!("{which}{}", found.message),
        help: found.help.clone().or_else(fix).unwrap_or_else(explained),
        other: None,
    }
}

/// What is to be said of the rows; that there are none only of a reference.
fn ran(rows: Result<Vec<Expected>, RunError>, is_reference: bool) -> Option<Note> {
    match rows {
        Err(error) => Some(Note::new(&DOES_NOT_RUN, error.to_string())),
        Ok(rows) if rows.iter().any(Expected::is_truncated) => {
            let most = limits().max_rows;
            Some(Note::new(
                &TOO_MANY_ROWS,
                format!("it returns more than {most} rows, or more bytes than are compared"),
            ))
        }
        Ok(rows) if is_reference && rows.iter().all(Expected::is_empty) => {
            let count = rows.len();
            let databases = if count == 1 { "the database".to_owned() } else { format!("any of {count} databases") };
            Some(Note::new(&NO_ROWS, format!("it returns no rows on {databases}")))
        }
        Ok(_) => None,
    }
}
