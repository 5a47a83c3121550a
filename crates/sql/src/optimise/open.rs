//! Queries that are left as they are: SQL leaves open what they return, or they may fail on a row.
//!
//! Where a query's rows depend on the order in which the engine happens to find them, another way to write it may return
//! others, though neither is wrong: a LIMIT among rows that tie, numbers given to rows that tie, texts put together in no
//! order, a column that stands beside groups without being one of their keys. The outermost LIMIT may leave open which of the
//! tied rows are shown, as it did before. And what can fail on a row may be asked of other rows once conditions move.

use std::collections::HashSet;

use schema::Value;

use super::facts::{Facts, is_grouped, is_one_row};
use super::ground::Ground;
use super::keys::Known;
use super::terms::{Place, is_limited, literal, ordered_by, place, sources_in, written_out};
use crate::policy::is_quiet_here;
use crate::resolve::is_aggregate;
use crate::tree::{BinaryOp, Body, Call, Expr, ExprKind, Query, Select, SourceId};
use crate::visit::{Part, each_expr_here, each_expr_of_query, parts_of_expr, parts_of_query, parts_of_select};

/// Windows that number rows or pick one of them: rows that tie decide.
const BY_PLACE: [&str; 7] = ["ROW_NUMBER", "NTILE", "LAG", "LEAD", "FIRST_VALUE", "LAST_VALUE", "NTH_VALUE"];
/// Aggregates that put values one after another.
const IN_A_ROW: [&str; 6] =
    ["GROUP_CONCAT", "STRING_AGG", "JSON_GROUP_ARRAY", "JSON_GROUP_OBJECT", "JSONB_GROUP_ARRAY", "JSONB_GROUP_OBJECT"];

/// Why a query is left as it is, as a sentence for people; `None` where it may be rewritten.
pub fn left_open(query: &Query, ground: &Ground<'_>) -> Option<String> {
    let facts = Facts::of(query, ground);
    let mut reason = None;
    each_expr_of_query(query, &mut |expr| {
        if reason.is_none() && may_fail(expr) {
            reason = Some("It computes what can fail on a row, and rewriting could ask that of other rows.".to_owned());
        }
    });
    reason.or_else(|| level(query, &facts, true))
}

/// Whether the outermost LIMIT of a query cuts through rows that may tie, so that it may show some of them or others.
pub fn may_cut_ties(query: &Query, ground: &Ground<'_>) -> bool {
    is_limited(query) && !is_settled(query, &Facts::of(query, ground))
}

/// Whether an expression of its own can fail on a row; joining texts fails for huge ones only.
fn may_fail(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Binary(_, BinaryOp::Concat, _) => false,
        // Whether queries within come to an end has nothing to do with rows.
        kind if kind.subquery().is_some() => false,
        ExprKind::Call(call) if IN_A_ROW.contains(&call.function.as_str()) => false,
        _ => !is_quiet_here(expr),
    }
}

/// What one level leaves open, or one within it.
fn level(query: &Query, facts: &Facts<'_>, is_outermost: bool) -> Option<String> {
    if is_limited(query) && !is_settled(query, facts) && !(is_outermost && ties_are_seen(query)) {
        return Some("A LIMIT cuts rows off in an order that does not tell them all apart.".to_owned());
    }
    if let Some(reason) = query.select().and_then(|select| select_leaves(query, select, facts)) {
        return Some(reason);
    }
    let mut reason = None;
    parts_of_query(query, &mut |part| {
        if reason.is_none() {
            reason = match part {
                Part::Query(inner) => level(inner, facts, false),
                Part::Expr(expr) => within(expr, facts),
            };
        }
    });
    reason
}

fn within(expr: &Expr, facts: &Facts<'_>) -> Option<String> {
    if let ExprKind::Scalar(query) = &expr.kind
        && !gives_one(query, facts)
    {
        return Some("A subquery stands for one value and may find several rows.".to_owned());
    }
    let mut reason = None;
    parts_of_expr(expr, &mut |part| {
        if reason.is_none() {
            reason = match part {
                Part::Query(inner) => level(inner, facts, false),
                Part::Expr(inner) => within(inner, facts),
            };
        }
    });
    reason
}

/// Whether a scalar subquery's value does not depend on the order of its rows.
fn gives_one(query: &Query, facts: &Facts<'_>) -> bool {
    let Some(select) = query.select() else { return false };
    let none: [Place; 0] = [];
    let is_single = is_one_row(select)
        || select.from.is_empty()
        || !is_grouped(select) && Known::from(none, select, facts).is_all();
    is_single || !query.order_by.is_empty() && is_settled(query, facts)
}

/// Whether the order of a query's rows is the same whenever it runs, rows that are the same in all they show aside.
fn is_settled(query: &Query, facts: &Facts<'_>) -> bool {
    match &query.body {
        Body::Select(select) => {
            let order = ordered_by(&query.order_by, select);
            is_total(&order, select, facts) || shows_order(select.items.iter().map(|item| &item.expr), &order)
        }
        Body::Set { .. } => {
            let ordered: HashSet<u16> = query.order_by.iter().filter_map(|item| output(&item.expr)).collect();
            ordered.len() == crate::visit::arity(query)
        }
        Body::Values(_) => false,
    }
}

/// Whether all that is shown is also ordered by.
fn shows_order<'a>(mut shown: impl Iterator<Item = &'a Expr>, order: &[Expr]) -> bool {
    shown.all(|item| order.contains(item))
}

/// Whether an order tells all rows of a SELECT apart.
fn is_total(order: &[Expr], select: &Select, facts: &Facts<'_>) -> bool {
    if is_one_row(select) {
        return true;
    }
    if is_grouped(select) {
        return !select.group_by.is_empty()
            && select.group_by.iter().all(|key| order.contains(&written_out(key, select)));
    }
    // Rows that DISTINCT makes one are told apart by what is shown alone.
    !select.distinct && Known::from(order.iter().filter_map(place), select, facts).is_all()
}

/// Whether one who compares results can see which rows tie at the outermost limit.
fn ties_are_seen(query: &Query) -> bool {
    let is_plain = query.offset.is_none()
        && query.limit.as_ref().and_then(literal).is_some_and(|limit| matches!(limit, Value::Integer(0..)));
    let shown = |expr: &Expr| match &query.body {
        Body::Select(select) => {
            output(expr).is_some()
                || !select.distinct && !mentions_output(expr)
                || select.items.iter().any(|item| item.expr == *expr)
        }
        _ => output(expr).is_some(),
    };
    is_plain && !query.order_by.is_empty() && query.order_by.iter().all(|item| shown(&item.expr))
}

fn mentions_output(expr: &Expr) -> bool {
    let mut found = false;
    each_expr_here(expr, &mut |part| found |= output(part).is_some());
    found
}

fn output(expr: &Expr) -> Option<u16> {
    match expr.kind {
        ExprKind::Output(position) => Some(position),
        _ => None,
    }
}

/// What the outputs, groups and order of a SELECT leave open.
fn select_leaves(query: &Query, select: &Select, facts: &Facts<'_>) -> Option<String> {
    let mut reason = None;
    let mut look = |expr: &Expr| {
        each_expr_here(expr, &mut |part| {
            if let ExprKind::Call(call) = &part.kind
                && reason.is_none()
            {
                reason = call_leaves(call, select, facts).or_else(|| is_of_others(part, select).then(of_others));
            }
        });
    };
    parts_of_select(select, &mut |part| {
        if let Part::Expr(expr) = part {
            look(expr);
        }
    });
    query.order_by.iter().for_each(|item| look(&item.expr));
    if reason.is_none() && is_grouped(select) && has_bare_column(query, select, facts) {
        reason = Some("A column stands beside groups without being one of their keys.".to_owned());
    }
    reason
}

/// Whether an expression is an aggregate of nothing but columns of queries around this one: it is theirs then, and makes one
/// row of their rows.
fn is_of_others(expr: &Expr, select: &Select) -> bool {
    let sources = sources_in(expr);
    let is_own = |id: &SourceId| select.from.iter().any(|source| source.id == *id);
    matches!(&expr.kind, ExprKind::Call(call) if is_aggregate(call))
        && !sources.is_empty()
        && !sources.iter().any(is_own)
}

fn of_others() -> String {
    "An aggregate within a subquery sums up the rows of the query around it.".to_owned()
}

fn call_leaves(call: &Call, select: &Select, facts: &Facts<'_>) -> Option<String> {
    let name = call.function.as_str();
    let Some(window) = &call.over else {
        return IN_A_ROW
            .contains(&name)
            .then(|| format!("{name} puts values together in the order in which they are found."));
    };
    let by_place = BY_PLACE.contains(&name)
        || IN_A_ROW.contains(&name)
        || window.frame.as_ref().is_some_and(|frame| frame.to_ascii_uppercase().starts_with("ROWS"));
    let order: Vec<Expr> =
        window.partition_by.iter().chain(window.order_by.iter().map(|item| &item.expr)).cloned().collect();
    (by_place && !is_total(&order, select, facts))
        .then(|| format!("{name} depends on the order of rows that its window does not tell apart."))
}

/// Whether a grouped SELECT shows a column, or orders or chooses groups by one, that its keys do not tell.
fn has_bare_column(query: &Query, select: &Select, facts: &Facts<'_>) -> bool {
    let keys: Vec<Expr> = select.group_by.iter().map(|key| written_out(key, select)).collect();
    let known = Known::from(keys.iter().filter_map(place), select, facts);
    let own: HashSet<_> = select.from.iter().map(|source| source.id).collect();
    let having = select.having.iter().map(|having| written_out(having, select));
    let order = ordered_by(&query.order_by, select);
    let all = select.items.iter().map(|item| item.expr.clone()).chain(having).chain(order);
    all.into_iter().any(|expr| {
        is_bare(&expr, &keys, &|expr| match expr.kind {
            // The one group of all rows is there without any, and its columns are NULL then.
            ExprKind::Column { source, column } => {
                own.contains(&source) && (select.group_by.is_empty() || !known.has((source, column)))
            }
            ExprKind::RowId(source) => own.contains(&source),
            _ => false,
        })
    })
}

/// Whether an expression speaks of what `is_loose` outside of aggregates and group keys.
fn is_bare(expr: &Expr, keys: &[Expr], is_loose: &dyn Fn(&Expr) -> bool) -> bool {
    if keys.contains(expr) {
        return false;
    }
    if matches!(&expr.kind, ExprKind::Call(call) if is_aggregate(call)) {
        return false;
    }
    let mut found = is_loose(expr);
    parts_of_expr(expr, &mut |part| match part {
        Part::Expr(inner) => found |= is_bare(inner, keys, is_loose),
        // A subquery's own columns are not this level's.
        Part::Query(inner) => each_expr_of_query(inner, &mut |inner| found |= is_loose(inner)),
    });
    found
}
