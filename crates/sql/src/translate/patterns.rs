//! LIKE of other engines in SQLite's terms: who tells letter case apart, and which sign takes another's meaning away.
//!
//! | engine | letter case | without ESCAPE | beside % and _ |
//! |---|---|---|---|
//! | SQLite | passed over (ASCII) | none | |
//! | PostgreSQL | told apart; passed over by ILIKE | backslash | |
//! | MySQL | passed over, under its usual collations | backslash | |
//! | SQL Server | passed over, under its usual collations | none | sets: `[abc]` |
//! | Oracle | told apart | none | |
//!
//! Where letter case is told apart GLOB says the same, of patterns that are written down.

use schema::Value;

use crate::dialect::Dialect;
use crate::tree::{Expr, LikeOp};

/// The sign before `%` and `_` that makes them plain ones.
enum Escape {
    None,
    Sign(char),
}

/// Says a pattern as SQLite means it; whether it can.
pub(super) fn settle(from: Dialect, op: &mut LikeOp, pattern: &mut Expr, escape: &mut Option<Box<Expr>>) -> bool {
    let Some(sign) = sign_of(from, *op, escape.as_deref()) else { return false };
    match (*op, pattern.text()) {
        (LikeOp::Regexp, _) => false,
        (LikeOp::Glob, _) => true,
        (LikeOp::Like, Some(text)) if matches!(from, Dialect::Postgres | Dialect::Oracle) => {
            let Some(glob) = as_glob(text, &sign) else { return false };
            (*op, *escape) = (LikeOp::Glob, None);
            pattern.kind = Expr::value(Value::Text(glob)).kind;
            true
        }
        (LikeOp::Like, None) if matches!(from, Dialect::Postgres | Dialect::Oracle) => false,
        (_, text) if from == Dialect::SqlServer && text.is_none_or(|text| text.contains('[')) => false,
        // SQLite knows the two cases of ASCII's letters alone.
        (_, Some(text)) if text.chars().any(has_another_case) => false,
        (_, text) => {
            let is_used = |sign: char| text.is_none_or(|text| text.contains(sign));
            *escape = match sign {
                Escape::Sign(sign) if is_used(sign) => Some(Box::new(Expr::value(Value::Text(sign.to_string())))),
                _ => None,
            };
            *op = LikeOp::Like;
            true
        }
    }
}

/// The sign that a pattern is read with; none where the text does not tell.
fn sign_of(from: Dialect, op: LikeOp, escape: Option<&Expr>) -> Option<Escape> {
    let Some(escape) = escape else {
        let is_backslash = matches!(from, Dialect::Postgres | Dialect::MySql) && op != LikeOp::Glob;
        return Some(if is_backslash { Escape::Sign('\\') } else { Escape::None });
    };
    let mut signs = escape.text()?.chars();
    match (signs.next(), signs.next()) {
        (None, _) => Some(Escape::None),
        (Some(sign), None) => Some(Escape::Sign(sign)),
        _ => None,
    }
}

/// Whether a letter is beyond ASCII and has two cases.
fn has_another_case(c: char) -> bool {
    !c.is_ascii() && (c.to_lowercase().ne([c]) || c.to_uppercase().ne([c]))
}

/// A pattern of LIKE as one of GLOB; none where it ends in the sign that makes the next one plain.
fn as_glob(like: &str, sign: &Escape) -> Option<String> {
    let mut glob = String::new();
    let mut chars = like.chars();
    while let Some(c) = chars.next() {
        let is_plain = matches!(sign, Escape::Sign(sign) if *sign == c);
        match if is_plain { chars.next()? } else { c } {
            '%' if !is_plain => glob.push('*'),
            '_' if !is_plain => glob.push('?'),
            c @ ('*' | '?' | '[') => glob.extend(['[', c, ']']),
            c => glob.push(c),
        }
    }
    Some(glob)
}
