//! UNION becomes UNION ALL where no row can be there twice, or where duplicates change nothing.
//!
//! UNION sorts or hashes all rows to find duplicates. There are none where each arm's rows differ from each other and some
//! output has one value in all rows of one arm and another in all rows of the other. And where the union is itself an arm of a
//! UNION, or is read by IN or EXISTS, duplicates change nothing, unless texts may be equal without being the same. Never in a
//! CTE that reads itself, where UNION is what ends it.

use schema::Value;

use crate::optimise::Rewrite;
use crate::optimise::facts::Facts;
use crate::optimise::ground::Affinity;
use crate::optimise::keys::are_distinct;
use crate::optimise::terms::{asked_for_one, each_expr_of_level, equation, is_limited, literal, met_by_all};
use crate::tree::{Body, Query, SetOp};
use crate::visit::arity;

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "union_all", title: "UNION becomes UNION ALL where no row is there twice", apply };

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    let is_union = matches!(query.body, Body::Set { op: SetOp::Union, all: false, .. });
    if let Body::Set { left, right, all, .. } = &mut query.body
        && is_union
    {
        if [&*left, &*right].into_iter().all(|arm| are_distinct(arm, facts)) && are_disjoint(left, right, facts) {
            *all = true;
            return Some(
                "No row is there twice: the arms differ in a constant, and each has no duplicates.".to_owned(),
            );
        }
        if facts.compares_bytes() && [left, right].into_iter().any(|arm| keep_all(arm)) {
            return Some("The outer UNION throws out the duplicates.".to_owned());
        }
    }
    let mut changed = false;
    each_expr_of_level(query, &mut |expr| {
        if let Some(query) = asked_for_one(expr, facts)
            && !changed
        {
            changed = keep_all(query);
        }
    });
    changed.then(|| "Whether a row is there does not depend on how often it is.".to_owned())
}

/// Makes a UNION one that keeps duplicates.
fn keep_all(query: &mut Query) -> bool {
    if is_limited(query) {
        return false;
    }
    match &mut query.body {
        Body::Set { op: SetOp::Union, all, .. } if !*all => {
            *all = true;
            true
        }
        _ => false,
    }
}

/// Whether some output differs between any row of one arm and any of the other.
fn are_disjoint(left: &Query, right: &Query, facts: &Facts<'_>) -> bool {
    facts.compares_bytes()
        && (0..arity(left)).any(|at| {
            let values = |arm| constants(arm, at, facts);
            let (Some(left), Some(right)) = (values(left), values(right)) else { return false };
            left.iter().all(|a| right.iter().all(|b| differ(a, b)))
        })
}

fn differ(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Text(a), Value::Text(b)) => a != b,
        (Value::Integer(a), Value::Integer(b)) => a != b,
        _ => false,
    }
}

/// The values that an output has, where each arm of a query has one there.
fn constants(query: &Query, at: usize, facts: &Facts<'_>) -> Option<Vec<Value>> {
    match &query.body {
        Body::Select(select) => {
            let shown = &select.items.get(at)?.expr;
            if let Some(value) = literal(shown) {
                return Some(vec![value.clone()]);
            }
            let holds = |value: &Value| match facts.affinity(shown) {
                Some(Affinity::Text) => matches!(value, Value::Text(_)),
                Some(Affinity::Numeric) => matches!(value, Value::Integer(_)),
                _ => false,
            };
            let fixed = met_by_all(select).into_iter().filter_map(equation).find_map(|(a, b)| match () {
                () if a == shown => literal(b),
                () if b == shown => literal(a),
                () => None,
            });
            fixed.filter(|value| holds(value)).map(|value| vec![value.clone()])
        }
        Body::Set { op: SetOp::Union, left, right, .. } => {
            let mut all = constants(left, at, facts)?;
            all.extend(constants(right, at, facts)?);
            Some(all)
        }
        _ => None,
    }
}
