//! SEC506: a recursive CTE whose recursive arm has no condition and that no LIMIT ends.

use crate::diagnostic::Severity;
use crate::syntax::token::{Cursor, TokenKind, unquote};
use crate::tree::{Body, Query, SetOp, Span};
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "SEC506",
    severity: Severity::Warning,
    title: "a recursion that nothing ends",
    page: include_str!("SEC506.md"),
    check: Check::Query(check),
};

fn check(query: &Query, subject: &Subject, found: &mut Found) {
    for cte in query.with.iter().filter(|cte| cte.recursive && is_endless(&cte.query)) {
        let message = format!("{} recurs without a condition and without a LIMIT.", cte.name);
        let span = place_of(&cte.name, subject);
        found.push(RULE.at(span, message).help("End it with WHERE in its recursive arm."));
    }
}

fn is_endless(query: &Query) -> bool {
    let Body::Set { op: SetOp::Union, right, .. } = &query.body else { return false };
    let bounded =
        right.select().is_some_and(|select| select.filter.is_some() || select.from.iter().any(|s| s.on.is_some()));
    !bounded && query.limit.is_none()
}

/// Where a CTE is defined: its name before AS or the list of its columns.
fn place_of(name: &str, subject: &Subject) -> Span {
    let mut cursor = Cursor::new(subject.text, subject.options.dialect);
    loop {
        let token = cursor.peek();
        let defines = cursor.is_word_at(1, "AS") || cursor.is_symbol_at(1, "(");
        match token.kind {
            TokenKind::End => return Span::default(),
            TokenKind::Word | TokenKind::Quoted(_)
                if defines && unquote(cursor.raw(token), token.kind).eq_ignore_ascii_case(name) =>
            {
                return token.span;
            }
            _ => cursor.advance(),
        };
    }
}
