//! BUS306: a sum over rows that a join repeats counts each of them several times.

use super::RuleKind;
use crate::diagnostic::{Diagnostic, Severity};
use crate::resolve::is_aggregate;
use crate::tree::{Expr, ExprKind, Query, Select, Source, SourceId};
use crate::validate::columns::{
    Place, each_sum, grouped_columns, joined_columns, pinned_columns, queries_behind, row_conditions, value_columns,
};
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::{each_expr, each_expr_here};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "BUS306",
    severity: Severity::Warning,
    title: "a sum that counts rows twice",
    page: include_str!("BUS306.md"),
    check: Check::Query(check),
};

fn check(query: &Query, subject: &Subject, found: &mut Found) {
    each_sum(query, &mut |select, expr, call| {
        let [argument] = call.args.as_slice() else { return };
        let columns = value_columns(argument);
        let (false, false, Some(first)) = (call.distinct, call.over.is_some(), columns.first()) else { return };
        if let Some(many) = repeater(select, &columns, &grouped_columns(select), subject) {
            let message = "Each row is counted once for every row joined to it.";
            let finding = RULE.at(expr.span, message).label(many.span, "several rows of this meet one row");
            found.push(told(finding.help("Sum before joining, in a subquery."), *first, subject));
        }
    });
}

/// The finding in the words of the pack's rule on the column, if there is one.
fn told(finding: Diagnostic, (source, column): Place, subject: &Subject) -> Diagnostic {
    let column = subject.column(&Expr::from(ExprKind::Column { source, column }));
    let of_column = column.map(|column| RuleKind::NoDoubleCount { column });
    match subject.options.rules.iter().find(|rule| Some(&rule.kind) == of_column.as_ref()) {
        Some(rule) => rule.told(finding),
        None => finding,
    }
}

/// What repeats the rows of the columns that are summed, in the SELECT of the sum or, where they come from one CTE or
/// derived table that groups nothing, behind that. `fixed` are columns of one value in each group.
fn repeater<'a>(select: &'a Select, summed: &[Place], fixed: &[Place], subject: &Subject<'a>) -> Option<&'a Source> {
    let fixed = [fixed, &pinned_columns(select)].concat();
    if summed.iter().all(|(id, _)| subject.source(*id).is_some_and(|source| source.table_id().is_some())) {
        return multiplier(select, summed, &fixed, subject);
    }
    let (source, _) = *summed.first().filter(|first| summed.iter().all(|place| place.0 == first.0))?;
    let behind = queries_behind(subject.query);
    let inner = behind.get(&source)?.select().filter(|inner| is_ungrouped(inner))?;
    let within = |places: &[Place]| -> Vec<Place> {
        let items =
            places.iter().filter(|place| place.0 == source).filter_map(|place| inner.items.get(place.1 as usize));
        items.flat_map(|item| value_columns(&item.expr)).collect()
    };
    let summed = within(summed);
    if summed.is_empty() { None } else { repeater(inner, &summed, &within(&fixed), subject) }
}

/// Whether each row of the sources is a row of a SELECT.
fn is_ungrouped(select: &Select) -> bool {
    let mut aggregated = select.distinct || !select.group_by.is_empty();
    for item in &select.items {
        each_expr_here(&item.expr, &mut |e| {
            aggregated |= matches!(&e.kind, ExprKind::Call(call) if is_aggregate(call));
        });
    }
    !aggregated
}

/// A joined table of which several rows may meet one row of what is summed: it is reached by columns that do not hold a
/// key of it, or by nothing at all. Derived tables and CTEs are taken to hold one row for each.
fn multiplier<'a>(select: &'a Select, summed: &[Place], fixed: &[Place], subject: &Subject) -> Option<&'a Source> {
    let pairs = joined_columns(select);
    let mut reached: Vec<SourceId> = summed.iter().map(|(source, _)| *source).collect();
    let many = loop {
        let open = select.from.iter().filter(|source| !reached.contains(&source.id));
        let mut joined =
            open.map(|source| (source, join_to(source, &reached, &pairs))).filter(|(_, by)| !by.is_empty());
        let mut many = None;
        let single = joined.find(|(source, by)| {
            let single = is_single(source, by, fixed, subject);
            many = many.or(Some(*source).filter(|_| !single));
            single
        });
        match single {
            Some((source, _)) => reached.push(source.id),
            None => break many,
        }
    };
    many.or_else(|| {
        let mut open = select.from.iter().filter(|source| !reached.contains(&source.id));
        open.find(|source| !is_single(source, &[], fixed, subject) && is_unrelated(source.id, select))
    })
}

/// Whether no condition ties a source to another.
fn is_unrelated(id: SourceId, select: &Select) -> bool {
    row_conditions(select).into_iter().all(|condition| {
        let (mut own, mut other) = (false, false);
        each_expr(condition, &mut |expr| {
            if let ExprKind::Column { source, .. } | ExprKind::RowId(source) = expr.kind {
                own |= source == id;
                other |= source != id;
            }
        });
        !(own && other)
    })
}

/// The columns of a source that are set equal to columns of the sources reached.
fn join_to(source: &Source, reached: &[SourceId], pairs: &[[Place; 2]]) -> Vec<u16> {
    let mine = |[a, b]: &[Place; 2]| match (a.0 == source.id, b.0 == source.id) {
        (true, false) if reached.contains(&b.0) => Some(a.1),
        (false, true) if reached.contains(&a.0) => Some(b.1),
        _ => None,
    };
    pairs.iter().filter_map(mine).collect()
}

/// Whether at most one row of a source meets one row of the others within a group.
fn is_single(source: &Source, by: &[u16], fixed: &[Place], subject: &Subject) -> bool {
    let Some(table) = source.table_id() else { return true };
    let mut columns = by.to_vec();
    columns.extend(fixed.iter().filter(|(id, _)| *id == source.id).map(|(_, column)| *column));
    subject.catalog.is_unique(table, &columns)
}
