//! SEC507: a query that is too large: bytes of text, outputs, tables, arms of a set operation, arguments, calls.

use crate::diagnostic::Severity;
use crate::tree::{Body, ExprKind, Query, Span};
use crate::validate::columns::outputs;
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::{each_expr_of_query, each_query, each_select};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SEC507",
    severity: Severity::Error,
    title: "a query that is too large",
    page: include_str!("SEC507.md"),
    check: Check::Whole(check),
};

fn check(subject: &Subject, found: &mut Found) {
    let limits = &subject.options.limits;
    let mut sources = Vec::new();
    each_select(subject.query, &mut |select| {
        sources.extend(&select.from);
        if select.items.len() > limits.columns {
            let message = format!("{} columns are shown; at most {} may be.", select.items.len(), limits.columns);
            found.push(RULE.at(outputs(select), message));
        }
    });
    if let Some(first_too_many) = sources.get(limits.sources) {
        let message = format!("{} tables are read; at most {} may be.", sources.len(), limits.sources);
        found.push(RULE.at(first_too_many.span, message));
    }
    check_arms(subject, found);
    check_calls(subject, found);
}

fn check_arms(subject: &Subject, found: &mut Found) {
    let most = subject.options.limits.arms;
    // The first arm of a chain is a chain itself; the longest is told of.
    let mut longest = 0;
    each_query(subject.query, &mut |query| longest = longest.max(arms(query)));
    if longest > most {
        let message = format!("{longest} queries are combined by UNION and its like; at most {most} may be.");
        found.push(RULE.at(Span::default(), message));
    }
}

/// How many arms the chain of set operations has that a query is.
fn arms(mut query: &Query) -> usize {
    let mut arms = 1;
    while let Body::Set { left, .. } = &query.body {
        query = left;
        arms += 1;
    }
    arms
}

fn check_calls(subject: &Subject, found: &mut Found) {
    let limits = &subject.options.limits;
    let mut calls = 0;
    each_expr_of_query(subject.query, &mut |expr| {
        let ExprKind::Call(call) = &expr.kind else { return };
        calls += 1;
        if call.args.len() > limits.arguments {
            let (function, given) = (&call.function, call.args.len());
            let message = format!("{function} has {given} arguments; at most {} may be.", limits.arguments);
            found.push(RULE.at(expr.span, message));
        }
        if calls == limits.calls + 1 {
            found.push(RULE.at(expr.span, format!("Functions are called more than {} times.", limits.calls)));
        }
    });
}
