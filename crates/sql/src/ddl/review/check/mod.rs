//! What is to be said of one statement, given what is defined before and after it. An error is what the engine would refuse.
//!
//! * `names`: names that are taken, unknown, or must be quoted.
//! * `table`: CREATE TABLE; `keys`: its keys and foreign keys; `column`: one column of it.
//! * `others`: CREATE INDEX, VIEW and TRIGGER.
//! * `alter`, `drop`: what changes and what goes.
//! * `expression`: checks, computed columns and terms of indexes.

mod alter;
mod column;
mod drop;
mod expression;
mod keys;
mod names;
mod others;
mod table;

use super::codes;
use super::definitions::Definitions;
use crate::diagnostic::{Diagnostic, Severity};
use crate::dialect::Dialect;
use crate::syntax::ddl::ast::{Statement, StatementKind};

pub(super) use expression::is_constant;

/// A statement being checked.
struct Check<'a> {
    text: &'a str,
    /// What is defined before it.
    before: &'a Definitions,
    /// What is defined after it.
    after: &'a Definitions,
    /// The tables and views that the script creates.
    created: &'a [String],
    dialect: Dialect,
    found: Vec<Diagnostic>,
}

/// Everything that is to be said of a statement.
pub(super) fn check(
    text: &str,
    statement: &Statement,
    before: &Definitions,
    after: &Definitions,
    created: &[String],
) -> Vec<Diagnostic> {
    let mut check = Check { text, before, after, created, dialect: before.dialect, found: vec![] };
    for special in statement.special.iter().filter(|special| !special.known_to.contains(&before.dialect)) {
        let message = format!("{} has no {}.", check.engine(), special.what);
        check.add(codes::DIALECT.at(special.span, message).help(check.instead_of(special.what)));
    }
    match &statement.kind {
        StatementKind::CreateTable(table) => check.create_table(table),
        StatementKind::CreateIndex(index) => check.create_index(index),
        StatementKind::CreateView(view) => check.create_view(view),
        StatementKind::CreateTrigger(trigger) => check.create_trigger(trigger),
        StatementKind::AlterTable(alter) => check.alter_table(alter),
        StatementKind::Drop(drop) => check.drop(drop),
    }
    check.found.dedup();
    check.found
}

/// What SQLite does not change in place.
pub(super) const REBUILD: &str = "Build the table anew: create it under another name as it should be, copy the rows, drop the \
    old one, rename the new one, and create its indexes and triggers again, in one transaction.";

impl Check<'_> {
    fn add(&mut self, finding: Diagnostic) {
        self.found.push(finding);
    }

    fn engine(&self) -> &'static str {
        self.dialect.title()
    }

    fn is_sqlite(&self) -> bool {
        self.dialect == Dialect::Sqlite
    }

    /// What to do where a form is missing.
    fn instead_of(&self, what: &str) -> &'static str {
        match what {
            "ALTER COLUMN … TYPE" | "SET DEFAULT" | "DROP DEFAULT" | "MODIFY" if self.is_sqlite() => REBUILD,
            "more than one change in an ALTER TABLE" => "Write an ALTER TABLE for each change.",
            "several names after DROP" => "Write a DROP for each name.",
            "CREATE OR REPLACE" => "Drop the old one first.",
            "CASCADE" => "Drop what depends on it first.",
            _ => "Leave it out.",
        }
    }

    /// A finding that SQLite lets pass and the other engines refuse.
    fn stricter(&mut self, mut finding: Diagnostic) {
        if !self.is_sqlite() {
            finding.severity = Severity::Error;
        }
        self.found.push(finding);
    }
}
