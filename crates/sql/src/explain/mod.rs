//! A query as a tree of operators, from the tables up to the rows that are shown: a picture of what the query says, made
//! from the resolved tree and nothing else. It says what is done, not in which order an engine does it.
//!
//! Suggested reading order:
//! * [`Operator`]: a node.
//! * `build`: a query to its nodes.
//! * [`text`](Operator::text), [`mermaid`](Operator::mermaid), [`svg`](Operator::svg): the same tree, shown.

mod build;
mod mermaid;
mod svg;
#[cfg(test)]
mod tests;
mod text;

use schema::{Catalog, Glossary};
use serde::Serialize;

use crate::tree::Query;

/// One step, whose rows come from its inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Operator {
    /// What kind of step: "Scan", "Join", "Filter" …
    pub name: String,
    /// What it does, in words.
    pub detail: String,
    /// Where its rows come from, in order; subqueries of its expressions behind them.
    pub inputs: Vec<Operator>,
}

impl Operator {
    fn new(name: impl Into<String>, detail: impl Into<String>, inputs: Vec<Operator>) -> Self {
        Operator { name: name.into(), detail: detail.into(), inputs }
    }
}

/// The operators of a query; the first is the one whose rows are shown.
pub fn operators(query: &Query, catalog: &Catalog, glossary: &Glossary) -> Operator {
    build::build(query, catalog, glossary)
}

/// What the outputs of a query are called, as an engine would name them.
pub fn output_names(query: &Query, catalog: &Catalog, text: &str) -> Vec<String> {
    crate::resolve::output_names(query, catalog, text)
}
