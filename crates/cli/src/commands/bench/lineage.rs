//! What we say that queries read, beside what SQLite's authorizer says.

use std::collections::BTreeSet;

use schema::Catalog;
use sql::{Dialect, lineage, parse};

use super::corpus::{Ground, grounds, sizes};
use super::{Args, Figure, Measured};
use crate::context::Context;

/// `table.column` in lower case.
type Names = BTreeSet<String>;

/// How two sets compare.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Likeness {
    Equal,
    /// SQLite announces no column that USING or NATURAL joins by, unless it is also named elsewhere.
    JoinedByName,
    Unequal,
}

/// What was found.
#[derive(Default)]
struct Tally {
    equal: usize,
    joined_by_name: usize,
    unequal: usize,
}

/// Compares the sets, query by query. COUNT(*) reads no column, and a row id is the column that names it.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let pack = context.pack()?;
    let grounds = grounds(args, context, &pack)?;
    let mut tally = Tally::default();
    for ground in &grounds {
        for sql in &ground.queries {
            tally.add(ground, sql, context);
        }
    }
    let mut figures = sizes("lineage", &grounds);
    figures.extend(tally.figures());
    Ok(figures)
}

impl Tally {
    fn add(&mut self, ground: &Ground<'_>, sql: &str, context: &Context) {
        let theirs: Names = announced(ground, sql);
        let ours = ours(sql, &ground.catalog);
        match likeness(sql, &ours, &theirs) {
            Likeness::Equal => self.equal += 1,
            Likeness::JoinedByName => self.joined_by_name += 1,
            Likeness::Unequal => {
                self.unequal += 1;
                let more: Vec<&String> = ours.difference(&theirs).collect();
                let less: Vec<&String> = theirs.difference(&ours).collect();
                context.note(format_args!("only ours {more:?}, only SQLite's {less:?}: {sql}"));
            }
        }
    }

    fn figures(self) -> Vec<Figure> {
        vec![
            Figure::new("lineage.equal", self.equal as f64, ""),
            Figure::new("lineage.known difference: joined by USING or NATURAL", self.joined_by_name as f64, ""),
            Figure::new("lineage.unequal", self.unequal as f64, ""),
        ]
    }
}

fn announced(ground: &Ground<'_>, sql: &str) -> Names {
    let reads = ground.oracle.reads(sql).unwrap_or_default();
    reads.into_iter().map(|(table, column)| format!("{table}.{column}").to_lowercase()).collect()
}

fn ours(sql: &str, catalog: &Catalog) -> Names {
    let Some(query) = parse(sql, catalog, Dialect::Sqlite).query else { return Names::new() };
    lineage(&query, catalog).reads.iter().map(|read| read.name(catalog).to_lowercase()).collect()
}

/// Every name that only we have is one that several tables read share, where the text joins by names.
fn likeness(sql: &str, ours: &Names, theirs: &Names) -> Likeness {
    if ours == theirs {
        return Likeness::Equal;
    }
    let upper = sql.to_uppercase();
    let joins = upper.contains("USING") || upper.contains("NATURAL");
    let column = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    let shared = |name: &&String| ours.iter().filter(|other| column(other) == column(name)).count() > 1;
    match joins && theirs.is_subset(ours) && ours.difference(theirs).all(|name| shared(&name)) {
        true => Likeness::JoinedByName,
        false => Likeness::Unequal,
    }
}
