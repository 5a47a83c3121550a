//! PRF406: all rows of a table that the pack calls large, one by one.

use crate::diagnostic::Severity;
use crate::resolve::is_aggregate;
use crate::tree::{ExprKind, Query, Select};
use crate::validate::RuleKind;
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::each_expr_here;

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "PRF406",
    severity: Severity::Warning,
    title: "all rows of a large table",
    page: include_str!("PRF406.md"),
    check: Check::Whole(check),
};

fn check(subject: &Subject, found: &mut Found) {
    let Some(select) = subject.query.select().filter(|select| shows_all_rows(subject.query, select)) else { return };
    for rule in subject.options.rules {
        let RuleKind::LargeTable { table } = rule.kind else { continue };
        let Some(source) = select.from.iter().find(|source| source.table_id() == Some(table)) else { continue };
        let message = format!("All rows of {} are shown, and it is large.", subject.catalog.table(table).name);
        found.push(rule.told(RULE.at(source.span, message)).help("Add a condition, or LIMIT."));
    }
}

/// Whether nothing makes fewer rows: no condition, no grouping, no limit.
fn shows_all_rows(query: &Query, select: &Select) -> bool {
    let mut aggregated = false;
    for item in &select.items {
        each_expr_here(&item.expr, &mut |expr| {
            aggregated |= matches!(&expr.kind, ExprKind::Call(call) if is_aggregate(call));
        });
    }
    query.limit.is_none() && select.filter.is_none() && select.group_by.is_empty() && !select.distinct && !aggregated
}
