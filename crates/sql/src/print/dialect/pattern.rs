//! LIKE, which passes over letter case in SQLite, and GLOB, which does not.

use schema::{Type, Value};

use super::{Construct, Lowered, Lowering, piece};
use crate::dialect::Dialect;
use crate::tree::{Expr, ExprKind, LikeOp, UnaryOp};

/// What stands before a sign of a pattern that is meant as it is, where the text has none of its own.
const ESCAPE: char = '!';

impl Lowering<'_> {
    pub(super) fn like(&mut self, expr: &Expr) -> Lowered<Expr> {
        let ExprKind::Like { op, operand, pattern, escape, negated } = &expr.kind else {
            return self.refuse(Construct::Pattern, expr.span);
        };
        let matched = match op {
            LikeOp::Like => self.like_any_case(operand, pattern, escape.as_deref())?,
            LikeOp::Glob => self.glob(operand, pattern)?,
            LikeOp::ILike => return self.refuse(Construct::Operator("ILIKE"), expr.span),
            LikeOp::Regexp => return self.refuse(Construct::Operator("REGEXP"), expr.span),
        };
        Ok(if *negated { ExprKind::Unary(UnaryOp::Not, Box::new(matched)).into() } else { matched })
    }

    fn like_any_case(&mut self, operand: &Expr, pattern: &Expr, escape: Option<&Expr>) -> Lowered<Expr> {
        let text = self.pattern_text(operand)?;
        let own_escape = match escape.map(|escape| (escape.text(), escape.span)) {
            None => None,
            Some((Some(text), _)) if text.chars().count() == 1 => text.chars().next(),
            Some((_, span)) => return self.refuse(Construct::Pattern, span),
        };
        let Some(written) = pattern.text() else {
            return self.like_computed(text, pattern, own_escape);
        };
        // Only letters of ASCII are alike in both cases; others are where engines differ.
        let differs = |c: char| !c.is_ascii() && (c.to_lowercase().ne([c]) || c.to_uppercase().ne([c]));
        if written.chars().any(differs) {
            return self.refuse(Construct::Pattern, pattern.span);
        }
        let Some((written, escaped)) = self.rewritten(written, own_escape) else {
            return self.refuse(Construct::Pattern, pattern.span);
        };
        let folds = self.target.dialect != Dialect::Postgres;
        let written = if folds { written.to_ascii_lowercase() } else { written };
        self.matched("@like_any_case", "@like_any_case_escaped", text, written, escaped)
    }

    /// A pattern that is computed: only where the engine reads its signs as SQLite does.
    fn like_computed(&mut self, text: Expr, pattern: &Expr, escape: Option<char>) -> Lowered<Expr> {
        let computed = self.pattern_text(pattern)?;
        // Letters would change with the case of the pattern.
        let sign = escape.filter(|sign| !sign.is_alphabetic()).map(String::from).unwrap_or_default();
        let escaped = |pattern| vec![text.clone(), pattern, Expr::value(Value::Text(sign.clone()))];
        match self.target.dialect {
            _ if escape.is_some() && sign.is_empty() => self.refuse(Construct::Pattern, pattern.span),
            Dialect::Postgres => Ok(piece("@like_any_case_escaped", escaped(computed))),
            Dialect::MySql => Ok(piece("@like_any_case_escaped", escaped(Expr::call("LOWER", vec![computed])))),
            // There only signs that mean something may be escaped.
            Dialect::Oracle if escape.is_none() => {
                Ok(piece("@like_any_case", vec![text, Expr::call("LOWER", vec![computed])]))
            }
            _ => self.refuse(Construct::Pattern, pattern.span),
        }
    }

    fn pattern_text(&mut self, operand: &Expr) -> Lowered<Expr> {
        match self.kind(operand) {
            Type::Real => self.refuse(Construct::RealAsText, operand.span),
            _ => self.text(operand),
        }
    }

    fn matched(
        &self,
        plain: &'static str,
        with_escape: &'static str,
        text: Expr,
        pattern: String,
        escaped: bool,
    ) -> Lowered<Expr> {
        let pattern = Expr::value(Value::Text(pattern));
        if !escaped {
            return Ok(piece(plain, vec![text, pattern]));
        }
        Ok(piece(with_escape, vec![text, pattern, Expr::value(Value::Text(ESCAPE.to_string()))]))
    }

    /// A pattern with its escapes written with [`ESCAPE`], and whether there are any.
    fn rewritten(&self, pattern: &str, escape: Option<char>) -> Option<(String, bool)> {
        let mut text = String::new();
        let mut escaped = false;
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            let literal = Some(c) == escape;
            let c = if literal { chars.next()? } else { c };
            escaped |= self.push_sign(&mut text, c, literal);
        }
        if escaped {
            // What is meant as it is has to be so throughout.
            let again = pattern.contains(ESCAPE) && escape != Some(ESCAPE);
            return (!again).then_some((text, true));
        }
        Some((text, false))
    }

    /// Adds a sign of a pattern; whether it had to be escaped.
    fn push_sign(&self, text: &mut String, c: char, literal: bool) -> bool {
        let is_sign = matches!(c, '%' | '_');
        let is_special =
            c == '\\' && self.traits.like_backslash || c == '[' && self.target.dialect == Dialect::SqlServer;
        let needed = literal && (is_sign || c == ESCAPE) || is_special;
        if needed {
            text.push(ESCAPE);
        }
        text.push(c);
        needed
    }

    /// GLOB with a written pattern of `*` and `?`.
    fn glob(&mut self, operand: &Expr, pattern: &Expr) -> Lowered<Expr> {
        let text = self.pattern_text(operand)?;
        let Some(written) = pattern.text().filter(|written| !written.contains(ESCAPE)) else {
            return self.refuse(Construct::Pattern, pattern.span);
        };
        let (mut like, mut escaped) = (String::new(), false);
        let mut rest = written;
        while let Some(c) = rest.chars().next() {
            // `[*]` is the sign itself; other sets of signs have no counterpart.
            let alone = rest.strip_prefix('[').and_then(|rest| rest.get(..1)).filter(|_| rest.get(2..3) == Some("]"));
            match (c, alone) {
                ('[', Some(sign)) => escaped |= sign.chars().any(|sign| self.push_sign(&mut like, sign, true)),
                ('[', None) => return self.refuse(Construct::Pattern, pattern.span),
                ('*', _) => like.push('%'),
                ('?', _) => like.push('_'),
                (c, _) => escaped |= self.push_sign(&mut like, c, true),
            }
            rest = &rest[if alone.is_some() { 3 } else { c.len_utf8() }..];
        }
        self.matched("@like", "@like_escaped", text, like, escaped)
    }
}
