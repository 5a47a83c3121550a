//! What a place of the query can see: columns, aggregates, literals and subqueries.

use super::expression::{Expression, Wants};
use super::few::Few;
use super::grammar::{ColumnFacts, Kinds, Node, kind};
use super::state::{Level, LevelKind, NONE, Place};
use super::{Matcher, SlotTable};
use crate::lexeme::Word;
use crate::tree::{SlotPart, SlotUse};

/// Kinds that have an order.
pub(crate) const SORTABLE: Kinds = kind::NUMBER | kind::TEXT | kind::TIME | kind::KEY;

impl Level {
    /// Whether an aggregate may be an operand of this expression of the level.
    pub(crate) fn may_take_aggregate(&self, e: &Expression) -> bool {
        !e.inside
            && match e.place {
                Place::Item => self.may_aggregate(),
                Place::Where | Place::Key => false,
                Place::Having => true,
                Place::Order => self.grouped,
            }
    }
}

impl Matcher<'_> {
    /// Visits the columns that a place sees, until `visit` returns true; whether it did.
    pub(crate) fn any_column(
        &self,
        place: Place,
        inside: bool,
        mut visit: impl FnMut(u32, ColumnFacts) -> bool,
    ) -> bool {
        let (level, grammar) = (self.level(), self.grammar);
        let listed = match place {
            Place::Having if !inside => Some(&level.keys),
            Place::Order if !inside && level.grouped => Some(&level.keys),
            Place::Order if !inside && level.distinct => Some(&level.plain),
            _ => None,
        };
        if let Some(ids) = listed {
            return ids.iter().any(|&id| grammar.column(id).is_some_and(|c| visit(id, level.facts(grammar, c.column))));
        }
        let shown = level.is_whole() && !inside && place == Place::Item;
        let parts = shown || place == Place::Key;
        let mut of_node = |node: Node| {
            let columns = level.node_columns(grammar, node).filter(|(_, facts)| parts || !facts.part);
            columns.into_iter().any(|(id, facts)| visit(id, facts))
        };
        if place == Place::Item {
            level.reach.nodes.iter().any(|node| of_node(node as Node))
        } else {
            level.have.iter().any(|&node| of_node(node))
        }
    }

    /// Whether a place sees a column of these kinds.
    pub(crate) fn sees(&self, place: Place, inside: bool, kinds: Kinds) -> bool {
        self.any_column(place, inside, |_, facts| facts.kinds & kinds != 0)
    }

    /// Whether an aggregate may be an operand of this expression.
    pub(crate) fn may_aggregate(&self, e: &Expression) -> bool {
        self.level().may_take_aggregate(e)
    }

    /// Whether there is a number to calculate with that is no constant.
    pub(crate) fn has_number(&self, e: &Expression) -> bool {
        self.may_aggregate(e) || self.slots.numbers().next().is_some() || self.sees(e.place, e.inside, kind::NUMBER)
    }

    /// Whether arithmetic within this expression can get what the expression must hold.
    pub(crate) fn can_be_met(&self, e: &Expression) -> bool {
        if e.is_paid() || self.may_aggregate(e) {
            return true;
        }
        let column = self.sees(e.place, e.inside, kind::NUMBER);
        let number = || self.slots.numbers().next().is_some();
        [e.wants, e.debt].iter().all(|wanted| match wanted {
            Wants::Nothing => true,
            Wants::Value => column || number(),
            Wants::Column => column || self.has_days_alone(e, self.level()),
            Wants::Aggregate => false,
        })
    }

    /// Visits the literals that may stand beside a value of these kinds from this column.
    pub(crate) fn literals(&self, kinds: Kinds, source: u32, mut visit: impl FnMut(u32)) {
        let column = self.source_column(source);
        for slot in self.slots.whole(kinds, column) {
            visit(self.slot_id(slot));
        }
        if kinds & kind::TIME != 0 {
            visit(self.grammar.word(Word::Today));
        }
        for constant in &self.grammar.constants {
            let flag = kinds & kind::FLAG != 0 && constant.flag;
            if !constant.pattern && (flag || constant.held.fits(kinds, column)) {
                visit(constant.id);
            }
        }
    }

    /// Visits the members that a list beside this column may have.
    pub(crate) fn list_members(&self, source: u32, mut visit: impl FnMut(u32)) {
        let Some(column) = self.source_column(source) else { return };
        let kinds = self.level().facts(self.grammar, column).kinds;
        let today = self.grammar.word(Word::Today);
        self.literals(kinds & !kind::FLAG, source, |id| {
            if id != today {
                visit(id);
            }
        });
    }

    /// Visits the ends that BETWEEN may have beside this column.
    pub(crate) fn between_ends(&self, kinds: Kinds, source: u32, visit: impl FnMut(u32)) {
        self.literals(kinds & (kind::NUMBER | kind::KEY | kind::TIME), source, visit);
    }

    /// Visits the ends of ranges that this comparison takes: `>= start`, `< end`, and before and after a range; and the
    /// days after days.
    pub(crate) fn range_ends(&self, comparison: Option<Word>, mut visit: impl FnMut(u32)) {
        if matches!(comparison, Some(Word::GtEq | Word::Lt)) {
            for part in [SlotPart::Start, SlotPart::End] {
                self.slots.range_ends(part).for_each(|slot| visit(self.slot_id(slot)));
            }
            self.slots.days_after().for_each(|slot| visit(self.slot_id(slot)));
        }
    }

    /// Visits the patterns that LIKE may have beside this column.
    pub(crate) fn patterns(&self, source: u32, mut visit: impl FnMut(u32)) {
        let Some(column) = self.source_column(source) else { return };
        self.slots.patterns(self.level().facts(self.grammar, column)).for_each(|slot| visit(self.slot_id(slot)));
        for constant in self.grammar.constants.iter().filter(|c| c.pattern && c.held.fits(kind::TEXT, Some(column))) {
            visit(constant.id);
        }
    }

    /// Whether `visit` callers above would be visited at least `least` times.
    pub(crate) fn has_at_least(least: usize, walk: impl FnOnce(&mut dyn FnMut(u32))) -> bool {
        let mut count = 0;
        walk(&mut |_| count += 1);
        count >= least
    }

    /// Whether anything can stand on the right of `=` beside such a left side, subqueries aside.
    pub(crate) fn has_plain_right(&self, left: &Expression, kinds: Kinds) -> bool {
        let (source, place) = (left.source, left.place);
        let column = |id: u32, facts: ColumnFacts| id != source && facts.kinds & kinds != 0;
        Self::has_at_least(1, |visit| self.literals(kinds, source, visit))
            || self.any_column(place, left.inside, column)
    }

    /// How many queries enclose what is being read, the whole one included.
    pub(crate) fn subqueries(&self) -> usize {
        self.levels.len() - usize::from(self.is_in_cte())
    }

    /// Whether a subquery may open here whose one output is of these kinds.
    pub(crate) fn may_select(&self, kinds: Kinds, counts: bool) -> bool {
        if self.subqueries() > usize::from(self.grammar.limits.subqueries) {
            return false;
        }
        let level = self.level();
        let fits = |node: &Node| {
            let of_table = level.ctes.kinds(self.grammar, *node);
            level.is_next_use(*node) && (of_table & kinds != 0 || (counts && of_table != 0))
        };
        (0..self.grammar.node_count() as Node).any(|node| fits(&node))
    }

    /// Whether EXISTS may open here: some free table is one key away from this query.
    pub(crate) fn may_exist(&self) -> bool {
        let level = self.level();
        let outer = level.have.iter().chain(level.taken.iter());
        self.subqueries() <= usize::from(self.grammar.limits.subqueries)
            && outer.flat_map(|&node| &self.grammar.neighbours[node as usize]).any(|&node| level.is_next_use(node))
    }

    /// Visits the conditions that tie this subquery to an enclosing query.
    pub(crate) fn correlations(&self, mut visit: impl FnMut(u32)) {
        let level = self.level();
        self.output_ties(&mut visit);
        for &outer in level.taken.iter() {
            let ways = self.grammar.ways[outer as usize].iter().filter(|way| level.have.contains(&way.new));
            ways.for_each(|way| visit(way.join + 2));
        }
    }

    /// The state of a subquery that opens in the current level.
    pub(crate) fn inner_level(&self, kind: LevelKind, kinds: Kinds, correlatable: bool) -> Level {
        let outer = self.level();
        let mut taken: Few<Node, 24> = outer.taken;
        outer.have.iter().for_each(|&node| _ = taken.push(node));
        Level { correlatable, ..Level::new(self.grammar, kind, kinds, taken, outer.ctes.clone()) }
    }

    pub(crate) fn slot_id(&self, slot: SlotUse) -> u32 {
        self.grammar.slots.get(&slot).copied().unwrap_or(NONE)
    }

    /// The slots of the question.
    pub fn slots(&self) -> &SlotTable {
        &self.slots
    }
}
