//! ORDER BY: texts by their codes, and the place of NULLs said where an engine has another.

use schema::{Type, Value};

use super::groups::written_out;
use super::query::coded;
use super::{Construct, Lowered, Lowering, Texts};
use crate::dialect::Dialect;
use crate::tree::{Expr, ExprKind, OrderItem, Query, Select};

impl Lowering<'_> {
    pub(super) fn order(&mut self, query: &mut Query, select: &Select, order_by: &[OrderItem]) -> Lowered<()> {
        for item in order_by {
            let position = match item.expr.kind {
                ExprKind::Output(position) => Some(usize::from(position)),
                _ => select.items.iter().position(|shown| shown.expr == item.expr).filter(|_| select.distinct),
            };
            let written = written_out(&item.expr, select);
            if !select.distinct && is_constant(&written) {
                continue;
            }
            let is_text = self.types.of_expr(&written) == Type::Text && self.target.texts == Texts::ByCode;
            let expr = match position {
                Some(at) if !is_text => ExprKind::Output(at as u16).into(),
                Some(at) if select.distinct => {
                    self.code_item(query, at);
                    ExprKind::Output(at as u16).into()
                }
                None if select.distinct => return self.refuse(Construct::HiddenOrder, item.expr.span),
                _ => self.key(&written)?,
            };
            self.push_key(&mut query.order_by, OrderItem { expr, ..item.clone() }, &written)?;
        }
        Ok(())
    }

    fn code_item(&self, query: &mut Query, at: usize) {
        let Some(item) = query.select_mut().and_then(|select| select.items.get_mut(at)) else { return };
        if !matches!(&item.expr.kind, ExprKind::Call(call) if call.function == "@by_code") {
            let name = self.column_name(&item.expr);
            item.alias = item.alias.take().or(name);
            item.from_star = false;
            item.expr = coded(item.expr.clone());
        }
    }

    /// What rows are ordered by: texts by their codes.
    pub(super) fn key(&mut self, expr: &Expr) -> Lowered<Expr> {
        let lowered = self.value(expr)?;
        let coded_already = matches!(&lowered.kind, ExprKind::Call(call) if call.function == "@by_code");
        let is_text = self.types.of_expr(expr) == Type::Text && !is_constant(expr);
        let wanted = is_text && self.target.texts == Texts::ByCode && !coded_already;
        Ok(if wanted { coded(lowered) } else { lowered })
    }

    /// Adds a key with the place of NULLs said where the engine has another, and where there may be some.
    pub(super) fn push_key(&mut self, keys: &mut Vec<OrderItem>, item: OrderItem, original: &Expr) -> Lowered<()> {
        let nullable = self.is_nullable(original);
        if self.nulls_differ(&item) && nullable && !self.traits.says_nulls {
            if matches!(item.expr.kind, ExprKind::Output(_)) && matches!(self.target.dialect, Dialect::SqlServer) {
                return self.refuse(Construct::HiddenOrder, item.expr.span);
            }
            let operand = Box::new(item.expr.clone());
            let is_null = Expr::from(ExprKind::IsNull { operand, negated: false });
            let expr = self.condition_as_value(is_null, false);
            let descending = item.nulls_first == Some(true);
            keys.push(OrderItem { expr, descending, nulls_first: None });
        }
        keys.push(OrderItem { nulls_first: self.said_nulls(&item, !nullable), ..item });
        Ok(())
    }

    /// Whether NULLs are to stand where the engine does not put them by itself.
    pub(super) fn nulls_differ(&self, item: &OrderItem) -> bool {
        let wanted = item.nulls_first.unwrap_or(!item.descending);
        wanted != (self.traits.nulls_last == item.descending)
    }

    pub(super) fn said_nulls(&self, item: &OrderItem, never_null: bool) -> Option<bool> {
        let needed = self.traits.says_nulls && !never_null && self.nulls_differ(item);
        needed.then(|| item.nulls_first.unwrap_or(!item.descending))
    }

    /// Whether an expression may be NULL: not where it counts, or is a column that no outer join can empty.
    fn is_nullable(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(literal) => literal.value == Value::Null,
            ExprKind::Call(call) => !matches!(
                call.function.as_str(),
                "COUNT" | "TOTAL" | "ROW_NUMBER" | "RANK" | "DENSE_RANK" | "NTILE" | "PERCENT_RANK" | "CUME_DIST"
            ),
            _ => true,
        }
    }
}

pub(super) fn is_constant(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Literal(_))
}
