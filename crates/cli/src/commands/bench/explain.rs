//! Whether what changes a query changes the words that it is explained in.

use judge::mutants::mutants;
use schema::{Catalog, Glossary};
use sql::explain::operators;
use sql::reasoning::plan;
use sql::tree::Query;
use sql::visit::same_tree;
use sql::{Dialect, parse};

use super::corpus::{grounds, sizes};
use super::{Args, Figure, Measured};
use crate::context::Context;

/// Compares the words of each query, and its operators, with those of every query that differs from it by one edit.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let pack = context.pack()?;
    let grounds = grounds(args, context, &pack)?;
    let (mut trees, mut edits, mut same_words, mut same_operators) = (0, 0, 0, 0);
    let none = Glossary::default();
    for ground in &grounds {
        let glossary = if ground.name == pack.name() { &pack.glossary } else { &none };
        for sql in &ground.queries {
            let Some(query) = parse(sql, &ground.catalog, Dialect::Sqlite).ok() else { continue };
            trees += 1;
            let (words, drawn) = told(&query, &ground.catalog, glossary);
            for mutant in mutants(&query, &ground.catalog).filter(|mutant| !same_tree(&mutant.query, &query)) {
                edits += 1;
                let (others, other_drawn) = told(&mutant.query, &ground.catalog, glossary);
                same_operators += usize::from(other_drawn == drawn);
                if others == words {
                    same_words += 1;
                    context.note(format_args!("the same words after the edit {}: {sql}", mutant.edit));
                }
            }
        }
    }
    let count = |name: &str, value: usize| Figure::new(format!("explain.{name}"), value as f64, "");
    let mut figures = sizes("explain", &grounds);
    figures.extend([
        count("trees", trees),
        count("trees with one edit", edits),
        count("edits that leave the words as they were", same_words),
        count("edits that leave the operators as they were", same_operators),
    ]);
    Ok(figures)
}

fn told(query: &Query, catalog: &Catalog, glossary: &Glossary) -> (Vec<String>, String) {
    (plan(query, catalog, glossary), operators(query, catalog, glossary).text())
}
