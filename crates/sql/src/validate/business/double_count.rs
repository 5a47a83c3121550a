//! BUS306: a sum over rows that a join repeats counts each of them several times.

use super::RuleKind;
use crate::diagnostic::{Diagnostic, Severity};
use crate::tree::{Expr, Select, Source, SourceId};
use crate::validate::columns::{Place, each_sum, grouped_columns, joined_columns, value_columns};
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "BUS306",
    severity: Severity::Warning,
    title: "a sum that counts rows twice",
    page: include_str!("BUS306.md"),
    check: Check::Select(check),
};

fn check(select: &Select, subject: &Subject, found: &mut Found) {
    if select.from.len() < 2 {
        return;
    }
    each_sum(select, &mut |expr, call| {
        let [argument] = call.args.as_slice() else { return };
        let columns = value_columns(argument);
        let (false, false, Some(first)) = (call.distinct, call.over.is_some(), columns.first()) else { return };
        if let Some(many) = multiplier(select, &columns, subject) {
            let message = "Each row is counted once for every row joined to it.";
            let finding = RULE.at(expr.span, message).label(many.span, "several rows of this meet one row");
            found.push(told(finding.help("Sum before joining, in a subquery."), *first, subject));
        }
    });
}

/// The finding in the words of the pack's rule on the column, if there is one.
fn told(finding: Diagnostic, (source, column): Place, subject: &Subject) -> Diagnostic {
    let column = subject.column(&Expr::from(crate::tree::ExprKind::Column { source, column }));
    let of_column = column.map(|column| RuleKind::NoDoubleCount { column });
    match subject.options.rules.iter().find(|rule| Some(&rule.kind) == of_column.as_ref()) {
        Some(rule) => rule.told(finding),
        None => finding,
    }
}

/// A joined table of which several rows may meet one row of what is summed: it is reached by columns that do not hold a
/// key of it. Derived tables and CTEs are taken to hold one row for each.
fn multiplier<'a>(select: &'a Select, summed: &[Place], subject: &Subject) -> Option<&'a Source> {
    let pairs = joined_columns(select);
    let fixed = grouped_columns(select);
    let mut reached: Vec<SourceId> = summed.iter().map(|(source, _)| *source).collect();
    // A sum of a derived table's columns: what its rows are is not known.
    if !reached.iter().all(|id| subject.source(*id).is_some_and(|source| source.table_id().is_some())) {
        return None;
    }
    loop {
        let open = select.from.iter().filter(|source| !reached.contains(&source.id));
        let mut joined =
            open.map(|source| (source, join_to(source, &reached, &pairs))).filter(|(_, by)| !by.is_empty());
        let mut many = None;
        let single = joined.find(|(source, by)| {
            let single = is_single(source, by, &fixed, subject);
            many = many.or(Some(*source).filter(|_| !single));
            single
        });
        match single {
            Some((source, _)) => reached.push(source.id),
            None => return many,
        }
    }
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
