//! PRF408: DISTINCT over rows that a key already tells apart: they are sorted or hashed for nothing.

use crate::diagnostic::Severity;
use crate::tree::{Select, Span};
use crate::validate::columns::place;
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "PRF408",
    severity: Severity::Warning,
    title: "DISTINCT over rows that are distinct",
    page: include_str!("PRF408.md"),
    check: Check::Select(check),
};

fn check(select: &Select, subject: &Subject, found: &mut Found) {
    let [source] = select.from.as_slice() else { return };
    let Some(table) = source.table_id().filter(|_| select.distinct && select.group_by.is_empty()) else { return };
    let shown: Vec<u16> = select.items.iter().filter_map(|item| place(&item.expr)).map(|(_, column)| column).collect();
    let key = &subject.catalog.table(table).primary_key;
    if key.is_empty() || !key.iter().all(|column| shown.contains(column)) {
        return;
    }
    let Some(span) = word_before(subject.text, select) else { return };
    let message = "The primary key is shown, so no two rows are the same.";
    found.push(RULE.at(span, message).help("Leave DISTINCT out.").fix("Remove DISTINCT", span, "", false));
}

/// DISTINCT and the blanks after it, before the first output.
fn word_before(text: &str, select: &Select) -> Option<Span> {
    let end = select.items.first()?.expr.span.start;
    let before = text.get(..end as usize)?.trim_end();
    let start = before.len().checked_sub("DISTINCT".len())?;
    let is_word = before.get(start..)?.eq_ignore_ascii_case("DISTINCT");
    is_word.then_some(Span { start: start as u32, end })
}
