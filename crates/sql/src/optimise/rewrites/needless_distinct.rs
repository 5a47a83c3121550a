//! DISTINCT goes where no two rows can be the same, and where whoever reads the rows does not count them.
//!
//! Rows differ where what they show tells the rows of every source apart: a key of each, or of one from which the others
//! follow by their keys; or where they are groups shown with all their keys; or where there is one row only. IN and EXISTS ask
//! whether a row is there, and UNION, INTERSECT and EXCEPT throw duplicates out themselves. A LIMIT counts rows, so beneath
//! one DISTINCT stays. Where texts may be equal without being the same, keys prove nothing, and which of several equal texts
//! DISTINCT keeps is seen by whoever compares them in another way: only EXISTS does not care.

use crate::optimise::Rewrite;
use crate::optimise::facts::Facts;
use crate::optimise::keys::rows_differ;
use crate::optimise::terms::{asked_for_one, each_expr_of_level, is_limited};
use crate::tree::{Body, Query};

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "needless_distinct", title: "DISTINCT goes where no row is there twice", apply };

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    if let Some(select) = query.select_mut()
        && select.distinct
        && rows_differ(select, facts)
    {
        select.distinct = false;
        return Some("What is shown tells all rows apart, so none is there twice.".to_owned());
    }
    if let Body::Set { all: false, left, right, .. } = &mut query.body
        && facts.compares_bytes()
        && [left, right].into_iter().any(|arm| drop_distinct(arm))
    {
        return Some("The set operation throws out duplicates itself.".to_owned());
    }
    let mut dropped = false;
    each_expr_of_level(query, &mut |expr| {
        if let Some(query) = asked_for_one(expr, facts)
            && !dropped
        {
            dropped = drop_distinct(query);
        }
    });
    dropped.then(|| "Whether a row is there does not depend on how often it is.".to_owned())
}

fn drop_distinct(query: &mut Query) -> bool {
    let limited = is_limited(query);
    let select = query.select_mut().filter(|select| select.distinct && !limited);
    select.map(|select| select.distinct = false).is_some()
}
