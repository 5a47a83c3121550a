//! What has to hold whatever was read.

use schema::{Catalog, Glossary};
use sql::diagnostic::caret;
use sql::tree::Query;
use sql::visit::same_tree;
use sql::{Diagnostic, Dialect, Layer, Severity, parse, print};

use crate::worlds::Choice;

/// Findings point at whole characters of the text, and can be shown.
pub fn places(text: &str, diagnostics: &[Diagnostic]) {
    for found in diagnostics {
        let labels = found.labels.iter().map(|label| label.span);
        let edits = found.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.span);
        for [start, end] in std::iter::once(found.span).chain(labels).chain(edits) {
            assert!(start <= end, "{start}..{end} ends before it starts: {found:?}");
            assert!(text.get(start..end).is_some(), "{start}..{end} is no piece of the text: {found:?}");
        }
        assert!(!found.message.is_empty() && !caret(text, found).is_empty());
    }
}

/// What is printed reads back as the same tree, in both forms.
pub fn printed(query: &Query, catalog: &Catalog) {
    for text in [print::readable(query, catalog), print::compact(query, catalog)] {
        let again = parse(&text, catalog, Dialect::Sqlite);
        let wrong: Vec<&Diagnostic> = again.diagnostics.iter().filter(|d| d.severity == Severity::Error).collect();
        assert!(wrong.is_empty(), "printed SQL is refused: {wrong:?}\n{text}");
        let same = again.query.as_ref().is_some_and(|again| same_tree(again, query));
        assert!(same, "printed SQL reads back as another tree\n{text}");
    }
}

/// Everything else that is said of a query says something.
pub fn described(query: &Query, catalog: &Catalog) {
    sql::features::template_hash(query);
    sql::features::difficulty(query);
    sql::features::tags(query);
    sql::reasoning::plan(query, catalog, &Glossary::default());
    sql::lineage(query, catalog);
}

/// In the layers syntax and schema something is an error if and only if SQLite refuses to prepare the text.
pub fn agrees(choice: Choice, text: &str) {
    if is_outside(text) {
        return;
    }
    let parsed = parse(text, &choice.world().catalog, Dialect::Sqlite);
    let layers = [Layer::Syntax, Layer::Schema];
    let errors = parsed.diagnostics.iter().filter(|d| d.severity == Severity::Error && layers.contains(&d.layer));
    let errors: Vec<&Diagnostic> = errors.collect();
    // The columns of what stands outside the catalog are not known, and behind a parameter for a distance nothing is read.
    let reads_outside = parsed.diagnostics.iter().any(|found| matches!(found.code, "SEC504" | "SEC508"));
    match (errors.first(), choice.prepared(text)) {
        (Some(error), Ok(())) if !is_stricter(&errors, text) => {
            panic!("only we refuse: {} {}\n{text}", error.code, error.message)
        }
        (None, Err(error)) if !reads_outside => {
            panic!("only SQLite refuses: {error}\n{text}")
        }
        _ => {}
    }
}

/// Where SQLite is known to prepare what is refused here: beyond limits that keep the stack, distances of windows that
/// fail when the query runs, names in an operand of AND or OR that a constant beside it makes needless, row ids of
/// tables in brackets, and unknown collations where nothing is compared.
fn is_stricter(errors: &[&Diagnostic], text: &str) -> bool {
    let text = text.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    errors.iter().any(|error| match error.code {
        "SYN107" | "SYN108" | "SYN109" | "SCH224" => true,
        "SCH205" | "SCH206" => has(&["AND", "OR"]),
        "SCH202" | "SCH203" => has(&["ROWID", "OID", "_ROWID_"]) && has(&["("]) || is_dropped(&text),
        _ => false,
    })
}

/// Whether a zero stands beside an AND: SQLite drops both of its operands before it looks at their names.
fn is_dropped(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || "()+-".contains(c)).filter(|w| !w.is_empty()).collect();
    let is_zero = |word: &str| word.trim_start_matches("0X").chars().all(|c| c == '0');
    words.windows(2).any(|two| two[0] == "AND" && is_zero(two[1]) || two[1] == "AND" && is_zero(two[0]))
}

/// Texts that are read otherwise on purpose: what is no query, and what SQLite does not read to its end.
fn is_outside(text: &str) -> bool {
    let first = text.trim_start_matches([' ', '\t', '\r', '\n', ';']).get(..4).unwrap_or("");
    let is_query = ["SELE", "WITH", "VALU"].iter().any(|word| word.eq_ignore_ascii_case(first));
    !is_query || text.contains(['\0', '\u{feff}'])
}
