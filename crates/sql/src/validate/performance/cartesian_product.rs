//! PRF401: a source that no condition ties to those before it.

use crate::diagnostic::Severity;
use crate::tree::{Expr, ExprKind, JoinKind, Select, SourceId};
use crate::validate::columns::row_conditions;
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::each_expr;

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "PRF401",
    severity: Severity::Warning,
    title: "every row meets every row",
    page: include_str!("PRF401.md"),
    check: Check::Select(check),
};

fn check(select: &Select, _: &Subject, found: &mut Found) {
    if select.from.len() < 2 {
        return;
    }
    let conditions = row_conditions(select);
    for (position, source) in select.from.iter().enumerate().skip(1) {
        let tied = conditions.iter().any(|condition| {
            speaks(condition, source.id) && select.from[..position].iter().any(|other| speaks(condition, other.id))
        });
        let natural = source.join != JoinKind::Cross && source.on.as_ref().is_some_and(|on| speaks(on, source.id));
        if !tied && !natural {
            let message = "Nothing ties this table to the ones before it: every row meets every row.";
            found.push(RULE.at(source.span, message).help("Join it ON a condition."));
        }
    }
}

fn speaks(condition: &Expr, id: SourceId) -> bool {
    let mut speaks = false;
    each_expr(condition, &mut |e| speaks |= matches!(e.kind, ExprKind::Column { source, .. } if source == id));
    speaks
}
