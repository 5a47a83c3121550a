//! Groups by what a CASE calls their rows, CASE over groups, and days since another row's: each reads a derived table.
//! * `SELECT CASE … END, COUNT(*) FROM t GROUP BY CASE … END`, or by anything else that is computed: the derived table shows
//!   it and the columns that are needed besides, and the query groups by the former.
//! * `JULIANDAY(a) - JULIANDAY(LAG(b) OVER (…))`: the derived table shows the window.
//! * `SELECT g, CASE WHEN SUM(x) > 10 THEN … END FROM t GROUP BY g`: the derived table groups, and the query shows the CASE.

use std::collections::BTreeSet;

use super::expression::{is_aggregate, is_shown_column};
use super::lift::derived;
use super::window::is_window;
use crate::tree::{BinaryOp, Body, Expr, ExprKind, Item, Query, Select, SourceId};
use crate::visit::Part;
use crate::visit::{PartMut, each_expr_mut, parts_of_expr, parts_of_expr_mut, rewrite_expr};

/// Puts rows or groups into a derived table where a CASE or a window needs it.
pub(super) fn lift_parts(query: &mut Query, source: SourceId) {
    let Some(select) = query.select_mut() else { return };
    if select.group_by.iter().any(is_computed) {
        lift_rows(query, source);
    } else if is_over_groups(select) {
        lift_groups(query, source);
    } else if select.group_by.is_empty() && select.items.iter().any(|item| has(&item.expr, &is_day_of_window)) {
        lift_windows(query, source);
    }
}

/// The day of a window.
fn is_day_of_window(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Call(call) => call.function == "JULIANDAY" && call.args.iter().any(is_window),
        _ => false,
    }
}

/// Puts the rows of a query into a derived table that shows its windows and columns.
fn lift_windows(query: &mut Query, source: SourceId) {
    let Some(select) = query.select_mut() else { return };
    let mut inner = std::mem::take(select);
    let mut outer = Select { distinct: inner.distinct, items: std::mem::take(&mut inner.items), ..Select::default() };
    inner.distinct = false;
    let mut shown = Shown { source, own: BTreeSet::new(), keys: Vec::new(), exprs: Vec::new() };
    let items = outer.items.iter_mut().map(|item| &mut item.expr);
    items.chain(query.order_by.iter_mut().map(|item| &mut item.expr)).for_each(|e| shown.take_windows(e));
    put_into(query, outer, inner, shown);
}

/// Whether a key is more than a column.
fn is_computed(e: &Expr) -> bool {
    !is_shown_column(e) && !matches!(e.kind, ExprKind::Literal(_)) && !has(e, &is_aggregate)
}

/// Whether there is a CASE in it, those in aggregates and windows aside.
fn has_case(e: &Expr) -> bool {
    has(e, &|e| matches!(e.kind, ExprKind::Case { .. }))
}

/// Whether a part of an expression is as asked, what stands in aggregates, windows and subqueries aside.
fn has(e: &Expr, is: &dyn Fn(&Expr) -> bool) -> bool {
    let mut found = is(e);
    if !is_aggregate(e) && !is_window(e) {
        parts_of_expr(e, &mut |part| {
            if let Part::Expr(part) = part {
                found |= has(part, is);
            }
        });
    }
    found
}

fn is_over_groups(select: &Select) -> bool {
    let any = |is: &dyn Fn(&Expr) -> bool| select.items.iter().any(|item| has(&item.expr, is));
    select.items.iter().any(|item| has_case(&item.expr)) && (!select.group_by.is_empty() || any(&is_aggregate))
}

/// Puts the rows of a query into a derived table that shows the CASE, and all columns that the query needs.
fn lift_rows(query: &mut Query, source: SourceId) {
    let Some(select) = query.select_mut() else { return };
    let mut outer = std::mem::take(select);
    let inner = Select { from: std::mem::take(&mut outer.from), filter: outer.filter.take(), ..Select::default() };
    let own = inner.from.iter().map(|source| source.id).collect();
    let keys = outer.group_by.iter().map(without_slots).collect();
    let mut shown = Shown { source, own, keys, exprs: Vec::new() };
    let items = outer.items.iter_mut().map(|item| &mut item.expr);
    items.chain(&mut outer.group_by).chain(&mut outer.having).for_each(|e| shown.take_rows(e));
    query.order_by.iter_mut().for_each(|item| shown.take_rows(&mut item.expr));
    put_into(query, outer, inner, shown);
}

/// Puts the groups of a query into a derived table, whose columns a CASE then reads.
fn lift_groups(query: &mut Query, source: SourceId) {
    let Some(select) = query.select_mut() else { return };
    let mut inner = std::mem::take(select);
    let mut outer = Select { distinct: inner.distinct, items: std::mem::take(&mut inner.items), ..Select::default() };
    inner.distinct = false;
    let own = inner.from.iter().map(|source| source.id).collect();
    let mut shown = Shown { source, own, keys: Vec::new(), exprs: Vec::new() };
    // What stands alone first, so that a CASE finds it.
    let (with, without): (Vec<_>, Vec<_>) = outer.items.iter_mut().partition(|item| has_case(&item.expr));
    without.into_iter().chain(with).for_each(|item| shown.take_groups(&mut item.expr));
    query.order_by.iter_mut().for_each(|item| shown.take_groups(&mut item.expr));
    put_into(query, outer, inner, shown);
}

fn put_into(query: &mut Query, mut outer: Select, mut inner: Select, shown: Shown) {
    let width = shown.exprs.len();
    inner.items = shown.exprs.into_iter().map(Item::new).collect();
    outer.from = vec![derived(shown.source, Query::from_select(inner), width)];
    query.body = Body::Select(Box::new(outer));
}

/// What a derived table shows.
struct Shown {
    source: SourceId,
    /// The sources that are in it.
    own: BTreeSet<SourceId>,
    /// What rows are grouped by.
    keys: Vec<Expr>,
    exprs: Vec<Expr>,
}

impl Shown {
    /// Whether an expression is a computed key.
    fn is_key(&self, e: &Expr) -> bool {
        is_computed(e) && self.keys.contains(&without_slots(e))
    }

    /// Replaces each CASE that no key is part of, and each other column, by a column of the derived table.
    fn take_rows(&mut self, e: &mut Expr) {
        let is_case = matches!(e.kind, ExprKind::Case { .. });
        let whole = is_shown_column(e) || is_case && !has(e, &|part| self.is_key(part));
        if whole || self.keys.contains(&without_slots(e)) {
            *e = self.column(e.clone());
        } else {
            self.take_columns_of(e);
        }
    }

    /// Replaces windows and columns.
    fn take_windows(&mut self, e: &mut Expr) {
        if is_window(e) || is_shown_column(e) {
            *e = self.column(e.clone());
        } else {
            parts_of_expr_mut(e, &mut |part| {
                if let PartMut::Expr(part) = part {
                    self.take_windows(part);
                }
            });
        }
    }

    /// Replaces columns, those in aggregates and subqueries among them; a CASE in an aggregate stays.
    fn take_columns_of(&mut self, e: &mut Expr) {
        let keeps_cases = is_aggregate(e) || matches!(e.kind, ExprKind::Case { .. });
        parts_of_expr_mut(e, &mut |part| match part {
            PartMut::Expr(part) if keeps_cases && !is_shown_column(part) && !self.is_key(part) => {
                self.take_columns_of(part);
            }
            PartMut::Expr(part) => self.take_rows(part),
            PartMut::Query(query) => each_expr_mut(query, &mut |part| {
                if matches!(part.kind, ExprKind::Column { source, .. } if self.own.contains(&source)) {
                    *part = self.column(part.clone());
                }
            }),
        });
    }

    /// Replaces what is of the groups: as a whole where no CASE or window is in it, else part by part.
    fn take_groups(&mut self, e: &mut Expr) {
        if matches!(e.kind, ExprKind::Literal(_) | ExprKind::Output(_)) {
            return;
        }
        let stays = has(e, &|e| is_window(e) || matches!(e.kind, ExprKind::Case { .. }));
        if self.exprs.contains(e) || is_shown_column(e) || is_aggregate(e) || !stays && is_value(e) {
            *e = self.column(e.clone());
        } else {
            parts_of_expr_mut(e, &mut |part| {
                if let PartMut::Expr(part) = part {
                    self.take_groups(part);
                }
            });
        }
    }

    fn column(&mut self, e: Expr) -> Expr {
        // A value that the question says twice may have come from either place.
        let plain = without_slots(&e);
        let at = self.exprs.iter().position(|shown| without_slots(shown) == plain).unwrap_or_else(|| {
            self.exprs.push(e);
            self.exprs.len() - 1
        });
        ExprKind::Column { source: self.source, column: at as u16 }.into()
    }
}

fn without_slots(e: &Expr) -> Expr {
    let mut e = e.clone();
    rewrite_expr(&mut e, &mut |part| {
        if let ExprKind::Literal(literal) = &mut part.kind {
            literal.slot = None;
        }
    });
    e
}

/// Arithmetic or a function with something of the groups in it, and no condition.
fn is_value(e: &Expr) -> bool {
    use BinaryOp::{Add, Div, Mul, Sub};
    let computes =
        matches!(e.kind, ExprKind::Binary(_, Add | Sub | Mul | Div, _) | ExprKind::Call(_) | ExprKind::Cast { .. });
    computes && has(e, &|e| is_aggregate(e) || is_shown_column(e))
}
