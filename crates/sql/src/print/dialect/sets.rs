//! Set operations, and rows of values: outputs of one type, texts by their codes.

use schema::Type;

use super::query::{Place, bare, coded};
use super::{Construct, Lowered, Lowering, Texts};
use crate::tree::{Body, Expr, ExprKind, Item, OrderItem, Query, Select, SetOp};

impl Lowering<'_> {
    pub(super) fn set(&mut self, how: (SetOp, bool), left: &Query, right: &Query, place: Place) -> Lowered<Body> {
        let (op, all) = how;
        let types: Vec<Type> = {
            let both = Body::Set { op, all, left: Box::new(left.clone()), right: Box::new(right.clone()) };
            self.types.of_outputs(&bare(both))
        };
        let mut arms = [self.query(left, place)?, self.query(right, Place::Other)?];
        for (arm, original) in arms.iter_mut().zip([left, right]) {
            self.fit(arm, original, &types)?;
        }
        if !all && self.traits.loose_texts && self.target.texts == Texts::ByCode {
            self.by_code(&mut arms[0], &types);
        }
        let [left, right] = arms.map(Box::new);
        Ok(Body::Set { op, all, left, right })
    }

    /// Gives the outputs of an arm the types that the whole has.
    fn fit(&mut self, arm: &mut Query, original: &Query, types: &[Type]) -> Lowered<()> {
        let (Some(select), Some(given)) = (arm.select_mut(), original.select()) else { return Ok(()) };
        for ((item, given), ty) in select.items.iter_mut().zip(&given.items).zip(types) {
            let own = self.types.of_expr(&given.expr);
            if own != *ty && own != Type::Unknown {
                item.expr = self.as_type(&given.expr, *ty)?;
            }
        }
        Ok(())
    }

    /// Lets the texts that a query shows count by their codes.
    pub(super) fn by_code(&self, query: &mut Query, types: &[Type]) {
        let Some(select) = first_select(query) else { return };
        for (item, ty) in select.items.iter_mut().zip(types) {
            if *ty == Type::Text {
                item.expr = coded(item.expr.clone());
            }
        }
    }

    pub(super) fn ordered_set(&mut self, query: &Query, body: Body) -> Lowered<Query> {
        let types = self.types.of_outputs(query);
        let mut lowered = bare(body);
        for item in &query.order_by {
            let ExprKind::Output(position) = item.expr.kind else {
                return self.refuse(Construct::HiddenOrder, item.expr.span);
            };
            let ty = types.get(usize::from(position)).copied().unwrap_or_default();
            if ty == Type::Text && self.target.texts == Texts::ByCode {
                let only: Vec<Type> =
                    (0..types.len()).map(|i| if i == usize::from(position) { ty } else { Type::Unknown }).collect();
                self.by_code(&mut lowered, &only);
            }
            let nulls_first = self.said_nulls(item, false);
            if self.nulls_differ(item) && !self.traits.says_nulls {
                return self.refuse(Construct::HiddenOrder, item.expr.span);
            }
            lowered.order_by.push(OrderItem { nulls_first, ..item.clone() });
        }
        Ok(lowered)
    }

    /// Rows of values as SELECTs, which every engine reads.
    pub(super) fn values(&mut self, rows: &[Vec<Expr>]) -> Lowered<Body> {
        let mut body: Option<Body> = None;
        for row in rows {
            let mut items = Vec::with_capacity(row.len());
            for (i, value) in row.iter().enumerate() {
                let alias = body.is_none().then(|| format!("column{}", i + 1));
                items.push(Item { expr: self.value(value)?, alias, from_star: false });
            }
            let arm = Body::Select(Box::new(Select { items, ..Select::default() }));
            body = Some(match body {
                None => arm,
                Some(before) => {
                    Body::Set { op: SetOp::Union, all: true, left: Box::new(bare(before)), right: Box::new(bare(arm)) }
                }
            });
        }
        Ok(body.unwrap_or(Body::Values(vec![])))
    }
}

/// The first SELECT, to be changed.
pub(super) fn first_select(query: &mut Query) -> Option<&mut Select> {
    match &mut query.body {
        Body::Select(select) => Some(select),
        Body::Set { left, .. } => first_select(left),
        Body::Values(_) => None,
    }
}
