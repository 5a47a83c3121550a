//! Common table expressions: each is resolved when it is first spoken of, as SQLite does, so that one that nobody uses
//! cannot make a query wrong.

use super::Resolver;
use super::query::{Arm, body_span, columns};
use super::select::{has_unknown_names, output_names, settle_names};
use crate::diagnostic::{Diagnostic, Severity};
use crate::syntax::ast;
use crate::tree::{Body, Cte, Query, SetOp, Span};
use crate::visit::arity;

/// How far a CTE is resolved.
#[derive(Debug)]
pub(super) enum State {
    Pending,
    /// Being resolved; its columns are known once the first arm of a recursive one is.
    Resolving(Option<Vec<String>>),
    Done(Vec<String>),
}

/// A CTE in scope.
pub(super) struct CteEntry<'a> {
    cte: &'a ast::Cte,
    state: State,
    resolved: Option<Cte>,
    /// How many query levels enclose its WITH.
    levels: usize,
    /// One past the last CTE of its WITH.
    group_end: usize,
    /// How often its own text speaks of it.
    recursive: bool,
}

/// The CTEs of one WITH: where they start, and how many.
pub(super) struct WithGroup {
    start: usize,
    count: usize,
}

impl<'a> Resolver<'a> {
    /// Brings the CTEs of a WITH into scope.
    pub(super) fn enter_with(&mut self, ctes: &'a [ast::Cte]) -> WithGroup {
        let group = WithGroup { start: self.ctes.len(), count: ctes.len() };
        for (i, cte) in ctes.iter().enumerate() {
            if ctes[..i].iter().any(|other| other.name.text.eq_ignore_ascii_case(&cte.name.text)) {
                self.error("SCH215", cte.name.span, format!("{} is defined twice in this WITH.", cte.name.text));
            }
            self.ctes.push(CteEntry {
                cte,
                state: State::Pending,
                resolved: None,
                levels: self.scopes.len(),
                group_end: group.start + group.count,
                recursive: false,
            });
        }
        group
    }

    /// Takes the CTEs of a WITH out of scope. Those that nobody used are resolved now; what is wrong in them is a
    /// warning, and then none of them is part of the query.
    pub(super) fn leave_with(&mut self, group: WithGroup) -> Vec<Cte> {
        let is_pending = |entry: &CteEntry<'_>| matches!(entry.state, State::Pending);
        let unused: Vec<usize> =
            (group.start..group.start + group.count).filter(|&index| is_pending(&self.ctes[index])).collect();
        let noted = self.diagnostics.len();
        for &index in &unused {
            // One that another unused one speaks of is resolved by now.
            if is_pending(&self.ctes[index]) {
                let name = self.ctes[index].cte.name.clone();
                self.resolve_cte(index);
                self.warn("SCH221", name.span, format!("{} is defined but never used.", name.text));
            }
        }
        if self.diagnostics[noted..].iter().any(|found| found.severity == Severity::Error) {
            self.downgrade(noted);
            unused.iter().for_each(|&index| self.ctes[index].resolved = None);
        }
        self.ctes.drain(group.start..).filter_map(|entry| entry.resolved).collect()
    }

    /// The names of the CTEs in scope, innermost first.
    pub(super) fn cte_names(&self) -> impl Iterator<Item = &str> {
        self.ctes.iter().rev().map(|entry| entry.cte.name.text.as_str())
    }

    /// The CTE that a name in FROM means: its name and columns, and whether some of those have no certain name.
    pub(super) fn find_cte(&mut self, name: &ast::Name) -> Option<(String, Vec<String>, bool)> {
        let index = self.ctes.iter().rposition(|entry| entry.cte.name.text.eq_ignore_ascii_case(&name.text))?;
        if matches!(self.ctes[index].state, State::Pending) {
            self.resolve_cte(index);
        }
        let entry = &mut self.ctes[index];
        let spelled = entry.cte.name.text.clone();
        match &entry.state {
            State::Done(columns) => {
                let resolved = entry.resolved.as_ref().filter(|cte| !cte.columns_listed);
                Some((spelled, columns.clone(), resolved.is_some_and(|cte| has_unknown_names(&cte.query))))
            }
            State::Resolving(Some(columns)) => {
                entry.recursive = true;
                let found = (spelled, columns.clone(), false);
                if self.scopes.len() > self.ctes[index].levels {
                    self.error("SCH215", name.span, format!("{} refers to itself within a subquery.", name.text));
                }
                Some(found)
            }
            _ => {
                self.error("SCH215", name.span, format!("{} refers to itself in a circle.", name.text));
                Some((spelled, vec![], false))
            }
        }
    }

    fn resolve_cte(&mut self, index: usize) {
        let cte = self.ctes[index].cte;
        self.ctes[index].state = State::Resolving(None);
        // Only what its WITH sees: enclosing levels, and CTEs up to the end of its group.
        let inner_scopes = self.scopes.split_off(self.ctes[index].levels);
        let end = if cte.recursive { self.ctes[index].group_end } else { index };
        let hidden = self.ctes.split_off(end);
        let refers = |body: &ast::Body| references(body, &cte.name.text) > 0;
        let recursive = match &cte.query.body {
            ast::Body::Compound(_, SetOp::Union, _, right) => cte.recursive && refers(right),
            _ => false,
        };
        let query = if recursive { self.recursive_query(index) } else { self.query(&cte.query) };
        self.ctes.extend(hidden);
        self.scopes.extend(inner_scopes);
        let columns = self.cte_columns(cte, &query);
        let resolved = Cte {
            name: cte.name.text.clone(),
            columns: columns.clone(),
            columns_listed: !cte.columns.is_empty(),
            query: Box::new(query),
            recursive: self.ctes[index].recursive,
        };
        let entry = &mut self.ctes[index];
        entry.resolved = Some(resolved);
        entry.state = State::Done(columns);
    }

    /// The names of a CTE's columns: those listed, else those of its query.
    fn cte_columns(&mut self, cte: &ast::Cte, query: &Query) -> Vec<String> {
        if cte.columns.is_empty() {
            return output_names(query, self.catalog, self.text);
        }
        let count = arity(query);
        if count != cte.columns.len() {
            let listed = columns(cte.columns.len());
            let message = format!("{} lists {listed}, but its query shows {count}.", cte.name.text);
            self.error("SCH215", cte.name.span, message);
        }
        let mut names: Vec<String> = cte.columns.iter().map(|name| name.text.clone()).collect();
        settle_names(&mut names);
        names
    }

    /// A query whose last arms speak of the CTE itself: the arms before give the columns.
    fn recursive_query(&mut self, index: usize) -> Query {
        let cte = self.ctes[index].cte;
        let group = self.enter_with(&cte.query.with);
        let mut arms = Vec::new();
        let mut query = self.recursive_body(&cte.query.body, index, &mut arms);
        query.order_by = self.order_set(&cte.query.order_by, &arms, arity(&query));
        query.limit = self.limit(cte.query.limit.as_ref());
        query.offset = self.limit(cte.query.offset.as_ref());
        query.with = self.leave_with(group);
        query
    }

    fn recursive_body(&mut self, body: &'a ast::Body, index: usize, arms: &mut Vec<Arm<'a>>) -> Query {
        let name = &self.ctes[index].cte.name.text;
        let ast::Body::Compound(left, op, all, right) = body else { return self.arm(body, arms) };
        let left = if references(left, name) > 0 {
            self.recursive_body(left, index, arms)
        } else {
            let query = self.arm(left, arms);
            let cte = self.ctes[index].cte;
            let columns = self.cte_columns(cte, &query);
            self.ctes[index].state = State::Resolving(Some(columns));
            query
        };
        if references(right, name) > 1 {
            let message = format!("{name} refers to itself more than once.");
            self.error("SCH215", body_span(right), message);
        }
        let span = body_span(right);
        let right = self.arm(right, arms);
        self.check_recursive_arm(&right, span);
        self.check_arity(&left, &right, span);
        let body = Body::Set { op: *op, all: *all, left: Box::new(left), right: Box::new(right) };
        Query { with: vec![], body, order_by: vec![], limit: None, offset: None }
    }

    /// SQLite groups and windows no recursive arm.
    fn check_recursive_arm(&mut self, arm: &Query, span: Span) {
        let Some(select) = arm.select() else { return };
        let calls = |wanted: fn(&crate::tree::Call) -> bool| {
            let mut found = false;
            for item in &select.items {
                crate::visit::each_expr_here(&item.expr, &mut |expr| {
                    found |= matches!(&expr.kind, crate::tree::ExprKind::Call(call) if wanted(call));
                });
            }
            found
        };
        let grouped = !select.group_by.is_empty() || calls(super::call::is_aggregate);
        if grouped || calls(|call| call.over.is_some()) {
            let message = "A recursive arm can hold no aggregate and no window function.";
            self.diagnostics.push(Diagnostic::error("SCH215", span, message));
        }
    }
}

/// How often the FROM of a body speaks of a name directly.
fn references(body: &ast::Body, name: &str) -> usize {
    match body {
        ast::Body::Select(select) => in_sources(&select.from, name),
        ast::Body::Compound(left, _, _, right) => references(left, name) + references(right, name),
        ast::Body::Values(..) | ast::Body::Bracketed(_) => 0,
    }
}

fn in_sources(sources: &[ast::Source], name: &str) -> usize {
    let count = |source: &ast::Source| match &source.kind {
        ast::SourceKind::Table { schema: None, name: table, args: None, .. } => {
            usize::from(table.text.eq_ignore_ascii_case(name))
        }
        ast::SourceKind::Group(inner) => in_sources(inner, name),
        _ => 0,
    };
    sources.iter().map(count).sum()
}
