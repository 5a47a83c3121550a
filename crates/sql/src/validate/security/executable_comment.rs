//! SEC509: MySQL runs what stands in `/*! … */` and obeys the hints of `/*+ … */`; MariaDB runs what stands in `/*M! … */`.

use crate::diagnostic::Severity;
use crate::dialect::Dialect;
use crate::tree::Span;
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SEC509",
    severity: Severity::Error,
    title: "a comment that MySQL runs",
    page: include_str!("SEC509.md"),
    check: Check::Whole(check),
};

fn check(subject: &Subject, found: &mut Found) {
    if subject.options.dialect != Dialect::MySql {
        return;
    }
    for opening in ["/*!", "/*M!", "/*+"] {
        if let Some(start) = subject.text.find(opening) {
            let span = Span { start: start as u32, end: (start + opening.len()) as u32 };
            found.push(RULE.at(span, "MySQL heeds what stands in this comment."));
        }
    }
}
