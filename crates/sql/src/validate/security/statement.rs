//! SEC501, SEC502, SEC503: a statement other than a query, told by its first words before anything is parsed. SEC507 for a
//! text that is too long to be read at all.

use super::{DDL, Limits, OTHER, WRITE, size};
use crate::diagnostic::Diagnostic;
use crate::dialect::Dialect;
use crate::syntax::token::{Cursor, TokenKind};
use crate::tree::Span;

/// What a statement that is no query would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Write,
    Ddl,
    Other,
}

const KINDS: [(&str, Kind); 44] = [
    ("INSERT", Kind::Write),
    ("REPLACE", Kind::Write),
    ("UPDATE", Kind::Write),
    ("DELETE", Kind::Write),
    ("MERGE", Kind::Write),
    ("UPSERT", Kind::Write),
    ("TRUNCATE", Kind::Write),
    ("COPY", Kind::Write),
    ("LOAD", Kind::Write),
    ("IMPORT", Kind::Write),
    ("CREATE", Kind::Ddl),
    ("ALTER", Kind::Ddl),
    ("DROP", Kind::Ddl),
    ("RENAME", Kind::Ddl),
    ("COMMENT", Kind::Ddl),
    ("GRANT", Kind::Ddl),
    ("REVOKE", Kind::Ddl),
    ("REINDEX", Kind::Ddl),
    ("PRAGMA", Kind::Other),
    ("ATTACH", Kind::Other),
    ("DETACH", Kind::Other),
    ("VACUUM", Kind::Other),
    ("ANALYZE", Kind::Other),
    ("EXPLAIN", Kind::Other),
    ("BEGIN", Kind::Other),
    ("START", Kind::Other),
    ("COMMIT", Kind::Other),
    ("END", Kind::Other),
    ("ROLLBACK", Kind::Other),
    ("SAVEPOINT", Kind::Other),
    ("RELEASE", Kind::Other),
    ("SET", Kind::Other),
    ("SHOW", Kind::Other),
    ("DESCRIBE", Kind::Other),
    ("USE", Kind::Other),
    ("CALL", Kind::Other),
    ("EXEC", Kind::Other),
    ("EXECUTE", Kind::Other),
    ("PREPARE", Kind::Other),
    ("DO", Kind::Other),
    ("LOCK", Kind::Other),
    ("HANDLER", Kind::Other),
    ("LISTEN", Kind::Other),
    ("NOTIFY", Kind::Other),
];

/// The refusal of a text that is too long or is a statement other than a query; None when it may be read as a query.
pub(in crate::validate) fn refuse_statement(text: &str, limits: &Limits) -> Option<Diagnostic> {
    if text.len() > limits.bytes {
        let span = Span { start: limits.bytes as u32, end: u32::try_from(text.len()).unwrap_or(u32::MAX) };
        let message = format!("The query is {} bytes long; at most {} are read.", text.len(), limits.bytes);
        return Some(size::RULE.at(span, message));
    }
    let mut cursor = Cursor::new(text, Dialect::Sqlite);
    while cursor.eat_symbol(";") || cursor.eat_symbol("(") {}
    if cursor.is_word("WITH")
        && let Some(refusal) = write_after_with(&mut cursor)
    {
        return Some(refusal);
    }
    let token = cursor.peek();
    if token.kind != TokenKind::Word {
        return None;
    }
    let word = cursor.raw(token);
    let (word, kind) = KINDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word))?;
    Some(refusal(*kind, word, token.span))
}

fn refusal(kind: Kind, word: &str, span: Span) -> Diagnostic {
    let (rule, message) = match kind {
        Kind::Write => (WRITE, format!("{word} writes: only queries are run here.")),
        Kind::Ddl => (DDL, format!("{word} changes the schema: only queries are run here.")),
        Kind::Other => (OTHER, format!("{word} is no query: only queries are run here.")),
    };
    rule.at(span, message).help("Ask with SELECT.")
}

/// `WITH … INSERT`, `WITH x AS (DELETE … RETURNING …)`. Any other bracket holds names, and a column may be called `load`.
fn write_after_with(cursor: &mut Cursor) -> Option<Diagnostic> {
    let mut before = cursor.advance();
    let mut depth = 0usize;
    let mut opens_body = false;
    loop {
        let token = cursor.peek();
        match token.kind {
            TokenKind::End => return None,
            TokenKind::Symbol("(") => {
                depth += 1;
                let last = cursor.raw(before);
                opens_body = ["AS", "MATERIALIZED"].iter().any(|word| word.eq_ignore_ascii_case(last));
            }
            TokenKind::Symbol(")") => depth = depth.saturating_sub(1),
            TokenKind::Word => {
                let in_body = before.kind == TokenKind::Symbol("(") && opens_body;
                let starts = in_body || before.kind == TokenKind::Symbol(")") && depth == 0;
                let word = cursor.raw(token);
                let write = KINDS.iter().find(|(known, kind)| *kind == Kind::Write && known.eq_ignore_ascii_case(word));
                if let Some((word, kind)) = write.filter(|_| starts && !cursor.is_symbol_at(1, "(")) {
                    return Some(refusal(*kind, word, token.span));
                }
                if depth == 0 && word.eq_ignore_ascii_case("SELECT") {
                    return None;
                }
            }
            _ => {}
        }
        before = cursor.advance();
    }
}
