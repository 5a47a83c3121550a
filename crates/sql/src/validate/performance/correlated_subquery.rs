//! PRF404: a subquery as a value that speaks of the query around it, and so runs once for every row.

use std::collections::HashSet;

use crate::diagnostic::Severity;
use crate::tree::{Expr, ExprKind, Query, SourceId};
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::{each_expr_of_query, each_query};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "PRF404",
    severity: Severity::Warning,
    title: "a subquery that runs once for every row",
    page: include_str!("PRF404.md"),
    check: Check::Expr(check),
};

fn check(expr: &Expr, _: &Subject, found: &mut Found) {
    if let ExprKind::Scalar(query) = &expr.kind
        && is_correlated(query)
    {
        let help = "Join with the grouped subquery instead.";
        found.push(RULE.at(expr.span, "This subquery runs once for every row.").help(help));
    }
}

/// Whether a query speaks of sources around it.
pub(crate) fn is_correlated(query: &Query) -> bool {
    let mut own: HashSet<SourceId> = HashSet::new();
    each_query(query, &mut |q| {
        own.extend(q.select().into_iter().flat_map(|select| select.from.iter().map(|source| source.id)));
    });
    let mut found = false;
    each_expr_of_query(query, &mut |expr| {
        if let ExprKind::Column { source, .. } | ExprKind::RowId(source) = expr.kind {
            found |= !own.contains(&source);
        }
    });
    found
}
