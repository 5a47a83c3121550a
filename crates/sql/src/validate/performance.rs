//! PRF4xx: what may run long. All of it is warnings.

use std::collections::HashSet;

use schema::{Catalog, Value};

use super::Subject;
use crate::diagnostic::Diagnostic;
use crate::tree::{BinaryOp, Expr, ExprKind, JoinKind, LikeOp, Query, Select, SourceId};
use crate::visit::{each_expr, each_expr_of_query, each_select};

pub(super) fn check(subject: &Subject) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    each_select(subject.query, &mut |select| {
        found.extend(cartesian(select));
        found.extend(wrapped_columns(select, subject.catalog));
    });
    if let Some(select) = subject.query.select()
        && let Some(item) = select.items.iter().find(|item| item.from_star)
    {
        let help = "Name the columns that are needed.";
        found.push(Diagnostic::warning("PRF403", item.expr.span, "Every column is read.").help(help));
    }
    each_expr_of_query(subject.query, &mut |expr| match &expr.kind {
        ExprKind::Like { op: LikeOp::Like, pattern, .. } if starts_open(pattern) => {
            let message = "A pattern that starts with % can use no index.";
            found.push(Diagnostic::warning("PRF402", pattern.span, message));
        }
        ExprKind::Scalar(query) if is_correlated(query) => {
            let message = "This subquery runs once for every row.";
            let help = "Join with the grouped subquery instead.";
            found.push(Diagnostic::warning("PRF404", expr.span, message).help(help));
        }
        _ => {}
    });
    found
}

fn starts_open(pattern: &Expr) -> bool {
    matches!(&pattern.kind, ExprKind::Literal(l) if matches!(&l.value, Value::Text(text) if text.starts_with('%')))
}

/// Whether a query speaks of sources around it.
pub(crate) fn is_correlated(query: &Query) -> bool {
    let mut own: HashSet<SourceId> = HashSet::new();
    crate::visit::each_query(query, &mut |q| {
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

/// PRF401: a source that no condition ties to those before it.
fn cartesian(select: &Select) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut conditions: Vec<&Expr> = select.filter.iter().flat_map(|filter| filter.conjuncts()).collect();
    conditions.extend(select.from.iter().filter_map(|source| source.on.as_ref()).flat_map(|on| on.conjuncts()));
    let speaks = |condition: &Expr, id: SourceId| {
        let mut speaks = false;
        each_expr(condition, &mut |e| speaks |= matches!(e.kind, ExprKind::Column { source, .. } if source == id));
        speaks
    };
    for (position, source) in select.from.iter().enumerate().skip(1) {
        let tied = conditions.iter().any(|condition| {
            speaks(condition, source.id) && select.from[..position].iter().any(|other| speaks(condition, other.id))
        });
        let natural = source.join != JoinKind::Cross && source.on.as_ref().is_some_and(|on| speaks(on, source.id));
        if !tied && !natural {
            let message = "Nothing ties this table to the ones before it: every row meets every row.";
            found.push(Diagnostic::warning("PRF401", source.span, message).help("Join it ON a condition."));
        }
    }
    found
}

/// PRF405: an indexed column within a call, which the index cannot serve.
fn wrapped_columns(select: &Select, catalog: &Catalog) -> Vec<Diagnostic> {
    let indexed = |id: SourceId, column: u16| {
        let table = select.from.iter().find(|source| source.id == id).and_then(|source| source.table_id());
        table.is_some_and(|table| {
            let table = catalog.table(table);
            let keys = table.indexes.iter().chain(&table.unique).chain(std::iter::once(&table.primary_key));
            keys.into_iter().any(|key| key.first() == Some(&column))
        })
    };
    let mut found = Vec::new();
    for condition in select.filter.iter().flat_map(|filter| filter.conjuncts()) {
        let ExprKind::Binary(left, BinaryOp::Eq | BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq, _) =
            &condition.kind
        else {
            continue;
        };
        if let ExprKind::Call(call) = &left.kind
            && let Some(ExprKind::Column { source, column }) = call.args.first().map(|arg| &arg.kind)
            && indexed(*source, *column)
        {
            let message = "A column within a function can use no index.";
            found.push(Diagnostic::warning("PRF405", left.span, message));
        }
    }
    found
}
