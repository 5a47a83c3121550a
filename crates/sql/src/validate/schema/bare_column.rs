//! SCH216: a column that is neither grouped by nor aggregated. SQLite shows the value of some row of the group; PostgreSQL
//! and MySQL refuse the query.

use crate::diagnostic::Severity;
use crate::dialect::Dialect;
use crate::resolve::is_aggregate;
use crate::tree::{BinaryOp, Call, Expr, ExprKind, JoinKind, Query, Select, SourceId};
use crate::validate::columns::written_out;
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::{Part, each_expr_here, parts_of_expr};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SCH216",
    severity: Severity::Warning,
    title: "a column neither grouped by nor aggregated",
    page: include_str!("SCH216.md"),
    check: Check::Query(check),
};

fn check(query: &Query, subject: &Subject, found: &mut Found) {
    let Some(select) = query.select() else { return };
    let aggregates: Vec<&Call> = aggregates_of(select);
    if select.group_by.is_empty() && aggregates.is_empty() && select.having.is_none() {
        return;
    }
    let is_sqlite = subject.options.dialect == Dialect::Sqlite;
    // MAX or MIN alone makes SQLite show the row that holds it, which is often what is meant.
    let by_extreme = aggregates.len() == 1 && matches!(aggregates[0].function.as_str(), "MAX" | "MIN");
    if is_sqlite && by_extreme {
        return;
    }
    let grouped: Vec<&Expr> = select.group_by.iter().map(|term| written_out(term, select)).collect();
    let known = settled(select, &grouped, subject);
    let items = select.items.iter().map(|item| &item.expr);
    // What only chooses or orders the groups of SQLite is nobody's output.
    let others = select.having.iter().chain(query.order_by.iter().map(|item| &item.expr)).filter(|_| !is_sqlite);
    for expr in items.chain(others) {
        for column in bare_columns(expr, &grouped, select) {
            let ExprKind::Column { source, column: position } = column.kind else { continue };
            if known.contains(&(source, position)) || is_keyed(source, &known, select, subject) {
                continue;
            }
            let name = subject.text_of(column.span);
            let what = if is_sqlite { ": some row's value is shown." } else { "." };
            let message = format!("{name} is neither grouped by nor aggregated{what}");
            let help = format!("Add {name} to GROUP BY, or wrap it in MIN or MAX.");
            let mut finding = RULE.at(column.span, message).help(help);
            finding.severity = if is_sqlite { RULE.severity } else { Severity::Error };
            found.push(finding);
        }
    }
}

/// The columns that have one value throughout a group: those grouped by and, but for PostgreSQL, those that inner joins hold
/// equal to them.
fn settled(select: &Select, grouped: &[&Expr], subject: &Subject) -> Vec<(SourceId, u16)> {
    let column = |expr: &Expr| match expr.kind {
        ExprKind::Column { source, column } => Some((source, column)),
        _ => None,
    };
    let mut known: Vec<(SourceId, u16)> = grouped.iter().filter_map(|expr| column(expr)).collect();
    if subject.options.dialect == Dialect::Postgres
        || select.from.iter().any(|s| s.join != JoinKind::Inner && s.on.is_some())
    {
        return known;
    }
    let conditions = select.from.iter().filter_map(|source| source.on.as_ref()).chain(&select.filter);
    let equal: Vec<_> = conditions
        .flat_map(Expr::conjuncts)
        .filter_map(|part| match &part.kind {
            ExprKind::Binary(a, BinaryOp::Eq, b) => column(a).zip(column(b)),
            _ => None,
        })
        .collect();
    // A chain of joins is as long as there are sources, at most.
    for _ in &select.from {
        for (a, b) in &equal {
            match (known.contains(a), known.contains(b)) {
                (true, false) => known.push(*b),
                (false, true) => known.push(*a),
                _ => {}
            }
        }
    }
    known
}

/// Whether a source's whole key is settled, so that its other columns are the same throughout a group.
fn is_keyed(source: SourceId, known: &[(SourceId, u16)], select: &Select, subject: &Subject) -> bool {
    let table_of = |id: SourceId| select.from.iter().find(|s| s.id == id).and_then(crate::tree::Source::table_id);
    let Some(table) = table_of(source) else {
        // What a derived table or CTE is keyed by is not looked into: SQLite is given the benefit of the doubt.
        let others = select.from.iter().filter(|other| other.id != source && other.table_id().is_some());
        let is_sqlite = subject.options.dialect == Dialect::Sqlite;
        return is_sqlite && others.map(|other| other.id).any(|other| is_keyed(other, known, select, subject));
    };
    let columns: Vec<u16> = known.iter().filter(|(id, _)| *id == source).map(|(_, column)| *column).collect();
    match subject.options.dialect {
        // Only a primary key counts there.
        Dialect::Postgres => {
            let key = &subject.catalog.table(table).primary_key;
            !key.is_empty() && key.iter().all(|column| columns.contains(column))
        }
        _ => subject.catalog.is_unique(table, &columns),
    }
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
