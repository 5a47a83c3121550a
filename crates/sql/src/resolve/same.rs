//! What ORDER BY of a set operation takes for one of its outputs: expressions that SQLite finds to be the same.

use schema::Value;

use super::Resolver;
use super::scope::Scope;
use crate::syntax::ast;
use crate::tree::{Expr, ExprKind, SourceId, UnaryOp};
use crate::visit::rewrite_expr;

/// Whether an expression holds no subquery and no window, which SQLite never finds to be the same.
pub(super) fn is_comparable(expr: &ast::Expr) -> bool {
    use ast::ExprKind::{
        Between, Binary, Call, Case, Cast, Clock, Collate, Exists, InList, InQuery, InTable, IsNull, Like, Literal,
        Match, Name, Raise, Row, Scalar, Unary, Variable,
    };
    let all = |parts: &[&ast::Expr]| parts.iter().all(|part| is_comparable(part));
    let optional = |part: &Option<Box<ast::Expr>>| part.as_ref().is_none_or(|part| is_comparable(part));
    match &expr.kind {
        Name(_) | Literal(_) | Clock(_) => true,
        Unary(_, x) | Cast(x, _) | Collate(x, _) | IsNull(x, _) => is_comparable(x),
        Binary(a, _, b) => all(&[a, b]),
        Match { operand, pattern } => all(&[operand, pattern]),
        Between { operand, low, high, .. } => all(&[operand, low, high]),
        Like { operand, pattern, escape, .. } => all(&[operand, pattern]) && optional(escape),
        InList { operand, list, .. } => is_comparable(operand) && list.iter().all(is_comparable),
        Row(items) => items.iter().all(is_comparable),
        Case { operand, branches, otherwise } => {
            let branches = branches.iter().all(|(when, then)| all(&[when, then]));
            branches && optional(operand) && optional(otherwise)
        }
        Call(call) => {
            let order = call.order_by.iter().all(|term| is_comparable(&term.expr));
            let filter = call.filter.as_ref().is_none_or(is_comparable);
            call.over.is_none() && order && filter && call.args.iter().all(is_comparable)
        }
        Exists(_) | Scalar(_) | InQuery { .. } | InTable { .. } | Raise | Variable => false,
    }
}

/// An expression in the form in which SQLite compares it, outermost collations aside: a row id by the column that names it,
/// `count()` as `count(*)`, `NOT LIKE` as NOT of LIKE, a number with a point by its digits.
pub(super) fn comparable(expr: &Expr, scope: &Scope, resolver: &Resolver) -> Expr {
    if let ExprKind::Collate(inner, _) = &expr.kind {
        return comparable(inner, scope, resolver);
    }
    let mut expr = expr.clone();
    rewrite_expr(&mut expr, &mut |expr| {
        let span = expr.span;
        match &mut expr.kind {
            ExprKind::RowId(source) => expr.kind = named_row_id(*source, scope, resolver),
            ExprKind::Literal(literal) if matches!(literal.value, Value::Real(_)) => {
                expr.kind = ExprKind::Unknown(resolver.text_of(span).to_owned());
            }
            ExprKind::Call(call) => call.star |= call.args.is_empty(),
            // Nothing is in an empty list, whatever is looked for.
            ExprKind::InList { list, negated, .. } if list.is_empty() => {
                expr.kind = ExprKind::Unknown(if *negated { "NOT IN ()" } else { "IN ()" }.to_owned());
            }
            ExprKind::Between { negated, .. } | ExprKind::Like { negated, .. } | ExprKind::InList { negated, .. }
                if *negated =>
            {
                *negated = false;
                expr.kind = ExprKind::Unary(UnaryOp::Not, Box::new(expr.clone()));
            }
            _ => {}
        }
    });
    expr
}

fn named_row_id(source: SourceId, scope: &Scope, resolver: &Resolver) -> ExprKind {
    let table = scope.bindings.iter().find(|binding| binding.source == source).and_then(|binding| binding.table);
    match table.and_then(|table| resolver.catalog.row_id_column(table)) {
        Some(id) => ExprKind::Column { source, column: id.column },
        None => ExprKind::RowId(source),
    }
}
