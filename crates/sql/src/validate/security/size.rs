//! SEC507: a query that is too large: bytes of text, outputs, tables.

use crate::diagnostic::Severity;
use crate::tree::Span;
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
    let whole = Span { start: 0, end: subject.text.len() as u32 };
    let mut sources = 0;
    each_select(subject.query, &mut |select| {
        sources += select.from.len();
        if select.items.len() > limits.columns {
            let message = format!("{} columns are shown; at most {} may be.", select.items.len(), limits.columns);
            found.push(RULE.at(whole, message));
        }
    });
    if sources > limits.sources {
        found.push(RULE.at(whole, format!("{sources} tables are read; at most {} may be.", limits.sources)));
    }
}
