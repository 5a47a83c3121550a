//! Subqueries that canonical SQL cannot say where they stand, as joins with derived tables that it can:
//! * `x > (SELECT AVG(q.x) FROM t q WHERE q.g = p.g)`, tied by what is no declared key, as a join with the averages by `g`
//!   (Kim 1982, "On Optimizing an SQL-like Nested Query"; COUNT, which is 0 and not null for no rows, is left alone);
//! * `EXISTS` tied in such a way as `IN`, `NOT EXISTS` as a left join that finds nothing.

use std::collections::{BTreeSet, HashMap};

use schema::{Catalog, ColumnId, TableId};

use super::expression::is_aggregate;
use super::label;
use super::window::{self, any_part};
use crate::affinity;
use crate::tree::{
    BinaryOp, Body, Call, Expr, ExprKind, Item, JoinKind, Query, Select, Source, SourceId, SourceKind, Span,
};
use crate::visit::{each_expr_of_query, each_query_mut, each_select, write_out};

/// A query that says the same with derived tables, where they are needed.
pub(super) fn lifted(query: &Query, catalog: &Catalog) -> Query {
    let mut query = query.clone();
    let mut lifter = Lifter { catalog, tables: tables_of(&query), next: 1 + greatest_source(&query), joined: vec![] };
    each_query_mut(&mut query, &mut |query| lifter.query(query));
    query
}

/// Writes out the names of outputs in keys, conditions on groups and parts of what is ordered by: what is put into a
/// derived table does not know them. An output that is all that is ordered by stays one.
fn write_out_names(query: &mut Query) {
    let Body::Select(select) = &mut query.body else { return };
    let outputs: Vec<Expr> = select.items.iter().map(|item| item.expr.clone()).collect();
    let of_order = query.order_by.iter_mut().map(|item| &mut item.expr);
    let of_order = of_order.filter(|e| !matches!(e.kind, ExprKind::Output(_)));
    for e in select.group_by.iter_mut().chain(&mut select.having).chain(of_order) {
        write_out(e, &outputs, |_| true);
    }
}

fn greatest_source(query: &Query) -> u16 {
    let mut greatest = 0;
    each_select(query, &mut |select| {
        greatest = select.from.iter().fold(greatest, |greatest, source| greatest.max(source.id.0));
    });
    greatest
}

/// The table of each source that is one.
fn tables_of(query: &Query) -> HashMap<SourceId, TableId> {
    let mut tables = HashMap::new();
    each_select(query, &mut |select| {
        tables.extend(select.from.iter().filter_map(|source| Some((source.id, source.table_id()?))));
    });
    tables
}

pub(super) struct Lifter<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) tables: HashMap<SourceId, TableId>,
    /// The next free source.
    next: u16,
    /// What a CASE has had joined: a query, what is looked for in it, and the source.
    pub(super) joined: Vec<(Query, Option<Expr>, SourceId)>,
}

/// What ties a subquery to an enclosing query: a column of each.
pub(super) struct Tie {
    pub(super) inner: Expr,
    pub(super) outer: Expr,
}

impl Lifter<'_> {
    fn query(&mut self, query: &mut Query) {
        if let Some(select) = query.select_mut() {
            self.untie_conditions(select);
            self.untie_cases(select);
        }
        write_out_names(query);
        let source = self.fresh();
        label::lift_parts(query, source);
        let source = self.fresh();
        window::lift_groups(query, source);
    }

    fn fresh(&mut self) -> SourceId {
        self.next += 1;
        SourceId(self.next - 1)
    }

    fn untie_conditions(&mut self, select: &mut Select) {
        let Some(filter) = select.filter.take() else { return };
        let mut kept: Vec<Expr> = Vec::new();
        for condition in filter.conjuncts() {
            let mut condition = condition.clone();
            if !self.untie_exists(select, &mut condition) {
                self.untie_scalars(select, &mut condition);
            }
            kept.push(condition);
        }
        select.filter = kept.into_iter().reduce(Expr::and);
    }

    /// `EXISTS` as `IN`, `NOT EXISTS` as a null test of a left join.
    fn untie_exists(&mut self, select: &mut Select, condition: &mut Expr) -> bool {
        let ExprKind::Exists { query, negated } = &condition.kind else { return false };
        let Some((mut inner, tie)) = self.untied(query, select) else { return false };
        let Some(shown) = inner.select_mut().filter(|_| shows_rows(query)) else { return false };
        shown.items = vec![Item::new(tie.inner.clone())];
        *condition = if *negated {
            shown.distinct = true;
            let source = self.join(select, inner, 1, JoinKind::Left, Some(&tie));
            ExprKind::IsNull { operand: Box::new(column(source, 0)), negated: false }.into()
        } else {
            ExprKind::InQuery { operand: Box::new(tie.outer), query: Box::new(inner), negated: false }.into()
        };
        true
    }

    /// The totals in a comparison whose null makes it null, so that the row goes as it does in an inner join: those that
    /// are its sides, or terms or factors of them.
    fn untie_scalars(&mut self, select: &mut Select, comparison: &mut Expr) {
        let ExprKind::Binary(a, op, b) = &mut comparison.kind else { return };
        if affinity::is_comparison(*op) {
            self.untie_operands(select, a);
            self.untie_operands(select, b);
        }
    }

    fn untie_operands(&mut self, select: &mut Select, e: &mut Expr) {
        use BinaryOp::{Add, Div, Mul, Sub};
        match &mut e.kind {
            ExprKind::Binary(a, Add | Sub | Mul | Div, b) => {
                self.untie_operands(select, a);
                self.untie_operands(select, b);
            }
            _ => self.untie_scalar(select, e),
        }
    }

    /// A total of the rows tied to one as a column of a join.
    fn untie_scalar(&mut self, select: &mut Select, e: &mut Expr) {
        let ExprKind::Scalar(query) = &e.kind else { return };
        let Some((mut inner, tie)) = self.untied(query, select) else { return };
        if inner.limit.is_some() || !inner.order_by.is_empty() {
            return;
        }
        let Some(shown) = inner.select_mut() else { return };
        let [item] = shown.items.as_slice() else { return };
        if !is_null_of_nothing(&item.expr) || !shown.group_by.is_empty() || shown.having.is_some() {
            return;
        }
        shown.items.insert(0, Item::new(tie.inner.clone()));
        shown.group_by = vec![tie.inner.clone()];
        let source = self.join(select, inner, 2, JoinKind::Inner, Some(&tie));
        *e = column(source, 1);
    }

    /// Joins a query: where it shows first what it is tied to, if it is tied.
    pub(super) fn join(
        &mut self,
        select: &mut Select,
        query: Query,
        width: usize,
        join: JoinKind,
        tie: Option<&Tie>,
    ) -> SourceId {
        let id = self.fresh();
        let on = tie.map(|tie| column(id, 0).binary(BinaryOp::Eq, tie.outer.clone()));
        select.from.push(Source { join, on, ..derived(id, query, width) });
        id
    }

    /// A subquery without the one equality that ties it to its enclosing query; none where a declared key says it, or where it
    /// says more of enclosing queries.
    fn untied(&self, query: &Query, enclosing: &Select) -> Option<(Query, Tie)> {
        let own = own_sources(query);
        let mut inner = query.clone();
        let select = inner.select_mut()?;
        let filter = select.filter.take()?;
        let mut tie = None;
        let mut rest: Vec<Expr> = Vec::new();
        for condition in filter.conjuncts() {
            match tie_of(condition, &own) {
                Some(found) if tie.is_none() => tie = Some(found),
                _ => rest.push(condition.clone()),
            }
        }
        select.filter = rest.into_iter().reduce(Expr::and);
        let is_near = |tie: &Tie| enclosing.from.iter().any(|source| source_of(&tie.outer) == Some(source.id));
        tie.filter(|tie| is_free(&inner) && is_near(tie) && !self.is_key(tie)).map(|tie| (inner, tie))
    }

    /// Whether the two columns are those of a declared key.
    fn is_key(&self, tie: &Tie) -> bool {
        let id = |e: &Expr| match e.kind {
            ExprKind::Column { source, column } => Some(ColumnId { table: *self.tables.get(&source)?, column }),
            _ => None,
        };
        let (Some(a), Some(b)) = (id(&tie.inner), id(&tie.outer)) else { return false };
        let mut pairs = self.catalog.foreign_key_ids().flat_map(|key| self.catalog.key_pairs(key));
        pairs.any(|pair| pair == (a, b) || pair == (b, a))
    }
}

/// Whether a query shows rows as they are and all of them; a total without groups is a row whatever the data.
pub(super) fn shows_rows(query: &Query) -> bool {
    let plain = |select: &Select| {
        let totals = select.items.iter().any(|item| any_part(&item.expr, is_aggregate));
        !totals && select.group_by.is_empty() && select.having.is_none()
    };
    query.limit.is_none() && query.select().is_some_and(plain)
}

/// The sources of a query and of the queries within it.
pub(super) fn own_sources(query: &Query) -> BTreeSet<SourceId> {
    let mut own = BTreeSet::new();
    each_select(query, &mut |select| own.extend(select.from.iter().map(|source| source.id)));
    own
}

/// Whether a query reads nothing of the queries around it.
pub(super) fn is_free(query: &Query) -> bool {
    let own = own_sources(query);
    let mut free = true;
    each_expr_of_query(query, &mut |e| free &= source_of(e).is_none_or(|source| own.contains(&source)));
    free
}

fn column(source: SourceId, column: u16) -> Expr {
    ExprKind::Column { source, column }.into()
}

/// A query as a source.
pub(super) fn derived(id: SourceId, query: Query, width: usize) -> Source {
    let columns = (1..=width).map(|n| format!("c{n}")).collect();
    let kind = SourceKind::Derived { query: Box::new(query), columns };
    Source { id, kind, alias: None, join: JoinKind::Cross, on: None, span: Span::default() }
}

pub(super) fn source_of(e: &Expr) -> Option<SourceId> {
    match e.kind {
        ExprKind::Column { source, .. } | ExprKind::RowId(source) => Some(source),
        _ => None,
    }
}

/// `own column = column of an enclosing query`.
pub(super) fn tie_of(condition: &Expr, own: &BTreeSet<SourceId>) -> Option<Tie> {
    let ExprKind::Binary(a, BinaryOp::Eq, b) = &condition.kind else { return None };
    let is_own = |e: &Expr| match e.kind {
        ExprKind::Column { source, .. } => Some(own.contains(&source)),
        _ => None,
    };
    match (is_own(a)?, is_own(b)?) {
        (true, false) => Some(Tie { inner: *a.clone(), outer: *b.clone() }),
        (false, true) => Some(Tie { inner: *b.clone(), outer: *a.clone() }),
        _ => None,
    }
}

/// Whether a total over no rows is null.
fn is_null_of_nothing(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Call(Call { function, args, over: None, .. }) => {
            args.len() == 1 && ["SUM", "AVG", "MIN", "MAX"].contains(&function.as_str())
        }
        _ => false,
    }
}
