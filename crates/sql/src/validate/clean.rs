//! Fences and prose around the SQL. What is taken away is blanked, so that every byte of the rest keeps its place.

use crate::diagnostic::{Diagnostic, Severity};
use crate::tree::Span;

/// A text with nothing but SQL in it, as long as the original.
pub(super) struct Cleaned {
    pub(super) text: String,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Blanks all but the inside of the first Markdown fence, if there is one.
pub(super) fn clean(text: &str) -> Cleaned {
    let Some((start, end)) = fenced(text) else { return Cleaned { text: text.to_owned(), diagnostics: vec![] } };
    let kept = text.get(start..end).unwrap_or("");
    let blanked = format!("{}{kept}{}", " ".repeat(start), " ".repeat(text.len() - end));
    let span = Span { start: 0, end: start as u32 };
    let mut diagnostic = Diagnostic::warning("SYN110", span, "Only the SQL within the fence is read.");
    diagnostic.severity = Severity::Info;
    Cleaned { text: blanked, diagnostics: vec![diagnostic] }
}

/// The bytes between a line that starts with three backticks and the next such mark.
fn fenced(text: &str) -> Option<(usize, usize)> {
    let fence = text.find("```")?;
    let line_start = text[..fence].rfind('\n').map_or(0, |i| i + 1);
    if !text[line_start..fence].trim().is_empty() {
        return None;
    }
    let after = fence + 3;
    let tag = text[after..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(text.len(), |i| after + i);
    let is_tag = ["", "sql", "sqlite", "postgresql", "mysql"].iter().any(|t| t.eq_ignore_ascii_case(&text[after..tag]));
    let start = if is_tag { tag } else { after };
    let end = text[start..].find("```").map_or(text.len(), |i| start + i);
    Some((start, end))
}
