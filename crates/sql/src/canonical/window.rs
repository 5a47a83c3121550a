//! Windows; those over groups read a derived table that has grouped.

use schema::Value;

use super::condition::feature;
use super::expression::is_aggregate;
use super::lift::derived;
use super::{Result, Writer, not_canonical};
use crate::lexeme::{Lexeme, Word};
use crate::matcher::window::{FRAMES, needs_order, takes_frame};
use crate::tree::{Body, Call, Expr, ExprKind, Item, Literal, OrderItem, Query, Select, SourceId, Window};
use crate::visit::{PartMut, each_expr_here, parts_of_expr_mut};

/// Whether an expression is a window.
pub(super) fn is_window(e: &Expr) -> bool {
    matches!(&e.kind, ExprKind::Call(call) if call.over.is_some())
}

/// Whether a part of an expression, subqueries aside, is such.
pub(super) fn any_part(e: &Expr, is: fn(&Expr) -> bool) -> bool {
    let mut found = false;
    each_expr_here(e, &mut |part| found |= is(part));
    found
}

fn is_over_groups(select: &Select) -> bool {
    let any = |is: fn(&Expr) -> bool| select.items.iter().any(|item| any_part(&item.expr, is));
    any(is_window) && (!select.group_by.is_empty() || any(is_aggregate))
}

/// Puts what a query groups into a derived table, whose columns its outputs then read, where it has windows.
pub(super) fn lift_groups(query: &mut Query, source: SourceId) {
    let Some(select) = query.select_mut().filter(|select| is_over_groups(select)) else { return };
    let mut inner = std::mem::take(select);
    let mut outer = Select { distinct: inner.distinct, items: std::mem::take(&mut inner.items), ..Select::default() };
    let mut groups = Groups { source, shown: Vec::new() };
    inner.distinct = false;
    // What stands alone first, so that parts of other outputs find it.
    let (with, without): (Vec<_>, Vec<_>) = outer.items.iter_mut().partition(|item| any_part(&item.expr, is_window));
    without.into_iter().chain(with).for_each(|item| groups.take(&mut item.expr));
    query.order_by.iter_mut().for_each(|item| groups.take(&mut item.expr));
    inner.items = groups.shown.iter().cloned().map(Item::new).collect();
    let width = inner.items.len();
    outer.from = vec![derived(source, Query::from_select(inner), width)];
    query.body = Body::Select(Box::new(outer));
}

/// What the groups show.
struct Groups {
    source: SourceId,
    shown: Vec<Expr>,
}

impl Groups {
    /// Replaces what is of the groups by columns: as a whole where no window is in it, else part by part.
    fn take(&mut self, e: &mut Expr) {
        let known = self.shown.contains(e);
        let whole =
            matches!(e.kind, ExprKind::Column { .. }) || is_aggregate(e) || !is_sum(e) && !any_part(e, is_window);
        if matches!(e.kind, ExprKind::Literal(_) | ExprKind::Output(_)) {
        } else if known || whole {
            *e = self.column(e.clone());
        } else {
            parts_of_expr_mut(e, &mut |part| {
                if let PartMut::Expr(part) = part {
                    self.take(part);
                }
            });
        }
    }

    fn column(&mut self, e: Expr) -> Expr {
        let at = self.shown.iter().position(|shown| *shown == e).unwrap_or_else(|| {
            self.shown.push(e);
            self.shown.len() - 1
        });
        ExprKind::Column { source: self.source, column: at as u16 }.into()
    }
}

/// Arithmetic, whose parts may be shared with other outputs.
fn is_sum(e: &Expr) -> bool {
    use crate::tree::BinaryOp::{Add, Div, Mul, Sub};
    matches!(e.kind, ExprKind::Binary(_, Add | Sub | Mul | Div, _))
}

impl Writer<'_> {
    /// Writes a window.
    pub(super) fn write_window(&mut self, call: &Call, window: &Window, e: &Expr) -> Result<()> {
        if call.distinct || call.filter.is_some() || !call.order_by.is_empty() {
            return not_canonical("window of this shape", e.span);
        }
        let (word, argument) = opening(call).map_or_else(|| not_canonical(feature(e), e.span), Ok)?;
        self.word(word);
        if let Some(argument) = argument {
            self.write_argument(argument)?;
            self.word(Word::Over);
        }
        for (i, key) in window.partition_by.iter().enumerate() {
            self.word(if i == 0 { Word::PartitionBy } else { Word::Comma });
            let column = self.visible_column(key)?;
            self.out.push(Lexeme::Column(column));
        }
        self.write_window_order(&window.order_by)?;
        if needs_order(word) && window.order_by.is_empty() {
            return not_canonical("window without an order", e.span);
        }
        match window.frame.as_deref().map(|text| frame(text, word)) {
            None | Some(Some(None)) => {}
            Some(Some(Some(word))) if !window.order_by.is_empty() => self.word(word),
            _ => return not_canonical("window frame", e.span),
        }
        self.word(Word::Close);
        Ok(())
    }

    fn write_window_order(&mut self, order: &[OrderItem]) -> Result<()> {
        for (i, item) in order.iter().enumerate() {
            if item.nulls_first.is_some_and(|first| first == item.descending) {
                return not_canonical("nulls first or last", item.expr.span);
            }
            self.word(if i == 0 { Word::OrderBy } else { Word::Comma });
            self.write_argument(&item.expr)?;
            if item.descending {
                self.word(Word::Desc);
            }
        }
        Ok(())
    }

    /// Whether a window is part of an expression.
    pub(super) fn has_window(&self, e: &Expr) -> bool {
        self.any_part(e, &is_window)
    }
}

/// The word that opens a window, and its argument.
fn opening(call: &Call) -> Option<(Word, Option<&Expr>)> {
    let number = |e: &Expr| match e.kind {
        ExprKind::Literal(Literal { value: Value::Integer(n), .. }) => Some(n),
        _ => None,
    };
    Some(match (call.function.as_str(), call.args.as_slice()) {
        ("ROW_NUMBER", []) => (Word::RowNumber, None),
        ("RANK", []) => (Word::Rank, None),
        ("DENSE_RANK", []) => (Word::DenseRank, None),
        ("NTILE", [n]) if number(n) == Some(4) => (Word::Quartile, None),
        ("NTILE", [n]) if number(n) == Some(10) => (Word::Decile, None),
        ("COUNT", []) => (Word::CountOver, None),
        ("COUNT", [Expr { kind: ExprKind::Literal(Literal { value, .. }), .. }]) if *value != Value::Null => {
            (Word::CountOver, None)
        }
        ("SUM", [x]) => (Word::SumOver, Some(x)),
        ("AVG", [x]) => (Word::AvgOver, Some(x)),
        ("MIN", [x]) => (Word::MinOver, Some(x)),
        ("MAX", [x]) => (Word::MaxOver, Some(x)),
        ("LAG", [x]) => (Word::Lag, Some(x)),
        ("LEAD", [x]) => (Word::Lead, Some(x)),
        ("LAG", [x, n]) if number(n) == Some(1) => (Word::Lag, Some(x)),
        ("LEAD", [x, n]) if number(n) == Some(1) => (Word::Lead, Some(x)),
        _ => return None,
    })
}

/// The word of a frame, if it has one; the frame that an order has anyhow, and any frame of a rank, has none.
fn frame(text: &str, opening: Word) -> Option<Option<Word>> {
    let text = match text {
        "ROWS UNBOUNDED PRECEDING" => Word::RowsToHere.text(),
        "RANGE UNBOUNDED PRECEDING" | "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW" => return Some(None),
        other => other,
    };
    if !takes_frame(opening) {
        return Some(None);
    }
    FRAMES.into_iter().find(|word| word.text() == text).map(Some)
}
