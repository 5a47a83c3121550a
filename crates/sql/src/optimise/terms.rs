//! Pieces of conditions and what they speak of.

use std::collections::BTreeSet;

use schema::Value;

use super::facts::{Facts, keeps_right};
use crate::tree::{BinaryOp, Expr, ExprKind, JoinKind, OrderItem, Query, Select, Source, SourceId};
use crate::visit::{PartMut, each_expr, each_expr_of_query, parts_of_query_mut, rewrite_here};

/// A column of a source.
pub(super) type Place = (SourceId, u16);

/// The column that an expression is.
pub(super) fn place(expr: &Expr) -> Option<Place> {
    match expr.kind {
        ExprKind::Column { source, column } => Some((source, column)),
        _ => None,
    }
}

/// The value that an expression states.
pub(super) fn literal(expr: &Expr) -> Option<&Value> {
    match &expr.kind {
        ExprKind::Literal(literal) => Some(&literal.value),
        _ => None,
    }
}

/// The two sides of an equation.
pub(super) fn equation(expr: &Expr) -> Option<(&Expr, &Expr)> {
    match &expr.kind {
        ExprKind::Binary(a, BinaryOp::Eq, b) => Some((a, b)),
        _ => None,
    }
}

/// The conditions of a chain of ANDs, taken apart.
pub(super) fn taken_apart(condition: &Option<Expr>) -> Vec<Expr> {
    condition.iter().flat_map(Expr::conjuncts).cloned().collect()
}

/// Conditions as a chain of ANDs.
pub(super) fn joined(conditions: Vec<Expr>) -> Option<Expr> {
    conditions.into_iter().reduce(Expr::and)
}

/// The conditions that every row of a FROM clause with its WHERE meets: WHERE, and those of joins that keep no other rows.
/// A RIGHT or FULL join keeps rows that the joins before it never saw.
pub(super) fn met_by_all(select: &Select) -> Vec<&Expr> {
    let is_inner = |source: &&Source| matches!(source.join, JoinKind::Cross | JoinKind::Inner);
    let on = select.from.iter().filter(|_| !keeps_right(&select.from)).filter(is_inner);
    on.filter_map(|source| source.on.as_ref()).chain(&select.filter).flat_map(Expr::conjuncts).collect()
}

/// The sources that an expression speaks of, in its subqueries too.
pub(super) fn sources_in(expr: &Expr) -> BTreeSet<SourceId> {
    let mut found = BTreeSet::new();
    each_expr(expr, &mut |part| found.extend(source_of(part)));
    found
}

/// How often a query speaks of a source.
pub(super) fn mentions(query: &Query, source: SourceId) -> usize {
    let mut count = 0;
    each_expr_of_query(query, &mut |part| count += usize::from(source_of(part) == Some(source)));
    count
}

/// How often an expression speaks of a source.
pub(super) fn mentions_in(expr: &Expr, source: SourceId) -> usize {
    let mut count = 0;
    each_expr(expr, &mut |part| count += usize::from(source_of(part) == Some(source)));
    count
}

fn source_of(expr: &Expr) -> Option<SourceId> {
    match expr.kind {
        ExprKind::Column { source, .. } | ExprKind::RowId(source) => Some(source),
        _ => None,
    }
}

/// Whether an expression asks another query.
pub(super) fn asks(expr: &Expr) -> bool {
    let mut found = false;
    each_expr(expr, &mut |part| found |= part.kind.subquery().is_some());
    found
}

/// A term of GROUP BY, HAVING or ORDER BY with references to outputs replaced by what they compute.
pub(super) fn written_out(term: &Expr, select: &Select) -> Expr {
    let outputs: Vec<Expr> = select.items.iter().map(|item| item.expr.clone()).collect();
    let mut term = term.clone();
    crate::visit::write_out(&mut term, &outputs, |_| true);
    term
}

/// What rows are ordered by, as expressions of the SELECT.
pub(super) fn ordered_by(order: &[OrderItem], select: &Select) -> Vec<Expr> {
    order.iter().map(|item| written_out(&item.expr, select)).collect()
}

/// Whether rows are cut off.
pub(super) fn is_limited(query: &Query) -> bool {
    query.limit.is_some() || query.offset.is_some()
}

/// Calls `f` with each expression of one level, innermost first; subqueries are not entered.
pub(super) fn each_expr_of_level(query: &mut Query, f: &mut dyn FnMut(&mut Expr)) {
    parts_of_query_mut(query, &mut |part| {
        if let PartMut::Expr(expr) = part {
            rewrite_here(expr, f);
        }
    });
}

/// The query of which an expression asks whether some row is there, however often it is. Where texts may be equal without
/// being the same, IN may compare those that are left otherwise than what left them.
pub(super) fn asked_for_one<'q>(expr: &'q mut Expr, facts: &Facts<'_>) -> Option<&'q mut Query> {
    match &mut expr.kind {
        ExprKind::Exists { query, .. } => Some(query),
        ExprKind::InQuery { query, .. } if facts.compares_bytes() => Some(query),
        _ => None,
    }
}

/// Calls `f` with each condition of a level for which NULL is as good as false: what stands in ON, WHERE and HAVING under
/// AND and OR alone.
pub(super) fn each_test(query: &mut Query, f: &mut dyn FnMut(&mut Expr)) {
    let Some(select) = query.select_mut() else { return };
    let on = select.from.iter_mut().filter_map(|source| source.on.as_mut());
    on.chain(&mut select.filter).chain(&mut select.having).for_each(|condition| each_test_within(condition, f));
}

fn each_test_within(condition: &mut Expr, f: &mut dyn FnMut(&mut Expr)) {
    match &mut condition.kind {
        ExprKind::Binary(a, BinaryOp::And | BinaryOp::Or, b) => {
            each_test_within(a, f);
            each_test_within(b, f);
        }
        _ => f(condition),
    }
}

/// Whether a literal is a number that is not 0, and whether it is one at all.
pub(super) fn truth(expr: &Expr) -> Option<bool> {
    let number = |expr: &Expr| match literal(expr) {
        Some(Value::Integer(whole)) => Some(*whole),
        _ => None,
    };
    match &expr.kind {
        ExprKind::Binary(a, op, b) => {
            let (a, b) = (number(a)?, number(b)?);
            match op {
                BinaryOp::Eq => Some(a == b),
                BinaryOp::NotEq => Some(a != b),
                BinaryOp::Lt => Some(a < b),
                BinaryOp::LtEq => Some(a <= b),
                BinaryOp::Gt => Some(a > b),
                BinaryOp::GtEq => Some(a >= b),
                _ => None,
            }
        }
        _ => number(expr).map(|number| number != 0),
    }
}
