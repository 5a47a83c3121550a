//! PRF401: a source that no condition ties to those before it.

use crate::diagnostic::Severity;
use crate::resolve::is_aggregate;
use crate::tree::{Expr, ExprKind, JoinKind, Query, Select, Source, SourceId, SourceKind};
use crate::validate::columns::row_conditions;
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::{each_expr, each_expr_here, each_query};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "PRF401",
    severity: Severity::Warning,
    title: "every row meets every row",
    page: include_str!("PRF401.md"),
    check: Check::Select(check),
};

fn check(select: &Select, subject: &Subject, found: &mut Found) {
    if select.from.len() < 2 {
        return;
    }
    let conditions = row_conditions(select);
    for (position, source) in select.from.iter().enumerate().skip(1) {
        let before = &select.from[..position];
        let tied = conditions
            .iter()
            .any(|condition| speaks(condition, source.id) && before.iter().any(|other| speaks(condition, other.id)));
        let natural = source.join != JoinKind::Cross && source.on.as_ref().is_some_and(|on| speaks(on, source.id));
        let free = |source: &Source| is_one_row(source, subject.query);
        if !tied && !natural && !free(source) && !before.iter().all(free) {
            let message = "Nothing ties this table to the ones before it: every row meets every row.";
            found.push(RULE.at(source.span, message).help("Join it ON a condition."));
        }
    }
}

/// Whether a source is one row whatever is stored: a total over all rows, as a derived table or a CTE.
fn is_one_row(source: &Source, whole: &Query) -> bool {
    let mut one = false;
    match &source.kind {
        SourceKind::Table(_) => {}
        SourceKind::Derived { query, .. } => one = is_total(query),
        SourceKind::Cte { name, .. } => each_query(whole, &mut |query| {
            one |= query.with.iter().any(|cte| cte.name.eq_ignore_ascii_case(name) && is_total(&cte.query));
        }),
    }
    one
}

fn is_total(query: &Query) -> bool {
    let Some(select) = query.select() else { return false };
    let mut aggregated = false;
    for item in &select.items {
        each_expr_here(&item.expr, &mut |expr| {
            aggregated |= matches!(&expr.kind, ExprKind::Call(call) if is_aggregate(call));
        });
    }
    select.group_by.is_empty() && (aggregated || select.from.is_empty())
}

fn speaks(condition: &Expr, id: SourceId) -> bool {
    let mut speaks = false;
    each_expr(condition, &mut |e| {
        speaks |= matches!(e.kind, ExprKind::Column { source, .. } | ExprKind::RowId(source) if source == id);
    });
    speaks
}
