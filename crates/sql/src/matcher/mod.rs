//! Decoding that cannot leave the schema: which lexemes may come next in canonical SQL.
//!
//! A [`Matcher`] follows one query, lexeme by lexeme, with a stack of grammar goals and, for each query level, what has
//! been said so far (tables mentioned and joined, outputs, keys). Its mask holds exactly the lexemes from which the
//! query can still be ended within the token budget, names only columns in scope, compares like with like, and joins
//! over keys. What it admits is what [`crate::canonical`] writes. Suggested reading order:
//! * [`grammar`](Grammar): lexeme ids, kinds of columns and the join graph of one catalog.
//! * [`slots`](SlotTable): the values of one question, and beside what each may stand.
//! * `state`, `expression`: the goals and the levels.
//! * `connect`: which tables can still be joined.
//! * `scope`, `offer`, `operand`: what may come next.
//! * `set`: the arms of a set operation.
//! * `value`: functions of a number, and subqueries that are one.
//! * `texts`: functions of a text.
//! * `cte`: CTEs and joins without a declared key.
//! * `calendar`: CTEs of days.
//! * `window`: windows over the rows of a query.
//! * `advance`: what a lexeme does.
//! * `cost`, `alike`: how far the end is.
//! * [`walk`]: random queries, for tests and measurement.
//! * [`bytes`]: the same for models whose tokens are bytes.

mod advance;
mod alike;
pub mod bytes;
mod calendar;
pub(crate) mod case;
mod connect;
mod cost;
mod cte;
mod days;
mod expression;
mod few;
mod grammar;
mod offer;
mod operand;
mod scope;
mod set;
mod slots;
mod state;
#[cfg(test)]
pub(crate) mod tests;
mod texts;
mod value;
pub mod walk;
pub(crate) mod window;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use thiserror::Error;

use crate::bitset::BitSet;
use crate::lexeme::{Lexeme, Lexicon, Word};
use alike::Verdicts;
use few::Few;
pub use grammar::{Grammar, Limits};
use offer::Offers;
pub use slots::SlotTable;
pub(crate) use slots::label;
use state::{Frame, Level, LevelKind, Phase};

/// A lexeme came that the grammar does not allow here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("lexeme {id} cannot stand at position {position}")]
pub struct Refused {
    /// The lexeme's id.
    pub id: u32,
    /// How many lexemes came before it.
    pub position: usize,
}

/// One query being written. A clone is a fork: it copies a few hundred bytes.
#[derive(Debug, Clone)]
pub struct Matcher<'g> {
    grammar: &'g Grammar,
    /// Shared by forks; a matcher may outlive the question it was made for.
    slots: Arc<SlotTable>,
    levels: Vec<Level>,
    frames: Vec<Frame>,
    remaining: u32,
    position: u32,
}

impl<'g> Matcher<'g> {
    /// Before the first lexeme. The query will have at most `budget` lexemes, END included (and at least as many as
    /// the shortest query needs, where the budget is smaller).
    pub fn new(grammar: &'g Grammar, slots: &SlotTable, budget: usize) -> Self {
        let top = Level::new(grammar, LevelKind::Top, grammar::kind::ANY, Few::default(), Default::default());
        let slots = Arc::new(slots.clone());
        let mut matcher =
            Matcher { grammar, slots, levels: vec![top], frames: vec![Frame::Query], remaining: 0, position: 0 };
        matcher.remaining = u32::try_from(budget.max(matcher.closing_cost())).unwrap_or(u32::MAX);
        matcher
    }

    /// Sets `mask` to the lexemes that may come next; none once the query has ended.
    pub fn mask(&self, mask: &mut BitSet) {
        mask.reset(self.grammar.lexeme_count());
        self.offer(&mut Offers::Mask(mask));
        if self.is_tight() {
            let (mut trial, mut verdicts, near) = (self.clone(), Verdicts::default(), self.is_near());
            let mut affordable = |id: u32| verdicts.of(self, id, || self.is_affordable(id, &mut trial));
            let dear: Vec<u32> = mask.iter().filter(|&id| self.may_be_dear(id, near) && !affordable(id)).collect();
            dear.into_iter().for_each(|id| mask.remove(id));
        }
    }

    /// Whether this lexeme may come next: what [`Self::mask`] says, without the rest of the mask.
    pub fn allows(&self, id: u32) -> bool {
        let mut probe = Offers::Probe { id, found: false };
        self.offer(&mut probe);
        matches!(probe, Offers::Probe { found: true, .. })
            && (!self.is_tight() || !self.may_be_dear(id, self.is_near()) || self.is_affordable(id, &mut self.clone()))
    }

    /// Takes a lexeme.
    ///
    /// # Errors
    /// When it may not come next; the matcher is then as it was.
    pub fn advance(&mut self, id: u32) -> Result<(), Refused> {
        if !self.allows(id) {
            return Err(Refused { id, position: self.position as usize });
        }
        self.apply(id);
        self.position += 1;
        Ok(())
    }

    /// Takes a lexeme that [`Self::mask`] or [`Self::allows`] has just shown to be allowed, without asking again.
    pub fn advance_allowed(&mut self, id: u32) {
        debug_assert!(self.allows(id));
        self.apply(id);
        self.position += 1;
    }

    /// The only lexeme that may come next, when there is just one: no forward pass is needed.
    pub fn forced(&self) -> Option<u32> {
        let mut mask = BitSet::default();
        self.mask(&mut mask);
        let mut ids = mask.iter();
        ids.next().filter(|_| ids.next().is_none())
    }

    /// Whether the query may end here.
    pub fn is_accepting(&self) -> bool {
        self.allows(self.grammar.word(Word::End))
    }

    /// Whether END has come.
    pub fn is_finished(&self) -> bool {
        self.level().phase == Phase::Done
    }

    /// How many lexemes have been taken.
    pub fn position(&self) -> usize {
        self.position as usize
    }

    /// How many lexemes may still come.
    pub fn remaining(&self) -> usize {
        self.remaining as usize
    }

    /// The grammar this matcher follows.
    pub fn grammar(&self) -> &'g Grammar {
        self.grammar
    }

    /// Equal for two matchers of one grammar and one slot table that have the same mask now and after the same lexemes,
    /// as long as neither is near its budget: rows of a batch may share a mask.
    pub fn state_hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.levels.hash(&mut hasher);
        self.frames.hash(&mut hasher);
        if self.is_tight() {
            self.remaining.hash(&mut hasher);
        }
        hasher.finish()
    }

    /// Whether both stand at the same place of the same query, whatever their budgets.
    fn is_like(&self, other: &Self) -> bool {
        self.frames == other.frames && self.levels == other.levels
    }

    fn level(&self) -> &Level {
        // A matcher always has its top level.
        &self.levels[self.levels.len() - 1]
    }

    fn level_mut(&mut self) -> &mut Level {
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    /// Whether a lexeme's cost must be looked at, `near` the budget or not. The bound of a cost counts some joins more than
    /// once, so that it may refuse what is affordable; mask and probe ask it of the same lexemes.
    fn may_be_dear(&self, id: u32, near: bool) -> bool {
        near || self.opens_arm(id)
    }

    /// Whether the query can still be ended within the budget after this lexeme; `trial` is a fork to try it on, whose
    /// memory serves for the next.
    fn is_affordable(&self, id: u32, trial: &mut Self) -> bool {
        trial.levels.clone_from(&self.levels);
        trial.frames.clone_from(&self.frames);
        trial.remaining = self.remaining;
        trial.apply(id);
        trial.closing_cost() <= trial.remaining as usize
    }
}

/// Whether the matcher admits these lexemes as one whole query.
///
/// # Errors
/// The first lexeme that it refuses; one the lexicon does not have has the id [`u32::MAX`].
pub fn admits(grammar: &Grammar, lexicon: &Lexicon, slots: &SlotTable, lexemes: &[Lexeme]) -> Result<(), Refused> {
    let mut matcher = Matcher::new(grammar, slots, lexemes.len() + 64);
    for (position, lexeme) in lexemes.iter().enumerate() {
        let id = lexicon.id(*lexeme).ok_or(Refused { id: u32::MAX, position })?;
        matcher.advance(id)?;
    }
    let end = Refused { id: grammar.word(Word::End), position: lexemes.len() };
    if matcher.is_finished() { Ok(()) } else { Err(end) }
}
