//! IN of a subquery over one table whose column an index finds at once becomes EXISTS, so that each row looks up its partner
//! instead of collecting them all.
//!
//! `t.y IN (SELECT u.x FROM u WHERE p)` asks for a row of u with x = t.y and p. Where no such row is there IN may say NULL and
//! EXISTS says false: only in conditions for which both are the same, and NOT IN only where neither side is ever NULL. The
//! subquery must have a condition of its own, no groups and no limit; without a condition SQLite looks into the index anyway.

use schema::Value;

use super::exists_to_in::is_found_at_once;
use crate::optimise::Rewrite;
use crate::optimise::facts::{Facts, is_grouped};
use crate::optimise::terms::{each_test, is_limited, place};
use crate::tree::{BinaryOp, Expr, ExprKind, Item, Query};

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "in_to_exists", title: "IN over an indexed column becomes EXISTS", apply };

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    let mut changed = None;
    each_test(query, &mut |condition| {
        if let Some((exists, name)) = as_exists(condition, facts) {
            condition.kind = exists;
            changed = Some(name);
        }
    });
    changed.map(|name| format!("An index finds {name} at once, so not all of its values need be collected."))
}

fn as_exists(condition: &Expr, facts: &Facts<'_>) -> Option<(ExprKind, String)> {
    let ExprKind::InQuery { operand, query, negated } = &condition.kind else { return None };
    let select = query.select().filter(|select| !is_grouped(select) && !is_limited(query) && query.with.is_empty())?;
    let ([_], [item], Some(filter)) = (select.from.as_slice(), select.items.as_slice(), &select.filter) else {
        return None;
    };
    let (source, column) = place(&item.expr)?;
    place(operand)?;
    if !facts.compare_alike(&item.expr, operand) || !is_found_at_once(&item.expr, facts) {
        return None;
    }
    if *negated && !(facts.is_never_null(&item.expr) && facts.is_never_null(operand)) {
        return None;
    }
    let tie = item.expr.clone().binary(BinaryOp::Eq, (**operand).clone());
    let filter = tie.and(filter.clone());
    let mut asked = query.clone();
    let inner = asked.select_mut()?;
    inner.items = vec![Item::new(Expr::value(Value::Integer(1)))];
    inner.filter = Some(filter);
    inner.distinct = false;
    asked.order_by.clear();
    Some((ExprKind::Exists { query: asked, negated: *negated }, facts.column_name(source, column)))
}
