//! SEC514: queries within queries, deeper than anyone asks.

use crate::diagnostic::Severity;
use crate::tree::{Body, Expr, Query, Span};
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
    let (deepest, most) = (depth_of_query(subject.query), subject.options.limits.depth);
    if deepest > most {
        let whole = Span { start: 0, end: subject.text.trim_end().len() as u32 };
        let message = format!("Queries stand {deepest} deep within each other; at most {most} may.");
        found.push(RULE.at(whole, message).help("Give the inner ones names with WITH, or ask in steps."));
    }
}

fn depth_of_query(query: &Query) -> usize {
    let mut deepest = 0;
    parts_of_query(query, &mut |part| deepest = deepest.max(depth_of_part(part)));
    // The arms of a set operation stand beside each other.
    deepest + usize::from(!matches!(query.body, Body::Set { .. }))
}

fn depth_of_expr(expr: &Expr) -> usize {
    let mut deepest = 0;
    parts_of_expr(expr, &mut |part| deepest = deepest.max(depth_of_part(part)));
    deepest
}

fn depth_of_part(part: Part) -> usize {
    match part {
        Part::Expr(expr) => depth_of_expr(expr),
        Part::Query(query) => depth_of_query(query),
    }
}
