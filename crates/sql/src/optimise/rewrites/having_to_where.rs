//! A condition of HAVING on group keys alone moves to WHERE, so that rows are left out before they are grouped.
//!
//! All rows of a group share its keys, so the condition holds for all of them or for none: left out before or after, the same
//! groups are left. A condition with an aggregate or window stays, and so does one on a key whose equal values may be unlike
//! otherwise (`1` and `1.0` in a column without a type). Without GROUP BY there is one group, which HAVING may throw away and
//! WHERE may not.

use crate::optimise::Rewrite;
use crate::optimise::facts::Facts;
use crate::optimise::ground::Affinity;
use crate::optimise::terms::{asks, joined, place, taken_apart, written_out};
use crate::tree::{Expr, ExprKind, Query, Select};
use crate::visit::each_expr_here;

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "having_to_where", title: "conditions on group keys move from HAVING to WHERE", apply };

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    let select = query.select_mut()?;
    if select.group_by.is_empty() || select.having.is_none() {
        return None;
    }
    let having = select.having.as_ref().map(|having| written_out(having, select));
    let (moved, kept): (Vec<Expr>, Vec<Expr>) =
        taken_apart(&having).into_iter().partition(|condition| is_of_keys(condition, select, facts));
    if moved.is_empty() {
        return None;
    }
    let mut filter = taken_apart(&select.filter);
    filter.extend(moved);
    select.filter = joined(filter);
    select.having = joined(kept);
    Some("A condition on group keys holds for all rows of a group or for none.".to_owned())
}

/// Whether a condition speaks of nothing but group keys that are columns.
fn is_of_keys(condition: &Expr, select: &Select, facts: &Facts<'_>) -> bool {
    let keys: Vec<Expr> = select.group_by.iter().map(|key| written_out(key, select)).collect();
    let is_plain = |key: &Expr| matches!(facts.affinity(key), Some(Affinity::Text | Affinity::Numeric));
    let (mut fits, mut columns) = (!asks(condition) && facts.compares_bytes(), 0);
    each_expr_here(condition, &mut |expr| match &expr.kind {
        ExprKind::Column { .. } => {
            columns += usize::from(place(expr).is_some());
            fits &= keys.contains(expr) && is_plain(expr);
        }
        ExprKind::Call(call) => fits &= call.over.is_none() && !crate::resolve::is_aggregate(call),
        ExprKind::RowId(_) | ExprKind::Output(_) => fits = false,
        _ => {}
    });
    fits && columns > 0
}
