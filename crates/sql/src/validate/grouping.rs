//! SCH216: a column that is neither grouped by nor aggregated. SQLite shows the value of some row of the group.

use super::Subject;
use crate::diagnostic::Diagnostic;
use crate::functions::FunctionKind;
use crate::tree::{Call, Expr, ExprKind, Select, SourceId};
use crate::visit::{Part, each_expr_here, each_select, parts_of_expr};

pub(super) fn check(subject: &Subject) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    each_select(subject.query, &mut |select| check_select(select, subject, &mut found));
    found
}

fn check_select(select: &Select, subject: &Subject, found: &mut Vec<Diagnostic>) {
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
            let name = subject.text.get(column.span.start as usize..column.span.end as usize).unwrap_or("");
            let message = format!("{name} is neither grouped by nor aggregated: some row's value is shown.");
            let help = format!("Add {name} to GROUP BY, or wrap it in MIN or MAX.");
            found.push(Diagnostic::warning("SCH216", column.span, message).help(help));
        }
    }
}

/// A term with references to outputs replaced by what they compute.
fn written_out<'a>(term: &'a Expr, select: &'a Select) -> &'a Expr {
    match term.kind {
        ExprKind::Output(position) => select.items.get(position as usize).map_or(term, |item| &item.expr),
        _ => term,
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

fn is_aggregate(call: &Call) -> bool {
    let kind = crate::functions::find(&call.function, call.args.len()).map(|f| f.kind);
    call.over.is_none() && kind == Some(FunctionKind::Aggregate)
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
