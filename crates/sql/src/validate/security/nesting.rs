//! SEC514: queries within queries, deeper than anyone asks.

use crate::diagnostic::Severity;
use crate::tree::{Body, Query, Span};
use crate::validate::columns::outputs;
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::{Part, parts_of_expr, parts_of_query};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SEC514",
    severity: Severity::Error,
    title: "queries nested too deeply",
    page: include_str!("SEC514.md"),
    check: Check::Whole(check),
};

fn check(subject: &Subject, found: &mut Found) {
    let most = subject.options.limits.depth;
    let mut too_deep = None;
    let deepest = look(subject.query, 0, most, &mut too_deep);
    if let Some(span) = too_deep {
        let message = format!("Queries stand {deepest} deep within each other; at most {most} may.");
        found.push(RULE.at(span, message).help("Give the inner ones names with WITH, or ask in steps."));
    }
}

/// How deep queries stand within each other, counted from `outer`; notes the first that stands too deep.
fn look(query: &Query, outer: usize, most: usize, too_deep: &mut Option<Span>) -> usize {
    // The arms of a set operation stand beside each other.
    let depth = outer + usize::from(!matches!(query.body, Body::Set { .. }));
    if depth > most && too_deep.is_none() {
        *too_deep = Some(query.select().map(outputs).unwrap_or_default());
    }
    let mut deepest = depth;
    parts_of_query(query, &mut |part| deepest = deepest.max(look_within(part, depth, most, too_deep)));
    deepest
}

fn look_within(part: Part, depth: usize, most: usize, too_deep: &mut Option<Span>) -> usize {
    match part {
        Part::Query(query) => look(query, depth, most, too_deep),
        Part::Expr(expr) => {
            let mut deepest = depth;
            parts_of_expr(expr, &mut |part| deepest = deepest.max(look_within(part, depth, most, too_deep)));
            deepest
        }
    }
}
