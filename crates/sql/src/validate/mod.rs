//! Everything that may be said of a query, layer by layer: syntax, schema, business, performance, security.
//!
//! The one top function is [`validate`]. Every layer runs even after errors, where there is a tree. In the layers
//! syntax and schema under SQLite something is an error if and only if SQLite refuses to prepare the text.
//!
//! A rule is a file: its descriptor and its check, its manual page beside it. A new rule is those two files and a line
//! in its layer's table. The examples of every page are tests.
//!
//! Suggested reading order:
//! * `rule`: what a rule is, and what it is shown; `walk`: the one walk in which every rule looks.
//! * `syntax`: what the parser says, and fences around the SQL.
//! * `schema`: what the resolver says; bare columns, joins without a key, unlike types.
//! * `business`: the trade's rules.
//! * `performance`: what may run long.
//! * `security`: what must not be run or read.
//! * `columns`: columns set equal, conditions of a SELECT: what several rules ask.
//! * `fix`: safe fixes applied.

mod business;
mod columns;
mod fix;
mod performance;
mod rule;
mod schema;
mod security;
mod syntax;
mod walk;

use ::schema::Catalog;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Layer, Severity};
use crate::dialect::Dialect;
use crate::resolve::parse;
use crate::tree::{ExprKind, Query};
use crate::visit::each_expr_of_query;

use rule::Subject;

pub use business::{BusinessRule, RuleKind};
pub use fix::{apply, fixed};
pub(crate) use performance::is_correlated;
pub use rule::Rule;
pub use security::{Access, Limits};

/// What to check, and by which rules.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// Whose SQL it is.
    pub dialect: Dialect,
    /// The layers that count.
    pub layers: &'a [Layer],
    /// The trade's rules.
    pub rules: &'a [BusinessRule],
    /// What may be read and called; None when the catalog is the only limit.
    pub access: Option<&'a Access>,
    /// The question that the query is to answer, where there is one.
    pub question: Option<&'a str>,
    /// How large a query may be.
    pub limits: Limits,
}

impl Default for Options<'_> {
    /// SQLite, all layers, no rules of the trade.
    fn default() -> Self {
        Options {
            dialect: Dialect::Sqlite,
            layers: &Layer::ALL,
            rules: &[],
            access: None,
            question: None,
            limits: Limits::default(),
        }
    }
}

/// What was found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Whether nothing that was found in the chosen layers is an error.
    pub valid: bool,
    /// What was found, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The tree; None when the text is no query.
    #[serde(skip)]
    pub query: Option<Query>,
}

/// Every code that a finding may have, in order; those of definitions ([`crate::ddl::review`]) last.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    let of_queries = [syntax::RULES, schema::RULES, business::RULES, performance::RULES, security::RULES];
    of_queries.into_iter().chain([crate::ddl::review::codes::RULES]).flatten()
}

/// What a code stands for; letter case is ignored.
pub fn rule(code: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.code.eq_ignore_ascii_case(code))
}

/// Checks a text in the chosen layers.
pub fn validate(text: &str, catalog: &Catalog, options: &Options) -> Report {
    let cleaned = syntax::without_fence(text);
    let mut diagnostics = cleaned.diagnostics;
    let mut query = None;
    match security::refuse_statement(&cleaned.text, &options.limits) {
        Some(refusal) => diagnostics.push(refusal),
        None => {
            let parsed = parse(&cleaned.text, catalog, options.dialect);
            diagnostics.extend(parsed.diagnostics);
            if let Some(tree) = &parsed.query {
                let subject = Subject::new(&cleaned.text, catalog, tree, options);
                diagnostics.extend(walk::look(&subject, rules(), is_whole(tree)));
            }
            query = parsed.query;
        }
    }
    diagnostics.retain(|d| options.layers.contains(&d.layer));
    diagnostics.sort_by_key(|d| (d.span[0], d.layer, d.severity));
    diagnostics.dedup();
    for edit in diagnostics.iter_mut().flat_map(|d| &mut d.fixes).flat_map(|fix| &mut fix.edits) {
        fix::keep_apart(text, edit);
    }
    let valid = diagnostics.iter().all(|d| d.severity != Severity::Error);
    Report { valid, diagnostics, query }
}

/// The SQL of a text, without fences and prose around it.
pub(crate) fn sql_of(text: &str) -> String {
    syntax::without_fence(text).text.trim().to_owned()
}

/// Whether every name of a query was found, so that rules may follow columns to their tables.
fn is_whole(query: &Query) -> bool {
    let mut whole = true;
    each_expr_of_query(query, &mut |expr| whole &= !matches!(expr.kind, ExprKind::Unknown(_)));
    whole
}
