//! The arms of a set operation: as many outputs in each, of kinds that can be compared.
//!
//! A later arm must never be stuck before an output whose kind no table within reach has. So it mentions a table only
//! where every output that is still to come can be had from the tables mentioned, or from a neighbour of theirs that
//! there is room for ([`Level::keep_arm_open`]). Outputs of a later arm may repeat each other.

use super::Matcher;
use super::connect::Reach;
use super::few::Few;
use super::grammar::{Grammar, Kinds, Node, earlier_twin, kind};
use super::offer::Offers;
use super::state::{Level, NONE, Phase};
use crate::lexeme::{OUTPUTS, Word};

/// Set operations with their words.
pub(crate) const OPERATIONS: [Word; 4] = [Word::Union, Word::UnionAll, Word::Intersect, Word::Except];
/// How many SELECTs one set operation may have.
const ARMS: u8 = 5;
/// The most lexemes that an output of a later arm needs: a comma, itself, its alias, a join and a key.
const OUTPUT_COST: usize = 6;

/// One SELECT of a set operation, or a SELECT that may become the first of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Arm {
    /// 0 for the first.
    pub(crate) number: u8,
    /// What the outputs of this arm are, in order.
    shown: Few<Kinds, 16>,
    /// What the first arm's outputs are.
    pub(crate) asked: Few<Kinds, 16>,
    /// What ORDER BY calls the first arm's outputs.
    pub(crate) names: Few<u32, 16>,
    /// The columns whose values the first arm's outputs have.
    pub(crate) origins: Few<u32, 16>,
    /// The set operation before this arm; all of a query's are the same.
    operation: Option<Word>,
}

impl Arm {
    /// What the outputs of the first arm are.
    pub(crate) fn outputs(&self) -> &[Kinds] {
        if self.number == 0 { &self.shown } else { &self.asked }
    }

    /// How many outputs must follow the one at this position.
    pub(crate) fn later(&self, position: usize) -> usize {
        self.asked.len().saturating_sub(position + 1)
    }
}

impl Level {
    /// Notes what an output is and what ORDER BY may call it.
    pub(crate) fn note_output(&mut self, kinds: Kinds, name: u32, origin: u32) {
        self.arm.shown.push(kinds);
        if self.arm.number == 0 {
            self.arm.names.push(name);
            self.arm.origins.push(origin);
        }
    }

    /// What the output that is being read may be.
    pub(crate) fn item_kinds(&self) -> Kinds {
        self.arm.asked.get(self.items.len()).copied().unwrap_or(self.kinds)
    }

    /// An upper bound of the lexemes up to FROM, joins aside, in a later arm.
    pub(crate) fn arm_cost(&self) -> usize {
        let (count, each) = (self.asked_left(), OUTPUT_COST + self.join_cost() - 1);
        let keys = if self.distinct || self.aggregated { 0 } else { 2 * self.bare.len() };
        keys + match self.phase {
            Phase::Select => each * count + 1,
            Phase::Item => each * count,
            Phase::ItemEnd => each * (count - 1) + 2,
            _ => each * count + 1,
        }
    }

    /// Outputs still to be ended.
    fn asked_left(&self) -> usize {
        self.arm.asked.len().saturating_sub(self.items.len())
    }

    /// How many lexemes a set operation can add to what the level needs.
    pub(crate) fn arm_room(&self) -> usize {
        let widest = self.arm.asked.len().max(self.arm.shown.len().min(usize::from(OUTPUTS)));
        (OUTPUT_COST + self.join_cost() - 1) * widest + 8
    }

    /// Leaves in `reach` the tables after which each later output can still be had.
    pub(crate) fn keep_arm_open(&self, grammar: &Grammar, reach: &mut Reach) {
        let later = self.arm.asked.get(self.items.len() + 1..).unwrap_or(&[]);
        let needed: Vec<u32> =
            reach.nodes.iter().filter(|&node| !self.leaves_open(grammar, reach, node, later)).collect();
        needed.into_iter().for_each(|node| reach.nodes.remove(node));
    }

    fn leaves_open(&self, grammar: &Grammar, reach: &Reach, node: u32, later: &[Kinds]) -> bool {
        if self.need.contains(&(node as Node)) {
            return true;
        }
        let nodes = || self.need.iter().copied().chain([node as Node]);
        let free = if self.distinct { 0 } else { kind::NUMBER };
        let near = nodes().fold(free, |kinds, n| kinds | self.ctes.kinds(grammar, n));
        let mut missing: Few<Kinds, 16> = Few::default();
        later.iter().filter(|kinds| **kinds & near == 0).for_each(|kinds| _ = missing.add(*kinds));
        let room = usize::from(self.sources(grammar)) >= usize::from(reach.costs[node as usize]) + missing.len();
        missing.is_empty()
            || (room && missing.iter().all(|kinds| nodes().any(|n| self.has_neighbour(grammar, n, *kinds))))
    }

    /// Whether a further arm can show the same kinds of outputs, starting from some table.
    fn may_be_followed(&self, grammar: &Grammar, distinct: bool) -> bool {
        let shown = if self.arm.number == 0 { &self.arm.shown } else { &self.arm.asked };
        let Some(first) = shown.first() else { return false };
        let free = if distinct { 0 } else { kind::NUMBER };
        let is_start = |node: &Node| {
            let own = self.ctes.kinds(grammar, *node);
            own & first != 0 && shown.iter().all(|kinds| kinds & (own | free) != 0)
        };
        shown.len() <= usize::from(OUTPUTS)
            && !shown.contains(&0)
            && (0..grammar.node_count() as Node).any(|node| is_start(&node))
    }

    /// Whether the first use of a table that has such a column can be joined to this one.
    fn has_neighbour(&self, grammar: &Grammar, node: Node, kinds: Kinds) -> bool {
        let fits = |n: Node| earlier_twin(n).is_none() && self.ctes.kinds(grammar, n) & kinds != 0;
        self.ctes.neighbours(grammar, node).any(fits)
    }
}

impl Matcher<'_> {
    /// Offers the set operations that may follow a SELECT.
    pub(crate) fn offer_set(&self, out: &mut Offers) {
        let level = self.level();
        let is_whole = level.is_whole() && !level.windowed && level.arm.number + 1 < ARMS;
        if !is_whole || !level.may_be_followed(self.grammar, false) {
            return;
        }
        for word in OPERATIONS {
            let same = level.arm.operation.is_none_or(|earlier| earlier == word);
            // The other operations remove duplicates anyhow.
            let plain = !level.distinct || word == Word::UnionAll;
            out.put(if same && plain { self.grammar.word(word) } else { NONE });
        }
    }

    /// Whether DISTINCT may stand before the outputs.
    pub(crate) fn may_be_distinct(&self) -> bool {
        let level = self.level();
        let fresh = level.is_whole() && level.items.is_empty() && !level.distinct;
        let later = level.arm.operation == Some(Word::UnionAll) && level.may_be_followed(self.grammar, true);
        fresh && (level.arm.number == 0 || later)
    }

    /// Starts the next arm in place of the one that has ended.
    pub(crate) fn open_arm(&mut self, operation: Word) {
        let grammar = self.grammar;
        let level = self.level_mut();
        let mut arm =
            Arm { number: level.arm.number + 1, shown: Few::default(), operation: Some(operation), ..level.arm };
        if arm.number == 1 {
            arm.asked = level.arm.shown;
        }
        *level = Level::new(grammar, level.kind, level.kinds, level.taken, level.ctes.clone());
        level.arm = arm;
        level.update_reach(grammar);
    }
}
