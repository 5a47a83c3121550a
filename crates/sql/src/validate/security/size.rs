//! SEC507: a query that is too large: bytes of text, outputs, tables.

use crate::diagnostic::Severity;
use crate::validate::columns::outputs;
use crate::validate::rule::{Check, Found, Rule, Subject};
use crate::visit::each_select;

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SEC507",
    severity: Severity::Error,
    title: "a query that is too large",
    page: include_str!("SEC507.md"),
    check: Check::Whole(check),
};

fn check(subject: &Subject, found: &mut Found) {
    let limits = &subject.options.limits;
    let mut sources = Vec::new();
    each_select(subject.query, &mut |select| {
        sources.extend(&select.from);
        if select.items.len() > limits.columns {
            let message = format!("{} columns are shown; at most {} may be.", select.items.len(), limits.columns);
            found.push(RULE.at(outputs(select), message));
        }
    });
    if let Some(first_too_many) = sources.get(limits.sources) {
        let message = format!("{} tables are read; at most {} may be.", sources.len(), limits.sources);
        found.push(RULE.at(first_too_many.span, message));
    }
}
