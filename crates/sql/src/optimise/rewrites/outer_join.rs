//! LEFT JOIN becomes JOIN where a condition of WHERE, or of a later inner join, throws out every row that the outer join
//! filled up with NULLs.
//!
//! A row without a partner has NULL in all columns of the joined source. Where some condition that every row has to meet cannot
//! be true of such a row, only rows with partners are left, and those a JOIN gives too. The engine may then begin with either
//! side. Not beside RIGHT or FULL joins, which give rows that no earlier condition saw.

use crate::optimise::Rewrite;
use crate::optimise::facts::{Facts, keeps_right};
use crate::optimise::nulls::rejects;
use crate::tree::{Expr, JoinKind, Query, SourceId};

pub(super) const REWRITE: Rewrite =
    Rewrite { name: "outer_join", title: "LEFT JOIN becomes JOIN where WHERE asks for a partner", apply };

fn apply(query: &mut Query, facts: &Facts<'_>) -> Option<String> {
    let select = query.select_mut()?;
    if keeps_right(&select.from) {
        return None;
    }
    let refused = |at: usize, source: SourceId| {
        let later =
            select.from[at + 1..].iter().filter(|later| matches!(later.join, JoinKind::Inner | JoinKind::Cross));
        let conditions = later.filter_map(|later| later.on.as_ref()).chain(&select.filter);
        conditions.flat_map(Expr::conjuncts).any(|condition| rejects(condition, source))
    };
    let left = |(at, source): &(usize, &crate::tree::Source)| source.join == JoinKind::Left && refused(*at, source.id);
    let (at, source) = select.from.iter().enumerate().find(left)?;
    let name = facts.name(source.id).to_owned();
    select.from[at].join = JoinKind::Inner;
    Some(format!("A condition holds only where there is a row of {name}, so a JOIN finds the same rows."))
}
