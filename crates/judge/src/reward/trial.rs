//! A completion tried: its query run beside the reference, database after database, until one shows it wrong.

use database::{Image, Limits, Rows, run};
use sql::{Options, Report, Severity, VerifiedQuery, verify};

use super::case::{Case, Ground, Held, MOST_WITNESSES, Reference, Tree, is_constant, uses};
use super::completion::{Answer, Completion, completion, said_parts, used_parts, writes};
use super::components::Components;
use super::overlap::{Cells, overlap};
use crate::apart::Apart;
use crate::elements::agreement;
use crate::same_answer::{Difference, Verdict, same_answer};

/// How many times as many rows as expected are read of an answer, and how many beside.
const MOST_ROWS: (usize, usize) = (4, 100);

/// How many times as many of SQLite's steps as the reference an answer may take, and how many it may take anyway: what
/// takes more would hold up all others.
const MOST_STEPS: (u64, u64) = (10, 150_000);

/// A completion, checked.
#[derive(Debug, Clone, Copy)]
pub enum Attempt<'a> {
    /// It says that there is no answer.
    Declined,
    /// It never came to an answer.
    Unfinished,
    /// A query, with how far the plan that was said agrees with it: 1 where none was asked for.
    Query(&'a VerifiedQuery, f64),
    /// A text that does not pass validation, and whether it would write.
    Refused(&'a Report, bool),
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// It says that there is no answer.
    Declined,
    /// It never came to an answer.
    Unfinished,
    /// It would write.
    Writes,
    /// Validation refuses it, in these words.
    Refused(String),
    /// It cannot be run, in the engine's words.
    Fails(String),
    /// It returns the same whatever the tables hold, and no right answer does: by luck or by heart its rows may be right.
    Constant,
    /// It runs, and nobody knows what is right.
    Runs,
    /// The rows are right on so many databases.
    Right(usize),
    /// The rows of one database are not right.
    Wrong(Wrong),
}

/// What is wrong with rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Wrong {
    /// Position of the first database that shows it, from 0.
    pub database: usize,
    /// What differs there.
    pub difference: Difference,
    /// Whether that database was made for the question.
    pub is_witness: bool,
    /// How near the rows are, 0 to 1.
    pub rows: f64,
    /// How near the tree is, 0 to 1.
    pub tree: f64,
    /// The first rows that differ, where they were asked for.
    pub apart: Option<Apart>,
}

/// What is known of a completion.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// How it ended.
    pub outcome: Outcome,
    /// Whether the question must be declined.
    pub must_decline: bool,
    /// The six components.
    pub components: Components,
    /// Warnings of the validator, in its words.
    pub remarks: Vec<String>,
}

/// What trials are held with.
#[derive(Debug, Clone)]
pub struct Court<'a> {
    /// The databases.
    pub images: &'a [Image],
    /// How far a query may go.
    pub limits: Limits,
    /// Databases made for each question on which answers are run that are right on the others, 16 at most. Each is made at
    /// first need and kept with the question.
    pub witnesses: usize,
    /// Whether words are wanted: what differs, remarks.
    pub in_words: bool,
}

impl Court<'_> {
    /// Tries a completion given as text, checked by `options`.
    pub fn text(&self, case: &Case, text: &str, options: &Options<'_>) -> Trial {
        let Completion { said, answer } = completion(text);
        let sql = match answer {
            Answer::Declined => return self.attempt(case, Attempt::Declined),
            Answer::Unfinished => return self.attempt(case, Attempt::Unfinished),
            Answer::Sql(sql) => sql,
        };
        let Some(catalog) = self.images.first().map(Image::catalog) else {
            return self.attempt(case, Attempt::Unfinished);
        };
        match verify(sql, catalog, options) {
            Ok(query) => {
                let said = said.map(|said| said_parts(said, catalog));
                let agreement = said.map_or(1.0, |said| agreement(&said, &used_parts(query.query(), catalog)));
                self.attempt(case, Attempt::Query(&query, agreement))
            }
            Err(report) => self.attempt(case, Attempt::Refused(&report, writes(sql, &report, catalog))),
        }
    }

    /// Tries a completion.
    pub fn attempt(&self, case: &Case, attempt: Attempt<'_>) -> Trial {
        let trial =
            |outcome, components| Trial { outcome, must_decline: case.must_decline, components, remarks: vec![] };
        let (query, reasoning) = match attempt {
            Attempt::Declined => return trial(Outcome::Declined, Components::default()),
            Attempt::Unfinished => return trial(Outcome::Unfinished, Components::default()),
            Attempt::Refused(report, writes) => {
                let outcome = if writes { Outcome::Writes } else { Outcome::Refused(self.first_error(report)) };
                return trial(outcome, Components { accuracy: case.known(0.0), ..Components::of(report) });
            }
            Attempt::Query(query, reasoning) => (query, reasoning),
        };
        // What must be declined is wrong whatever it returns.
        let outcome = if case.must_decline { Outcome::Runs } else { self.rows(case, query) };
        let accuracy = match &outcome {
            Outcome::Right(_) => Some(1.0),
            Outcome::Wrong(wrong) => Some(wrong.rows),
            _ => case.known(0.0),
        };
        let checked = Components::valid(query.report());
        let performance = checked.performance * self.thrift(case, query);
        let components = Components { performance, reasoning, accuracy, ..checked };
        let remarks = if self.in_words { remarks(query.report()) } else { vec![] };
        Trial { remarks, ..trial(outcome, components) }
    }

    /// Runs a query until a database shows it wrong. A reference counts as long as every database so far agrees with it.
    fn rows(&self, case: &Case, query: &VerifiedQuery) -> Outcome {
        let is_constant = self.images.first().is_some_and(|image| is_constant(query.query(), image.catalog()));
        let mut alive: Vec<&Reference> =
            case.references.iter().filter(|one| one.tree.is_constant || !is_constant).collect();
        if alive.is_empty() && case.has_reference() {
            return Outcome::Constant;
        }
        let mut seen = 0;
        for database in 0..self.images.len() + self.witnesses.min(MOST_WITNESSES) {
            let Some(ground) = case.ground(self.images, database, &alive, &self.limits) else { continue };
            let limits = self.limits(&ground.held);
            let rows = match ground.image.with(|database| run(database, query, &limits)) {
                Ok(Ok(rows)) => rows,
                Ok(Err(error)) => return Outcome::Fails(error.to_string()),
                Err(error) => return Outcome::Fails(error.to_string()),
            };
            seen += 1;
            let found: Vec<Verdict> =
                ground.held.iter().map(|one| same_answer(&one.answered.expected, &rows)).collect();
            alive = ground
                .held
                .iter()
                .zip(&found)
                .filter(|(_, verdict)| verdict.is_same())
                .map(|(one, _)| one.reference)
                .collect();
            if let (true, Some(Verdict::Different(difference))) = (alive.is_empty(), found.first()) {
                return Outcome::Wrong(self.wrong(&ground, query, database, *difference, &rows));
            }
        }
        if case.has_reference() { Outcome::Right(seen) } else { Outcome::Runs }
    }

    /// How far a query may go on a database, beside the references that it was like so far.
    fn limits(&self, held: &[Held<'_>]) -> Limits {
        let rows = held.iter().map(|one| one.answered.expected.len()).max().unwrap_or(0);
        let steps = held.iter().map(|one| one.answered.steps).max().unwrap_or(0);
        let most = if held.is_empty() { self.limits.max_rows } else { rows * MOST_ROWS.0 + MOST_ROWS.1 };
        Limits {
            max_rows: most.min(self.limits.max_rows),
            max_steps: Some((steps * MOST_STEPS.0).max(MOST_STEPS.1)),
            ..self.limits.clone()
        }
    }

    /// How near a wrong query is to the references that it was like so far; a degenerate one is near to none.
    fn wrong(
        &self,
        ground: &Ground<'_>,
        query: &VerifiedQuery,
        database: usize,
        difference: Difference,
        rows: &Rows,
    ) -> Wrong {
        let first = ground.held.first().filter(|_| self.in_words).map(|one| &one.answered.expected);
        let apart = first.map(|expected| Apart::of(database, &expected.rows, expected.width, rows));
        let is_witness = database >= self.images.len();
        let nothing = Wrong { database, difference, is_witness, rows: 0.0, tree: 0.0, apart };
        if rows.rows.is_empty() || rows.truncated {
            return nothing;
        }
        let tree = Tree::of(query.query(), ground.image.catalog());
        let cells = Cells::of(&rows.rows, rows.columns.len());
        let of_one = |one: &Held<'_>| (overlap(one.answered.cells(), &cells), one.reference.tree.agreement(&tree));
        let related = ground.held.iter().map(of_one).filter(|(_, tree)| *tree > 0.0);
        let (rows, tree) = related.fold((0.0, 0.0), |best: (f64, f64), one| (best.0.max(one.0), best.1.max(one.1)));
        Wrong { rows, tree, ..nothing }
    }

    /// How few tables a query reads beside the reference: their number over its own, at most 1.
    fn thrift(&self, case: &Case, query: &VerifiedQuery) -> f64 {
        let Some(needed) = case.references.iter().map(|one| one.tree.uses).max() else { return 1.0 };
        let uses = uses(query.query());
        if uses <= needed { 1.0 } else { needed as f64 / uses as f64 }
    }

    fn first_error(&self, report: &Report) -> String {
        let first = report.diagnostics.iter().find(|found| found.severity == Severity::Error);
        match first.filter(|_| self.in_words) {
            Some(found) => format!("{}: {}", found.code, found.message),
            None => "it does not pass validation".to_owned(),
        }
    }
}

impl Case {
    /// A value of the accuracy, where there is something to compare with.
    fn known(&self, value: f64) -> Option<f64> {
        (self.has_reference() || self.must_decline).then_some(value)
    }
}

fn remarks(report: &Report) -> Vec<String> {
    let warnings = report.diagnostics.iter().filter(|found| found.severity == Severity::Warning);
    warnings.map(|found| format!("{}: {}", found.code, found.message)).collect()
}
