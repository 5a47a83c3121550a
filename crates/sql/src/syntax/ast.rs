//! A query as it was written: names are still text, `*` is still a star.

use schema::Value;

use crate::tree::{BinaryOp, LikeOp, SetOp, Span, UnaryOp};

/// A name as written.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    /// Without its quotes.
    pub(crate) text: String,
    /// The quote it stood in: `"`, `` ` ``, `[` or `'`.
    pub(crate) quote: Option<char>,
    /// Where it stood.
    pub(crate) span: Span,
}

/// `WITH … body ORDER BY … LIMIT …`.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) with: Vec<Cte>,
    pub(crate) body: Body,
    pub(crate) order_by: Vec<Ordering>,
    pub(crate) limit: Option<Expr>,
    pub(crate) offset: Option<Expr>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Cte {
    pub(crate) name: Name,
    pub(crate) columns: Vec<Name>,
    /// Whether its text may speak of itself and of the CTEs after it.
    pub(crate) recursive: bool,
    pub(crate) query: Query,
}

#[derive(Debug)]
pub(crate) enum Body {
    Select(Box<Select>),
    /// Arms left to right, each after the first with the operator before it.
    Compound(Box<Body>, SetOp, bool, Box<Body>),
    Values(Vec<Vec<Expr>>, Span),
    /// A query in brackets, which SQLite does not know as an arm.
    Bracketed(Box<Query>),
}

#[derive(Debug)]
pub(crate) struct Select {
    pub(crate) distinct: bool,
    pub(crate) items: Vec<Item>,
    pub(crate) from: Vec<Source>,
    pub(crate) filter: Option<Expr>,
    pub(crate) group_by: Vec<Expr>,
    pub(crate) having: Option<Expr>,
    pub(crate) windows: Vec<(Name, Window)>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum Item {
    Star(Span),
    TableStar(Name, Span),
    Expr { expr: Expr, alias: Option<Name> },
}

/// One source and how it is joined to those before it.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) kind: SourceKind,
    pub(crate) alias: Option<Name>,
    pub(crate) join: Join,
    pub(crate) on: Option<Expr>,
    pub(crate) using: Option<Vec<Name>>,
    pub(crate) span: Span,
    /// Where its condition ends.
    pub(crate) end: u32,
}

/// How a source is joined.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Join {
    pub(crate) natural: bool,
    pub(crate) kind: Option<JoinWord>,
    pub(crate) span: Span,
}

/// The join that the words before JOIN name; none for a comma and for the first source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JoinWord {
    Inner,
    Cross,
    Left,
    Right,
    Full,
}

#[derive(Debug)]
pub(crate) enum SourceKind {
    Table { schema: Option<Name>, name: Name, args: Option<Vec<Expr>>, indexed_by: Option<Name> },
    Derived(Box<Query>),
    Group(Vec<Source>),
}

#[derive(Debug)]
pub(crate) struct Ordering {
    pub(crate) expr: Expr,
    pub(crate) descending: bool,
    pub(crate) nulls_first: Option<bool>,
}

#[derive(Debug)]
pub(crate) struct Expr {
    pub(crate) kind: ExprKind,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum ExprKind {
    Name(Vec<Name>),
    Literal(Value),
    Variable,
    /// `CURRENT_DATE` and its kin.
    Clock(&'static str),
    Unary(UnaryOp, Box<Expr>),
    Binary(Box<Expr>, BinaryOp, Box<Expr>),
    IsNull(Box<Expr>, bool),
    Between {
        operand: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
        negated: bool,
    },
    Like {
        op: LikeOp,
        operand: Box<Expr>,
        pattern: Box<Expr>,
        escape: Option<Box<Expr>>,
        negated: bool,
    },
    Match {
        operand: Box<Expr>,
        pattern: Box<Expr>,
    },
    InList {
        operand: Box<Expr>,
        list: Vec<Expr>,
        negated: bool,
    },
    InQuery {
        operand: Box<Expr>,
        query: Box<Query>,
        negated: bool,
    },
    InTable {
        operand: Box<Expr>,
        source: Box<Source>,
        negated: bool,
    },
    Exists(Box<Query>),
    Scalar(Box<Query>),
    Case {
        operand: Option<Box<Expr>>,
        branches: Vec<(Expr, Expr)>,
        otherwise: Option<Box<Expr>>,
    },
    Cast(Box<Expr>, String),
    Call(Box<Call>),
    Collate(Box<Expr>, Name),
    Row(Vec<Expr>),
    Raise,
}

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: Name,
    pub(crate) args: Vec<Expr>,
    pub(crate) star: bool,
    pub(crate) distinct: bool,
    pub(crate) order_by: Vec<Ordering>,
    pub(crate) filter: Option<Expr>,
    pub(crate) over: Option<Over>,
}

#[derive(Debug)]
pub(crate) enum Over {
    Named(Name),
    Window(Window),
}

#[derive(Debug)]
pub(crate) struct Window {
    /// The window it builds on.
    pub(crate) base: Option<Name>,
    pub(crate) partition_by: Vec<Expr>,
    pub(crate) order_by: Vec<Ordering>,
    pub(crate) frame: Option<Frame>,
    pub(crate) span: Span,
}

/// A frame, already as canonical text.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) text: String,
    /// `RANGE` with a distance, which wants exactly one ORDER BY term.
    pub(crate) range_distance: bool,
    pub(crate) span: Span,
}
