//! A LEFT JOIN that adds no column that anyone reads, and finds one row at most, is left out.
//!
//! Where the joined source is found by one of its keys, each row has one partner or none, and a LEFT JOIN keeps it either way.
//! A JOIN also throws away rows without a partner: not even a foreign key says that there are none, since SQLite does not
//! enforce them unless it is told to. So only LEFT JOINs go.

use crate::optimise::Rewrite;
use crate::optimise::facts::{Facts, keeps_right};
use crate::optimise::keys::finds_one;
use crate::optimise::terms::{mentions, mentions_in};
use crate::tree::{JoinKind, Query};

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "needless_join", title: "a LEFT JOIN that adds nothing is left out", apply };

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    let select = query.select()?;
    if keeps_right(&select.from) {
        return None;
    }
    let adds_nothing = |source: &crate::tree::Source| {
        let own = source.on.as_ref().map_or(0, |on| mentions_in(on, source.id));
        source.join == JoinKind::Left && mentions(query, source.id) == own && finds_one(source, select, facts)
    };
    let at = select.from.iter().position(adds_nothing)?;
    let removed = query.select_mut()?.from.remove(at);
    let name = facts.name(removed.id);
    Some(format!("No column of {name} is read, and each row finds one row of it at most, by its key."))
}
