//! Walks over the query tree, and the comparison of two trees whatever their names.

use std::collections::HashMap;

use crate::tree::{BinaryOp, Body, Call, Expr, ExprKind, OrderItem, Query, Select, SourceId, SourceKind};

/// A direct part of a node.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// An expression.
    Expr(&'a Expr),
    /// A subquery, CTE, derived table or arm of a set operation.
    Query(&'a Query),
}

/// A direct part of a node, to be changed.
#[derive(Debug)]
pub enum PartMut<'a> {
    /// An expression.
    Expr(&'a mut Expr),
    /// A subquery, CTE, derived table or arm of a set operation.
    Query(&'a mut Query),
}

/// One body, twice: for looking and for changing. `$part` is [`Part`] or [`PartMut`], `$m` is `mut` or nothing.
macro_rules! walks {
    ($part:ident, $of_expr:ident, $of_call:ident, $of_select:ident, $of_query:ident, ($($m:tt)?)) => {
        /// Calls `f` with each direct part of an expression, in the order of the text.
        pub fn $of_expr<'a>(expr: &'a $($m)? Expr, f: &mut dyn FnMut($part<'a>)) {
            match & $($m)? expr.kind {
                ExprKind::Column { .. }
                | ExprKind::RowId(_)
                | ExprKind::Output(_)
                | ExprKind::Literal(_)
                | ExprKind::Parameter(_)
                | ExprKind::Unknown(_) => {}
                ExprKind::Unary(_, x) | ExprKind::Collate(x, _) => f($part::Expr(x)),
                ExprKind::IsNull { operand, .. } | ExprKind::IsTruth { operand, .. } | ExprKind::Cast { operand, .. } => {
                    f($part::Expr(operand))
                }
                ExprKind::Binary(a, _, b) => {
                    f($part::Expr(a));
                    f($part::Expr(b));
                }
                ExprKind::Between { operand, low, high, .. } => {
                    f($part::Expr(operand));
                    f($part::Expr(low));
                    f($part::Expr(high));
                }
                ExprKind::Like { operand, pattern, escape, .. } => {
                    f($part::Expr(operand));
                    f($part::Expr(pattern));
                    if let Some(x) = escape {
                        f($part::Expr(x));
                    }
                }
                ExprKind::InList { operand, list, .. } => {
                    f($part::Expr(operand));
                    for x in list {
                        f($part::Expr(x));
                    }
                }
                ExprKind::InQuery { operand, query, .. } => {
                    f($part::Expr(operand));
                    f($part::Query(query));
                }
                ExprKind::Exists { query, .. } | ExprKind::Scalar(query) => f($part::Query(query)),
                ExprKind::Case { operand, branches, otherwise } => {
                    if let Some(x) = operand {
                        f($part::Expr(x));
                    }
                    for (when, then) in branches {
                        f($part::Expr(when));
                        f($part::Expr(then));
                    }
                    if let Some(x) = otherwise {
                        f($part::Expr(x));
                    }
                }
                ExprKind::Call(call) => $of_call(call, f),
                ExprKind::Row(items) => {
                    for x in items {
                        f($part::Expr(x));
                    }
                }
            }
        }

        /// Calls `f` with each direct part of a call.
        pub fn $of_call<'a>(call: &'a $($m)? Call, f: &mut dyn FnMut($part<'a>)) {
            for x in & $($m)? call.args {
                f($part::Expr(x));
            }
            for item in & $($m)? call.order_by {
                f($part::Expr(& $($m)? item.expr));
            }
            if let Some(x) = & $($m)? call.filter {
                f($part::Expr(x));
            }
            if let Some(window) = & $($m)? call.over {
                for x in & $($m)? window.partition_by {
                    f($part::Expr(x));
                }
                for item in & $($m)? window.order_by {
                    f($part::Expr(& $($m)? item.expr));
                }
            }
        }

        /// Calls `f` with each direct part of a SELECT: outputs, sources and their conditions, filters, groups.
        pub fn $of_select<'a>(select: &'a $($m)? Select, f: &mut dyn FnMut($part<'a>)) {
            for item in & $($m)? select.items {
                f($part::Expr(& $($m)? item.expr));
            }
            for source in & $($m)? select.from {
                if let SourceKind::Derived { query, .. } = & $($m)? source.kind {
                    f($part::Query(query));
                }
                if let Some(x) = & $($m)? source.on {
                    f($part::Expr(x));
                }
            }
            if let Some(x) = & $($m)? select.filter {
                f($part::Expr(x));
            }
            for x in & $($m)? select.group_by {
                f($part::Expr(x));
            }
            if let Some(x) = & $($m)? select.having {
                f($part::Expr(x));
            }
        }

        /// Calls `f` with each direct part of a query: CTEs, the parts of its body, order and limits.
        pub fn $of_query<'a>(query: &'a $($m)? Query, f: &mut dyn FnMut($part<'a>)) {
            for cte in & $($m)? query.with {
                f($part::Query(& $($m)? cte.query));
            }
            match & $($m)? query.body {
                Body::Select(select) => $of_select(select, f),
                Body::Set { left, right, .. } => {
                    f($part::Query(left));
                    f($part::Query(right));
                }
                Body::Values(rows) => {
                    for row in rows {
                        for x in row {
                            f($part::Expr(x));
                        }
                    }
                }
            }
            for OrderItem { expr, .. } in & $($m)? query.order_by {
                f($part::Expr(expr));
            }
            if let Some(x) = & $($m)? query.limit {
                f($part::Expr(x));
            }
            if let Some(x) = & $($m)? query.offset {
                f($part::Expr(x));
            }
        }
    };
}

walks!(Part, parts_of_expr, parts_of_call, parts_of_select, parts_of_query, ());
walks!(PartMut, parts_of_expr_mut, parts_of_call_mut, parts_of_select_mut, parts_of_query_mut, (mut));

/// Calls `f` with an expression and every expression within it, subqueries included, outermost first.
pub fn each_expr<'a>(expr: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    f(expr);
    parts_of_expr(expr, &mut |part| match part {
        Part::Expr(x) => each_expr(x, f),
        Part::Query(q) => each_expr_of_query(q, f),
    });
}

/// Calls `f` with every expression of a query, subqueries included, outermost first.
pub fn each_expr_of_query<'a>(query: &'a Query, f: &mut dyn FnMut(&'a Expr)) {
    parts_of_query(query, &mut |part| match part {
        Part::Expr(x) => each_expr(x, f),
        Part::Query(q) => each_expr_of_query(q, f),
    });
}

/// Whether an expression may be copied in place of a reference to it: copies of copies would grow without end.
pub(crate) fn is_small(expr: &Expr) -> bool {
    let mut nodes = 0;
    each_expr(expr, &mut |_| nodes += 1);
    nodes <= 100
}

/// Calls `f` with an expression and every expression of the same query level within it: subqueries are not entered.
pub fn each_expr_here<'a>(expr: &'a Expr, f: &mut dyn FnMut(&'a Expr)) {
    f(expr);
    parts_of_expr(expr, &mut |part| {
        if let Part::Expr(x) = part {
            each_expr_here(x, f);
        }
    });
}

/// Whether an expression calls a function of its own level; LIKE and `->` are such. SQLite never looks at the operand of
/// `IN ()` where it calls nothing.
pub(crate) fn calls(expr: &Expr) -> bool {
    use BinaryOp::{Arrow, LongArrow};
    let mut found = false;
    each_expr_here(expr, &mut |expr| {
        let call = matches!(expr.kind, ExprKind::Call(_) | ExprKind::Like { .. });
        found |= call || matches!(expr.kind, ExprKind::Binary(_, Arrow | LongArrow, _));
    });
    found
}

/// Calls `f` with a query and every query within it, outermost first.
pub fn each_query<'a>(query: &'a Query, f: &mut dyn FnMut(&'a Query)) {
    f(query);
    parts_of_query(query, &mut |part| match part {
        Part::Expr(x) => each_query_of_expr(x, f),
        Part::Query(q) => each_query(q, f),
    });
}

/// Calls `f` with every query within an expression, outermost first.
pub fn each_query_of_expr<'a>(expr: &'a Expr, f: &mut dyn FnMut(&'a Query)) {
    parts_of_expr(expr, &mut |part| match part {
        Part::Expr(x) => each_query_of_expr(x, f),
        Part::Query(q) => each_query(q, f),
    });
}

/// Calls `f` with every SELECT of a query, subqueries included, outermost first.
pub fn each_select<'a>(query: &'a Query, f: &mut dyn FnMut(&'a Select)) {
    each_query(query, &mut |q| {
        if let Some(select) = q.select() {
            f(select);
        }
    });
}

/// Calls `f` with every expression of a query, innermost first, so that it may be replaced.
pub fn each_expr_mut(query: &mut Query, f: &mut dyn FnMut(&mut Expr)) {
    parts_of_query_mut(query, &mut |part| match part {
        PartMut::Expr(x) => rewrite_expr(x, f),
        PartMut::Query(q) => each_expr_mut(q, f),
    });
}

/// Calls `f` with an expression and every expression within it, innermost first.
pub fn rewrite_expr(expr: &mut Expr, f: &mut dyn FnMut(&mut Expr)) {
    parts_of_expr_mut(expr, &mut |part| match part {
        PartMut::Expr(x) => rewrite_expr(x, f),
        PartMut::Query(q) => each_expr_mut(q, f),
    });
    f(expr);
}

/// Calls `f` with every query of a tree, outermost first, to be changed.
pub fn each_query_mut(query: &mut Query, f: &mut dyn FnMut(&mut Query)) {
    f(query);
    parts_of_query_mut(query, &mut |part| match part {
        PartMut::Expr(x) => each_query_of_expr_mut(x, f),
        PartMut::Query(q) => each_query_mut(q, f),
    });
}

fn each_query_of_expr_mut(expr: &mut Expr, f: &mut dyn FnMut(&mut Query)) {
    parts_of_expr_mut(expr, &mut |part| match part {
        PartMut::Expr(x) => each_query_of_expr_mut(x, f),
        PartMut::Query(q) => each_query_mut(q, f),
    });
}

/// The outputs of a query: those of its SELECT, or of the first arm of a set operation. None for VALUES.
pub fn first_select(query: &Query) -> Option<&Select> {
    match &query.body {
        Body::Select(select) => Some(select),
        Body::Set { left, .. } => first_select(left),
        Body::Values(_) => None,
    }
}

/// How many columns a query shows.
pub fn arity(query: &Query) -> usize {
    match &query.body {
        Body::Select(select) => select.items.len(),
        Body::Set { left, .. } => arity(left),
        Body::Values(rows) => rows.first().map_or(0, Vec::len),
    }
}

/// The same tree without the names its author chose: sources numbered in order, no aliases, CTEs `cte_1` with columns
/// `c1` …, references to outputs replaced by what they compute, literals without their slots.
pub fn unnamed(query: &Query) -> Query {
    let mut query = query.clone();
    number_sources(&mut query);
    rename_ctes(&mut query, &mut Vec::new(), &mut 0);
    each_query_mut(&mut query, &mut strip_names);
    each_expr_mut(&mut query, &mut |expr| {
        if let ExprKind::Literal(literal) = &mut expr.kind {
            literal.slot = None;
        }
    });
    query
}

/// Whether two queries are the same tree, whatever names their authors chose.
pub fn same_tree(a: &Query, b: &Query) -> bool {
    unnamed(a) == unnamed(b)
}

fn number_sources(query: &mut Query) {
    let mut numbers: HashMap<SourceId, SourceId> = HashMap::new();
    each_query_mut(query, &mut |q| {
        let Some(select) = q.select_mut() else { return };
        for source in &mut select.from {
            let next = SourceId(numbers.len() as u16);
            source.id = *numbers.entry(source.id).or_insert(next);
        }
    });
    each_expr_mut(query, &mut |expr| match &mut expr.kind {
        ExprKind::Column { source, .. } | ExprKind::RowId(source) => {
            if let Some(number) = numbers.get(source) {
                *source = *number;
            }
        }
        _ => {}
    });
}

/// Renames CTEs by their number, scope by scope.
fn rename_ctes(query: &mut Query, scope: &mut Vec<(String, String)>, count: &mut usize) {
    let outer = scope.len();
    for cte in &mut query.with {
        *count += 1;
        let new = format!("cte_{count}");
        scope.push((std::mem::replace(&mut cte.name, new.clone()), new));
        cte.columns = numbered(cte.columns.len());
        cte.columns_listed = false;
    }
    if let Some(select) = query.select_mut() {
        for source in &mut select.from {
            if let SourceKind::Cte { name, columns } = &mut source.kind {
                let known = scope.iter().rev().find(|(old, _)| old.eq_ignore_ascii_case(name));
                *name = known.map_or_else(|| name.clone(), |(_, new)| new.clone());
                *columns = numbered(columns.len());
            }
        }
    }
    rename_ctes_within(query, scope, count);
    scope.truncate(outer);
}

fn rename_ctes_within(query: &mut Query, scope: &mut Vec<(String, String)>, count: &mut usize) {
    parts_of_query_mut(query, &mut |part| match part {
        PartMut::Expr(x) => rename_ctes_of_expr(x, scope, count),
        PartMut::Query(q) => rename_ctes(q, scope, count),
    });
}

fn rename_ctes_of_expr(expr: &mut Expr, scope: &mut Vec<(String, String)>, count: &mut usize) {
    parts_of_expr_mut(expr, &mut |part| match part {
        PartMut::Expr(x) => rename_ctes_of_expr(x, scope, count),
        PartMut::Query(q) => rename_ctes(q, scope, count),
    });
}

fn numbered(count: usize) -> Vec<String> {
    (1..=count).map(|i| format!("c{i}")).collect()
}

fn strip_names(query: &mut Query) {
    let Body::Select(select) = &mut query.body else { return };
    let outputs: Vec<Expr> = select.items.iter().map(|item| item.expr.clone()).collect();
    let of_order = query.order_by.iter_mut().map(|item| &mut item.expr);
    for expr in select.group_by.iter_mut().chain(&mut select.having).chain(of_order) {
        write_out(expr, &outputs, is_small);
    }
    for item in &mut select.items {
        item.alias = None;
        item.from_star = false;
    }
    select.windows.clear();
    for source in &mut select.from {
        source.alias = None;
        if let SourceKind::Derived { columns, .. } = &mut source.kind {
            *columns = numbered(columns.len());
        }
    }
}

/// Gives sources within an expression's subqueries, and the columns that refer to them, the identities they are mapped to.
pub(crate) fn renumber_expr(expr: &mut Expr, renewed: &HashMap<SourceId, SourceId>) {
    let renewed = |id: SourceId| renewed.get(&id).copied().unwrap_or(id);
    each_query_of_expr_mut(expr, &mut |query| {
        for source in query.select_mut().into_iter().flat_map(|select| &mut select.from) {
            source.id = renewed(source.id);
        }
    });
    rewrite_expr(expr, &mut |e| {
        if let ExprKind::Column { source, .. } | ExprKind::RowId(source) = &mut e.kind {
            *source = renewed(*source);
        }
    });
}

/// Replaces references to outputs by what those compute, where it `may` be copied. Subqueries have outputs of their own.
pub(crate) fn write_out(expr: &mut Expr, outputs: &[Expr], may: fn(&Expr) -> bool) {
    rewrite_here(expr, &mut |part| {
        if let ExprKind::Output(position) = part.kind
            && let Some(output) = outputs.get(usize::from(position)).filter(|output| may(output))
        {
            *part = output.clone();
        }
    });
}

/// Calls `f` with an expression and every expression of the same query level within it, innermost first.
pub(crate) fn rewrite_here(expr: &mut Expr, f: &mut dyn FnMut(&mut Expr)) {
    parts_of_expr_mut(expr, &mut |part| {
        if let PartMut::Expr(x) = part {
            rewrite_here(x, f);
        }
    });
    f(expr);
}
