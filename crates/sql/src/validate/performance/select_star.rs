//! PRF403: `SELECT *` at the outermost level: every column is read and sent, whoever wants it.

use crate::diagnostic::Severity;
use crate::dialect::{needs_quotes, quote_name};
use crate::tree::{ExprKind, Item, Select, SourceKind};
use crate::validate::rule::{Check, Found, Rule, Subject};

/// The rule.
pub(super) const RULE: Rule = Rule {
    code: "PRF403",
    severity: Severity::Warning,
    title: "every column is read",
    page: include_str!("PRF403.md"),
    check: Check::Whole(check),
};

fn check(subject: &Subject, found: &mut Found) {
    let Some(select) = subject.query.select() else { return };
    let mut start = 0;
    while let Some(first) = select.items[start..].iter().position(|item| item.from_star).map(|i| start + i) {
        let place = select.items[first].expr.span;
        let same = |item: &&Item| item.from_star && item.expr.span.start == place.start;
        let count = select.items[first..].iter().take_while(same).count();
        let finding = RULE.at(place, "Every column is read.").help("Name the columns that are needed.");
        let named = select.items[first..first + count].iter().map(|item| name_of(item, select, subject));
        found.push(match named.collect::<Option<Vec<String>>>() {
            Some(names) => finding.fix("Name the columns", place, names.join(", "), true),
            None => finding,
        });
        start = first + count;
    }
}

/// The column that an item of `*` stands for, as the text must say it; None where the source has no name to say it by, and
/// where a computed column may be called by its text or a number, which another change of the text changes too.
fn name_of(item: &Item, select: &Select, subject: &Subject) -> Option<String> {
    let ExprKind::Column { source, column } = item.expr.kind else { return None };
    let source = select.from.iter().find(|s| s.id == source)?;
    let column = usize::from(column);
    let (table, name) = match &source.kind {
        SourceKind::Table(id) => {
            let table = subject.catalog.table(*id);
            (table.name.as_str(), &table.columns.get(column)?.name)
        }
        SourceKind::Cte { name, columns } => (name.as_str(), columns.get(column)?),
        SourceKind::Derived { columns, .. } => ("", columns.get(column)?),
    };
    if source.table_id().is_none() && needs_quotes(name) {
        return None;
    }
    let called = source.alias.as_deref().unwrap_or(table);
    let twins = select.from.iter().filter(|s| s.id != source.id).any(|s| is_called(s, called, subject));
    match select.from.len() {
        1 => Some(quote_name(name)),
        _ if called.is_empty() || twins => None,
        _ => Some(format!("{}.{}", quote_name(called), quote_name(name))),
    }
}

fn is_called(source: &crate::tree::Source, name: &str, subject: &Subject) -> bool {
    let own = match &source.kind {
        SourceKind::Table(id) => subject.catalog.table(*id).name.as_str(),
        SourceKind::Cte { name, .. } => name,
        SourceKind::Derived { .. } => "",
    };
    source.alias.as_deref().unwrap_or(own).eq_ignore_ascii_case(name)
}
