//! Whether two results are the same answer, or the same rows.

use database::Rows;
use schema::Value;
use serde::Serialize;

use crate::expected::Expected;
use crate::matching::{Problem, Tolerance};

/// How far numbers of one answer may lie apart, relative to the larger.
const ANSWER_TOLERANCE: f64 = 1e-6;
/// How far floating numbers of the same rows may lie apart, relative to the larger.
const ROW_TOLERANCE: f64 = 1e-9;

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// Equal, with rows to show for it.
    Same,
    /// Both results are empty: equal, but that proves little.
    SameEmpty,
    /// Not equal.
    Different(Difference),
}

/// The first difference found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Difference {
    /// One of the results was cut off by a limit, so they cannot be compared.
    Truncated,
    /// Another number of columns.
    ColumnCount {
        /// As expected.
        expected: usize,
        /// As given.
        given: usize,
    },
    /// Another number of rows.
    RowCount {
        /// As expected.
        expected: usize,
        /// As given.
        given: usize,
    },
    /// Rows that are not the expected ones, whichever column is taken for which.
    Rows,
    /// The expected rows in another order.
    Order,
}

impl Verdict {
    /// Whether the results are equal, empty ones included.
    pub fn is_same(self) -> bool {
        !matches!(self, Verdict::Different(_))
    }
}

/// Accuracy and rewards: rows as multisets, ordered only where `expected` says so, columns in any order, numbers to 1e-6
/// relative (whole = floating), text exact, NULL = NULL.
pub fn same_answer(expected: &Expected, given: &Rows) -> Verdict {
    let tolerance = Tolerance { relative: ANSWER_TOLERANCE, exact_whole: false };
    if let Some(verdict) = decided_by_size(expected, given) {
        return verdict;
    }
    if rows_are(&expected.rows, &given.rows) {
        return Verdict::Same;
    }
    let ordered = problem(expected, given, tolerance, true);
    if ordered.fits_in_any_order().is_some() {
        return Verdict::Same;
    }
    let is_order =
        expected.groups.is_some() && problem(expected, given, tolerance, false).fits_in_any_order().is_some();
    Verdict::Different(if is_order { Difference::Order } else { Difference::Rows })
}

/// Rewrites, dialects and policies: columns in their order, rows in theirs where `expected` says so, floating numbers to
/// 1e-9 relative.
pub fn same_rows(expected: &Expected, given: &Rows) -> Verdict {
    let tolerance = Tolerance { relative: ROW_TOLERANCE, exact_whole: true };
    if let Some(verdict) = decided_by_size(expected, given) {
        return verdict;
    }
    if rows_are(&expected.rows, &given.rows) || problem(expected, given, tolerance, true).fits_in_place() {
        return Verdict::Same;
    }
    let is_order = expected.groups.is_some() && problem(expected, given, tolerance, false).fits_in_place();
    Verdict::Different(if is_order { Difference::Order } else { Difference::Rows })
}

fn decided_by_size(expected: &Expected, given: &Rows) -> Option<Verdict> {
    if expected.truncated || given.truncated {
        return Some(Verdict::Different(Difference::Truncated));
    }
    if expected.width != given.columns.len() {
        let (expected, given) = (expected.width, given.columns.len());
        return Some(Verdict::Different(Difference::ColumnCount { expected, given }));
    }
    if expected.rows.len() != given.rows.len() {
        let (expected, given) = (expected.rows.len(), given.rows.len());
        return Some(Verdict::Different(Difference::RowCount { expected, given }));
    }
    given.rows.is_empty().then_some(Verdict::SameEmpty)
}

/// Whether the rows are the same values in the same places: the usual case, decided in one pass.
fn rows_are(expected: &[Vec<Value>], given: &[Vec<Value>]) -> bool {
    expected == given
}

fn problem<'a>(expected: &'a Expected, given: &'a Rows, tolerance: Tolerance, in_order: bool) -> Problem<'a> {
    // Rows that tie with those a LIMIT left out may be replaced by them.
    let certain = if expected.spare.is_empty() { expected.rows.len() } else { expected.last_group_start() };
    let fixed = expected.rows[..certain].iter().map(Vec::as_slice).collect();
    let optional = expected.rows[certain..].iter().chain(&expected.spare).map(Vec::as_slice).collect();
    let (mut expected_groups, mut given_groups) = (vec![], vec![]);
    if let (true, Some(groups)) = (in_order, &expected.groups) {
        given_groups.clone_from(groups);
        expected_groups.clone_from(groups);
        expected_groups.resize(groups.len() + expected.spare.len(), groups.last().copied().unwrap_or(0));
    }
    let width = expected.width;
    Problem { fixed, optional, given: &given.rows, expected_groups, given_groups, tolerance, width }
}
