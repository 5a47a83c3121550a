//! Columns that cost the same: near the budget each lexeme's cost is tried out, and of alike columns one speaks for all.

use super::Matcher;
use super::advance::mix;
use super::grammar::{ColumnFacts, Node, node_of};
use super::state::{Frame, Phase};
use crate::lexeme::Lexeme;

/// All of a column that what is still needed after it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Alike {
    node: Node,
    facts: ColumnFacts,
    /// Whether SELECT holds it outside aggregates, GROUP BY holds it, and ORDER BY does.
    said: [bool; 3],
    /// Whether it is what the expression being read is compared with.
    versus: bool,
    /// Whether the output being read would be an earlier one.
    repeated: bool,
}

/// What was found out about the columns of one use of a table.
#[derive(Debug, Default)]
pub(crate) struct Verdicts(Vec<(Alike, bool)>);

impl Verdicts {
    /// Whether a lexeme is affordable; `find` finds it out for those that no other speaks for.
    pub(crate) fn of(&mut self, matcher: &Matcher, id: u32, find: impl FnOnce() -> bool) -> bool {
        let Some(alike) = matcher.alike(id) else { return find() };
        if self.0.first().is_some_and(|(other, _)| other.node != alike.node) {
            self.0.clear();
        }
        if let Some((_, verdict)) = self.0.iter().find(|(other, _)| *other == alike) {
            return *verdict;
        }
        let verdict = find();
        self.0.push((alike, verdict));
        verdict
    }
}

impl Matcher<'_> {
    fn alike(&self, id: u32) -> Option<Alike> {
        let Lexeme::Column(column) = self.grammar.lexemes[id as usize] else { return None };
        let level = self.level();
        let running = if level.phase == Phase::ItemEnd { level.running } else { 0 };
        Some(Alike {
            node: node_of(column.table_ref()),
            facts: level.facts(self.grammar, column.column),
            said: [level.bare.contains(&id), level.keys.contains(&id), level.order.contains(&id)],
            versus: matches!(self.frames.last(), Some(Frame::Expression(e)) if e.versus == id),
            repeated: level.phase <= Phase::ItemEnd && level.items.contains(&mix(running, id)),
        })
    }
}
