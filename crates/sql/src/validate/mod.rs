//! Everything that may be said of a query, layer by layer: syntax, schema, business, performance, security.
//!
//! The one top function is [`validate`]. Every layer runs even after errors, where there is a tree. In the layers
//! syntax and schema under SQLite something is an error if and only if SQLite refuses to prepare the text.
//!
//! Suggested reading order:
//! * `clean`: fences and prose around the SQL.
//! * `grouping`: bare columns beside aggregates.
//! * `joins`: joins that follow no key, and joins without a condition.
//! * `types`: comparisons of unlike types.
//! * `business`: the trade's rules.
//! * `performance`: what may run long.
//! * `security`: what must not be run.

mod business;
mod clean;
mod grouping;
mod joins;
mod performance;
mod security;
mod types;

use schema::Catalog;
use serde::Serialize;

use crate::diagnostic::{Diagnostic, Layer, Severity};
use crate::dialect::Dialect;
use crate::resolve::parse;
use crate::tree::{ExprKind, Query};
use crate::types::Types;
use crate::visit::each_expr_of_query;

pub use business::{BusinessRule, RuleKind};
pub(crate) use performance::is_correlated;
pub use security::Limits;

/// What to check, and by which rules.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// Whose SQL it is.
    pub dialect: Dialect,
    /// The layers that count.
    pub layers: &'a [Layer],
    /// The trade's rules.
    pub rules: &'a [BusinessRule],
    /// How large a query may be.
    pub limits: Limits,
}

impl Default for Options<'_> {
    /// SQLite, all layers, no rules of the trade.
    fn default() -> Self {
        Options { dialect: Dialect::Sqlite, layers: &Layer::ALL, rules: &[], limits: Limits::default() }
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

/// What a rule looks at.
struct Subject<'a> {
    text: &'a str,
    catalog: &'a Catalog,
    query: &'a Query,
    types: Types,
}

/// Checks a text in the chosen layers.
pub fn validate(text: &str, catalog: &Catalog, options: &Options) -> Report {
    let cleaned = clean::clean(text);
    let mut diagnostics = cleaned.diagnostics;
    let mut query = None;
    match security::refuse_statement(&cleaned.text, &options.limits) {
        Some(refusal) => diagnostics.push(refusal),
        None => {
            let parsed = parse(&cleaned.text, catalog, options.dialect);
            diagnostics.extend(parsed.diagnostics);
            if let Some(tree) = &parsed.query {
                let types = Types::of(tree, catalog);
                let subject = Subject { text: &cleaned.text, catalog, query: tree, types };
                if is_whole(tree) {
                    diagnostics.extend(grouping::check(&subject));
                    diagnostics.extend(joins::check(&subject));
                    diagnostics.extend(types::check(&subject));
                    diagnostics.extend(business::check(&subject, options.rules));
                    diagnostics.extend(performance::check(&subject));
                }
                diagnostics.extend(security::check(&subject, options));
            }
            query = parsed.query;
        }
    }
    diagnostics.retain(|d| options.layers.contains(&d.layer));
    diagnostics.sort_by_key(|d| (d.span[0], d.layer, d.severity));
    diagnostics.dedup();
    let valid = diagnostics.iter().all(|d| d.severity != Severity::Error);
    Report { valid, diagnostics, query }
}

/// The SQL of a text, without fences and prose around it.
pub(crate) fn sql_of(text: &str) -> String {
    clean::clean(text).text.trim().to_owned()
}

/// Whether every name of a query was found, so that rules may follow columns to their tables.
fn is_whole(query: &Query) -> bool {
    let mut whole = true;
    each_expr_of_query(query, &mut |expr| whole &= !matches!(expr.kind, ExprKind::Unknown(_)));
    whole
}
