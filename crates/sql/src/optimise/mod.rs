//! Queries that return the same rows in another way: fewer joins, sorts and subqueries, conditions where they help.
//!
//! The rows are the same as a multiset, and in the same order where ORDER BY asks for one. What proves that are keys, NOT
//! NULL and the definitions of the tables ([`Ground`]); where a query's rows depend on the order in which an engine finds
//! them ([`left_open`]), nothing is rewritten, since any other way could return others.
//!
//! Suggested reading order:
//! * [`ground`]: what the engine itself promises of the tables.
//! * [`open`]: which queries are left as they are.
//! * `facts`, `keys`, `nulls`, `terms`: what rewrites ask of a query.
//! * [`days`]: how a column stores its days; [`indexes`]: which indexes a query could use.
//! * `rewrites`: one file each: what it does, why it keeps the rows, when it may not.

pub mod days;
mod facts;
pub mod ground;
pub mod indexes;
mod keys;
mod nulls;
pub mod open;
mod rewrites;
mod terms;

use schema::Catalog;

use crate::print::readable;
use crate::tree::{JoinKind, Query};
use crate::visit::{PartMut, each_query_mut, parts_of_expr_mut, parts_of_query_mut};

use facts::Facts;
pub use ground::Ground;
pub use open::{left_open, may_cut_ties};
pub use rewrites::REWRITES;

/// One way to write a query otherwise.
pub struct Rewrite {
    /// Its name, as one finds its file.
    pub name: &'static str,
    /// What it does, in a few words.
    pub title: &'static str,
    /// Changes one level of a query in one place, and says why that keeps the rows; `None` leaves the level as it was.
    apply: fn(&mut Query, &Facts<'_>) -> Option<String>,
}

impl std::fmt::Debug for Rewrite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// A query rewritten in one place.
#[derive(Debug, Clone)]
pub struct Step {
    /// What was done.
    pub rewrite: &'static Rewrite,
    /// Why it keeps the rows, as a sentence for people.
    pub reason: String,
    /// The whole query as it is then.
    pub query: Query,
}

/// More steps than a query has places to rewrite: what stops here would not have stopped.
const MOST_STEPS: usize = 64;

/// The first rewrite that applies to a query, of those that `may`.
pub fn next(query: &Query, ground: &Ground<'_>, may: &dyn Fn(&Rewrite) -> bool) -> Option<Step> {
    if left_open(query, ground).is_some() {
        return None;
    }
    let facts = Facts::of(query, ground);
    let mut query = query.clone();
    for rewrite in REWRITES.iter().filter(|rewrite| may(rewrite)) {
        let mut reason = None;
        each_level(&mut query, &mut |level| {
            if reason.is_none() {
                reason = (rewrite.apply)(level, &facts);
            }
        });
        if let Some(reason) = reason {
            return Some(Step { rewrite, reason, query });
        }
    }
    None
}

/// Every rewrite of a query, each applied to what the one before made of it.
pub fn steps(query: &Query, ground: &Ground<'_>) -> Vec<Step> {
    let mut steps: Vec<Step> = vec![];
    while let Some(step) = next(steps.last().map_or(query, |last| &last.query), ground, &|_| true) {
        steps.push(step);
        if steps.len() == MOST_STEPS {
            break;
        }
    }
    steps
}

/// A rewritten query for reading. Tables stand beside each other as JOIN without a condition, not as CROSS JOIN, which
/// SQLite takes for an order to read them in.
pub fn text(query: &Query, catalog: &Catalog) -> String {
    let mut query = query.clone();
    each_query_mut(&mut query, &mut |level| {
        let sources = level.select_mut().into_iter().flat_map(|select| select.from.iter_mut().skip(1));
        for source in sources.filter(|source| source.join == JoinKind::Cross) {
            source.join = JoinKind::Inner;
        }
    });
    readable(&query, catalog)
}

/// Calls `f` with every level of a query but those of CTEs that read themselves: what such a one returns decides what it
/// reads next.
fn each_level(query: &mut Query, f: &mut dyn FnMut(&mut Query)) {
    f(query);
    let recursive: Vec<bool> = query.with.iter().map(|cte| cte.recursive).collect();
    let mut ctes = recursive.into_iter();
    parts_of_query_mut(query, &mut |part| match part {
        PartMut::Expr(expr) => each_level_within(expr, f),
        // CTEs come first.
        PartMut::Query(inner) if ctes.next() != Some(true) => each_level(inner, f),
        PartMut::Query(_) => {}
    });
}

fn each_level_within(expr: &mut crate::tree::Expr, f: &mut dyn FnMut(&mut Query)) {
    parts_of_expr_mut(expr, &mut |part| match part {
        PartMut::Expr(inner) => each_level_within(inner, f),
        PartMut::Query(inner) => each_level(inner, f),
    });
}
