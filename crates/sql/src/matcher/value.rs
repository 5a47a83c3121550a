//! Functions of a number (`COALESCE( x , 0 )`, `a / NULLIF( b , 0 )`, `ABS( x )`, `ROUND( x , 2 )`), and subqueries as
//! operands.
//!
//! A subquery in SELECT comes before the tables of its query are known. So it names its own tables as if it stood alone,
//! and what ties it to a row is a key to a table that thereby comes into FROM. A tied subquery is neither a group's nor
//! an aggregate's: a level that has one takes no aggregate and no GROUP BY, and the other way round.

use super::Matcher;
use super::advance::mix;
use super::expression::{Expression, Op, Operand, Role};
use super::grammar::{Kinds, Node, kind, table_of};
use super::offer::Offers;
use super::scope::SORTABLE;
use super::state::{Level, LevelKind, Phase, Place};
use crate::lexeme::Word;

/// Functions within each other, aggregates aside.
const FUNCTIONS: u8 = 2;

impl Matcher<'_> {
    /// Offers the words that open a function of a number.
    pub(crate) fn offer_functions(&self, e: &Expression, out: &mut Offers) {
        let named = e.role != Role::Item || self.grammar.alias(self.level().computed + 1).is_some();
        let filled = self.may_aggregate(e) || (!e.lacks_aggregate() && self.sees(e.place, e.inside, kind::NUMBER));
        if !named || !filled || e.functions >= FUNCTIONS {
            return;
        }
        [Word::Coalesce, Word::Abs, Word::Round].into_iter().for_each(|word| out.put(self.grammar.word(word)));
        if e.last == Op::Divide {
            out.put(self.grammar.word(Word::NullIf));
        }
    }

    /// Offers what closes a function's brackets.
    pub(crate) fn offer_function_end(&self, word: Word, out: &mut Offers) {
        let ends: &[Word] = match word {
            Word::Abs => &[Word::Close],
            Word::Round => &[Word::OrZero, Word::ToTenths, Word::ToHundredths],
            _ => &[Word::OrZero],
        };
        ends.iter().for_each(|word| out.put(self.grammar.word(*word)));
    }

    /// The brackets of a function close; it is an operand of the expression it stands in.
    pub(crate) fn take_function_end(&mut self, wrapped: Option<Expression>, id: u32) -> bool {
        let Some(wrapped) = wrapped else { return false };
        self.frames.pop();
        self.take_operand(Operand {
            kinds: kind::NUMBER,
            value: true,
            column: wrapped.has_column,
            aggregate: wrapped.has_aggregate,
            ..Operand::NOTHING
        });
        let level = self.level_mut();
        if level.phase == Phase::ItemEnd {
            level.running = mix(level.running, id);
        }
        true
    }

    /// What a subquery may be as the next operand: whatever stands on the left where it is the first on the right, else a
    /// number.
    pub(crate) fn query_kinds(e: &Expression) -> Kinds {
        if e.role == Role::Right && e.is_first() { e.kinds & SORTABLE } else { kind::NUMBER }
    }

    /// Offers the bracket of a subquery.
    pub(crate) fn offer_queries(&self, e: &Expression, kinds: Kinds, out: &mut Offers) {
        if !e.queries || e.inside {
            return;
        }
        let is_right = e.role == Role::Right;
        let counts = kinds & kind::NUMBER != 0;
        let fits = match e.place {
            Place::Item => counts && e.limit > 0 && self.may_select_output(),
            _ if is_right => kinds & kind::FLAG == 0 && self.may_select(kinds, counts),
            Place::Where => counts && self.may_select(kind::NUMBER, true),
            _ => counts && self.may_wait(e) && self.may_select(kind::NUMBER, true),
        };
        if fits {
            out.put(self.grammar.word(Word::Scalar));
        }
    }

    /// Whether an operand that is neither a column nor an aggregate leaves what is wanted within reach.
    pub(crate) fn may_wait(&self, e: &Expression) -> bool {
        e.is_paid() || (e.operators_left() > 0 && self.can_be_met(e))
    }

    /// Whether an output may be a subquery, or be calculated with one.
    fn may_select_output(&self) -> bool {
        let level = self.level();
        level.is_whole()
            && self.grammar.alias(level.computed + 1).is_some()
            && self.subqueries() <= usize::from(self.grammar.limits.subqueries)
    }

    /// The query whose output this subquery is in, if it is in one.
    fn output_level(&self) -> Option<&Level> {
        let outer = self.levels.len().checked_sub(2).map(|at| &self.levels[at])?;
        (self.level().kind == LevelKind::Scalar && outer.phase == Phase::ItemEnd).then_some(outer)
    }

    /// Whether a subquery in the output being read may be tied to a row.
    pub(crate) fn may_tie_output(&self) -> bool {
        !self.level().aggregated && self.level().arm.number == 0
    }

    /// Visits the keys that tie a subquery in an output to a table that its query has, or may still have. The uses of a
    /// table that the subquery reads itself are hidden.
    pub(crate) fn output_ties(&self, visit: &mut impl FnMut(u32)) {
        let Some(outer) = self.output_level() else { return };
        let level = self.level();
        let is_hidden = |node: Node| level.have.iter().any(|own| table_of(*own) == table_of(node));
        let known = outer.reach.nodes.iter().map(|node| node as Node).filter(|node| !is_hidden(*node));
        for way in known.flat_map(|node| &self.grammar.ways[node as usize]) {
            if level.have.contains(&way.new) {
                visit(way.join + 2);
            }
        }
    }

    /// A subquery in an output is tied to a row: the table comes into FROM, and there are no groups.
    pub(crate) fn tie_to_output(&mut self, tie: u32) {
        let grammar = self.grammar;
        let is_known = |node: &Node| grammar.ways[*node as usize].iter().any(|way| way.join + 2 == tie);
        let known = (0..grammar.node_count() as Node).find(is_known);
        let (Some(node), Some(_)) = (known, self.output_level()) else { return };
        let at = self.levels.len() - 2;
        let outer = &mut self.levels[at];
        outer.crowded = true;
        Self::mention_in(grammar, outer, node);
    }

    /// What stands in a subquery in an output counts for what that output is.
    pub(crate) fn count_for_outer_outputs(&mut self, id: u32) {
        let last = self.levels.len() - 1;
        for level in self.levels[..last].iter_mut().filter(|level| level.phase == Phase::ItemEnd) {
            level.running = mix(level.running, id);
        }
    }
}
