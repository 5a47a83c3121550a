//! Common table expressions: each is followed when it is first spoken of, so that one that nobody uses reads nothing.

use super::{Condition, Level, Reads, Tracer};
use crate::tree::Cte;

/// A CTE in scope.
pub(super) struct Entry<'a> {
    cte: &'a Cte,
    state: State,
    /// What stands in its text, once it is followed.
    conditions: Vec<Condition>,
    /// One past the last CTE of its WITH: what it sees.
    group_end: usize,
}

/// How far a CTE is followed.
enum State {
    Pending,
    /// Being followed; what its columns are known to be computed from.
    Following(Vec<Reads>),
    Done(Level),
}

impl<'a> Tracer<'a> {
    /// Brings the CTEs of a WITH into scope; how many there were before.
    pub(super) fn enter_with(&mut self, ctes: &'a [Cte]) -> usize {
        let start = self.ctes.len();
        let group_end = start + ctes.len();
        self.ctes.extend(ctes.iter().map(|cte| Entry { cte, state: State::Pending, conditions: vec![], group_end }));
        start
    }

    /// Takes the CTEs of a WITH out of scope; the conditions in them stand before those noted since.
    pub(super) fn leave_with(&mut self, start: usize, noted: usize) {
        let conditions = self.ctes.drain(start..).flat_map(|entry| entry.conditions);
        self.conditions.splice(noted..noted, conditions);
    }

    /// What the CTE that a name in FROM means comes to. Within itself, what is known of it so far.
    pub(super) fn cte(&mut self, name: &str) -> Level {
        let Some(index) = self.ctes.iter().rposition(|entry| entry.cte.name.eq_ignore_ascii_case(name)) else {
            return Level::default();
        };
        match &self.ctes[index].state {
            State::Pending => self.follow(index),
            State::Following(outputs) => Level { outputs: outputs.clone(), reads: Reads::new() },
            State::Done(level) => level.clone(),
        }
    }

    /// Follows a CTE, a recursive one until another round adds nothing to its columns.
    fn follow(&mut self, index: usize) -> Level {
        let Entry { cte, group_end, .. } = self.ctes[index];
        let hidden = self.ctes.split_off(group_end);
        let before = std::mem::take(&mut self.conditions);
        let mut level = Level::default();
        loop {
            self.conditions.clear();
            self.ctes[index].state = State::Following(level.outputs.clone());
            let next = self.query(&cte.query);
            let settled = next.outputs == level.outputs;
            level = next;
            if settled || !cte.recursive {
                break;
            }
        }
        self.ctes[index].state = State::Done(level.clone());
        self.ctes[index].conditions = std::mem::replace(&mut self.conditions, before);
        self.ctes.extend(hidden);
        level
    }
}
