//! `*` becomes the columns that it stands for, so that a column added to a table later does not change the result.
//!
//! The tree holds what `*` stands for, in its order; only the mark is taken away. Within EXISTS a `*` names nothing, and
//! stays.

use crate::optimise::Rewrite;
use crate::optimise::facts::Facts;
use crate::tree::Query;

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "select_star", title: "* becomes the columns it stands for", apply };

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    let select = query.select_mut()?;
    let is_asked_for_rows_alone = select.from.iter().any(|source| facts.is_within_exists(source.id));
    if is_asked_for_rows_alone || !select.items.iter().any(|item| item.from_star) {
        return None;
    }
    select.items.iter_mut().for_each(|item| item.from_star = false);
    Some("The columns are named, so that a new column of a table changes nothing here.".to_owned())
}
