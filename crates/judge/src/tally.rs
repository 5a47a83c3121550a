//! Verdicts over several databases.

use serde::Serialize;

use crate::same_answer::Verdict;

/// How often a query gave the right answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Databases on which the answers were the same and not empty.
    pub same: usize,
    /// Databases on which both were empty.
    pub same_empty: usize,
    /// Databases on which they differed.
    pub different: usize,
    /// Databases on which the query did not run.
    pub failed: usize,
}

impl Tally {
    /// Counts one verdict; `None` where the query did not run.
    pub fn add(&mut self, verdict: Option<Verdict>) {
        match verdict {
            Some(Verdict::Same) => self.same += 1,
            Some(Verdict::SameEmpty) => self.same_empty += 1,
            Some(Verdict::Different(_)) => self.different += 1,
            None => self.failed += 1,
        }
    }

    /// The verdicts of several databases, in any order.
    pub fn of(verdicts: impl IntoIterator<Item = Option<Verdict>>) -> Self {
        let mut tally = Tally::default();
        verdicts.into_iter().for_each(|verdict| tally.add(verdict));
        tally
    }

    /// Right on every database, of which there was at least one.
    pub fn is_right(self) -> bool {
        self.different == 0 && self.failed == 0 && self.same + self.same_empty > 0
    }

    /// Right only because every answer was empty.
    pub fn is_right_by_emptiness(self) -> bool {
        self.is_right() && self.same == 0
    }
}
