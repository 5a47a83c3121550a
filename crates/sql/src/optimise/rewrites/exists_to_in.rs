//! EXISTS of a subquery that is tied to the row by one equation becomes IN, so that the subquery runs once.
//!
//! `EXISTS (SELECT … WHERE u.x = t.y AND p)` asks whether t.y is among the x of the rows with p. IN says NULL where EXISTS says
//! false, so this is done only in conditions for which both are the same. NOT EXISTS becomes NOT IN only where neither side is
//! ever NULL. Not where an index finds u.x at once: looking a row up is then quicker than collecting them all. The subquery
//! may have no groups and no limit, and nothing else in it may speak of the row.

use crate::optimise::Rewrite;
use crate::optimise::facts::{Facts, is_grouped};
use crate::optimise::terms::{each_test, equation, is_limited, joined, place, sources_in, taken_apart};
use crate::tree::{Expr, ExprKind, Item, JoinKind, Query, Select, SourceId};
use crate::visit::each_query;

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "exists_to_in", title: "EXISTS tied by one equation becomes IN", apply };

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    let mut changed = false;
    each_test(query, &mut |condition| {
        if let Some(asked) = as_in(condition, facts) {
            condition.kind = asked;
            changed = true;
        }
    });
    changed.then(|| "The subquery does not depend on the row but by one equation, so it runs once.".to_owned())
}

fn as_in(condition: &Expr, facts: &Facts<'_>) -> Option<ExprKind> {
    let ExprKind::Exists { query, negated } = &condition.kind else { return None };
    let select = query.select().filter(|select| !is_grouped(select) && !is_limited(query) && query.with.is_empty())?;
    let within = sources_within(query);
    let is_tied = |expr: &Expr| sources_in(expr).iter().any(|source| !within.contains(source));
    let mut conditions = taken_apart(&select.filter);
    let at = conditions.iter().position(is_tied)?;
    let tie = conditions.remove(at);
    let (inner, outer) = sides(&tie, &is_tied)?;
    if !facts.compare_alike(&inner, &outer) || is_found_at_once(&inner, facts) {
        return None;
    }
    if *negated && !(facts.is_never_null(&inner) && facts.is_never_null(&outer)) {
        return None;
    }
    let mut asked = query.clone();
    let select = asked.select_mut()?;
    select.items = vec![Item::new(inner)];
    select.filter = joined(conditions);
    select.distinct = false;
    asked.order_by.clear();
    let mut tied = false;
    crate::visit::each_expr_of_query(&asked, &mut |expr| {
        tied |=
            matches!(expr.kind, ExprKind::Column { source, .. } | ExprKind::RowId(source) if !within.contains(&source));
    });
    let plain = asked.select().is_some_and(|select| !fills_up(select));
    (!tied && plain).then(|| ExprKind::InQuery { operand: Box::new(outer), query: asked, negated: *negated })
}

/// The columns of an equation, that of the subquery first.
fn sides(tie: &Expr, is_tied: &dyn Fn(&Expr) -> bool) -> Option<(Expr, Expr)> {
    let (a, b) = equation(tie)?;
    place(a)?;
    place(b)?;
    match (is_tied(a), is_tied(b)) {
        (false, true) => Some((a.clone(), b.clone())),
        (true, false) => Some((b.clone(), a.clone())),
        _ => None,
    }
}

fn sources_within(query: &Query) -> Vec<SourceId> {
    let mut found = vec![];
    each_query(query, &mut |level| {
        found.extend(level.select().into_iter().flat_map(|select| select.from.iter().map(|source| source.id)));
    });
    found
}

/// Whether an outer join takes part: conditions then stand where they do for a reason.
fn fills_up(select: &Select) -> bool {
    select.from.iter().any(|source| !matches!(source.join, JoinKind::Cross | JoinKind::Inner))
}

/// Whether an index, a key or a unique constraint begins with a column.
pub(super) fn is_found_at_once(column: &Expr, facts: &Facts<'_>) -> bool {
    let Some(id) = place(column).and_then(|(source, column)| facts.table_column(source, column)) else { return false };
    let table = facts.ground.catalog.table(id.table);
    let mut lists = table.indexes.iter().chain(&table.unique).chain(std::iter::once(&table.primary_key));
    lists.any(|list| list.first() == Some(&id.column))
}
