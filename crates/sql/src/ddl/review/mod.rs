//! Statements that define tables, indexes, views and triggers, reviewed: understood, checked against what is defined, put
//! into safe order, with what depends on them and how to undo them. What comes out is a text for whoever may change the
//! database; nothing here can be run.
//!
//! Suggested reading order:
//! * [`review`]: the whole way.
//! * `definitions`: what is defined at one point; `apply`: what a statement changes of it.
//! * `order`: which statement first.
//! * `check`: what is to be said of each; `codes`: the list of it.
//! * `depends`, `undo`, `rebuild`: what a change touches, how it is taken back, and what to do where SQLite has no form for it.
//! * `print`, `script`: statements and the reviewed script as text.

mod apply;
mod check;
pub(crate) mod codes;
mod definitions;
mod depends;
mod order;
mod print;
mod rebuild;
mod script;
#[cfg(test)]
mod tests;
mod undo;

use serde::Serialize;

use crate::diagnostic::{Diagnostic, Severity};
use crate::dialect::Dialect;
use crate::syntax::ddl::ast::Statement;
use crate::syntax::ddl::parse_script;

pub use definitions::Definitions;

/// The longest script that is reviewed, in bytes.
const LONGEST: usize = 100_000;

/// A script, reviewed.
#[derive(Debug, Clone, Serialize)]
pub struct Review {
    /// Whether nothing that was found is an error.
    pub valid: bool,
    /// What was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The statements in the order in which they can be run.
    pub statements: Vec<Step>,
    /// Whether that order is another than the one given.
    pub reordered: bool,
    /// Whose SQL it is.
    #[serde(skip)]
    dialect: Dialect,
}

/// One statement, reviewed.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// The statement, without its semicolon.
    pub sql: String,
    /// Statements that take it back, where there are any.
    pub undo: Vec<String>,
    /// What it does that nothing takes back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_undone: Option<String>,
    /// What depends on what it changes, a sentence each.
    pub depends: Vec<String>,
    /// The tables and columns of which readers must know.
    pub touches: Vec<Touch>,
    /// Statements that do the same where the engine has no such form.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instead: Vec<String>,
    /// Whether the engine would refuse it.
    pub refused: bool,
    /// What was found in it.
    #[serde(skip)]
    pub findings: Vec<Diagnostic>,
}

/// A table or a column whose readers are concerned by a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Touch {
    /// The table or view.
    pub table: String,
    /// The column; None where it is all of the table.
    pub column: Option<String>,
}

/// Reviews a script against what is defined.
pub fn review(text: &str, definitions: &Definitions, dialect: Dialect) -> Review {
    let (statements, mut diagnostics) = read(text, dialect);
    let order = order::safe_order(&statements, definitions);
    let reordered = !order.is_sorted();
    let defined_here = order::created(&statements);
    let mut standing = Definitions { dialect, ..definitions.clone() };
    let mut steps = vec![];
    for statement in order.into_iter().map(|place| &statements[place]) {
        let step = step(text, statement, &mut standing, &defined_here);
        diagnostics.extend(step.findings.iter().cloned());
        steps.push(step);
    }
    diagnostics.sort_by_key(|d| (d.span[0], d.severity));
    let valid = diagnostics.iter().all(|d| d.severity != Severity::Error);
    Review { valid, diagnostics, statements: steps, reordered, dialect }
}

/// The statements of a script, and what is wrong with those that are none.
fn read(text: &str, dialect: Dialect) -> (Vec<Statement>, Vec<Diagnostic>) {
    let whole = crate::tree::Span { start: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX) };
    if text.len() > LONGEST {
        let message = format!("The script is {} bytes long; at most {LONGEST} are reviewed.", text.len());
        return (vec![], vec![codes::NO_DEFINITION.at(whole, message)]);
    }
    let (mut statements, mut diagnostics) = (vec![], vec![]);
    for statement in parse_script(text, dialect) {
        match statement {
            Ok(statement) => statements.push(statement),
            Err(problem) => {
                let mut diagnostic = Diagnostic::error(problem.code, problem.span, problem.message);
                diagnostic.help = problem.help;
                diagnostics.push(diagnostic);
            }
        }
    }
    if statements.is_empty() && diagnostics.is_empty() {
        diagnostics.push(codes::NO_DEFINITION.at(whole, "There is no statement here."));
    }
    (statements, diagnostics)
}

/// One statement, after which `standing` is what it leaves.
fn step(text: &str, statement: &Statement, standing: &mut Definitions, defined_here: &[String]) -> Step {
    let mut after = standing.clone();
    after.apply(&statement.kind);
    let findings = check::check(text, statement, standing, &after, defined_here);
    let refused = findings.iter().any(|d| d.severity == Severity::Error);
    let instead = if refused { rebuild::instead(statement, standing, &after) } else { vec![] };
    let (undo, not_undone) = if refused { (vec![], None) } else { undo::undo(&statement.kind, standing) };
    let step = Step {
        sql: print::statement(&statement.kind, standing.dialect),
        undo,
        not_undone,
        depends: depends::dependents(&statement.kind, standing),
        touches: depends::touches(&statement.kind, standing),
        instead,
        refused,
        findings,
    };
    if !refused {
        *standing = after;
    }
    step
}
