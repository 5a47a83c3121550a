//! A table that is joined to itself over its own key is read once.
//!
//! Where a key of one use equals the same key of another, both are the same row, and each column of the second is that column
//! of the first. The key must be one that is never NULL, since NULL equals nothing: a row with such a key would find no partner.
//! Neither use may stand where an outer join fills it up.

use std::collections::HashMap;

use crate::optimise::Rewrite;
use crate::optimise::facts::{Facts, keeps_right};
use crate::optimise::terms::{equation, joined, met_by_all, place, taken_apart};
use crate::tree::{Expr, ExprKind, JoinKind, Query, Select, SourceId};
use crate::visit::each_expr_mut;

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "duplicate_join", title: "a table joined to itself over its key is read once", apply };

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    let select = query.select()?;
    let (first, second) = twins(select, facts)?;
    let name = facts.name(second).to_owned();
    let at = select.from.iter().position(|source| source.id == second)?;
    let select = query.select_mut()?;
    let removed = select.from.remove(at);
    // What tied the removed use to others is asked of all rows.
    let mut conditions = taken_apart(&removed.on);
    conditions.extend(taken_apart(&select.filter));
    select.filter = joined(conditions);
    each_expr_mut(query, &mut |expr| {
        if let ExprKind::Column { source, .. } | ExprKind::RowId(source) = &mut expr.kind
            && *source == second
        {
            *source = first;
        }
    });
    let select = query.select_mut()?;
    select.filter =
        joined(taken_apart(&select.filter).into_iter().filter(|one| !is_itself(one, first, facts)).collect());
    Some(format!("{name} is the same row as {} each time, found by its key.", facts.name(first)))
}

/// Two uses of one table that a key makes the same row, neither of which an outer join fills up.
fn twins(select: &Select, facts: &Facts<'_>) -> Option<(SourceId, SourceId)> {
    if keeps_right(&select.from) {
        return None;
    }
    let mut equal: HashMap<(SourceId, SourceId), Vec<u16>> = HashMap::new();
    for (a, b) in met_by_all(select).into_iter().filter_map(equation) {
        let (Some(a), Some(b)) = (place(a), place(b)) else { continue };
        if a.1 == b.1 {
            equal.entry((a.0.min(b.0), a.0.max(b.0))).or_default().push(a.1);
        }
    }
    let at = |id: SourceId| select.from.iter().position(|source| source.id == id);
    let is_inner = |at: usize| matches!(select.from[at].join, JoinKind::Cross | JoinKind::Inner);
    let mut found: Vec<(usize, usize)> = vec![];
    for ((a, b), columns) in &equal {
        let (Some(i), Some(j)) = (at(*a), at(*b)) else { continue };
        let table = facts.table(*a).filter(|table| facts.table(*b) == Some(*table));
        let is_key = |key: &&[u16]| {
            let column = |c: &u16| facts.table_column(*a, *c).is_some_and(|id| facts.ground.is_never_null(id));
            key.iter().all(|c| columns.contains(c) && column(c))
        };
        let same_row = table.is_some_and(|table| facts.ground.keys(table).iter().any(is_key));
        if same_row && is_inner(i) && is_inner(j) && i != j {
            found.push((i.min(j), i.max(j)));
        }
    }
    let (first, second) = found.into_iter().min()?;
    Some((select.from[first].id, select.from[second].id))
}

/// `x = x` of a column that is never NULL.
fn is_itself(condition: &Expr, of: SourceId, facts: &Facts<'_>) -> bool {
    equation(condition)
        .is_some_and(|(a, b)| a == b && place(a).is_some_and(|place| place.0 == of) && facts.is_never_null(a))
}
