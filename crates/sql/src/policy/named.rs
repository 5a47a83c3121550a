//! SEC515: hidden columns that a query speaks of.
//!
//! The query was resolved over a catalog without them, so that none can be read; this finds the words to say so, in place
//! of "there is no such column".

use std::collections::HashMap;

use schema::{Catalog, TableId};

use super::Policy;
use crate::diagnostic::{Diagnostic, Severity};
use crate::tree::{ExprKind, Query, SourceId, Span};
use crate::visit::{each_expr_of_query, each_select};

/// Adds a refusal for each hidden column that `whole`, the query over the whole catalog, names, and puts one in the place
/// of each error that comes of a hidden column's absence.
pub(super) fn replace(
    diagnostics: &mut Vec<Diagnostic>,
    text: &str,
    whole: Option<&Query>,
    catalog: &Catalog,
    policy: &Policy,
) {
    let Some(whole) = whole else { return };
    let tables = tables_of(whole);
    for diagnostic in diagnostics.iter_mut().filter(|d| d.severity == Severity::Error && d.code.starts_with("SCH")) {
        let [start, end] = diagnostic.span;
        let name = last_name(text.get(start..end).unwrap_or(""));
        let mut used = tables.values();
        if let Some(table) = used.find(|table| hidden_names(**table, catalog, policy).any(|h| is_same(h, name))) {
            *diagnostic = refusal(*table, name, diagnostic.span, catalog);
        }
    }
    let direct = direct(text, whole, &tables, catalog, policy);
    diagnostics.retain(|d| direct.iter().all(|refusal| refusal.span != d.span));
    diagnostics.extend(direct);
}

/// The table of each use of one.
fn tables_of(query: &Query) -> HashMap<SourceId, TableId> {
    let mut tables = HashMap::new();
    each_select(query, &mut |select| {
        tables.extend(select.from.iter().filter_map(|source| Some((source.id, source.table_id()?))));
    });
    tables
}

fn hidden_names<'a>(table: TableId, catalog: &'a Catalog, policy: &'a Policy) -> impl Iterator<Item = &'a str> {
    let hidden = policy.of(table).map_or(&[][..], |restriction| &restriction.hidden);
    hidden.iter().filter_map(move |column| catalog.table(table).columns.get(usize::from(*column))).map(|c| &*c.name)
}

/// Hidden columns that stand in the text by their names: neither `*` nor NATURAL names any.
fn direct(
    text: &str,
    whole: &Query,
    tables: &HashMap<SourceId, TableId>,
    catalog: &Catalog,
    policy: &Policy,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    each_expr_of_query(whole, &mut |expr| {
        let ExprKind::Column { source, column } = expr.kind else { return };
        let Some(table) = tables.get(&source) else { return };
        let is_hidden = policy.of(*table).is_some_and(|restriction| restriction.hidden.contains(&column));
        let Some(facts) = catalog.table(*table).columns.get(usize::from(column)).filter(|_| is_hidden) else { return };
        let Span { start, end } = expr.span;
        let span = [start as usize, end as usize];
        if is_same(last_name(text.get(span[0]..span[1]).unwrap_or("")), &facts.name) {
            found.push(refusal(*table, &facts.name, span, catalog));
        }
    });
    found
}

/// What stands behind the last dot of a name, without quotes.
fn last_name(text: &str) -> &str {
    let name = text.rsplit('.').next().unwrap_or(text).trim();
    name.trim_matches(['"', '`', '[', ']', '\''])
}

fn is_same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

fn refusal(table: TableId, column: &str, span: [usize; 2], catalog: &Catalog) -> Diagnostic {
    let message = format!("{column} of {} is hidden from this user.", catalog.table(table).name);
    let span = Span { start: span[0] as u32, end: span[1] as u32 };
    Diagnostic::error("SEC515", span, message).help("Ask without it.")
}
