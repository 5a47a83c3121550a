//! What the matcher remembers: a stack of grammar goals, and for each query level what has been said so far.

use std::sync::Arc;

use super::calendar::Calendar;
use super::case::Case;
use super::connect::{Asked, Connection, Reach, connect};
use super::cte::{Ctes, Pair};
use super::days::Days;
use super::expression::Expression;
use super::few::Few;
use super::grammar::{Grammar, Kinds, Node};
use super::set::Arm;
use super::texts::TextCall;
use super::window::Window;
use crate::lexeme::Word;

/// No lexeme.
pub(crate) const NONE: u32 = u32::MAX;

/// Why a query level was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LevelKind {
    /// The query itself.
    Top,
    /// `EXISTS (SELECT 1 FROM …)`.
    Exists,
    /// `cte_1 AS (SELECT …)`.
    Cte,
    /// `x IN (SELECT …)`.
    Member,
    /// `(SELECT …)` as one value.
    Scalar,
}

/// Where a query level stands; a child goal above the query's may still be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// Before SELECT.
    Select,
    /// Before an output.
    Item,
    /// In or after an output.
    ItemEnd,
    /// After an output's alias.
    ItemDone,
    /// Before the first table.
    From,
    /// After a table.
    Joins,
    /// In or after WHERE.
    Where,
    /// Before a GROUP BY key.
    Key,
    /// After a GROUP BY key.
    KeyEnd,
    /// In or after HAVING.
    Having,
    /// Before an ORDER BY item.
    Order,
    /// In or after an ORDER BY item.
    OrderEnd,
    /// After DESC.
    Desc,
    /// After LIMIT.
    Limit,
    /// After LIMIT's number.
    Limited,
    /// After the end.
    Done,
}

/// What one query level has said so far.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Level {
    pub(crate) kind: LevelKind,
    pub(crate) phase: Phase,
    /// What a subquery's one output must be.
    pub(crate) kinds: Kinds,
    /// Whether a [`crate::lexeme::Lexeme::Correlate`] may come first in WHERE.
    pub(crate) correlatable: bool,
    pub(crate) correlated: bool,
    pub(crate) distinct: bool,
    pub(crate) aggregated: bool,
    pub(crate) filtered: bool,
    /// After a left join, which may ask for more than its key.
    pub(crate) narrows: bool,
    pub(crate) grouped: bool,
    /// More plain columns than GROUP BY could take: no aggregate may follow.
    pub(crate) crowded: bool,
    /// An output has a window: no groups.
    pub(crate) windowed: bool,
    /// An output is another row's value that is no number.
    pub(crate) lagged: bool,
    /// Computed outputs so far.
    pub(crate) computed: u8,
    /// Hash of the output being read.
    pub(crate) running: u32,
    /// Tables mentioned in SELECT.
    pub(crate) need: Few<Node, 8>,
    /// Tables in FROM.
    pub(crate) have: Few<Node, 8>,
    /// Tables of enclosing queries.
    pub(crate) taken: Few<Node, 24>,
    /// Keys that already tie a referring table to its referred row.
    pub(crate) bound: Few<(u16, Node), 8>,
    /// Hash of each output.
    pub(crate) items: Few<u32, 16>,
    /// Outputs that are plain columns.
    pub(crate) plain: Few<u32, 16>,
    /// Columns in SELECT outside aggregates.
    pub(crate) bare: Few<u32, 16>,
    /// GROUP BY.
    pub(crate) keys: Few<u32, 16>,
    /// What the first arm of a set operation shows, and how far this arm is.
    pub(crate) arm: Arm,
    /// ORDER BY, where an item is one lexeme.
    pub(crate) order: Few<u32, 4>,
    /// The CTEs it may read.
    pub(crate) ctes: Arc<Ctes>,
    /// What may still be joined.
    pub(crate) reach: Arc<Reach>,
}

impl Level {
    /// A level of this kind with `taken` tables in enclosing ones.
    pub(crate) fn new(grammar: &Grammar, kind: LevelKind, kinds: Kinds, taken: Few<Node, 24>, ctes: Arc<Ctes>) -> Self {
        let mut level = Level {
            kind,
            phase: if kind == LevelKind::Exists { Phase::From } else { Phase::Select },
            kinds,
            correlatable: false,
            correlated: false,
            distinct: false,
            aggregated: false,
            filtered: false,
            narrows: false,
            grouped: false,
            crowded: false,
            windowed: false,
            lagged: false,
            computed: 0,
            running: 0,
            need: Few::default(),
            have: Few::default(),
            taken,
            bound: Few::default(),
            items: Few::default(),
            plain: Few::default(),
            bare: Few::default(),
            keys: Few::default(),
            arm: Arm::default(),
            order: Few::default(),
            ctes,
            reach: Arc::new(Reach::default()),
        };
        level.update_reach(grammar);
        level
    }

    /// Finds again what may be joined, after `need` or `have` changed.
    pub(crate) fn update_reach(&mut self, grammar: &Grammar) {
        let mut reach = self.connected(grammar);
        if self.arm.number > 0 && self.phase <= Phase::ItemEnd {
            self.keep_arm_open(grammar, Arc::make_mut(&mut reach));
        }
        self.reach = reach;
    }

    fn connected(&self, grammar: &Grammar) -> Arc<Reach> {
        let (anchored, sources) = (self.kind == LevelKind::Exists, self.sources(grammar));
        let (have, need, taken) = (self.have, self.need, self.taken);
        let solve = || {
            connect(
                grammar,
                &Connection { have: &have, need: &need, taken: &taken, anchored, sources, ctes: &self.ctes },
            )
        };
        let ctes = self.ctes.link_kinds();
        grammar.answers.of(Asked { have, need, taken, anchored, sources, ctes }, solve)
    }

    /// At most so many FROM sources.
    pub(crate) fn sources(&self, grammar: &Grammar) -> u8 {
        if self.is_whole() { grammar.limits.sources } else { grammar.limits.inner_sources }
    }

    /// Whether this use of a table could be a FROM source here: not taken, and no earlier use of the table is free.
    pub(crate) fn is_next_use(&self, node: Node) -> bool {
        let gone = |n: Node| self.have.contains(&n) || self.taken.contains(&n);
        !gone(node) && super::grammar::earlier_twin(node).is_none_or(gone)
    }

    /// Whether SELECT and GROUP BY disagree: aggregates beside columns that are no keys yet.
    pub(crate) fn missing_keys(&self) -> usize {
        if !self.aggregated && !self.grouped {
            return 0;
        }
        self.bare.iter().filter(|id| !self.keys.contains(id)).count()
    }

    /// Whether there is one row whatever the data: aggregates without keys.
    pub(crate) fn is_one_row(&self) -> bool {
        self.aggregated && !self.grouped
    }

    /// Whether a scalar subquery could give several rows and must end in LIMIT 1.
    pub(crate) fn must_limit(&self) -> bool {
        self.kind == LevelKind::Scalar && (self.grouped || (!self.aggregated && !self.filtered))
    }

    /// Whether aggregates may stand in SELECT.
    pub(crate) fn may_aggregate(&self) -> bool {
        let mixes = self.is_whole() || self.bare.is_empty();
        !self.distinct && !self.windowed && mixes && (self.aggregated || !self.crowded)
    }

    /// Whether the output being read equals an earlier one.
    pub(crate) fn is_repeated(&self) -> bool {
        self.arm.number == 0 && self.items.contains(&self.running)
    }
}

/// A goal of the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Frame {
    /// A query level; its state is the last [`Level`].
    Query,
    /// A chain of conditions or a group of alternatives.
    Conditions(Conditions),
    /// One comparison.
    Compare(Compare),
    /// `low AND high`.
    Between(Between),
    /// Members of a list, up to its bracket.
    List(List),
    /// A pattern for this column.
    Pattern(u32),
    /// An expression.
    Expression(Expression),
    /// The equality of a join.
    Pair(Pair),
    /// An aggregate's bracket: its result's kinds, or those of its argument where 0.
    Call(Kinds),
    /// A calendar.
    Calendar(Calendar),
    /// A difference of days.
    Days(Days),
    /// A CASE.
    Case(Case),
    /// A window.
    Window(Window),
    /// A function of a text.
    Text(TextCall),
    /// The brackets of the function that this word opens.
    Function(Word),
}

/// Where an expression stands: which columns it sees, and whether aggregates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Place {
    /// SELECT.
    Item,
    /// WHERE.
    Where,
    /// GROUP BY.
    Key,
    /// HAVING.
    Having,
    /// ORDER BY.
    Order,
}

/// A chain of conditions joined by AND, or a group of such chains joined by OR.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Conditions {
    pub(crate) place: Place,
    /// Without subqueries: the conditions of a CASE or a left join.
    pub(crate) inside: bool,
    /// 0 for the clause's own chain, else how deep the group is.
    pub(crate) depth: u8,
    /// Conditions in the current chain.
    pub(crate) conditions: u8,
    /// Alternatives so far, the current one included.
    pub(crate) alternatives: u8,
    /// Before a condition, not after one.
    pub(crate) expects: bool,
    /// The current chain is one nested group, which alone would be no alternative of its own.
    pub(crate) must_and: bool,
}

impl Conditions {
    /// Before the first condition of a clause.
    pub(crate) fn new(place: Place, inside: bool) -> Self {
        Conditions { place, inside, depth: 0, conditions: 0, alternatives: 1, expects: true, must_and: false }
    }
}

/// One comparison: its left side is being read, or its right side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Compare {
    pub(crate) place: Place,
    /// Within an aggregate: in a CASE.
    pub(crate) inside: bool,
    pub(crate) right: bool,
}

/// `low AND high` after BETWEEN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Between {
    pub(crate) kinds: Kinds,
    /// The column whose values are compared.
    pub(crate) column: u32,
    /// The low end once read.
    pub(crate) low: u32,
    /// Whether AND has been read.
    pub(crate) and: bool,
}

/// Members of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct List {
    pub(crate) column: u32,
    pub(crate) members: Few<u32, 8>,
    /// Before a member, not after one.
    pub(crate) expects: bool,
}
