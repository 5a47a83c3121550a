//! What an engine means by its functions and operators, said in the tree's own terms.

use schema::{Catalog, Type, Value};

use super::Unread;
use super::compare;
use super::dates;
use super::patterns;
use super::texts;
use crate::ddl::type_of_declared;
use crate::dialect::Dialect;
use crate::functions;
use crate::tree::{BinaryOp, Call, Expr, ExprKind, LikeOp, OrderItem, Query, Span, UnaryOp};
use crate::types::Types;
use crate::visit::{each_expr_mut, each_query_mut};

/// Functions that only have another name.
#[rustfmt::skip]
const RENAMED: &[(&str, &str)] = &[
    ("NVL", "COALESCE"), ("ISNULL", "COALESCE"), ("STRPOS", "INSTR"), ("CHAR_LENGTH", "LENGTH"), ("LISTAGG", "GROUP_CONCAT"),
    ("STRING_AGG", "GROUP_CONCAT"), ("GETDATE", "CURRENT_TIMESTAMP"), ("GETUTCDATE", "CURRENT_TIMESTAMP"), ("NOW", "CURRENT_TIMESTAMP"),
    ("UTC_TIMESTAMP", "CURRENT_TIMESTAMP"), ("CURDATE", "CURRENT_DATE"), ("UTC_DATE", "CURRENT_DATE"),
];

/// How often a query is read: once more for each query within another whose columns are of other types once it is settled.
const READINGS: usize = 16;

/// A query with everything said as SQLite means it.
pub(super) fn settled(query: Query, catalog: &Catalog, from: Dialect) -> Result<Query, Unread> {
    if from == Dialect::Sqlite {
        return Ok(query);
    }
    let mut types = Types::of(&query, catalog);
    for _ in 0..READINGS {
        let mut reading = Reading { types, from, problem: None };
        let mut settled = query.clone();
        reading.read(&mut settled);
        types = Types::of(&settled, catalog);
        if types == reading.types {
            return reading.problem.map_or(Ok(settled), Err);
        }
    }
    Err(Unread { dialect: from, what: "so deep a nest of queries".to_owned(), span: Span::default() })
}

/// A tree on its way to SQLite's meaning, innermost expressions first.
///
/// Texts are taken to be compared by the codes of their characters, as SQLite does. Collations of MySQL and SQL Server that
/// pass over letter case find more texts equal; what a column's collation is, no query tells. LIKE alone is read as those
/// engines mean it under them.
pub(super) struct Reading {
    pub(super) types: Types,
    pub(super) from: Dialect,
    problem: Option<Unread>,
}

/// Says where NULLs stand, where the engine puts them last and says nothing.
fn place_nulls(item: &mut OrderItem) {
    item.nulls_first.get_or_insert(item.descending);
}

impl Reading {
    pub(super) fn refuse(&mut self, what: impl Into<String>, span: Span) {
        let (what, dialect) = (what.into(), self.from);
        self.problem.get_or_insert(Unread { dialect, what, span });
    }

    fn nulls_last(&self) -> bool {
        matches!(self.from, Dialect::Postgres | Dialect::Oracle)
    }

    pub(super) fn kind(&self, expr: &Expr) -> Type {
        self.types.of_expr(expr)
    }

    fn read(&mut self, query: &mut Query) {
        if self.nulls_last() {
            each_query_mut(query, &mut |query| query.order_by.iter_mut().for_each(place_nulls));
        }
        each_expr_mut(query, &mut |expr| self.settle(expr));
        each_expr_mut(query, &mut |expr| {
            if matches!(&expr.kind, ExprKind::Call(call) if call.function == dates::INTERVAL) {
                self.refuse("an interval by itself", expr.span);
            }
        });
    }

    fn settle(&mut self, expr: &mut Expr) {
        let span = expr.span;
        compare::settle(self, expr);
        let settled = match &mut expr.kind {
            ExprKind::Call(call) => self.call(call, span),
            ExprKind::Binary(left, op, right) => self.binary(left, *op, right, span),
            ExprKind::Cast { operand, to } => self.cast(operand, to, span),
            ExprKind::Like { op, pattern, escape, .. } => {
                if !patterns::settle(self.from, op, pattern, escape) {
                    self.refuse(format!("{} with this pattern", like_name(*op)), span);
                }
                None
            }
            _ => None,
        };
        if let Some(Expr { kind, .. }) = settled {
            expr.kind = kind;
        }
    }

    fn call(&mut self, call: &mut Call, span: Span) -> Option<Expr> {
        if self.nulls_last() {
            let own = call.over.iter_mut().flat_map(|window| &mut window.order_by);
            own.chain(&mut call.order_by).for_each(place_nulls);
        }
        if call.function == "LENGTH" && self.from == Dialect::MySql {
            self.refuse("LENGTH in bytes (CHAR_LENGTH counts letters)", span);
        }
        if let Some((_, name)) = RENAMED.iter().find(|(name, _)| *name == call.function) {
            (*name).clone_into(&mut call.function);
        }
        if let Some(settled) = dates::call(self, call, span) {
            return Some(settled);
        }
        if call.function == dates::INTERVAL {
            // What it is added to says what it means.
            return None;
        }
        let settled = texts::call(self, call, span).or_else(|| self.plain_call(call, span));
        if settled.is_none() && functions::find(&call.function, call.args.len()).is_none() {
            self.refuse(format!("the function {}", call.function), span);
        }
        settled
    }

    fn plain_call(&mut self, call: &mut Call, span: Span) -> Option<Expr> {
        match (call.function.as_str(), call.args.as_slice()) {
            ("GREATEST" | "LEAST", args) => {
                let function = if call.function == "GREATEST" { "MAX" } else { "MIN" };
                let extreme = Expr::call(function, args.to_vec());
                match (self.from, args) {
                    // NULLs are passed over there: with two values, the other one is meant.
                    (Dialect::Postgres | Dialect::SqlServer, [a, b]) => {
                        Some(Expr::call("COALESCE", vec![extreme, a.clone(), b.clone()]))
                    }
                    (Dialect::MySql | Dialect::Oracle, [_, _, ..]) => Some(extreme),
                    _ => {
                        self.refuse(format!("{} of these values", call.function), span);
                        None
                    }
                }
            }
            ("MOD", [a, b]) => {
                let settled = self.binary(a, BinaryOp::Mod, b, span);
                settled.or_else(|| Some(a.clone().binary(BinaryOp::Mod, b.clone())))
            }
            // Whole numbers average to one there.
            ("AVG", [arg]) if self.from == Dialect::SqlServer && self.kind(arg) == Type::Integer => {
                let operand = Box::new(ExprKind::Call(call.clone()).into());
                Some(ExprKind::Cast { operand, to: "INTEGER".to_owned() }.into())
            }
            _ => None,
        }
    }

    fn binary(&mut self, left: &Expr, op: BinaryOp, right: &Expr, span: Span) -> Option<Expr> {
        let (a, b) = (self.kind(left), self.kind(right));
        if let Some(settled) = dates::arithmetic(self, [left, right], op, span) {
            return Some(settled);
        }
        let has_point = a == Type::Real || b == Type::Real;
        // Whole numbers divide to decimals there.
        let divides_exactly = has_point || matches!(self.from, Dialect::MySql | Dialect::Oracle);
        match (op, self.from) {
            (BinaryOp::Concat, Dialect::MySql) => Some(left.clone().binary(BinaryOp::Or, right.clone())),
            (BinaryOp::Add, Dialect::SqlServer) if a == Type::Text && b == Type::Text => {
                Some(left.clone().binary(BinaryOp::Concat, right.clone()))
            }
            (BinaryOp::Add, Dialect::SqlServer) if a == Type::Text || b == Type::Text => {
                self.refuse("+ between a text and something else", span);
                None
            }
            // An empty text is NULL there, and NULL an empty text.
            (BinaryOp::Concat, Dialect::Oracle) => Some(Expr::call("CONCAT", vec![left.clone(), right.clone()])),
            // SQLite holds a decimal that is whole as a whole number, and cuts off what stands behind a point before it takes
            // the remainder.
            (BinaryOp::Mod, _) if has_point => {
                self.refuse("the remainder of a division of decimals", span);
                None
            }
            (BinaryOp::Div, _) if divides_exactly && !is_real(left) && !is_real(right) => {
                let operand = Box::new(left.clone());
                let real = Expr::from(ExprKind::Cast { operand, to: "REAL".to_owned() });
                Some(real.binary(BinaryOp::Div, right.clone()))
            }
            _ => None,
        }
    }

    /// CAST, whose types mean what they say there.
    fn cast(&mut self, operand: &Expr, to: &str, span: Span) -> Option<Expr> {
        let own = self.kind(operand);
        let upper = to.to_ascii_uppercase();
        let to_type = match upper.as_str() {
            "SIGNED" | "UNSIGNED" | "INT" | "BIGINT" => Type::Integer,
            _ => type_of_declared(to),
        };
        let cast =
            |operand: Expr, to: &str| Some(ExprKind::Cast { operand: Box::new(operand), to: to.to_owned() }.into());
        match to_type {
            Type::Date => Some(Expr::call("DATE", vec![operand.clone()])),
            Type::Timestamp => Some(Expr::call("DATETIME", vec![operand.clone()])),
            // Rounded there, cut off here.
            Type::Integer if own == Type::Real && self.from != Dialect::SqlServer => {
                cast(Expr::call("ROUND", vec![operand.clone()]), "INTEGER")
            }
            Type::Integer => cast(operand.clone(), "INTEGER"),
            Type::Real => match scale(&upper) {
                Some(digits) => {
                    let real = cast(operand.clone(), "REAL")?;
                    Some(Expr::call("ROUND", vec![real, Expr::value(Value::Integer(digits))]))
                }
                None => cast(operand.clone(), "REAL"),
            },
            Type::Text => match upper.find('(') {
                // Cut off there.
                Some(at) => {
                    let length: i64 = upper[at + 1..].trim_end_matches(')').parse().ok()?;
                    let text = cast(operand.clone(), "TEXT")?;
                    let whole = |n| Expr::value(Value::Integer(n));
                    Some(Expr::call("SUBSTR", vec![text, whole(1), whole(length)]))
                }
                None => cast(operand.clone(), "TEXT"),
            },
            _ => {
                self.refuse(format!("CAST to {to}"), span);
                None
            }
        }
    }
}

fn like_name(op: LikeOp) -> &'static str {
    match op {
        LikeOp::Like => "LIKE",
        LikeOp::ILike => "ILIKE",
        LikeOp::Glob => "GLOB",
        LikeOp::Regexp => "REGEXP",
    }
}

/// Whether a number is a real one in SQLite too, whatever is stored.
fn is_real(expr: &Expr) -> bool {
    use BinaryOp::{Add, Div, Mul, Sub};
    match &expr.kind {
        ExprKind::Literal(literal) => matches!(literal.value, Value::Real(_)),
        ExprKind::Unary(UnaryOp::Minus, inner) => is_real(inner),
        ExprKind::Binary(a, Add | Sub | Mul | Div, b) => is_real(a) || is_real(b),
        ExprKind::Cast { to, .. } => to == "REAL",
        ExprKind::Call(call) => matches!(call.function.as_str(), "AVG" | "ROUND"),
        _ => false,
    }
}

/// The whole number that an expression states.
pub(super) fn whole_of(expr: &Expr) -> Option<i64> {
    match &expr.kind {
        ExprKind::Literal(literal) => match literal.value {
            Value::Integer(whole) => Some(whole),
            _ => None,
        },
        ExprKind::Unary(UnaryOp::Minus, inner) => whole_of(inner).and_then(i64::checked_neg),
        _ => None,
    }
}

/// The digits behind the point that `DECIMAL(p, s)` keeps; none where any number is kept as it is.
fn scale(upper: &str) -> Option<i64> {
    let is_exact = upper.contains("DEC") || upper.contains("NUM");
    let inner = upper.split_once('(')?.1.trim_end_matches(')');
    let digits = inner.split_once(',').map_or(Some(0), |(_, scale)| scale.trim().parse().ok())?;
    is_exact.then_some(digits)
}
