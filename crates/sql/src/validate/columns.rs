//! What several rules ask of a SELECT: which columns are set equal, and where its conditions stand.

use std::collections::HashMap;

use crate::tree::{BinaryOp, Call, Expr, ExprKind, Query, Select, SourceId, SourceKind, Span, UnaryOp};
use crate::visit::{each_expr_here, each_query};

/// A column of a source.
pub(super) type Place = (SourceId, u16);

/// The column of a source that an expression is, if it is one.
pub(super) fn place(expr: &Expr) -> Option<Place> {
    match expr.kind {
        ExprKind::Column { source, column } => Some((source, column)),
        _ => None,
    }
}

/// Columns that a chain of ANDs sets equal.
pub(super) fn equal_columns(condition: &Expr) -> Vec<[Place; 2]> {
    let pair = |expr: &&Expr| match &expr.kind {
        ExprKind::Binary(a, BinaryOp::Eq | BinaryOp::Is, b) => Some([place(a)?, place(b)?]),
        _ => None,
    };
    condition.conjuncts().iter().filter_map(pair).collect()
}

/// Calls `f` with each condition of a SELECT: ON, WHERE and HAVING.
pub(super) fn each_condition<'a>(select: &'a Select, f: &mut dyn FnMut(&'a Expr)) {
    let on = select.from.iter().filter_map(|source| source.on.as_ref());
    on.chain(&select.filter).chain(&select.having).for_each(f);
}

/// The conditions on single rows, ON and WHERE, cut at their ANDs.
pub(super) fn row_conditions(select: &Select) -> Vec<&Expr> {
    let on = select.from.iter().filter_map(|source| source.on.as_ref());
    on.chain(&select.filter).flat_map(Expr::conjuncts).collect()
}

/// Each pair of columns that ON or WHERE sets equal.
pub(super) fn joined_columns(select: &Select) -> Vec<[Place; 2]> {
    row_conditions(select).into_iter().flat_map(equal_columns).collect()
}

/// A term with references to outputs replaced by what they compute.
pub(super) fn written_out<'a>(term: &'a Expr, select: &'a Select) -> &'a Expr {
    match term.kind {
        ExprKind::Output(position) => select.items.get(position as usize).map_or(term, |item| &item.expr),
        _ => term,
    }
}

/// The columns that a SELECT groups by.
pub(super) fn grouped_columns(select: &Select) -> Vec<Place> {
    select.group_by.iter().filter_map(|term| place(written_out(term, select))).collect()
}

/// The columns whose values an expression is made of. What only chooses among values is left aside: conditions of CASE,
/// comparisons, subqueries.
pub(super) fn value_columns(expr: &Expr) -> Vec<Place> {
    use BinaryOp::{Add, Concat, Div, Mod, Mul, Sub};
    match &expr.kind {
        ExprKind::Column { source, column } => vec![(*source, *column)],
        ExprKind::Binary(a, Add | Sub | Mul | Div | Mod | Concat, b) => {
            [&**a, &**b].into_iter().flat_map(value_columns).collect()
        }
        ExprKind::Unary(UnaryOp::Minus | UnaryOp::Plus, x) | ExprKind::Cast { operand: x, .. } => value_columns(x),
        ExprKind::Case { branches, otherwise, .. } => {
            let results = branches.iter().map(|(_, then)| then).chain(otherwise.as_deref());
            results.flat_map(value_columns).collect()
        }
        ExprKind::Call(call) => {
            let chooses = matches!(call.function.as_str(), "IIF" | "IF");
            call.args.iter().skip(usize::from(chooses)).flat_map(value_columns).collect()
        }
        _ => vec![],
    }
}

/// The columns that a SELECT keeps to one value each.
pub(super) fn pinned_columns(select: &Select) -> Vec<Place> {
    let pinned = |condition: &Expr| match &condition.kind {
        ExprKind::Binary(a, BinaryOp::Eq | BinaryOp::Is, b) => match (&a.kind, &b.kind) {
            (_, ExprKind::Literal(_)) => place(a),
            (ExprKind::Literal(_), _) => place(b),
            _ => None,
        },
        _ => None,
    };
    row_conditions(select).into_iter().filter_map(pinned).collect()
}

/// Calls `f` with each SUM, AVG or TOTAL of all values among the outputs, conditions and order of a query that is one
/// SELECT, windows included.
pub(super) fn each_sum<'a>(query: &'a Query, f: &mut dyn FnMut(&'a Select, &'a Expr, &'a Call)) {
    let Some(select) = query.select() else { return };
    let ordered = query.order_by.iter().map(|item| &item.expr);
    for expr in select.items.iter().map(|item| &item.expr).chain(&select.having).chain(ordered) {
        each_expr_here(expr, &mut |expr| {
            if let ExprKind::Call(call) = &expr.kind
                && matches!(call.function.as_str(), "SUM" | "AVG" | "TOTAL")
            {
                f(select, expr, call);
            }
        });
    }
}

/// From the first output of a SELECT to its last.
pub(super) fn outputs(select: &Select) -> Span {
    let spans = || select.items.iter().map(|item| item.expr.span);
    let start = spans().map(|span| span.start).min().unwrap_or(0);
    Span { start, end: spans().map(|span| span.end).max().unwrap_or(start) }
}

/// What a source shows: the query behind a CTE or a derived table.
pub(super) type Behind<'a> = HashMap<SourceId, &'a Query>;

/// The query behind each source that is a CTE or a derived table. The innermost CTE of a name counts.
pub(super) fn queries_behind(query: &Query) -> Behind<'_> {
    let mut behind = HashMap::new();
    each_query(query, &mut |outer| {
        // Inner queries come after outer ones, so that their CTEs take the place of others of the same name.
        each_query(outer, &mut |inner| {
            for source in inner.select().into_iter().flat_map(|select| &select.from) {
                match &source.kind {
                    SourceKind::Derived { query, .. } => {
                        behind.insert(source.id, &**query);
                    }
                    SourceKind::Cte { name, .. } => {
                        if let Some(cte) = outer.with.iter().find(|cte| cte.name.eq_ignore_ascii_case(name)) {
                            behind.insert(source.id, &*cte.query);
                        }
                    }
                    SourceKind::Table(_) => {}
                }
            }
        });
    });
    behind
}
