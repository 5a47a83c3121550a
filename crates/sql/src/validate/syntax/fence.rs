//! SYN110: fences and prose around the SQL. What is taken away is blanked, so that every byte of the rest keeps its place.

use crate::diagnostic::{Diagnostic, Edit, Fix, Severity};
use crate::dialect::Dialect;
use crate::syntax::token::{TokenKind, tokens};
use crate::tree::Span;
use crate::validate::rule::Rule;

/// The rule.
pub(super) const RULE: Rule =
    Rule::reading("SYN110", Severity::Info, "SQL within a Markdown fence", include_str!("SYN110.md"));

/// A text with nothing but SQL in it, as long as the original.
pub(in crate::validate) struct Cleaned {
    pub(in crate::validate) text: String,
    pub(in crate::validate) diagnostics: Vec<Diagnostic>,
}

/// Blanks all but the inside of the first Markdown fence, if there is one.
pub(in crate::validate) fn without_fence(text: &str) -> Cleaned {
    let Some((start, end)) = fenced(text) else { return Cleaned { text: text.to_owned(), diagnostics: vec![] } };
    let kept = text.get(start..end).unwrap_or("");
    let blanked = format!("{}{kept}{}", " ".repeat(start), " ".repeat(text.len() - end));
    let mut diagnostic = RULE.at(Span { start: 0, end: start as u32 }, "Only the SQL within the fence is read.");
    let blank = |from: usize, to: usize| Edit { span: [from, to], text: String::new() };
    let inner_start = start + kept.len() - kept.trim_start().len();
    let edits = vec![blank(0, inner_start), blank(inner_start + kept.trim().len(), text.len())];
    let edits = edits.into_iter().filter(|edit| edit.span[0] < edit.span[1]).collect();
    diagnostic.fixes.push(Fix { title: "Keep the SQL alone".to_owned(), edits, safe: true });
    Cleaned { text: blanked, diagnostics: vec![diagnostic] }
}

/// The bytes between a line that starts with three backticks and the next such mark.
fn fenced(text: &str) -> Option<(usize, usize)> {
    let fence = text.find("```")?;
    let line_start = text[..fence].rfind('\n').map_or(0, |i| i + 1);
    if !text[line_start..fence].trim().is_empty() || stands_in_sql(text, fence) {
        return None;
    }
    let after = fence + 3;
    let tag = text[after..].find(|c: char| !c.is_ascii_alphanumeric()).map_or(text.len(), |i| after + i);
    let is_tag = ["", "sql", "sqlite", "postgresql", "mysql"].iter().any(|t| t.eq_ignore_ascii_case(&text[after..tag]));
    let start = if is_tag { tag } else { after };
    let end = text[start..].find("```").map_or(text.len(), |i| start + i);
    Some((start, end))
}

/// Whether a text is SQL from its first word on, and a mark in it stands within a quoted text, a name or a comment.
fn stands_in_sql(text: &str, mark: usize) -> bool {
    let tokens = tokens(text, Dialect::Sqlite);
    let first = tokens.first().map_or("", |token| &text[token.span.start as usize..token.span.end as usize]);
    let is_sql = ["SELECT", "WITH", "VALUES", "EXPLAIN"].iter().any(|word| word.eq_ignore_ascii_case(first));
    let around = tokens.iter().find(|t| t.span.start as usize <= mark && mark < t.span.end as usize);
    is_sql && around.is_none_or(|t| (t.span.start as usize) < mark && t.kind != TokenKind::Illegal)
}
