//! Expressions in definitions: checks, computed columns, terms and conditions of indexes.

use super::super::codes;
use super::Check;
use crate::diagnostic::{Diagnostic, Layer};
use crate::dialect::Dialect;
use crate::resolve::parse_condition;
use crate::syntax::ddl::ast::Piece;
use crate::syntax::token::{Token, TokenKind, tokens};
use crate::tree::Span;

/// Functions and words whose value changes from one moment to the next.
const CHANGING: [&str; 9] = [
    "RANDOM",
    "RANDOMBLOB",
    "NOW",
    "CHANGES",
    "TOTAL_CHANGES",
    "LAST_INSERT_ROWID",
    "CURRENT_DATE",
    "CURRENT_TIME",
    "CURRENT_TIMESTAMP",
];

impl Check<'_> {
    /// An expression over the columns of one table.
    pub(super) fn expression(&mut self, piece: &Piece, table: &str, what: &str) {
        let text = self.text.get(piece.span.start as usize..piece.span.end as usize).unwrap_or("");
        for token in tokens(text, self.dialect) {
            let raw = raw(text, token);
            let subquery = token.kind == TokenKind::Word && raw.eq_ignore_ascii_case("SELECT");
            if subquery || token.kind == TokenKind::Variable {
                let span = shifted(token.span, piece.span.start);
                let held = if subquery { "subquery" } else { "parameter" };
                self.add(codes::EXPRESSION.at(span, format!("There is no {held} in {what}.")));
                return;
            }
        }
        let catalog = &self.after.catalog;
        let Some(id) = catalog.find_table(table) else { return };
        let found = parse_condition(text, id, catalog).diagnostics;
        // Which functions a query may call is another matter.
        let found = found.into_iter().filter(|finding| finding.layer != Layer::Security);
        self.found.extend(found.map(|finding| moved(finding, piece.span.start)));
    }

    /// A value that is kept must be the same whenever it is computed.
    pub(super) fn fixed_functions(&mut self, piece: &Piece, what: &str) {
        let text = self.text.get(piece.span.start as usize..piece.span.end as usize).unwrap_or("");
        let list = tokens(text, self.dialect);
        for (place, token) in list.iter().enumerate() {
            let word = raw(text, *token);
            let changing = CHANGING.iter().any(|name| name.eq_ignore_ascii_case(word));
            let called = list.get(place + 1).is_some_and(|next| next.kind == TokenKind::Symbol("("));
            let clock = word.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("CURRENT_"));
            if token.kind == TokenKind::Word && changing && (called || clock) {
                let message = format!(
                    "{} changes from one moment to the next, so that {what} cannot hold it.",
                    word.to_uppercase()
                );
                self.add(codes::EXPRESSION.at(shifted(token.span, piece.span.start), message));
            }
        }
    }
}

fn raw(text: &str, token: Token) -> &str {
    text.get(token.span.start as usize..token.span.end as usize).unwrap_or("")
}

fn shifted(span: Span, by: u32) -> Span {
    Span { start: span.start + by, end: span.end + by }
}

/// A finding about a part of a text, as one about the text.
pub(super) fn moved(mut finding: Diagnostic, by: u32) -> Diagnostic {
    let by = by as usize;
    let labels = finding.labels.iter_mut().map(|label| &mut label.span);
    let edits = finding.fixes.iter_mut().flat_map(|fix| &mut fix.edits).map(|edit| &mut edit.span);
    for span in labels.chain(edits).chain([&mut finding.span]) {
        *span = [span[0] + by, span[1] + by];
    }
    finding
}

/// Whether a default is one value, as SQLite wants it for the rows that are there.
pub(in crate::ddl::review) fn is_constant(default: &str) -> bool {
    let inner = default.trim().trim_start_matches('(').trim_end_matches(')');
    let list: Vec<Token> = tokens(inner, Dialect::Sqlite);
    let value = |token: &Token| match token.kind {
        TokenKind::Integer | TokenKind::Float | TokenKind::Text | TokenKind::Blob | TokenKind::Quoted(_) => true,
        TokenKind::Word => !raw(inner, *token).to_ascii_uppercase().starts_with("CURRENT_"),
        _ => false,
    };
    match list.as_slice() {
        [one, _] => value(one),
        [sign, one, _] => matches!(sign.kind, TokenKind::Symbol("-" | "+")) && value(one),
        _ => false,
    }
}

/// Whether a default is NULL, which is none.
pub(super) fn is_null(default: &str) -> bool {
    default.trim().trim_start_matches('(').trim_end_matches(')').trim().eq_ignore_ascii_case("NULL")
}
