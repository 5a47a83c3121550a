//! Conditions that always hold are left out, and so is a condition that stands there twice; where one never holds, it stands
//! alone.
//!
//! WHERE and HAVING keep the rows for which the whole is true. `x AND 1` is true where x is, `x AND x` too, and `x AND 0`
//! nowhere. In the condition of an outer join the same holds of which rows match. HAVING that would be left empty stays where
//! nothing else groups: it makes one group of all rows.

use crate::optimise::Rewrite;
use crate::optimise::facts::Facts;
use crate::optimise::terms::{joined, taken_apart, truth};
use crate::tree::{Expr, JoinKind, Query, Select};
use schema::Value;

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "constant_condition", title: "a condition that says nothing is left out", apply };

fn apply(query: &mut Query, _: &Facts<'_>) -> Option<String> {
    let select = query.select_mut()?;
    let groups = !select.group_by.is_empty();
    let reason = thin(&mut select.filter, true);
    let reason = reason.or_else(|| thin(&mut select.having, groups));
    reason.or_else(|| of_joins(select))
}

fn of_joins(select: &mut Select) -> Option<String> {
    let inner = |join| matches!(join, JoinKind::Cross | JoinKind::Inner);
    select.from.iter_mut().find_map(|source| thin(&mut source.on, inner(source.join)))
}

/// Leaves out what says nothing; the last condition only where the clause `may_go`.
fn thin(condition: &mut Option<Expr>, may_go: bool) -> Option<String> {
    let all = taken_apart(condition);
    if all.len() > 1 && all.iter().any(|one| truth(one) == Some(false)) {
        *condition = Some(Expr::value(Value::Integer(0)));
        return Some("One of the conditions never holds, so the others change nothing.".to_owned());
    }
    let mut kept: Vec<Expr> = vec![];
    for one in &all {
        if truth(one) != Some(true) && !kept.contains(one) {
            kept.push(one.clone());
        }
    }
    if kept.len() == all.len() || kept.is_empty() && !may_go {
        return None;
    }
    *condition = joined(kept);
    Some("A condition that always holds, or that stands there twice, keeps no row away.".to_owned())
}
