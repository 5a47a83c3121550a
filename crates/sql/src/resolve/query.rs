//! WITH, set operations, ORDER BY and LIMIT.

use schema::Value;

use super::same::{comparable, is_comparable};
use super::scope::{Clause, Output, Scope};
use super::{Resolver, plain_name};
use crate::diagnostic::Diagnostic;
use crate::syntax::ast;
use crate::tree::{Body, Expr, ExprKind, Item, OrderItem, Query, Span, may_be_position};
use crate::visit::arity;

/// One arm of a set operation, kept for its ORDER BY.
pub(super) struct Arm<'a> {
    scope: Scope<'a>,
    pub(super) items: Vec<Item>,
}

impl<'a> Resolver<'a> {
    pub(super) fn query(&mut self, query: &'a ast::Query) -> Query {
        let group = self.enter_with(&query.with);
        let mut arms = Vec::new();
        let mut resolved = self.body_as_query(&query.body, query, &mut arms);
        let (limit, offset) = (self.limit(query.limit.as_ref()), self.limit(query.offset.as_ref()));
        resolved.limit = limit.or(resolved.limit);
        resolved.offset = offset.or(resolved.offset);
        resolved.with = self.leave_with(group);
        resolved
    }

    /// A body with the ORDER BY of the query around it.
    pub(super) fn body_as_query(
        &mut self,
        body: &'a ast::Body,
        query: &'a ast::Query,
        arms: &mut Vec<Arm<'a>>,
    ) -> Query {
        match body {
            ast::Body::Select(select) => {
                let (select, scope) = self.select(select);
                self.scopes.push(scope);
                let order_by = self.order_by(&query.order_by, select.items.len());
                self.scopes.pop();
                let mut query = Query::from_select(select);
                query.order_by = order_by;
                query
            }
            _ => {
                let body = self.body(body, arms);
                let mut resolved = plain(body);
                resolved.order_by = self.order_set(&query.order_by, arms, arity(&resolved));
                resolved
            }
        }
    }

    pub(super) fn limit(&mut self, limit: Option<&'a ast::Expr>) -> Option<Expr> {
        let limit = limit?;
        // LIMIT sees no column at all.
        let outer = std::mem::take(&mut self.scopes);
        let mut scope = Scope::new();
        scope.clause = Clause::Limit;
        self.scopes.push(scope);
        let resolved = self.scalar(limit);
        self.scopes = outer;
        Some(resolved)
    }

    /// A body, its SELECTs noted in `arms`.
    pub(super) fn body(&mut self, body: &'a ast::Body, arms: &mut Vec<Arm<'a>>) -> Body {
        match body {
            ast::Body::Select(select) => {
                let (select, scope) = self.select(select);
                arms.push(Arm { scope, items: select.items.clone() });
                Body::Select(Box::new(select))
            }
            ast::Body::Compound(left, op, all, right) => {
                let left = self.arm(left, arms);
                let span = body_span(right);
                let right = self.arm(right, arms);
                self.check_arity(&left, &right, span);
                Body::Set { op: *op, all: *all, left: Box::new(left), right: Box::new(right) }
            }
            ast::Body::Values(rows, span) => self.values(rows, *span),
            // The parser unwraps a query that is only brackets, and arms in brackets are queries: nothing should come here.
            ast::Body::Bracketed(inner) => {
                let query = self.query(inner);
                if !query.with.is_empty()
                    || !query.order_by.is_empty()
                    || query.limit.is_some()
                    || query.offset.is_some()
                {
                    self.error("SCH215", inner.span, "Brackets with WITH, ORDER BY or LIMIT cannot stand here.");
                }
                query.body
            }
        }
    }

    pub(super) fn arm(&mut self, body: &'a ast::Body, arms: &mut Vec<Arm<'a>>) -> Query {
        match body {
            ast::Body::Bracketed(query) => self.query(query),
            _ => plain(self.body(body, arms)),
        }
    }

    pub(super) fn check_arity(&mut self, left: &Query, right: &Query, span: Span) {
        let (a, b) = (arity(left), arity(right));
        if a != b {
            let message = format!("The first arm shows {} and this one {}.", columns(a), columns(b));
            let help = "Both arms of a set operation must show the same number of columns.";
            self.diagnostics.push(Diagnostic::error("SCH209", span, message).help(help));
        }
    }

    fn values(&mut self, rows: &'a [Vec<ast::Expr>], span: Span) -> Body {
        self.scopes.push(Scope::new());
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            self.error("SCH225", span, "All rows of VALUES must have the same number of terms.");
        }
        let resolved = rows.iter().map(|row| row.iter().map(|expr| self.scalar(expr)).collect()).collect();
        self.scopes.pop();
        Body::Values(resolved)
    }

    /// ORDER BY of one SELECT: aliases first, then positions, then expressions.
    fn order_by(&mut self, terms: &'a [ast::Ordering], outputs: usize) -> Vec<OrderItem> {
        self.set_clause(Clause::OrderBy);
        let resolved = terms.iter().map(|term| {
            let expr = self.order_term(&term.expr, outputs);
            OrderItem { expr, descending: term.descending, nulls_first: term.nulls_first }
        });
        resolved.collect()
    }

    fn order_term(&mut self, expr: &'a ast::Expr, outputs: usize) -> Expr {
        if let ast::ExprKind::Collate(inner, name) = &expr.kind
            && let Some(output) = self.output_term(inner, outputs)
        {
            return Expr { kind: ExprKind::Collate(Box::new(output), self.collation(name)), span: expr.span };
        }
        self.output_term(expr, outputs).unwrap_or_else(|| self.scalar(expr))
    }

    /// An output by its alias or position.
    fn output_term(&mut self, expr: &ast::Expr, outputs: usize) -> Option<Expr> {
        if let Some(name) = plain_name(expr) {
            let scope = self.scopes.last()?;
            let position = alias_position(&scope.outputs, &name.text)?;
            return Some(Expr { kind: ExprKind::Output(position), span: expr.span });
        }
        self.position_term(expr, outputs, "ORDER BY")
    }

    /// An output by its position; an error when there is no such position.
    pub(super) fn position_term(&mut self, expr: &ast::Expr, outputs: usize, clause: &str) -> Option<Expr> {
        let position = whole_number(expr)?;
        if position < 1 || position > outputs as i64 {
            let message = format!("{clause} names output {position}, but the query shows {}.", columns(outputs));
            self.error("SCH211", expr.span, message);
            return Some(super::unknown(self.text_of(expr.span), expr.span));
        }
        Some(Expr { kind: ExprKind::Output((position - 1) as u16), span: expr.span })
    }

    /// ORDER BY of a set operation: each term must be an output of one of the arms.
    pub(super) fn order_set(&mut self, terms: &'a [ast::Ordering], arms: &[Arm<'a>], outputs: usize) -> Vec<OrderItem> {
        let mut resolved = Vec::with_capacity(terms.len());
        for term in terms {
            let (inner, collation) = match &term.expr.kind {
                ast::ExprKind::Collate(inner, name) => (&**inner, Some(self.collation(name))),
                _ => (&term.expr, None),
            };
            let found = self.position_term(inner, outputs, "ORDER BY").or_else(|| self.set_term(inner, arms));
            let expr = found.unwrap_or_else(|| {
                self.no_output(inner, arms);
                super::unknown(self.text_of(inner.span), inner.span)
            });
            let expr = match collation {
                Some(name) => Expr { kind: ExprKind::Collate(Box::new(expr), name), span: term.expr.span },
                None => expr,
            };
            resolved.push(OrderItem { expr, descending: term.descending, nulls_first: term.nulls_first });
        }
        resolved
    }

    fn set_term(&mut self, expr: &'a ast::Expr, arms: &[Arm<'a>]) -> Option<Expr> {
        for arm in arms {
            let by_alias = plain_name(expr).and_then(|name| {
                let aliased = |item: &Item| item.alias.as_ref().is_some_and(|a| a.eq_ignore_ascii_case(&name.text));
                arm.items.iter().position(aliased)
            });
            let position = by_alias.or_else(|| {
                if !is_comparable(expr) {
                    return None;
                }
                let noted = self.diagnostics.len();
                let next = self.next_source;
                self.scopes.push(arm.scope.clone());
                self.set_clause(Clause::OrderBy);
                let resolved = self.scalar(expr);
                self.scopes.pop();
                self.diagnostics.truncate(noted);
                self.next_source = next;
                let term = comparable(&resolved, &arm.scope, self);
                arm.items.iter().position(|item| comparable(&item.expr, &arm.scope, self) == term)
            });
            if let Some(position) = position {
                return Some(Expr { kind: ExprKind::Output(position as u16), span: expr.span });
            }
        }
        None
    }

    pub(super) fn set_clause(&mut self, clause: Clause) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.clause = clause;
        }
    }
}

pub(super) fn alias_position(outputs: &[Output], name: &str) -> Option<u16> {
    let aliased = |o: &Output| o.alias.as_ref().is_some_and(|alias| alias.eq_ignore_ascii_case(name));
    outputs.iter().position(aliased).map(|position| position as u16)
}

/// A query that is a body and nothing more.
fn plain(body: Body) -> Query {
    Query { with: vec![], body, order_by: vec![], limit: None, offset: None }
}

fn whole_number(expr: &ast::Expr) -> Option<i64> {
    match &expr.kind {
        ast::ExprKind::Literal(Value::Integer(whole)) => may_be_position(*whole).then_some(*whole),
        ast::ExprKind::Unary(crate::tree::UnaryOp::Plus, inner) => whole_number(inner),
        _ => None,
    }
}

/// "1 column", "3 columns".
pub(super) fn columns(count: usize) -> String {
    if count == 1 { "1 column".to_owned() } else { format!("{count} columns") }
}

pub(super) fn body_span(body: &ast::Body) -> Span {
    match body {
        ast::Body::Select(select) => select.span,
        ast::Body::Compound(_, _, _, right) => body_span(right),
        ast::Body::Values(_, span) => *span,
        ast::Body::Bracketed(query) => query.span,
    }
}
