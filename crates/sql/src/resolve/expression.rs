//! Expressions and the names in them.

use schema::Value;

use super::scope::{Clause, Found};
use super::{Resolver, plain_name, unknown};
use crate::diagnostic::Diagnostic;
use crate::dialect::{Dialect, quote_name, quote_text};
use crate::syntax::ast;
use crate::tree::{BinaryOp, Call, Expr, ExprKind, LikeOp, Literal, Span, UnaryOp};
use crate::visit::{arity, calls};

impl<'a> Resolver<'a> {
    /// An expression that must be one value.
    pub(super) fn scalar(&mut self, expr: &'a ast::Expr) -> Expr {
        let resolved = self.expr(expr);
        self.check_single(&resolved);
        resolved
    }

    fn check_single(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Row(_) => self.error("SCH210", expr.span, "Several values stand where one is wanted."),
            ExprKind::Scalar(query) if arity(query) != 1 => {
                let shown = super::query::columns(arity(query));
                self.error("SCH210", expr.span, format!("This subquery shows {shown}; it must show one."));
            }
            _ => {}
        }
    }

    fn scalar_box(&mut self, expr: &'a ast::Expr) -> Box<Expr> {
        Box::new(self.scalar(expr))
    }

    pub(super) fn scalars(&mut self, list: &'a [ast::Expr]) -> Vec<Expr> {
        list.iter().map(|expr| self.scalar(expr)).collect()
    }

    /// An expression, which may be a row of values.
    fn expr(&mut self, expr: &'a ast::Expr) -> Expr {
        let span = expr.span;
        let kind = match &expr.kind {
            ast::ExprKind::Name(names) => return self.name(names, span),
            ast::ExprKind::Literal(value) => Expr::value(value.clone()).kind,
            ast::ExprKind::Variable if self.takes_parameters && self.text_of(span).starts_with(':') => {
                ExprKind::Parameter(self.text_of(span)[1..].to_owned())
            }
            ast::ExprKind::Variable => {
                self.error("SEC508", span, "A parameter has no value here: write the value itself.");
                ExprKind::Unknown(self.text_of(span).to_owned())
            }
            ast::ExprKind::Clock(name) => Expr::call(name, vec![]).kind,
            ast::ExprKind::Unary(op, operand) => signed(*op, self.scalar_box(operand)),
            ast::ExprKind::Binary(..) => return self.binary(expr),
            ast::ExprKind::IsNull(operand, negated) => {
                ExprKind::IsNull { operand: self.scalar_box(operand), negated: *negated }
            }
            ast::ExprKind::Case { operand, branches, otherwise } => {
                let operand = operand.as_ref().map(|operand| Box::new(self.expr(operand)));
                let branches =
                    branches.iter().map(|(when, then)| self.branch(operand.as_deref(), when, then)).collect();
                let otherwise = otherwise.as_ref().map(|otherwise| self.scalar_box(otherwise));
                ExprKind::Case { operand, branches, otherwise }
            }
            ast::ExprKind::Cast(operand, to) => ExprKind::Cast { operand: self.scalar_box(operand), to: to.clone() },
            ast::ExprKind::Call(call) => self.call(call, span),
            ast::ExprKind::Collate(operand, name) => {
                let operand = self.scalar_box(operand);
                ExprKind::Collate(operand, self.collation(name))
            }
            ast::ExprKind::Row(items) => ExprKind::Row(self.scalars(items)),
            ast::ExprKind::Exists(query) => ExprKind::Exists { query: Box::new(self.query(query)), negated: false },
            ast::ExprKind::Scalar(query) => ExprKind::Scalar(Box::new(self.query(query))),
            ast::ExprKind::Raise => {
                self.error("SCH207", span, "RAISE belongs in a trigger.");
                ExprKind::Unknown("RAISE".to_owned())
            }
            _ => self.predicate(expr),
        };
        Expr { kind: negated_exists(kind), span }
    }

    /// One WHEN and THEN of a CASE; what is compared may be a row of values.
    fn branch(&mut self, operand: Option<&Expr>, when: &'a ast::Expr, then: &'a ast::Expr) -> (Expr, Expr) {
        let when = match operand {
            None => self.scalar(when),
            Some(operand) => {
                let when = self.expr(when);
                self.check_widths(operand, &when, when.span);
                when
            }
        };
        (when, self.scalar(then))
    }

    /// BETWEEN, LIKE, IN.
    fn predicate(&mut self, expr: &'a ast::Expr) -> ExprKind {
        match &expr.kind {
            ast::ExprKind::Between { operand, low, high, negated } => {
                let (operand, low, high) = (self.expr(operand), self.expr(low), self.expr(high));
                self.check_widths(&operand, &low, expr.span);
                self.check_widths(&operand, &high, expr.span);
                let (operand, low, high) = (Box::new(operand), Box::new(low), Box::new(high));
                ExprKind::Between { operand, low, high, negated: *negated }
            }
            ast::ExprKind::Like { op, operand, pattern, escape, negated } => {
                if *op == LikeOp::Regexp && self.dialect == Dialect::Sqlite {
                    self.error("SCH207", expr.span, "SQLite has no REGEXP function.");
                }
                if *op == LikeOp::Glob && escape.is_some() && self.dialect == Dialect::Sqlite {
                    self.error("SCH208", expr.span, "GLOB takes no ESCAPE.");
                }
                ExprKind::Like {
                    op: *op,
                    operand: self.scalar_box(operand),
                    pattern: self.scalar_box(pattern),
                    escape: escape.as_ref().map(|escape| self.scalar_box(escape)),
                    negated: *negated,
                }
            }
            ast::ExprKind::Match { operand, pattern } => {
                self.error("SEC505", expr.span, "MATCH searches full-text tables, which are not in the catalog.");
                let args = vec![self.scalar(pattern), self.scalar(operand)];
                Expr::call("MATCH", args).kind
            }
            ast::ExprKind::InList { operand, list, negated } => {
                let noted = self.diagnostics.len();
                let operand = Box::new(self.expr(operand));
                if list.is_empty() && !calls(&operand) {
                    self.downgrade(noted);
                }
                let list: Vec<Expr> = list.iter().map(|member| self.expr(member)).collect();
                for member in &list {
                    self.check_widths(&operand, member, member.span);
                }
                ExprKind::InList { operand, list, negated: *negated }
            }
            ast::ExprKind::InQuery { operand, query, negated } => {
                let operand = Box::new(self.expr(operand));
                let query = self.query(query);
                self.in_query(operand, query, *negated, expr.span)
            }
            ast::ExprKind::InTable { operand, source, negated } => {
                let operand = Box::new(self.expr(operand));
                let query = self.whole_table(source);
                self.in_query(operand, query, *negated, expr.span)
            }
            _ => ExprKind::Unknown(String::new()),
        }
    }

    fn in_query(&mut self, operand: Box<Expr>, query: crate::tree::Query, negated: bool, span: Span) -> ExprKind {
        let (wanted, shown) = (width(&operand), arity(&query));
        if wanted != shown {
            let message = format!("IN compares {wanted} with a subquery of {}.", super::query::columns(shown));
            self.error("SCH210", span, message);
        }
        ExprKind::InQuery { operand, query: Box::new(query), negated }
    }

    /// A chain of binary operators, without going deeper for each.
    fn binary(&mut self, expr: &'a ast::Expr) -> Expr {
        let mut chain = Vec::new();
        let mut first = expr;
        while let ast::ExprKind::Binary(left, op, right) = &first.kind {
            chain.push((*op, &**right, first.span));
            first = left;
        }
        let mut left = self.expr(first);
        for (op, right, span) in chain.into_iter().rev() {
            left = self.combine(left, op, right, span);
        }
        left
    }

    fn combine(&mut self, left: Expr, op: BinaryOp, right: &'a ast::Expr, span: Span) -> Expr {
        let is = matches!(op, BinaryOp::Is | BinaryOp::IsNot);
        if is && let Some(truth) = self.truth(right) {
            self.check_single(&left);
            let kind = ExprKind::IsTruth { operand: Box::new(left), truth, negated: op == BinaryOp::IsNot };
            return Expr { kind, span };
        }
        let right = self.expr(right);
        let compares = is
            || matches!(
                op,
                BinaryOp::Eq | BinaryOp::NotEq | BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq
            );
        if compares {
            self.check_widths(&left, &right, span);
        } else {
            self.check_single(&left);
            self.check_single(&right);
        }
        Expr { kind: ExprKind::Binary(Box::new(left), op, Box::new(right)), span }
    }

    /// TRUE or FALSE, unless a column has that name.
    fn truth(&mut self, expr: &'a ast::Expr) -> Option<bool> {
        let name = plain_name(expr).filter(|name| name.quote.is_none())?;
        let truth = truth_word(&name.text)?;
        let taken = self.scopes.iter().any(|scope| !matches!(scope.find(None, &name.text), Found::Nothing));
        (!taken).then_some(truth)
    }

    fn check_widths(&mut self, left: &Expr, right: &Expr, span: Span) {
        let (a, b) = (width(left), width(right));
        if a == b {
            return;
        }
        let one_query =
            a == 1 && matches!(right.kind, ExprKind::Scalar(_)) || b == 1 && matches!(left.kind, ExprKind::Scalar(_));
        let message = if one_query {
            format!("This subquery shows {}; it must show one.", super::query::columns(a.max(b)))
        } else {
            format!("{a} and {b} values cannot be compared.")
        };
        self.error("SCH210", span, message);
    }

    pub(super) fn collation(&mut self, name: &ast::Name) -> String {
        let known = ["BINARY", "NOCASE", "RTRIM"].iter().any(|k| k.eq_ignore_ascii_case(&name.text));
        if !known && self.dialect == Dialect::Sqlite {
            // SQLite misses it only where something is compared, which may be far from here; nobody means it.
            self.error("SCH224", name.span, format!("There is no collation {}.", name.text));
        }
        if known { name.text.to_ascii_uppercase() } else { name.text.clone() }
    }

    /// What a name means, from the innermost level outwards.
    fn name(&mut self, names: &[ast::Name], span: Span) -> Expr {
        let (table, column) = match names {
            [column] => (None, column),
            [table, column] => (Some(table), column),
            [schema, table, column] if schema.text.eq_ignore_ascii_case(self.own_schema()) => (Some(table), column),
            _ => {
                self.error("SCH202", span, format!("There is no column {}.", self.text_of(span)));
                return unknown(self.text_of(span), span);
            }
        };
        for level in (0..self.scopes.len()).rev() {
            match self.scopes[level].find(table, &column.text) {
                Found::Column(kind) => return Expr { kind, span },
                Found::Output(position) => return self.aliased_output(level, position, span),
                Found::Ambiguous(mut sources) => {
                    sources.dedup();
                    let message = format!("{} may be a column of {}.", column.text, sources.join(" or "));
                    let help = format!("Say which: {}.{}", quote_name(&sources[0]), column.text);
                    let mut diagnostic = Diagnostic::error("SCH203", span, message).help(help);
                    for source in &sources {
                        let text = format!("{}.{}", quote_name(source), self.text_of(column.span));
                        diagnostic = diagnostic.fix(format!("Use {text}"), span, text, false);
                    }
                    self.diagnostics.push(diagnostic);
                    return unknown(self.text_of(span), span);
                }
                Found::Open => return unknown(self.text_of(span), span),
                Found::Nothing => {}
            }
        }
        self.nameless(table, column, span)
    }

    /// A name that is no column and no alias: a text in double quotes, TRUE, FALSE or a mistake.
    fn nameless(&mut self, table: Option<&ast::Name>, column: &ast::Name, span: Span) -> Expr {
        if table.is_none() && column.quote == Some('"') && self.dialect != Dialect::Postgres {
            let literal = quote_text(&column.text);
            let message = format!("No column \"{}\": SQLite reads it as the text {literal}.", column.text);
            let help = "Write texts in single quotes.";
            let diagnostic = Diagnostic::warning("SCH212", span, message).help(help);
            self.diagnostics.push(diagnostic.fix(format!("Write {literal}"), span, literal, true));
            return Expr { kind: Expr::value(Value::Text(column.text.clone())).kind, span };
        }
        if table.is_none() && column.quote.is_none() {
            if let Some(truth) = truth_word(&column.text) {
                return Expr { kind: Expr::value(Value::Integer(i64::from(truth))).kind, span };
            }
            if self.scopes.last().is_some_and(|scope| scope.clause == Clause::Limit) {
                self.error("SCH202", span, format!("LIMIT cannot speak of {}.", column.text));
                return unknown(&column.text, span);
            }
        }
        self.unknown_column(table, column, span);
        unknown(self.text_of(span), span)
    }
}

/// An operator before its operand; `-TRUE` is the number that it is, as `-1` is.
fn signed(op: UnaryOp, operand: Box<Expr>) -> ExprKind {
    match (op, &operand.kind) {
        (UnaryOp::Minus, ExprKind::Literal(Literal { value: Value::Integer(truth @ (0 | 1)), .. })) => {
            Expr::value(Value::Integer(-truth)).kind
        }
        _ => ExprKind::Unary(op, operand),
    }
}

fn truth_word(word: &str) -> Option<bool> {
    [("true", true), ("false", false)].into_iter().find(|(w, _)| w.eq_ignore_ascii_case(word)).map(|(_, truth)| truth)
}

/// How many values an expression is.
fn width(expr: &Expr) -> usize {
    match &expr.kind {
        ExprKind::Row(items) => items.len(),
        ExprKind::Scalar(query) => arity(query),
        _ => 1,
    }
}

/// `NOT EXISTS (…)` as one node.
fn negated_exists(kind: ExprKind) -> ExprKind {
    match kind {
        ExprKind::Unary(crate::tree::UnaryOp::Not, operand) => match operand.kind {
            ExprKind::Exists { query, negated: false } => ExprKind::Exists { query, negated: true },
            other => ExprKind::Unary(crate::tree::UnaryOp::Not, Box::new(Expr { kind: other, span: operand.span })),
        },
        other => other,
    }
}

/// A call without DISTINCT, FILTER or OVER.
pub(super) fn bare_call(function: String, args: Vec<Expr>) -> Call {
    Call { function, args, star: false, distinct: false, filter: None, order_by: vec![], over: None }
}
