//! ORDER BY goes where nobody sees the order: in IN and EXISTS, in arms of set operations, and in derived tables and CTEs
//! whose reader joins, groups, sorts or makes distinct.
//!
//! A LIMIT or OFFSET needs its order. A query that reads one derived table and does nothing else with its rows shows them in
//! that table's order, which SQL does not promise but people lean on: there it stays. What puts values in a row or takes the
//! first row has been ruled out before ([`crate::optimise::open`]), but for a subquery that stands for one value.

use crate::optimise::Rewrite;
use crate::optimise::facts::{Facts, is_grouped};
use crate::optimise::terms::{each_expr_of_level, is_limited};
use crate::tree::{Body, ExprKind, Query, Select, SourceKind};
use crate::visit::each_query;

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "needless_order", title: "ORDER BY goes where nobody sees the order", apply };

const REASON: &str = "Whoever reads these rows does not look at their order.";

fn apply(query: &mut Query, _: &Facts<'_>) -> Option<String> {
    let changed = of_arms(query) || of_conditions(query) || of_derived(query) || of_ctes(query);
    changed.then(|| REASON.to_owned())
}

fn of_arms(query: &mut Query) -> bool {
    match &mut query.body {
        Body::Set { left, right, .. } => [left, right].into_iter().any(|arm| drop_order(arm)),
        _ => false,
    }
}

fn of_conditions(query: &mut Query) -> bool {
    let mut dropped = false;
    each_expr_of_level(query, &mut |expr| {
        if let ExprKind::InQuery { query, .. } | ExprKind::Exists { query, .. } = &mut expr.kind
            && !dropped
        {
            dropped = drop_order(query);
        }
    });
    dropped
}

fn of_derived(query: &mut Query) -> bool {
    let is_sorted = !query.order_by.is_empty();
    let Some(select) = query.select_mut() else { return false };
    if !is_sorted && !forgets_order(select) {
        return false;
    }
    select.from.iter_mut().any(|source| match &mut source.kind {
        SourceKind::Derived { query, .. } => drop_order(query),
        _ => false,
    })
}

fn of_ctes(query: &mut Query) -> bool {
    let names: Vec<String> = query.with.iter().map(|cte| cte.name.clone()).collect();
    let free: Vec<bool> = names.iter().map(|name| is_read_in_any_order(query, name)).collect();
    query.with.iter_mut().zip(free).any(|(cte, free)| free && !cte.recursive && drop_order(&mut cte.query))
}

/// Whether each query that reads a CTE of this name forgets the order.
fn is_read_in_any_order(query: &Query, name: &str) -> bool {
    let mut free = true;
    each_query(query, &mut |level| {
        let Some(select) = level.select() else { return };
        let reads = select.from.iter().any(
            |source| matches!(&source.kind, SourceKind::Cte { name: read, .. } if read.eq_ignore_ascii_case(name)),
        );
        free &= !reads || !level.order_by.is_empty() || forgets_order(select);
    });
    free
}

fn forgets_order(select: &Select) -> bool {
    select.from.len() > 1 || select.distinct || is_grouped(select)
}

fn drop_order(query: &mut Query) -> bool {
    let drops = !query.order_by.is_empty() && !is_limited(query);
    if drops {
        query.order_by.clear();
    }
    drops
}
