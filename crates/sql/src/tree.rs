//! The one typed query tree.
//!
//! Synthesis samples it, the emitter prints it as SQL, `<think>` is its plain form, explanation and follow-up questions
//! read it, and the matcher is built on the same productions. Every name in it is resolved: a column refers to a
//! *source* (one use of a table, CTE or derived table), never to text.

use std::hash::{Hash, Hasher};

use schema::slot::Slot;
use schema::{ColumnId, TableId, Value};

/// A byte range of the SQL text a node came from; empty for nodes that were built. Two trees that mean the same are
/// equal wherever their text stood, so spans take no part in equality or hashing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Span {}

impl Hash for Span {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// One use of a table, CTE or derived table; unique within a whole query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u16);

/// A query: `WITH … body ORDER BY … LIMIT …`.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Common table expressions, in order.
    pub with: Vec<Cte>,
    /// The SELECT or set operation.
    pub body: Body,
    /// The order of the rows.
    pub order_by: Vec<OrderItem>,
    /// At most so many rows.
    pub limit: Option<Expr>,
    /// After so many rows.
    pub offset: Option<Expr>,
}

/// One common table expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Cte {
    /// Its name.
    pub name: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Whether the text listed the columns, `name (a, b) AS …`.
    pub columns_listed: bool,
    /// What it holds.
    pub query: Box<Query>,
    /// Whether it may refer to itself.
    pub recursive: bool,
}

/// The body of a query.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// One SELECT.
    Select(Box<Select>),
    /// Two bodies of the same arity combined.
    Set {
        /// How.
        op: SetOp,
        /// Whether duplicates are kept.
        all: bool,
        /// First arm; its output names are the query's.
        left: Box<Query>,
        /// Second arm.
        right: Box<Query>,
    },
    /// `VALUES (…), (…)`.
    Values(Vec<Vec<Expr>>),
}

/// A set operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetOp {
    /// Rows of either.
    Union,
    /// Rows of both.
    Intersect,
    /// Rows of the first that are not in the second.
    Except,
}

/// `SELECT … FROM … WHERE … GROUP BY … HAVING …`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Select {
    /// `SELECT DISTINCT`.
    pub distinct: bool,
    /// What is shown, with `*` already expanded.
    pub items: Vec<Item>,
    /// Sources in order; each after the first is joined to those before it.
    pub from: Vec<Source>,
    /// `WHERE`.
    pub filter: Option<Expr>,
    /// `GROUP BY`.
    pub group_by: Vec<Expr>,
    /// `HAVING`.
    pub having: Option<Expr>,
    /// `WINDOW name AS (…)`, already put into the calls that use it; kept for printing nothing.
    pub windows: Vec<(String, Window)>,
}

/// One output column.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it computes.
    pub expr: Expr,
    /// `AS name`, where given.
    pub alias: Option<String>,
    /// Whether it came from a `*`.
    pub from_star: bool,
}

/// One source of a FROM clause and how it is joined to those before it.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Its identity within the query.
    pub id: SourceId,
    /// What it is.
    pub kind: SourceKind,
    /// The alias, where the text gave one.
    pub alias: Option<String>,
    /// How it is joined; [`JoinKind::Cross`] without a condition for the first source.
    pub join: JoinKind,
    /// The join's condition (`USING` and `NATURAL` written out).
    pub on: Option<Expr>,
    /// Where it stood.
    pub span: Span,
}

/// What a source is.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceKind {
    /// A table or view of the catalog.
    Table(TableId),
    /// A common table expression in scope, with its columns' names.
    Cte {
        /// The CTE's name.
        name: String,
        /// Its columns.
        columns: Vec<String>,
    },
    /// A subquery, with its columns' names.
    Derived {
        /// What it holds.
        query: Box<Query>,
        /// Its columns.
        columns: Vec<String>,
    },
}

/// How a source is joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// Comma or CROSS JOIN.
    Cross,
    /// JOIN … ON.
    Inner,
    /// LEFT JOIN … ON.
    Left,
    /// RIGHT JOIN … ON.
    Right,
    /// FULL JOIN … ON.
    Full,
}

/// One ORDER BY item.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderItem {
    /// What is ordered by; [`ExprKind::Output`] where the text names an output column or its position.
    pub expr: Expr,
    /// `DESC`.
    pub descending: bool,
    /// `NULLS FIRST` (true) or `NULLS LAST` (false), where said.
    pub nulls_first: Option<bool>,
}

/// An expression and where it stood.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stood.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// A column of a source in this or an enclosing scope.
    Column {
        /// Which source.
        source: SourceId,
        /// Position among the source's columns.
        column: u16,
    },
    /// SQLite's implicit row id of a table source.
    RowId(SourceId),
    /// An output column of the SELECT that ORDER BY (or GROUP BY / HAVING, where the dialect allows) belongs to.
    Output(u16),
    /// A literal.
    Literal(Literal),
    /// `:name`, a value that is bound when the query is run. Policies alone hold such.
    Parameter(String),
    /// `NOT x`, `-x`.
    Unary(UnaryOp, Box<Expr>),
    /// `x op y`.
    Binary(Box<Expr>, BinaryOp, Box<Expr>),
    /// `x IS [NOT] NULL`.
    IsNull {
        /// The operand.
        operand: Box<Expr>,
        /// `NOT`.
        negated: bool,
    },
    /// `x IS [NOT] TRUE`, `x IS [NOT] FALSE`.
    IsTruth {
        /// The operand.
        operand: Box<Expr>,
        /// TRUE or FALSE.
        truth: bool,
        /// `NOT`.
        negated: bool,
    },
    /// `x [NOT] BETWEEN low AND high`.
    Between {
        /// The operand.
        operand: Box<Expr>,
        /// Lower end, included.
        low: Box<Expr>,
        /// Upper end, included.
        high: Box<Expr>,
        /// `NOT`.
        negated: bool,
    },
    /// `x [NOT] LIKE pattern [ESCAPE e]`, also GLOB and REGEXP.
    Like {
        /// Which operator.
        op: LikeOp,
        /// The operand.
        operand: Box<Expr>,
        /// The pattern.
        pattern: Box<Expr>,
        /// The escape character.
        escape: Option<Box<Expr>>,
        /// `NOT`.
        negated: bool,
    },
    /// `x [NOT] IN (a, b, …)`.
    InList {
        /// The operand.
        operand: Box<Expr>,
        /// The members.
        list: Vec<Expr>,
        /// `NOT`.
        negated: bool,
    },
    /// `x [NOT] IN (SELECT …)`.
    InQuery {
        /// The operand.
        operand: Box<Expr>,
        /// The subquery.
        query: Box<Query>,
        /// `NOT`.
        negated: bool,
    },
    /// `[NOT] EXISTS (SELECT …)`.
    Exists {
        /// The subquery.
        query: Box<Query>,
        /// `NOT`.
        negated: bool,
    },
    /// `(SELECT …)` as one value.
    Scalar(Box<Query>),
    /// `CASE [operand] WHEN … THEN … ELSE … END`.
    Case {
        /// The compared value, where there is one.
        operand: Option<Box<Expr>>,
        /// Conditions and their results.
        branches: Vec<(Expr, Expr)>,
        /// The result otherwise.
        otherwise: Option<Box<Expr>>,
    },
    /// `CAST(x AS type)`.
    Cast {
        /// The operand.
        operand: Box<Expr>,
        /// The type as written.
        to: String,
    },
    /// A function call: scalar, aggregate or window.
    Call(Call),
    /// `x COLLATE name`.
    Collate(Box<Expr>, String),
    /// `(a, b)`.
    Row(Vec<Expr>),
    /// A name that did not resolve; carries a diagnostic, silences those that would follow.
    Unknown(String),
}

/// A function call.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The function's name in upper case.
    pub function: String,
    /// Its arguments; `*` is no argument with `star` set.
    pub args: Vec<Expr>,
    /// `COUNT(*)`.
    pub star: bool,
    /// `DISTINCT`.
    pub distinct: bool,
    /// `FILTER (WHERE …)`.
    pub filter: Option<Box<Expr>>,
    /// `ORDER BY` within the arguments or `WITHIN GROUP`.
    pub order_by: Vec<OrderItem>,
    /// `OVER (…)`.
    pub over: Option<Window>,
}

/// A window: `PARTITION BY … ORDER BY … frame`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Window {
    /// The partition.
    pub partition_by: Vec<Expr>,
    /// The order within it.
    pub order_by: Vec<OrderItem>,
    /// The frame as canonical text, e.g. `ROWS BETWEEN 2 PRECEDING AND CURRENT ROW`.
    pub frame: Option<String>,
}

/// A literal: its value, and the slot of the question it was filled from.
#[derive(Debug, Clone, PartialEq)]
pub struct Literal {
    /// The value.
    pub value: Value,
    /// Where it came from, when it came from the question.
    pub slot: Option<SlotUse>,
}

/// How a literal uses a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotUse {
    /// Which slot.
    pub slot: Slot,
    /// Which part of it.
    pub part: SlotPart,
}

/// The part of a slot that a literal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SlotPart {
    /// The value itself.
    Whole,
    /// First day of a range.
    Start,
    /// First day after a range, or after a day.
    End,
    /// Last day of a range. No lexeme says it: canonical SQL says `< end` for `<= last`.
    Last,
    /// A percentage as a fraction, in arithmetic: 0.9 of "90 percent".
    Fraction,
    /// `%text%`.
    Contains,
    /// `text%`.
    Prefix,
    /// `%text`.
    Suffix,
    /// The words of the question as they stand, whatever is stored: what an output calls something.
    Said,
}

/// Unary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `NOT x`.
    Not,
    /// `-x`.
    Minus,
    /// `+x`.
    Plus,
    /// `~x`.
    BitNot,
}

/// Binary operators, from loosest to tightest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `OR`.
    Or,
    /// `AND`.
    And,
    /// `=`.
    Eq,
    /// `<>`.
    NotEq,
    /// `<`.
    Lt,
    /// `<=`.
    LtEq,
    /// `>`.
    Gt,
    /// `>=`.
    GtEq,
    /// `IS` between values.
    Is,
    /// `IS NOT` between values.
    IsNot,
    /// `&`.
    BitAnd,
    /// `|`.
    BitOr,
    /// `<<`.
    ShiftLeft,
    /// `>>`.
    ShiftRight,
    /// `+`.
    Add,
    /// `-`.
    Sub,
    /// `*`.
    Mul,
    /// `/`.
    Div,
    /// `%`.
    Mod,
    /// `||`.
    Concat,
    /// `->`, JSON.
    Arrow,
    /// `->>`, JSON.
    LongArrow,
}

impl BinaryOp {
    /// A comparison with its sides exchanged; any other operator as it is.
    pub fn turned(self) -> Self {
        match self {
            BinaryOp::Lt => BinaryOp::Gt,
            BinaryOp::LtEq => BinaryOp::GtEq,
            BinaryOp::Gt => BinaryOp::Lt,
            BinaryOp::GtEq => BinaryOp::LtEq,
            other => other,
        }
    }
}

/// Whether a number alone in ORDER BY or GROUP BY means an output. Beyond 32 bits it is a constant like any other to SQLite.
pub(crate) fn may_be_position(whole: i64) -> bool {
    whole.unsigned_abs() <= u64::from(i32::MAX.unsigned_abs())
}

/// Pattern operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LikeOp {
    /// `LIKE`.
    Like,
    /// `ILIKE`.
    ILike,
    /// `GLOB`.
    Glob,
    /// `REGEXP`.
    Regexp,
}

impl From<ExprKind> for Expr {
    fn from(kind: ExprKind) -> Self {
        Expr { kind, span: Span::default() }
    }
}

impl Query {
    /// A query that is one SELECT.
    pub fn from_select(select: Select) -> Self {
        Query { with: vec![], body: Body::Select(Box::new(select)), order_by: vec![], limit: None, offset: None }
    }

    /// The SELECT, when the body is one.
    pub fn select(&self) -> Option<&Select> {
        match &self.body {
            Body::Select(select) => Some(select),
            _ => None,
        }
    }

    /// The SELECT, when the body is one.
    pub fn select_mut(&mut self) -> Option<&mut Select> {
        match &mut self.body {
            Body::Select(select) => Some(select),
            _ => None,
        }
    }
}

impl ExprKind {
    /// The subquery that an expression asks, if it asks one.
    pub fn subquery(&self) -> Option<&Query> {
        match self {
            ExprKind::InQuery { query, .. } | ExprKind::Exists { query, .. } | ExprKind::Scalar(query) => Some(query),
            _ => None,
        }
    }
}

impl Source {
    /// The first source of a FROM clause: a table of the catalog.
    pub fn table(id: SourceId, table: TableId) -> Self {
        Source {
            id,
            kind: SourceKind::Table(table),
            alias: None,
            join: JoinKind::Cross,
            on: None,
            span: Span::default(),
        }
    }

    /// This source joined on a condition.
    pub fn joined(mut self, join: JoinKind, on: Expr) -> Self {
        self.join = join;
        self.on = Some(on);
        self
    }

    /// The table, when the source is one.
    pub fn table_id(&self) -> Option<TableId> {
        match self.kind {
            SourceKind::Table(table) => Some(table),
            _ => None,
        }
    }
}

impl Item {
    /// An output without an alias.
    pub fn new(expr: Expr) -> Self {
        Item { expr, alias: None, from_star: false }
    }
}

impl Expr {
    /// A column of a table source.
    pub fn column(source: SourceId, column: ColumnId) -> Self {
        ExprKind::Column { source, column: column.column }.into()
    }

    /// A literal that came from no slot.
    pub fn value(value: Value) -> Self {
        ExprKind::Literal(Literal { value, slot: None }).into()
    }

    /// The text that a literal is.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Literal(Literal { value: Value::Text(text), .. }) => Some(text),
            _ => None,
        }
    }

    /// `self op right`.
    pub fn binary(self, op: BinaryOp, right: Expr) -> Self {
        ExprKind::Binary(Box::new(self), op, Box::new(right)).into()
    }

    /// `self AND right`.
    pub fn and(self, right: Expr) -> Self {
        self.binary(BinaryOp::And, right)
    }

    /// A call without DISTINCT, FILTER or OVER.
    pub fn call(function: &str, args: Vec<Expr>) -> Self {
        let function = function.to_ascii_uppercase();
        let call = Call { function, args, star: false, distinct: false, filter: None, order_by: vec![], over: None };
        ExprKind::Call(call).into()
    }

    /// `COUNT(*)`.
    pub fn count_star() -> Self {
        let function = "COUNT".to_owned();
        let call =
            Call { function, args: vec![], star: true, distinct: false, filter: None, order_by: vec![], over: None };
        ExprKind::Call(call).into()
    }

    /// The conditions of a chain of ANDs, left to right.
    pub fn conjuncts(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Binary(a, BinaryOp::And, b) => {
                let mut all = a.conjuncts();
                all.extend(b.conjuncts());
                all
            }
            _ => vec![self],
        }
    }
}
