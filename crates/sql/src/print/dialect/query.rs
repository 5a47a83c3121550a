//! Queries: their parts put together, limits, sources and outputs.

use schema::{Type, Value};

use super::groups::written_out;
use super::value::is_count_of_days;
use super::{Construct, Level, Lowered, Lowering, Texts, piece};
use crate::print::Naming;
use crate::resolve::holds_aggregate;
use crate::tree::{
    BinaryOp, Body, Expr, ExprKind, Item, JoinKind, OrderItem, Query, Select, SetOp, Source, SourceId, SourceKind, Span,
};
use crate::visit::each_expr_here;

/// Where a query stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The outermost.
    Top,
    /// A CTE or a derived table.
    Table,
    /// One value.
    Scalar,
    /// `IN (…)`.
    Member,
    /// `EXISTS (…)`, or an arm of a set operation after the first.
    Other,
}

impl Place {
    fn naming(self) -> Naming {
        match self {
            Place::Top => Naming::Shown,
            Place::Table => Naming::Inner,
            _ => Naming::Given,
        }
    }
}

impl Lowering<'_> {
    pub(super) fn query(&mut self, query: &Query, place: Place) -> Lowered<Query> {
        let (known, plain) = (self.naming.ctes.len(), self.plain_months.len());
        let with = self.with(&query.with)?;
        let (limit, offset) = self.limits(query)?;
        let mut lowered = match &query.body {
            Body::Select(select) => self.select(select, &query.order_by, place)?,
            Body::Set { op, all, left, right } => {
                if *all && *op != SetOp::Union {
                    return self.refuse(Construct::SetAll, Span::default());
                }
                let body = self.set((*op, *all), left, right, place)?;
                self.ordered_set(query, body)?
            }
            Body::Values(rows) => bare(self.values(rows)?),
        };
        (lowered.with, lowered.limit, lowered.offset) = (with, limit, offset);
        if place == Place::Scalar && lowered.limit.is_none() && !self.is_single_row(query) {
            // A subquery of several rows is its first one.
            lowered.limit = Some(Expr::value(Value::Integer(1)));
        }
        let is_limited = lowered.limit.is_some() || lowered.offset.is_some();
        if place != Place::Top && !is_limited && !self.traits.orders_inside {
            lowered.order_by.clear();
        }
        self.naming.ctes.truncate(known);
        self.plain_months.truncate(plain);
        if place == Place::Member && is_limited && self.traits.no_limit_in_in {
            return Ok(wrapped(lowered));
        }
        Ok(lowered)
    }

    fn limits(&mut self, query: &Query) -> Lowered<(Option<Expr>, Option<Expr>)> {
        let whole = |e: &Expr| match &e.kind {
            ExprKind::Literal(literal) => match literal.value {
                Value::Integer(whole) => Some(whole),
                _ => None,
            },
            _ => None,
        };
        let mut bounds = [None, None];
        for (bound, (given, least)) in bounds.iter_mut().zip([(&query.limit, 0), (&query.offset, 1)]) {
            let Some(given) = given else { continue };
            let Some(number) = whole(given) else { return self.refuse(Construct::ComputedLimit, given.span) };
            // Less than nothing is no limit in SQLite.
            *bound = (number >= least).then(|| given.clone());
        }
        let [limit, offset] = bounds;
        Ok((limit, offset))
    }

    fn select(&mut self, select: &Select, order_by: &[OrderItem], place: Place) -> Lowered<Query> {
        self.naming.enter(select, place.naming());
        let names = self.naming.levels.pop().map_or_else(Vec::new, |level| level.outputs);
        let grouped = self.grouped(select, order_by)?;
        let mut from = Vec::with_capacity(select.from.len());
        for source in &select.from {
            from.push(self.source(source)?);
        }
        self.levels.push(Level { grouped: vec![] });
        for (source, lowered) in select.from.iter().zip(&mut from) {
            lowered.on = source.on.as_ref().map(|on| self.condition(on)).transpose()?;
        }
        let filter = select.filter.as_ref().map(|filter| self.condition(filter)).transpose()?;
        if let Some(level) = self.levels.last_mut() {
            level.grouped.clone_from(&grouped);
        }
        let group_by = self.groups(&grouped)?;
        let items = self.items(select, names, place)?;
        let having = select.having.as_ref().map(|having| self.condition(&written_out(having, select))).transpose()?;
        let mut query = Query::from_select(Select {
            distinct: select.distinct,
            items,
            from,
            filter,
            group_by,
            having,
            windows: vec![],
        });
        self.order(&mut query, select, order_by)?;
        self.levels.pop();
        Ok(query)
    }

    fn source(&mut self, source: &Source) -> Lowered<Source> {
        if source.join == JoinKind::Full && !self.traits.has_full_join {
            return self.refuse(Construct::FullJoin, source.span);
        }
        let kind = match &source.kind {
            SourceKind::Derived { query, columns } => {
                let levels = std::mem::take(&mut self.levels);
                let query = Box::new(self.query(query, Place::Table)?);
                self.levels = levels;
                SourceKind::Derived { query, columns: columns.clone() }
            }
            kind => kind.clone(),
        };
        // A join without a condition is a cross join, and only SQLite reads it otherwise.
        let join = match (source.join, &source.on) {
            (JoinKind::Inner, None) => JoinKind::Cross,
            (JoinKind::Cross, Some(_)) => JoinKind::Inner,
            (join, _) => join,
        };
        let on = match (join, &source.on) {
            (JoinKind::Left | JoinKind::Right | JoinKind::Full, None) => Some(piece("@always", vec![])),
            _ => None,
        };
        Ok(Source { kind, join, on, ..source.clone() })
    }

    fn items(&mut self, select: &Select, names: Vec<Option<String>>, place: Place) -> Lowered<Vec<Item>> {
        let mut items = Vec::with_capacity(select.items.len());
        for (item, alias) in select.items.iter().zip(names) {
            let mut expr = self.value(strip_collation(&item.expr))?;
            let is_text = self.types.of_expr(&item.expr) == Type::Text;
            if select.distinct && is_text && self.traits.loose_texts && self.target.texts == Texts::ByCode {
                expr = coded(expr);
            }
            if place != Place::Top && is_count_of_days(&expr) {
                // Seen from outside, nothing tells that it divides as a decimal.
                expr = piece("@double", vec![expr]);
            }
            let plain = matches!(expr.kind, ExprKind::Column { .. });
            let named = alias.or_else(|| (!plain).then(|| self.column_name(&item.expr)).flatten());
            items.push(Item { expr, alias: named, from_star: item.from_star && plain });
        }
        Ok(items)
    }

    /// The name of a column that is no longer written as one.
    pub(super) fn column_name(&self, expr: &Expr) -> Option<String> {
        let ExprKind::Column { source, column } = expr.kind else { return None };
        self.naming.written.get(&source)?.columns.get(usize::from(column)).cloned()
    }

    /// Whether a query gives one row at most.
    fn is_single_row(&self, query: &Query) -> bool {
        let Some(select) = query.select() else { return false };
        let aggregated = select.items.iter().any(|item| holds_aggregate(&item.expr)) || select.having.is_some();
        if select.group_by.is_empty() && (aggregated || select.from.is_empty()) {
            return true;
        }
        let [Source { id, kind: SourceKind::Table(table), .. }] = select.from.as_slice() else { return false };
        let conjuncts = select.filter.iter().flat_map(Expr::conjuncts);
        let fixed: Vec<u16> = conjuncts.filter_map(|part| fixed_column(part, *id)).collect();
        self.catalog.is_unique(*table, &fixed)
    }
}

/// A query that is a body and nothing more.
pub(super) fn bare(body: Body) -> Query {
    Query { with: vec![], body, order_by: vec![], limit: None, offset: None }
}

/// A text that counts by the codes of its characters.
pub(super) fn coded(expr: Expr) -> Expr {
    if matches!(&expr.kind, ExprKind::Call(call) if call.function == "@by_code") {
        return expr;
    }
    piece("@by_code", vec![expr])
}

/// What an output shows: a collation changes how it compares, not what it is.
fn strip_collation(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Collate(inner, _) => strip_collation(inner),
        _ => expr,
    }
}

/// The column of a source that a condition fixes to one value.
fn fixed_column(condition: &Expr, source: SourceId) -> Option<u16> {
    let ExprKind::Binary(a, BinaryOp::Eq, b) = &condition.kind else { return None };
    let own = |e: &Expr| match e.kind {
        ExprKind::Column { source: id, column } if id == source => Some(column),
        _ => None,
    };
    let reads_own = |e: &Expr| {
        let mut found = false;
        each_expr_here(e, &mut |e| found |= own(e).is_some() || e.kind.subquery().is_some());
        found
    };
    match (own(a), own(b)) {
        (Some(column), None) if !reads_own(b) => Some(column),
        (None, Some(column)) if !reads_own(a) => Some(column),
        _ => None,
    }
}

/// `SELECT * FROM (query)`.
fn wrapped(inner: Query) -> Query {
    // No source that was read has the last number.
    let id = SourceId(u16::MAX);
    let columns: Vec<String> = (1..=crate::visit::arity(&inner)).map(|i| format!("column{i}")).collect();
    let column = |i: usize| Expr::from(ExprKind::Column { source: id, column: i as u16 });
    let items = (0..columns.len()).map(|i| Item::new(column(i))).collect();
    let kind = SourceKind::Derived { query: Box::new(inner), columns };
    let source = Source { id, kind, alias: None, join: JoinKind::Cross, on: None, span: Span::default() };
    Query::from_select(Select { items, from: vec![source], ..Select::default() })
}
