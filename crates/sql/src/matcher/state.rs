//! What the matcher remembers: a stack of grammar goals, and for each query level what has been said so far.

use std::sync::Arc;

use super::case::Case;
use super::connect::{Asked, Connection, Reach, connect};
use super::cte::{Ctes, Pair};
use super::days::Days;
use super::few::Few;
use super::grammar::{Grammar, Kinds, Node, kind};
use super::set::Arm;
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
    pub(crate) grouped: bool,
    /// More plain columns than GROUP BY could take: no aggregate may follow.
    pub(crate) crowded: bool,
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
            grouped: false,
            crowded: false,
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
        !self.distinct && mixes && (self.aggregated || !self.crowded)
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
    /// A difference of days.
    Days(Days),
    /// A CASE.
    Case(Case),
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
    /// Within an aggregate: the conditions of a CASE.
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

/// What an expression is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Role {
    /// An output.
    Item,
    /// The left side of a comparison.
    Left,
    /// Its right side.
    Right,
    /// An ORDER BY item.
    Order,
    /// An aggregate's argument.
    Argument,
    /// A value of a CASE in it.
    Then,
    /// A parenthesis in arithmetic.
    Parenthesis,
    /// What a function is of.
    Wrapped,
}

/// What an expression must hold before it may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Wants {
    /// Nothing.
    Nothing,
    /// Something that is no constant, once there is an operator.
    Value,
    /// A column or an aggregate.
    Column,
    /// An aggregate.
    Aggregate,
}

/// An arithmetic operator, or none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    None,
    Plus,
    Minus,
    Times,
    Divide,
}

impl Op {
    /// The operators with their words.
    pub(crate) const ALL: [(Op, Word); 4] =
        [(Op::Plus, Word::Plus), (Op::Minus, Word::Minus), (Op::Times, Word::Times), (Op::Divide, Word::Divide)];

    /// Whether a sum in a parenthesis after this operator needs a product after it, else the parenthesis says nothing.
    pub(crate) fn leaves_sums_open(self) -> bool {
        matches!(self, Op::None | Op::Plus)
    }

    pub(crate) fn is_sum(self) -> bool {
        matches!(self, Op::Plus | Op::Minus)
    }
}

/// An expression being read: operands and operators in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Expression {
    pub(crate) role: Role,
    pub(crate) place: Place,
    /// Within an aggregate.
    pub(crate) inside: bool,
    /// Whether a subquery may be an operand.
    pub(crate) queries: bool,
    pub(crate) wants: Wants,
    /// What its first operand may be.
    pub(crate) kinds: Kinds,
    /// What it is so far.
    pub(crate) result: Kinds,
    /// Before an operand, not after one.
    pub(crate) expects: bool,
    /// At most so many operators.
    pub(crate) limit: u8,
    /// Operators so far, those of enclosing parentheses included.
    pub(crate) operators: u8,
    /// Operators that enclosing parentheses will need.
    pub(crate) reserve: u8,
    pub(crate) depth: u8,
    /// Functions around it.
    pub(crate) functions: u8,
    /// The operator before this parenthesis.
    pub(crate) before: Op,
    /// The last operator in this parenthesis.
    pub(crate) last: Op,
    pub(crate) sums: bool,
    pub(crate) has_value: bool,
    pub(crate) has_column: bool,
    pub(crate) has_aggregate: bool,
    /// In a parenthesis: what the enclosing expressions still want, unless an operator follows the parenthesis.
    pub(crate) debt: Wants,
    /// A parenthesis that only makes sense with `*` or `/` after it.
    pub(crate) must_multiply: bool,
    /// The last operand is a constant: divided by another one it would be a third.
    pub(crate) constant: bool,
    /// The last operand may be calculated with.
    pub(crate) calculable: bool,
    /// The column whose values the first operand has: the column itself, or MIN or MAX of it.
    pub(crate) source: u32,
    /// The first operand is a plain column.
    pub(crate) lone: bool,
    /// For a right side: the column on the left.
    pub(crate) versus: u32,
    /// For a right side: the comparison.
    pub(crate) comparison: Option<Word>,
}

impl Expression {
    /// A fresh expression.
    pub(crate) fn new(role: Role, place: Place, kinds: Kinds, limit: u8) -> Self {
        let wants = match (role, place) {
            (Role::Right, _) => Wants::Value,
            (Role::Then, _) => Wants::Nothing,
            (Role::Left, Place::Having) => Wants::Aggregate,
            _ => Wants::Column,
        };
        Expression {
            role,
            place,
            inside: matches!(role, Role::Argument | Role::Then),
            queries: matches!(role, Role::Item | Role::Left | Role::Right),
            wants,
            kinds,
            result: 0,
            expects: true,
            limit,
            operators: 0,
            reserve: 0,
            depth: 0,
            functions: 0,
            before: Op::None,
            last: Op::None,
            sums: false,
            has_value: false,
            has_column: false,
            has_aggregate: false,
            debt: Wants::Nothing,
            must_multiply: false,
            constant: false,
            calculable: false,
            source: NONE,
            lone: false,
            versus: NONE,
            comparison: None,
        }
    }

    /// The parenthesis that opens within this expression.
    pub(crate) fn parenthesis(&self) -> Self {
        Expression {
            role: Role::Parenthesis,
            inside: self.inside,
            queries: self.queries,
            wants: Wants::Value,
            debt: if self.operators_after_parenthesis() > 0 { Wants::Nothing } else { self.outstanding() },
            operators: self.operators,
            reserve: self.reserve + self.operators_after_parenthesis(),
            depth: self.depth + 1,
            functions: self.functions,
            before: self.last,
            ..Expression::new(self.role, self.place, kind::NUMBER, self.limit)
        }
    }

    /// What a function that opens within this expression is of: it holds what this still wants.
    pub(crate) fn wrapped(&self) -> Self {
        Expression {
            inside: self.inside,
            queries: self.queries,
            wants: if self.lacks_aggregate() { Wants::Aggregate } else { Wants::Column },
            functions: self.functions + 1,
            ..Expression::new(Role::Wrapped, self.place, kind::NUMBER, self.limit)
        }
    }

    /// Whether an aggregate is still wanted, here or around.
    pub(crate) fn lacks_aggregate(&self) -> bool {
        [self.wants, self.debt].contains(&Wants::Aggregate) && !self.is_paid()
    }

    /// How many operators must follow a parenthesis that opens here: one so that it says something, one more where this
    /// is itself a parenthesis that says nothing yet.
    pub(crate) fn operators_after_parenthesis(&self) -> u8 {
        let follows = self.last.leaves_sums_open();
        // The quotient that must follow is what a parenthesis after `*` or `/` itself waits for.
        let the_same = follows && matches!(self.before, Op::Times | Op::Divide);
        let open = self.role == Role::Parenthesis && !self.is_needed() && !the_same;
        u8::from(follows) + u8::from(open)
    }

    /// Before its first operand.
    pub(crate) fn is_first(&self) -> bool {
        self.last == Op::None
    }

    /// How many operators may still come.
    pub(crate) fn operators_left(&self) -> u8 {
        self.limit.saturating_sub(self.operators + self.reserve)
    }

    /// Whether it holds what it must.
    pub(crate) fn is_met(&self) -> bool {
        self.holds(self.wants)
    }

    /// Whether it holds what it must, and what the enclosing expressions want.
    pub(crate) fn is_paid(&self) -> bool {
        self.is_met() && self.holds(self.debt)
    }

    /// What is still wanted, here or around.
    fn outstanding(&self) -> Wants {
        match (self.holds(self.debt), self.is_met()) {
            (false, _) => self.debt,
            (true, false) => self.wants,
            (true, true) => Wants::Nothing,
        }
    }

    fn holds(&self, wanted: Wants) -> bool {
        match wanted {
            Wants::Nothing => true,
            Wants::Value => self.has_value,
            Wants::Column => self.has_column || self.has_aggregate,
            Wants::Aggregate => self.has_aggregate,
        }
    }

    /// Whether a parenthesis says something that leaving it out would not: a sum, what one divides by, or a quotient that
    /// one multiplies with. A product after the quotient could stand outside.
    pub(crate) fn is_needed(&self) -> bool {
        self.sums
            || (self.before == Op::Divide && self.last != Op::None)
            || (self.before == Op::Times && self.last == Op::Divide)
    }

    /// Whether it is needed after one more operator, sums before it aside.
    pub(crate) fn would_be_needed(&self, op: Op) -> bool {
        op.is_sum() || self.before == Op::Divide || (self.before == Op::Times && op == Op::Divide)
    }

    /// Whether it may end here, as far as it can tell by itself.
    pub(crate) fn may_end(&self) -> bool {
        let enough = match self.role {
            Role::Right => self.last == Op::None || self.is_met(),
            Role::Parenthesis => self.is_met() && self.is_needed() && (self.is_paid() || self.operators_left() > 0),
            _ => self.is_met(),
        };
        !self.expects && !self.must_multiply && enough
    }

    /// Whether it stands in a condition on rows: WHERE, or a CASE.
    pub(crate) fn tests_rows(&self) -> bool {
        self.place == Place::Where || self.inside
    }

    /// Whether it is one plain column and nothing else.
    pub(crate) fn is_lone_column(&self) -> bool {
        self.lone && self.last == Op::None
    }
}

/// What an operand tells the expression it stands in.
pub(crate) struct Operand {
    pub(crate) kinds: Kinds,
    pub(crate) constant: bool,
    pub(crate) source: u32,
    pub(crate) lone: bool,
    pub(crate) value: bool,
    pub(crate) column: bool,
    pub(crate) aggregate: bool,
    pub(crate) operators: u8,
    pub(crate) must_multiply: bool,
}

impl Operand {
    pub(crate) const NOTHING: Operand = Operand {
        kinds: 0,
        constant: false,
        source: NONE,
        lone: false,
        value: false,
        column: false,
        aggregate: false,
        operators: 0,
        must_multiply: false,
    };
}
