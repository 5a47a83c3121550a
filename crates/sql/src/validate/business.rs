//! The trade's rules, as the pack states them: values that a column can hold, filters that a table needs, objects that
//! should no longer be used.

use schema::{Catalog, ColumnId, TableId, Value};

use super::Subject;
use crate::diagnostic::Diagnostic;
use crate::dialect::quote_text;
use crate::resolve::nearest;
use crate::tree::{BinaryOp, Expr, ExprKind, Select, Source};
use crate::visit::{each_expr_here, each_select};

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct BusinessRule {
    /// What it demands.
    pub kind: RuleKind,
    /// What to tell a person, in place of the rule's own words.
    pub message: Option<String>,
}

/// What a rule demands.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleKind {
    /// BUS301: the column holds these values and no other.
    ValueInList {
        /// The column.
        column: ColumnId,
        /// Its values as stored.
        values: Vec<String>,
    },
    /// BUS303: a query of the column's table says something of the column.
    RequiredFilter {
        /// The column.
        column: ColumnId,
    },
    /// BUS304: the table should no longer be used.
    DeprecatedTable {
        /// The table.
        table: TableId,
        /// What to use instead.
        instead: Option<TableId>,
    },
    /// BUS305: the column should no longer be used.
    DeprecatedColumn {
        /// The column.
        column: ColumnId,
        /// What to use instead.
        instead: Option<ColumnId>,
    },
}

pub(super) fn check(subject: &Subject, rules: &[BusinessRule]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    each_select(subject.query, &mut |select| {
        for rule in rules {
            check_rule(rule, select, subject.catalog, &mut found);
        }
        each_condition(select, &mut |condition| found.extend(reversed_range(condition)));
        found.extend(double_count(select, subject.catalog));
    });
    found
}

fn each_condition<'a>(select: &'a Select, f: &mut dyn FnMut(&'a Expr)) {
    let on = select.from.iter().filter_map(|source| source.on.as_ref());
    for condition in on.chain(&select.filter).chain(&select.having) {
        f(condition);
    }
}

fn each_expr_of_select<'a>(select: &'a Select, f: &mut dyn FnMut(&'a Expr)) {
    for item in &select.items {
        each_expr_here(&item.expr, f);
    }
    for term in &select.group_by {
        each_expr_here(term, f);
    }
    each_condition(select, &mut |condition| each_expr_here(condition, f));
}

fn source_of(select: &Select, table: TableId) -> Option<&Source> {
    select.from.iter().find(|source| source.table_id() == Some(table))
}

fn is_column(expr: &Expr, select: &Select, id: ColumnId) -> bool {
    let ExprKind::Column { source, column } = expr.kind else { return false };
    column == id.column && select.from.iter().any(|s| s.id == source && s.table_id() == Some(id.table))
}

fn check_rule(rule: &BusinessRule, select: &Select, catalog: &Catalog, found: &mut Vec<Diagnostic>) {
    let start = found.len();
    match &rule.kind {
        RuleKind::ValueInList { column, values } => {
            each_condition(select, &mut |condition| {
                each_expr_here(condition, &mut |expr| value_in_list(expr, select, *column, values, catalog, found));
            });
        }
        RuleKind::RequiredFilter { column } => {
            let Some(source) = source_of(select, column.table) else { return };
            let mut spoken = false;
            each_condition(select, &mut |condition| {
                each_expr_here(condition, &mut |expr| spoken |= is_column(expr, select, *column));
            });
            if !spoken {
                let message = format!("Nothing is said of {}.", catalog.qualified(*column));
                found.push(Diagnostic::warning("BUS303", source.span, message));
            }
        }
        RuleKind::DeprecatedTable { table, instead } => {
            let Some(source) = source_of(select, *table) else { return };
            let message = format!("{} should no longer be used.", catalog.table(*table).name);
            let diagnostic = Diagnostic::warning("BUS304", source.span, message);
            found.push(match instead {
                Some(other) => diagnostic.help(format!("Use {}.", catalog.table(*other).name)),
                None => diagnostic,
            });
        }
        RuleKind::DeprecatedColumn { column, instead } => each_expr_of_select(select, &mut |expr| {
            if is_column(expr, select, *column) {
                let message = format!("{} should no longer be used.", catalog.qualified(*column));
                let diagnostic = Diagnostic::warning("BUS305", expr.span, message);
                found.push(match instead {
                    Some(other) => diagnostic.help(format!("Use {}.", catalog.qualified(*other))),
                    None => diagnostic,
                });
            }
        }),
    }
    if let Some(message) = &rule.message {
        for diagnostic in &mut found[start..] {
            diagnostic.message.clone_from(message);
        }
    }
}

/// A text beside the column that is not among its values.
fn value_in_list(
    expr: &Expr,
    select: &Select,
    column: ColumnId,
    values: &[String],
    catalog: &Catalog,
    found: &mut Vec<Diagnostic>,
) {
    let beside: Vec<&Expr> = match &expr.kind {
        ExprKind::Binary(a, BinaryOp::Eq | BinaryOp::NotEq, b) if is_column(a, select, column) => vec![b],
        ExprKind::Binary(a, BinaryOp::Eq | BinaryOp::NotEq, b) if is_column(b, select, column) => vec![a],
        ExprKind::InList { operand, list, .. } if is_column(operand, select, column) => list.iter().collect(),
        _ => vec![],
    };
    for value in beside {
        let ExprKind::Literal(literal) = &value.kind else { continue };
        let Value::Text(text) = &literal.value else { continue };
        if values.contains(text) {
            continue;
        }
        let message = format!("{} never holds {}.", catalog.qualified(column), quote_text(text));
        let diagnostic = Diagnostic::warning("BUS301", value.span, message);
        let near = values.iter().find(|v| v.eq_ignore_ascii_case(text)).map(String::as_str);
        found.push(match near.or_else(|| nearest(text, values.iter().map(String::as_str))) {
            Some(near) => {
                let literal = quote_text(near);
                diagnostic.help(format!("Did you mean {literal}?")).fix(
                    format!("Use {literal}"),
                    value.span,
                    literal,
                    false,
                )
            }
            None => diagnostic.help(format!("It holds {}.", values.join(", "))),
        });
    }
}

/// BUS302: `x >= late AND x < early`, `x BETWEEN late AND early`.
fn reversed_range(condition: &Expr) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    each_expr_here(condition, &mut |expr| {
        if let ExprKind::Between { low, high, .. } = &expr.kind
            && is_after(low, high)
        {
            found.push(Diagnostic::warning("BUS302", expr.span, "The range ends before it starts."));
        }
    });
    let parts = condition.conjuncts();
    let bound = |expr: &&Expr, lower: bool| match &expr.kind {
        ExprKind::Binary(a, BinaryOp::GtEq | BinaryOp::Gt, b) if lower => Some(((**a).clone(), (**b).clone())),
        ExprKind::Binary(a, BinaryOp::Lt | BinaryOp::LtEq, b) if !lower => Some(((**a).clone(), (**b).clone())),
        _ => None,
    };
    for low in parts.iter().filter_map(|part| bound(part, true)) {
        for high in parts.iter().filter_map(|part| bound(part, false)) {
            if low.0 == high.0 && is_after(&low.1, &high.1) {
                found.push(Diagnostic::warning("BUS302", high.1.span, "The range ends before it starts."));
            }
        }
    }
    found
}

fn is_after(low: &Expr, high: &Expr) -> bool {
    let (ExprKind::Literal(low), ExprKind::Literal(high)) = (&low.kind, &high.kind) else { return false };
    match (&low.value, &high.value) {
        (Value::Integer(a), Value::Integer(b)) => a > b,
        (Value::Real(a), Value::Real(b)) => a > b,
        (Value::Text(a), Value::Text(b)) => a > b,
        _ => false,
    }
}

/// BUS306: a SUM over the one side of a join counts a row once for each of its many.
fn double_count(select: &Select, catalog: &Catalog) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let many_joined = |source: &Source| {
        let Some(table) = source.table_id() else { return false };
        select.from.iter().any(|other| {
            other.id != source.id
                && other.table_id().is_some_and(|many| {
                    let refers = catalog.foreign_keys.iter().any(|key| key.from == many && key.to == table);
                    refers && joined_over(select, source, other)
                })
        })
    };
    for item in &select.items {
        each_expr_here(&item.expr, &mut |expr| {
            let ExprKind::Call(call) = &expr.kind else { return };
            if call.distinct || !matches!(call.function.as_str(), "SUM" | "AVG" | "TOTAL") {
                return;
            }
            let [argument] = call.args.as_slice() else { return };
            let mut sources = Vec::new();
            each_expr_here(argument, &mut |e| {
                if let ExprKind::Column { source, .. } = e.kind {
                    sources.push(source);
                }
            });
            let of = |id| select.from.iter().find(|source| source.id == id);
            let only = sources.first().copied().filter(|first| sources.iter().all(|id| id == first)).and_then(of);
            if only.is_some_and(many_joined) {
                let message = "Each row is counted once for every row joined to it.";
                let help = "Sum before joining, in a subquery.";
                found.push(Diagnostic::warning("BUS306", expr.span, message).help(help));
            }
        });
    }
    found
}

fn joined_over(select: &Select, one: &Source, many: &Source) -> bool {
    let conditions = select.from.iter().filter_map(|source| source.on.as_ref()).chain(&select.filter);
    let mut pairs = conditions.flat_map(super::joins::equal_columns);
    pairs.any(|[a, b]| (a.0 == one.id && b.0 == many.id) || (b.0 == one.id && a.0 == many.id))
}
