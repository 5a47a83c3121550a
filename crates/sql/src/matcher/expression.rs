//! An expression being read: its operands and operators, what it must hold, and when it may end.

use super::grammar::{Kinds, kind};
use super::state::{NONE, Place};
use crate::lexeme::Word;

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
    /// `||`
    Join,
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
    /// Another text may follow the last operand.
    pub(crate) joinable: bool,
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
            joinable: false,
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

    /// Whether it is compared by the order of texts, which only columns are.
    pub(crate) fn orders_texts(&self) -> bool {
        let ordered = matches!(self.comparison, Some(Word::Lt | Word::LtEq | Word::Gt | Word::GtEq));
        ordered && self.kinds & (kind::NUMBER | kind::TIME | kind::KEY) == 0
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
    /// A text that another may follow.
    pub(crate) text: bool,
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
        text: false,
    };
}
