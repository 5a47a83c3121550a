//! BUS303: a table read without a word on the column that such a query must speak of.

use super::RuleKind;
use crate::diagnostic::Severity;
use crate::tree::{Select, SourceId};
use crate::validate::columns::{each_condition, place};
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::each_expr_here;

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "BUS303",
    severity: Severity::Warning,
    title: "a required filter is missing",
    page: include_str!("BUS303.md"),
    check: Check::Select(check),
};

fn check(select: &Select, subject: &Subject, found: &mut Found) {
    for rule in subject.options.rules {
        let RuleKind::RequiredFilter { column } = rule.kind else { continue };
        let read = select.from.iter().filter(|source| source.table_id() == Some(column.table));
        for source in read.filter(|source| !is_spoken_of(select, (source.id, column.column))) {
            let message = format!("Nothing is said of {}.", subject.catalog.qualified(column));
            found.push(rule.told(RULE.at(source.span, message)));
        }
    }
}

fn is_spoken_of(select: &Select, column: (SourceId, u16)) -> bool {
    let mut spoken = false;
    each_condition(select, &mut |condition| {
        each_expr_here(condition, &mut |expr| spoken |= place(expr) == Some(column));
    });
    spoken
}
