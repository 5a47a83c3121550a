//! GROUP BY: what rows are grouped by, and which columns that settles.

use schema::Type;

use super::{Construct, Lowered, Lowering};
use crate::resolve::{holds_aggregate, is_aggregate};
use crate::tree::{BinaryOp, Expr, ExprKind, JoinKind, OrderItem, Select, Source};
use crate::visit::{Part, each_expr_here, parts_of_expr, rewrite_expr};

impl Lowering<'_> {
    /// What rows are grouped by, outputs written out. Elsewhere every column beside an aggregate is grouped by, or belongs
    /// to a table whose key is: one that the groups settle in another way is grouped by too, which makes no more of them.
    pub(super) fn grouped(&self, select: &Select, order_by: &[OrderItem]) -> Lowered<Vec<Expr>> {
        let mut grouped: Vec<Expr> = select.group_by.iter().map(|term| written_out(term, select)).collect();
        let aggregates = select.items.iter().any(|item| holds_aggregate(&item.expr)) || select.having.is_some();
        if grouped.is_empty() && !aggregates {
            return Ok(grouped);
        }
        let order = order_by.iter().map(|item| &item.expr);
        let all: Vec<&Expr> = select.items.iter().map(|item| &item.expr).chain(&select.having).chain(order).collect();
        while let Some(bare) = all.iter().find_map(|expr| self.bare_column(expr, select, &grouped)) {
            if !self.is_settled(bare, select, &grouped) {
                let name = self.column_name(bare).unwrap_or_default();
                return self.refuse(Construct::BareColumn(name), bare.span);
            }
            grouped.push(bare.clone());
        }
        Ok(grouped)
    }

    /// Whether all rows of a group have the same row of a column's table: by a key whose columns are grouped by, or equal to
    /// what is. NULL equals nothing, but may be grouped by; a primary key has none elsewhere.
    fn is_settled(&self, column: &Expr, select: &Select, grouped: &[Expr]) -> bool {
        let is_inner = |source: &Source| matches!(source.join, JoinKind::Inner | JoinKind::Cross);
        let ExprKind::Column { source, .. } = column.kind else { return false };
        let own = select.from.iter().find(|own| own.id == source).and_then(Source::table_id);
        let Some(table) = own.filter(|_| select.from.iter().all(is_inner)) else { return false };
        let conditions = select.from.iter().filter_map(|source| source.on.as_ref()).chain(&select.filter);
        let conditions: Vec<&Expr> = conditions.flat_map(Expr::conjuncts).collect();
        let of_key = |column: u16| Expr::from(ExprKind::Column { source, column });
        let is_equated = |column: &u16| {
            let key = of_key(*column);
            let mut sides = conditions.iter().filter_map(|condition| equal_to(condition, &key));
            sides.any(|other| grouped.contains(other) && self.is_told_by(&key, other))
        };
        let found = self.catalog.table(table);
        let is_whole = |key: &Vec<u16>| !key.is_empty() && key.iter().all(is_equated);
        let by_key = |column: &u16| grouped.contains(&of_key(*column)) || is_equated(column);
        let key = &found.primary_key;
        !found.is_view && (!key.is_empty() && key.iter().all(by_key) || found.unique.iter().any(is_whole))
    }

    /// Whether a key that equals a value is the only one that does. A text is compared with a number as the number that it
    /// is, and a number is that of many texts.
    fn is_told_by(&self, key: &Expr, value: &Expr) -> bool {
        let (key, value) = (self.kind(key), self.kind(value));
        key == value || key.is_numeric() && (value.is_numeric() || value == Type::Text)
    }

    /// A column that stands outside aggregates and outside what is grouped by.
    fn bare_column<'e>(&self, expr: &'e Expr, select: &Select, grouped: &[Expr]) -> Option<&'e Expr> {
        if grouped.contains(expr) {
            return None;
        }
        match &expr.kind {
            ExprKind::Call(call) if is_aggregate(call) => None,
            ExprKind::Column { source, .. } => {
                let own = select.from.iter().find(|s| s.id == *source)?;
                (!self.is_keyed(own, grouped)).then_some(expr)
            }
            _ => {
                let mut found = None;
                parts_of_expr(expr, &mut |part| {
                    if let Part::Expr(inner) = part {
                        found = found.or_else(|| self.bare_column(inner, select, grouped));
                    }
                });
                found
            }
        }
    }

    /// Whether the engine knows that a table's columns are settled by its primary key, which is grouped by.
    fn is_keyed(&self, source: &Source, grouped: &[Expr]) -> bool {
        let Some(table) = source.table_id().filter(|_| self.traits.knows_keys) else { return false };
        let key = &self.catalog.table(table).primary_key;
        let by = |column: &u16| grouped.contains(&ExprKind::Column { source: source.id, column: *column }.into());
        !key.is_empty() && key.iter().all(by)
    }

    pub(super) fn groups(&mut self, grouped: &[Expr]) -> Lowered<Vec<Expr>> {
        let mut terms = Vec::with_capacity(grouped.len());
        for term in grouped {
            let mut reads = false;
            each_expr_here(term, &mut |e| {
                reads |= matches!(e.kind, ExprKind::Column { .. } | ExprKind::RowId(_)) || e.kind.subquery().is_some();
            });
            if !reads {
                return self.refuse(Construct::ConstantGroup, term.span);
            }
            let term = self.value(term)?;
            if !terms.contains(&term) {
                terms.push(term);
            }
        }
        Ok(terms)
    }
}

/// What a condition says that an expression equals.
fn equal_to<'e>(condition: &'e Expr, expr: &Expr) -> Option<&'e Expr> {
    match &condition.kind {
        ExprKind::Binary(a, BinaryOp::Eq, b) if **a == *expr => Some(b),
        ExprKind::Binary(a, BinaryOp::Eq, b) if **b == *expr => Some(a),
        _ => None,
    }
}

/// A term with every reference to an output replaced by what that computes.
pub(super) fn written_out(term: &Expr, select: &Select) -> Expr {
    let mut term = term.clone();
    rewrite_expr(&mut term, &mut |e| {
        if let ExprKind::Output(position) = e.kind
            && let Some(item) = select.items.get(usize::from(position))
        {
            *e = item.expr.clone();
        }
    });
    term
}
