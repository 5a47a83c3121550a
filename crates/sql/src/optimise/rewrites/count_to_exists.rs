//! `(SELECT COUNT(*) …) > 0` becomes EXISTS, which stops at the first row.
//!
//! A count of rows is over 0 exactly where there is a row; both are 1 or 0 and never NULL. The counting query must count all
//! rows it finds: no groups, no HAVING, no FILTER, no DISTINCT, no LIMIT, and a column only where it is never NULL.

use schema::Value;

use crate::optimise::Rewrite;
use crate::optimise::facts::Facts;
use crate::optimise::terms::{each_expr_of_level, is_limited, literal};
use crate::tree::{BinaryOp, Expr, ExprKind, Item, Query};

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "count_to_exists", title: "a count that is compared with 0 becomes EXISTS", apply };

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    let mut changed = false;
    each_expr_of_level(query, &mut |expr| {
        if let Some(exists) = as_exists(expr, facts) {
            expr.kind = exists;
            changed = true;
        }
    });
    changed.then(|| "Whether there is a row is known at the first one; counting reads them all.".to_owned())
}

fn as_exists(expr: &Expr, facts: &Facts<'_>) -> Option<ExprKind> {
    use BinaryOp::{Eq, Gt, GtEq, Lt, LtEq, NotEq};
    let ExprKind::Binary(a, op, b) = &expr.kind else { return None };
    let (counted, op, bound) = match (&a.kind, &b.kind) {
        (ExprKind::Scalar(query), _) => (query, *op, literal(b)?),
        (_, ExprKind::Scalar(query)) => (query, op.turned(), literal(a)?),
        _ => return None,
    };
    let Value::Integer(bound) = bound else { return None };
    let negated = match (op, bound) {
        (Gt | NotEq, 0) | (GtEq, 1) => false,
        (Eq | LtEq, 0) | (Lt, 1) => true,
        _ => return None,
    };
    counts_rows(counted, facts).then(|| {
        let mut query = counted.clone();
        if let Some(select) = query.select_mut() {
            select.items = vec![Item::new(Expr::value(Value::Integer(1)))];
            select.distinct = false;
        }
        query.order_by.clear();
        ExprKind::Exists { query, negated }
    })
}

/// Whether a query shows how many rows it finds, and nothing else.
fn counts_rows(query: &Query, facts: &Facts<'_>) -> bool {
    let Some(select) = query.select() else { return false };
    let [item] = select.items.as_slice() else { return false };
    let ExprKind::Call(call) = &item.expr.kind else { return false };
    let counts_all = call.args.iter().all(|argument| facts.is_never_null(argument));
    let is_plain = call.function == "COUNT" && !call.distinct && call.filter.is_none() && call.over.is_none();
    let is_whole = select.group_by.is_empty() && select.having.is_none() && !is_limited(query);
    is_plain && counts_all && is_whole && !select.from.is_empty()
}
