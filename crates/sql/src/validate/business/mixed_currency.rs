//! BUS307: amounts of several currencies added or averaged.

use schema::ColumnId;

use super::RuleKind;
use crate::diagnostic::Severity;
use crate::tree::{BinaryOp, Call, Expr, ExprKind, Query, Select, SourceId};
use crate::validate::columns::{
    Place, each_sum, grouped_columns, joined_columns, place, row_conditions, value_columns,
};
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::each_expr_here;

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "BUS307",
    severity: Severity::Warning,
    title: "amounts of several currencies added",
    page: include_str!("BUS307.md"),
    check: Check::Query(check),
};

fn check(query: &Query, subject: &Subject, found: &mut Found) {
    for rule in subject.options.rules {
        let RuleKind::SameCurrency { columns, currency } = &rule.kind else { continue };
        each_sum(query, &mut |select, expr, call| {
            let amount = |(source, column): &Place| {
                let table = subject.source(*source).and_then(|source| source.table_id());
                table.is_some_and(|table| columns.contains(&ColumnId { table, column: *column }))
            };
            let summed = call.args.iter().flat_map(value_columns).find(amount);
            let Some((source, _)) =
                summed.filter(|(source, _)| !is_one(select, call, (*source, currency.column), subject))
            else {
                return;
            };
            let message = format!("Nothing keeps {} to one value.", subject.catalog.qualified(*currency));
            let help = format!("Group by {}, or ask for one.", name(source, *currency, select, subject));
            found.push(rule.told(RULE.at(expr.span, message)).help(help));
        });
    }
}

/// Whether all that a call adds up is of one currency: grouped or partitioned by it, or kept to one value of it.
fn is_one(select: &Select, call: &Call, currency: Place, subject: &Subject) -> bool {
    let mut same = vec![currency];
    for [a, b] in joined_columns(select) {
        if a == currency || b == currency {
            same.extend([a, b]);
        }
    }
    let settles = |column: Option<Place>| column.is_some_and(|column| same.contains(&column));
    let grouped = grouped_columns(select);
    let by_key = subject.source(currency.0).and_then(|source| source.table_id()).is_some_and(|table| {
        let of_source: Vec<u16> = grouped.iter().filter(|(id, _)| *id == currency.0).map(|(_, c)| *c).collect();
        subject.catalog.is_unique(table, &of_source)
    });
    let partition = call.over.iter().flat_map(|window| &window.partition_by);
    let kept =
        row_conditions(select).into_iter().chain(call.filter.as_deref().map(Expr::conjuncts).into_iter().flatten());
    by_key
        || grouped.into_iter().any(|column| settles(Some(column)))
        || partition.into_iter().any(|term| settles(place(term)))
        || kept.into_iter().any(|condition| keeps_to_one(condition, select, &settles))
        || call.args.iter().any(|argument| any_case_keeps(argument, select, &settles))
}

/// `currency = 'EUR'`, `currency IN ('EUR')`, or equal to something of the query around.
fn keeps_to_one(condition: &Expr, select: &Select, settles: &dyn Fn(Option<Place>) -> bool) -> bool {
    let own = |expr: &Expr| place(expr).is_some_and(|(id, _)| select.from.iter().any(|source| source.id == id));
    match &condition.kind {
        ExprKind::Binary(a, BinaryOp::Eq | BinaryOp::Is, b) => {
            settles(place(a)) && !own(b) || settles(place(b)) && !own(a)
        }
        ExprKind::InList { operand, list, negated: false } => settles(place(operand)) && list.len() == 1,
        _ => false,
    }
}

/// `CASE WHEN currency = 'EUR' THEN amount END`.
fn any_case_keeps(argument: &Expr, select: &Select, settles: &dyn Fn(Option<Place>) -> bool) -> bool {
    let mut kept = false;
    each_expr_here(argument, &mut |expr| {
        if let ExprKind::Case { operand: None, branches, .. } = &expr.kind {
            let mut conditions = branches.iter().flat_map(|(when, _)| when.conjuncts());
            kept |= conditions.any(|condition| keeps_to_one(condition, select, settles));
        }
    });
    kept
}

/// The currency's column as this SELECT would call it.
fn name(source: SourceId, currency: ColumnId, select: &Select, subject: &Subject) -> String {
    let column = &subject.catalog.column(currency).name;
    match select.from.iter().find(|s| s.id == source).and_then(|s| s.alias.as_ref()) {
        Some(alias) => format!("{alias}.{column}"),
        None if select.from.len() == 1 => column.clone(),
        None => subject.catalog.qualified(currency),
    }
}
