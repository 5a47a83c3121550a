//! The result of a reference query, with what order and limits leave open.

use database::Rows;
use schema::Value;
use sql::tree::{Body, Expr, ExprKind, Item, Query};
use sql::visit::{arity, each_expr_here};

use crate::matching::are_equal;

/// A result to compare others with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expected {
    /// How many columns it has.
    pub(crate) width: usize,
    pub(crate) rows: Vec<Vec<Value>>,
    /// For each row the number of its tie group, counting up from 0; `None` where order is free.
    pub(crate) groups: Option<Vec<u32>>,
    /// First row of the last tie group, known where `spare` holds rows.
    last_group: usize,
    /// Rows that tie with the last group but did not fit the limit: they may stand in its place.
    pub(crate) spare: Vec<Vec<Value>>,
    pub(crate) truncated: bool,
}

impl Expected {
    /// A result whose rows may come in any order.
    pub fn unordered(rows: Rows) -> Self {
        let last_group = rows.rows.len();
        Expected {
            width: rows.columns.len(),
            truncated: rows.truncated,
            rows: rows.rows,
            last_group,
            ..Expected::default()
        }
    }

    /// A result whose rows come in this order, none tied.
    pub fn ordered(rows: Rows) -> Self {
        let groups = (0..rows.rows.len() as u32).collect();
        Expected { groups: Some(groups), ..Expected::unordered(rows) }
    }

    /// The result of a query that [`order_keys`] prepared: rows with equal keys are tied, and rows past the limit that
    /// tie with the last one within it may stand in its place. The keys leave the rows. `in_order` says whether the
    /// question asks for the order, or only the limit needs it.
    pub fn with_keys(rows: Rows, keys: &OrderKeys, in_order: bool) -> Self {
        let limit = keys.limit;
        let mut groups: Vec<u32> = Vec::with_capacity(rows.rows.len());
        for (i, row) in rows.rows.iter().enumerate() {
            let is_tied = i > 0 && keys.positions.iter().all(|key| are_equal(&row[*key], &rows.rows[i - 1][*key], 0.0));
            groups.push(groups.last().map_or(0, |last| last + u32::from(!is_tied)));
        }
        let kept = limit.map_or(rows.rows.len(), |limit| limit.min(rows.rows.len()));
        let last = kept.checked_sub(1).map(|last| groups[last]);
        let is_tied_with_last = |i: usize| Some(groups[i]) == last;
        let mut all: Vec<Vec<Value>> = rows.rows;
        all.iter_mut().for_each(|row| row.truncate(keys.width));
        let spare: Vec<Vec<Value>> =
            (kept..all.len()).filter(|i| is_tied_with_last(*i)).map(|i| all[i].clone()).collect();
        let last_group = (0..kept).find(|i| is_tied_with_last(*i)).unwrap_or(kept);
        // Past the limit only ties matter, and of them those that were seen.
        let truncated = rows.truncated && limit.is_none_or(|limit| all.len() < limit);
        all.truncate(kept);
        groups.truncate(kept);
        Expected { width: keys.width, rows: all, groups: in_order.then_some(groups), last_group, spare, truncated }
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether a limit cut it off, so that nothing can be compared with it.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    pub(crate) fn last_group_start(&self) -> usize {
        self.last_group
    }
}

/// Where the keys of an order stand in a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderKeys {
    /// How many columns the result has without those that were added.
    pub width: usize,
    /// The column of each key.
    pub positions: Vec<usize>,
    /// The query's own limit.
    pub limit: Option<usize>,
}

/// How many rows past its limit a query is asked for, to see which of them tie.
pub const ROWS_PAST_LIMIT: usize = 200;

/// A query that also shows what it orders by, and some rows past its limit; and where the keys stand.
/// `None` where the keys cannot be shown (DISTINCT, or a set operation over columns it does not show), where there is no
/// order, or where the limit is not a plain number: then ties are unknown.
pub fn order_keys(query: &Query) -> Option<(Query, OrderKeys)> {
    if query.order_by.is_empty() || query.offset.is_some() {
        return None;
    }
    let limit = match &query.limit {
        None => None,
        Some(limit) => Some(whole(limit)?),
    };
    let width = arity(query);
    let mut shown = query.clone();
    let mut positions = Vec::with_capacity(query.order_by.len());
    for item in &query.order_by {
        positions.push(position_of(&mut shown, &item.expr)?);
    }
    if let Some(limit) = limit {
        shown.limit = Some(Expr::value(Value::Integer((limit + ROWS_PAST_LIMIT) as i64)));
    }
    Some((shown, OrderKeys { width, positions, limit }))
}

/// The output that shows an expression, added where there is none.
fn position_of(query: &mut Query, expr: &Expr) -> Option<usize> {
    if let ExprKind::Output(position) = expr.kind {
        return Some(usize::from(position));
    }
    let Body::Select(select) = &mut query.body else { return None };
    if let Some(position) = select.items.iter().position(|item| item.expr == *expr) {
        return Some(position);
    }
    let mut mentions_output = false;
    each_expr_here(expr, &mut |e| mentions_output |= matches!(e.kind, ExprKind::Output(_)));
    if select.distinct || mentions_output {
        return None;
    }
    select.items.push(Item::new(expr.clone()));
    Some(select.items.len() - 1)
}

fn whole(expr: &Expr) -> Option<usize> {
    match &expr.kind {
        ExprKind::Literal(literal) => match literal.value {
            Value::Integer(whole) => usize::try_from(whole).ok(),
            _ => None,
        },
        _ => None,
    }
}
