//! Row and column policies: what of each table one user may see.
//!
//! A policy is data: conditions on the rows of tables, with `:name` for attributes of the user, and hidden columns. A query
//! is resolved over the catalog that the user sees, in which hidden columns do not exist; then each use of a restricted
//! table, at any depth, is replaced in the tree by a derived table of the rows and columns that the user may see. Attributes
//! are bound as typed values when the query runs and never become text. What a policy does not settle is refused.
//!
//! Suggested reading order:
//! * `file`: the data of a policy, checked against a catalog.
//! * `attributes`: what is known of a user.
//! * `visible`: the catalog without what is hidden.
//! * `named`: hidden columns that a query speaks of.
//! * `rewrite`: the tree with restricted tables replaced.
//! * `quiet`: whether a condition can tell something of rows that are filtered away.

mod attributes;
mod error;
mod file;
mod named;
mod quiet;
mod rewrite;
mod visible;

use schema::{Catalog, Value};

use crate::diagnostic::{Diagnostic, Layer, Severity};
use crate::tree::Query;
use crate::validate::{Options, Report, validate};
use crate::verify::VerifiedQuery;
use crate::visit::each_expr_of_query;

pub use attributes::{Access, AttributeType};
pub use error::PolicyError;
pub use file::{Policy, PolicyFile, TablePolicy};
pub(crate) use quiet::is_quiet_here;

/// The layers that judge a query by the catalog that the user sees, and by the whole one. A bare name may mean one column
/// where another of that name is hidden, and none where it is not, so that security judges both readings.
const OF_WHAT_IS_SEEN: [Layer; 4] = [Layer::Syntax, Layer::Schema, Layer::Performance, Layer::Security];
const OF_THE_WHOLE: [Layer; 2] = [Layer::Business, Layer::Security];

/// Checks a text in every layer as one user may ask it, and rewrites it to what that user may see.
///
/// # Errors
/// The report, when anything in it is an error: what [`crate::verify`] refuses, a hidden column (SEC515), a view that the
/// policy does not speak of (SEC516), or an attribute that the user lacks (SEC517).
pub fn verify_for(
    text: &str,
    catalog: &Catalog,
    options: &Options,
    access: &Access,
) -> Result<VerifiedQuery, Box<Report>> {
    let policy = access.policy();
    // Rules and lists of the pack speak of columns by their places in the whole catalog.
    let lists = options.access.map(|lists| lists.over(catalog, policy.visible()));
    let seen = Options { layers: &OF_WHAT_IS_SEEN, rules: &[], access: lists.as_ref(), ..options.clone() };
    let mut report = validate(text, policy.visible(), &seen);
    let whole = validate(text, catalog, &Options { layers: &OF_THE_WHOLE, ..options.clone() });
    named::replace(&mut report.diagnostics, text, whole.query.as_ref(), catalog, policy);
    let twice = report.diagnostics.clone();
    report.diagnostics.extend(whole.diagnostics.into_iter().filter(|finding| !twice.contains(finding)));
    let tree = report.query.take().filter(|_| !has_error(&report));
    let Some(mut query) = tree else { return Err(refused(report)) };
    match restrict(&mut query, catalog, access) {
        Ok(parameters) => {
            report.valid = true;
            Ok(VerifiedQuery::rewritten(text, query, catalog, parameters, report))
        }
        Err(diagnostics) => {
            report.diagnostics.extend(diagnostics);
            Err(refused(report))
        }
    }
}

fn has_error(report: &Report) -> bool {
    report.diagnostics.iter().any(|d| d.severity == Severity::Error)
}

fn refused(mut report: Report) -> Box<Report> {
    report.diagnostics.sort_by_key(|d| (d.span[0], d.layer, d.severity));
    report.diagnostics.dedup();
    report.valid = false;
    report.query = None;
    Box::new(report)
}

/// Rewrites a tree over what the user sees to one over the whole catalog; the values it needs to run.
fn restrict(query: &mut Query, catalog: &Catalog, access: &Access) -> Result<Vec<(String, Value)>, Vec<Diagnostic>> {
    rewrite::rewrite(query, catalog, access.policy())?;
    let mut names: Vec<String> = vec![];
    each_expr_of_query(query, &mut |expr| {
        if let crate::tree::ExprKind::Parameter(name) = &expr.kind
            && !names.contains(name)
        {
            names.push(name.clone());
        }
    });
    let (mut bound, mut lacking) = (vec![], vec![]);
    for name in names {
        match access.value(&name) {
            Some(value) => bound.push((name, value.clone())),
            None => lacking.push(missing_attribute(&name)),
        }
    }
    if lacking.is_empty() { Ok(bound) } else { Err(lacking) }
}

fn missing_attribute(name: &str) -> Diagnostic {
    let message = format!("A policy needs the user's {name}, which is not known.");
    let whole = crate::tree::Span::default();
    Diagnostic::error("SEC517", whole, message).help("Nothing is shown without it.")
}

#[cfg(test)]
mod tests;
