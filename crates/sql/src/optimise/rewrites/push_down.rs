//! A condition on a derived table alone, or on a CTE that is read once, moves into it, so that fewer rows are grouped, sorted
//! or joined.
//!
//! Rows that the condition throws out later are thrown out before. Where the subquery groups, only conditions on its keys move,
//! which keep or leave out whole groups. Beneath a LIMIT or a window the rows left out would have counted; beside an outer join
//! that fills the source up, the condition is asked of rows that the subquery does not have. Only outputs that are columns as
//! they stand take part: they are compared inside as they were outside.

use crate::optimise::Rewrite;
use crate::optimise::facts::{Facts, is_one_row, keeps_right};
use crate::optimise::ground::Affinity;
use crate::optimise::terms::{asks, is_limited, joined, sources_in, taken_apart, written_out};
use crate::tree::{Body, Expr, ExprKind, JoinKind, Query, Select, SourceId, SourceKind};
use crate::visit::{each_expr_here, each_select, rewrite_expr};

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "push_down", title: "conditions move into the subquery they are about", apply };

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    let select = query.select()?;
    if keeps_right(&select.from) {
        return None;
    }
    let sources = select.from.iter().filter(|source| matches!(source.join, JoinKind::Cross | JoinKind::Inner));
    let sources: Vec<SourceId> = sources.map(|source| source.id).collect();
    sources.into_iter().find_map(|source| push_into(query, source, facts))
}

fn push_into(query: &mut Query, source: SourceId, facts: &Facts<'_>) -> Option<String> {
    let select = query.select()?;
    let conditions = taken_apart(&select.filter);
    let is_about = |condition: &Expr| sources_in(condition).iter().eq([&source]) && !asks(condition);
    let inner = inner_query(query, source)?.clone();
    let at = conditions.iter().position(|condition| is_about(condition) && may_enter(condition, &inner, facts))?;
    let mut left = conditions;
    let moved = left.remove(at);
    enter(&moved, inner_query_mut(query, source)?);
    query.select_mut()?.filter = joined(left);
    Some(format!("The condition is about {} alone, so its rows are left out where they are found.", facts.name(source)))
}

/// The query of a derived table, or of a CTE of this level that nothing else reads.
fn inner_query(query: &Query, source: SourceId) -> Option<&Query> {
    let found = query.select()?.from.iter().find(|known| known.id == source)?;
    match &found.kind {
        SourceKind::Derived { query, .. } => Some(query),
        SourceKind::Cte { name, .. } => {
            let is_named = |cte: &&crate::tree::Cte| cte.name.eq_ignore_ascii_case(name);
            let cte = query.with.iter().find(is_named).filter(|cte| !cte.recursive)?;
            (reads(query, name) == 1).then_some(&*cte.query)
        }
        SourceKind::Table(_) => None,
    }
}

fn inner_query_mut(query: &mut Query, source: SourceId) -> Option<&mut Query> {
    let found = query.select()?.from.iter().find(|known| known.id == source)?;
    if let SourceKind::Cte { name, .. } = &found.kind {
        let name = name.clone();
        return query.with.iter_mut().find(|cte| cte.name.eq_ignore_ascii_case(&name)).map(|cte| &mut *cte.query);
    }
    let found = query.select_mut()?.from.iter_mut().find(|known| known.id == source)?;
    match &mut found.kind {
        SourceKind::Derived { query, .. } => Some(query),
        _ => None,
    }
}

/// How often CTEs of a name are read or made.
fn reads(query: &Query, name: &str) -> usize {
    let mut count = 0;
    each_select(query, &mut |select| {
        let named =
            |kind: &SourceKind| matches!(kind, SourceKind::Cte { name: read, .. } if read.eq_ignore_ascii_case(name));
        count += select.from.iter().filter(|source| named(&source.kind)).count();
    });
    let mut made = 0;
    crate::visit::each_query(query, &mut |level| {
        made += level.with.iter().filter(|cte| cte.name.eq_ignore_ascii_case(name)).count();
    });
    count + made - 1
}

/// Whether leaving out a query's rows by a condition on its outputs is the same before and after it is done with them.
fn may_enter(condition: &Expr, query: &Query, facts: &Facts<'_>) -> bool {
    if is_limited(query) || !facts.compares_bytes() {
        return false;
    }
    match &query.body {
        Body::Select(select) => {
            let columns = outputs_of(condition);
            !is_one_row(select) && !has_window(select) && columns.iter().all(|column| is_plain(*column, select, facts))
        }
        // What the columns of a set operation are compared by is not that of each arm.
        Body::Set { .. } | Body::Values(_) => false,
    }
}

/// Whether an output is a column of the subquery's own sources, and one of its group keys where it has some.
fn is_plain(column: u16, select: &Select, facts: &Facts<'_>) -> bool {
    let Some(item) = select.items.get(usize::from(column)) else { return false };
    let ExprKind::Column { source, .. } = item.expr.kind else { return false };
    let own = select.from.iter().any(|known| known.id == source);
    let is_key = || {
        let typed = matches!(facts.affinity(&item.expr), Some(Affinity::Text | Affinity::Numeric));
        typed && select.group_by.iter().any(|key| written_out(key, select) == item.expr)
    };
    own && facts.affinity(&item.expr).is_some() && (select.group_by.is_empty() && select.having.is_none() || is_key())
}

fn has_window(select: &Select) -> bool {
    let mut found = false;
    for expr in select.items.iter().map(|item| &item.expr).chain(&select.having) {
        each_expr_here(expr, &mut |part| found |= matches!(&part.kind, ExprKind::Call(call) if call.over.is_some()));
    }
    found
}

/// The positions of the outputs that a condition on one source speaks of; a row id is none.
fn outputs_of(condition: &Expr) -> Vec<u16> {
    let mut found = vec![];
    each_expr_here(condition, &mut |part| match part.kind {
        ExprKind::Column { column, .. } => found.push(column),
        ExprKind::RowId(_) => found.push(u16::MAX),
        _ => {}
    });
    found
}

fn enter(condition: &Expr, query: &mut Query) {
    let Some(select) = query.select_mut() else { return };
    let mut condition = condition.clone();
    rewrite_expr(&mut condition, &mut |part| {
        if let ExprKind::Column { column, .. } = part.kind
            && let Some(item) = select.items.get(usize::from(column))
        {
            *part = item.expr.clone();
        }
    });
    let mut filter = taken_apart(&select.filter);
    filter.push(condition);
    select.filter = joined(filter);
}
