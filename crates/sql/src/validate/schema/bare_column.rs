//! SCH216: a column that is neither grouped by nor aggregated. SQLite shows the value of some row of the group.

use crate::diagnostic::Severity;
use crate::tree::{Call, Expr, ExprKind, Select, SourceId};
use crate::validate::columns::{is_aggregate, written_out};
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::{Part, each_expr_here, parts_of_expr};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SCH216",
    severity: Severity::Warning,
    title: "a column neither grouped by nor aggregated",
    page: include_str!("SCH216.md"),
    check: Check::Select(check),
};

fn check(select: &Select, subject: &Subject, found: &mut Found) {
    let aggregates: Vec<&Call> = aggregates_of(select);
    if select.group_by.is_empty() && aggregates.is_empty() {
        return;
    }
    let grouped: Vec<&Expr> = select.group_by.iter().map(|term| written_out(term, select)).collect();
    // MAX or MIN alone makes SQLite show the row that holds it, which is often what is meant.
    let by_extreme = aggregates.len() == 1 && matches!(aggregates[0].function.as_str(), "MAX" | "MIN");
    if by_extreme || groups_by_key(select, &grouped, subject) {
        return;
    }
    for item in &select.items {
        for column in bare_columns(&item.expr, &grouped, select) {
            let name = subject.text_of(column.span);
            let message = format!("{name} is neither grouped by nor aggregated: some row's value is shown.");
            let help = format!("Add {name} to GROUP BY, or wrap it in MIN or MAX.");
            found.push(RULE.at(column.span, message).help(help));
        }
    }
}

/// Whether a source's whole key is grouped by, so that its other columns are the same throughout a group.
fn groups_by_key(select: &Select, grouped: &[&Expr], subject: &Subject) -> bool {
    let columns = |id: SourceId| -> Vec<u16> {
        let of = |expr: &&Expr| match expr.kind {
            ExprKind::Column { source, column } if source == id => Some(column),
            _ => None,
        };
        grouped.iter().filter_map(of).collect()
    };
    let keyed = |source: &crate::tree::Source| {
        source.table_id().is_some_and(|table| subject.catalog.is_unique(table, &columns(source.id)))
    };
    !select.from.is_empty() && select.from.iter().any(keyed)
}

fn aggregates_of(select: &Select) -> Vec<&Call> {
    let mut found = Vec::new();
    for expr in select.items.iter().map(|item| &item.expr).chain(&select.having) {
        each_expr_here(expr, &mut |e| {
            if let ExprKind::Call(call) = &e.kind
                && is_aggregate(call)
            {
                found.push(call);
            }
        });
    }
    found
}

/// Columns of the SELECT's own sources outside aggregates and outside grouped expressions.
fn bare_columns<'a>(expr: &'a Expr, grouped: &[&Expr], select: &Select) -> Vec<&'a Expr> {
    if grouped.contains(&expr) {
        return vec![];
    }
    match &expr.kind {
        ExprKind::Call(call) if is_aggregate(call) => vec![],
        ExprKind::Column { source, .. } if select.from.iter().any(|s| s.id == *source) => vec![expr],
        _ => {
            let mut found = Vec::new();
            parts_of_expr(expr, &mut |part| {
                if let Part::Expr(inner) = part {
                    found.extend(bare_columns(inner, grouped, select));
                }
            });
            found
        }
    }
}
