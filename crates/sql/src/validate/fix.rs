//! Safe fixes, applied: those after which the query means the same.

use schema::Catalog;

use super::{Options, Report, validate};
use crate::diagnostic::{Diagnostic, Edit};

/// A fix may uncover another; no text needs more rounds than this.
const MOST_ROUNDS: usize = 8;

/// The text with the safe fixes of its findings applied, and what is still found then.
pub fn fixed(text: &str, catalog: &Catalog, options: &Options) -> (String, Report) {
    let mut text = text.to_owned();
    let mut report = validate(&text, catalog, options);
    for _ in 0..MOST_ROUNDS {
        let Some(next) = apply(&text, &report.diagnostics) else { break };
        text = next;
        report = validate(&text, catalog, options);
    }
    (text, report)
}

/// The text with the first safe fix of each finding; where two would change the same place the first counts. None when
/// there is nothing to change.
pub fn apply(text: &str, diagnostics: &[Diagnostic]) -> Option<String> {
    let mut edits: Vec<&Edit> = Vec::new();
    for diagnostic in diagnostics {
        let Some(fix) = diagnostic.fixes.iter().find(|fix| fix.safe) else { continue };
        let clashes = |edit: &Edit| edits.iter().any(|other| overlaps(edit, other));
        let stands = |edit: &Edit| text.get(edit.span[0]..edit.span[1]).is_some_and(|old| old != edit.text);
        if fix.edits.iter().all(|edit| stands(edit) && !clashes(edit)) {
            edits.extend(&fix.edits);
        }
    }
    edits.sort_by_key(|edit| edit.span[0]);
    let mut changed = String::with_capacity(text.len());
    let mut done = 0;
    for edit in &edits {
        changed.push_str(text.get(done..edit.span[0])?);
        changed.push_str(&edit.text);
        done = edit.span[1];
    }
    changed.push_str(text.get(done..)?);
    (!edits.is_empty()).then_some(changed)
}

/// A blank on each side where the new text would run into a word that the old one, a quoted name or a sign, kept apart.
pub(super) fn keep_apart(text: &str, edit: &mut Edit) {
    let [start, end] = edit.span;
    let (Some(before), Some(old), Some(after)) = (text.get(..start), text.get(start..end), text.get(end..)) else {
        return;
    };
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$' || !c.is_ascii();
    let stood_before = !old.is_empty() && before.ends_with(is_word) && !old.starts_with(is_word);
    let stood_after = !old.is_empty() && after.starts_with(is_word) && !old.ends_with(is_word);
    if edit.text.is_empty() {
        if (stood_before || stood_after) && before.ends_with(is_word) && after.starts_with(is_word) {
            edit.text.push(' ');
        }
        return;
    }
    if stood_before && edit.text.starts_with(is_word) {
        edit.text.insert(0, ' ');
    }
    if stood_after && edit.text.ends_with(is_word) {
        edit.text.push(' ');
    }
}

/// Whether two edits touch the same bytes, or insert at the same place.
fn overlaps(a: &Edit, b: &Edit) -> bool {
    a.span[0] < b.span[1] && b.span[0] < a.span[1] || a.span[0] == b.span[0]
}
