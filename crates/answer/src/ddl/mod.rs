//! Requests to change definitions, in SQL or in plain words: reviewed against the pack, with what of the pack depends on what
//! they change. What comes out is a text; nothing here reaches a database.
//!
//! Suggested reading order:
//! * [`reviewed`]: a request to its review.
//! * `words`: what is understood of plain words.
//! * `readers`: what of a pack reads a table or column.

mod readers;
mod words;

use sql::Dialect;
use sql::ddl::review::{Definitions, Review, review};
use sql::diagnostic::Diagnostic;

use crate::guard::unfenced;
use crate::pack::Pack;
use crate::reply::Answer;

pub use readers::readers;
pub use words::statement_of;

/// A review, with what of the pack depends on each statement's changes.
///
/// # Errors
/// When the pack's own definitions cannot be read in this dialect, with the reason.
pub fn reviewed(pack: &Pack, sql: &str, dialect: Dialect) -> Result<Review, String> {
    let definitions = Definitions::read(&pack.files.schema, dialect).map_err(|e| e.to_string())?;
    let mut review = review(sql, &definitions, dialect);
    for step in &mut review.statements {
        for touch in &step.touches {
            step.depends.extend(readers(pack, touch));
        }
    }
    Ok(review)
}

/// Adds the reviewed script to a reply that turns a request away, where the request is understood.
pub fn add_script(pack: &Pack, answer: &mut Answer) {
    let text = unfenced(&answer.question);
    let start = answer.question.find(text).unwrap_or(0);
    let in_sql = reviewed(pack, text, Dialect::Sqlite).ok().filter(|review| !review.statements.is_empty());
    let (review, findings) = match in_sql {
        Some(review) => {
            let findings = review.diagnostics.iter().map(|finding| moved(finding.clone(), start)).collect();
            (review, findings)
        }
        None => {
            let Some(sql) = statement_of(text, pack) else { return };
            let Ok(review) = reviewed(pack, &sql, Dialect::Sqlite) else { return };
            let whole = [0, answer.question.len()];
            let findings: Vec<Diagnostic> =
                review.diagnostics.iter().map(|finding| about(finding.clone(), whole)).collect();
            (review, findings)
        }
    };
    answer.script = Some(review.script()).filter(|script| !script.is_empty());
    answer.validation = findings;
    if let Some(problem) = &mut answer.error {
        problem.hint = Some("the script shows what it would do; whoever may change the database runs it".to_owned());
    }
}

/// A finding about a text that begins later in the question.
fn moved(mut finding: Diagnostic, by: usize) -> Diagnostic {
    let labels = finding.labels.iter_mut().map(|label| &mut label.span);
    let edits = finding.fixes.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.span);
    for span in labels.chain(edits).chain([&mut finding.span]) {
        *span = [span[0] + by, span[1] + by];
    }
    finding
}

/// A finding about a statement that the question does not spell out: its place is the whole question.
fn about(finding: Diagnostic, whole: [usize; 2]) -> Diagnostic {
    Diagnostic { span: whole, labels: vec![], fixes: vec![], ..finding }
}
