//! SEC5xx: only a query, only of what the catalog holds, only within limits. What resolution already refused (relations
//! and functions outside the allow-lists, parameters) is not looked for again.

use super::{Options, Subject};
use crate::diagnostic::Diagnostic;
use crate::dialect::Dialect;
use crate::syntax::token::{Cursor, TokenKind};
use crate::tree::{Query, SetOp, Span};
use crate::visit::each_query;

/// How large a query may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Outputs of one SELECT.
    pub columns: usize,
    /// Uses of tables in the whole query.
    pub sources: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { bytes: 100_000, columns: 200, sources: 64 }
    }
}

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
pub(super) fn refuse_statement(text: &str, limits: &Limits) -> Option<Diagnostic> {
    if text.len() > limits.bytes {
        let span = Span { start: limits.bytes as u32, end: u32::try_from(text.len()).unwrap_or(u32::MAX) };
        let message = format!("The query is {} bytes long; at most {} are read.", text.len(), limits.bytes);
        return Some(Diagnostic::error("SEC507", span, message));
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
    let (code, message) = match kind {
        Kind::Write => ("SEC501", format!("{word} writes: only queries are run here.")),
        Kind::Ddl => ("SEC502", format!("{word} changes the schema: only queries are run here.")),
        Kind::Other => ("SEC503", format!("{word} is no query: only queries are run here.")),
    };
    Diagnostic::error(code, span, message).help("Ask with SELECT.")
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

pub(super) fn check(subject: &Subject, options: &Options) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let whole = Span { start: 0, end: subject.text.len() as u32 };
    let mut sources = 0;
    each_query(subject.query, &mut |query| {
        if let Some(select) = query.select() {
            sources += select.from.len();
            if select.items.len() > options.limits.columns {
                let message =
                    format!("{} columns are shown; at most {} may be.", select.items.len(), options.limits.columns);
                found.push(Diagnostic::error("SEC507", whole, message));
            }
        }
        found.extend(unlimited_recursion(query, subject.text));
    });
    if sources > options.limits.sources {
        let message = format!("{sources} tables are read; at most {} may be.", options.limits.sources);
        found.push(Diagnostic::error("SEC507", whole, message));
    }
    found.extend(executable_comment(subject.text, options.dialect));
    found
}

/// SEC506: a recursive CTE whose recursive arm has no condition and that no LIMIT ends.
fn unlimited_recursion(query: &Query, text: &str) -> Vec<Diagnostic> {
    let endless = |inner: &Query| match &inner.body {
        crate::tree::Body::Set { op: SetOp::Union, all: true, right, .. } => {
            let bounded = right
                .select()
                .is_some_and(|select| select.filter.is_some() || select.from.iter().any(|s| s.on.is_some()));
            !bounded && inner.limit.is_none()
        }
        _ => false,
    };
    let recursive = query.with.iter().filter(|cte| cte.recursive && endless(&cte.query));
    let warn = |name: &str| {
        let start = text.find(name).unwrap_or(0) as u32;
        let span = Span { start, end: start + name.len() as u32 };
        let message = format!("{name} recurs without a condition and without a LIMIT.");
        Diagnostic::warning("SEC506", span, message).help("End it with WHERE in its recursive arm.")
    };
    recursive.map(|cte| warn(&cte.name)).collect()
}

/// SEC509: MySQL runs what stands in `/*! … */`.
fn executable_comment(text: &str, dialect: Dialect) -> Option<Diagnostic> {
    let start = text.find("/*!").filter(|_| dialect == Dialect::MySql)? as u32;
    let span = Span { start, end: start + 3 };
    Some(Diagnostic::error("SEC509", span, "MySQL runs what stands in this comment."))
}
