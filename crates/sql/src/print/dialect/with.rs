//! WITH: what a recursive one may be, and how long its texts may become.

use schema::Type;

use super::query::{Place, bare};
use super::{Construct, Lowered, Lowering, piece};
use crate::calendar::calendar_of;
use crate::tree::{Body, Cte, Expr, ExprKind, Query, SetOp, Span};

impl Lowering<'_> {
    pub(super) fn with(&mut self, ctes: &[Cte]) -> Lowered<Vec<Cte>> {
        let mut lowered = Vec::with_capacity(ctes.len());
        for cte in ctes {
            let columns = self.naming.cte_columns(cte);
            self.naming.ctes.push((cte.name.clone(), columns.clone()));
            if calendar_of(cte).or_else(|| calendar_of_one_column(cte)).is_some_and(|start| is_plain_day(&start.start))
            {
                self.plain_months.push(cte.name.to_lowercase());
            }
            if cte.recursive {
                self.check_recursion(cte)?;
            }
            let mut query = self.query(&cte.query, Place::Table)?;
            if cte.recursive {
                self.lengthen(&mut query, cte);
                if !self.traits.says_recursive {
                    keep_doubles(&mut query);
                }
            }
            // Oracle wants the columns of a recursive CTE listed, and no engine minds.
            let columns_listed = cte.columns_listed || cte.recursive;
            lowered.push(Cte { columns, columns_listed, query: Box::new(query), ..cte.clone() });
        }
        Ok(lowered)
    }

    /// Texts that grow from step to step, as long as they may become: elsewhere the start says how long they are.
    fn lengthen(&self, query: &mut Query, cte: &Cte) {
        let types = self.types.of_outputs(&cte.query);
        let Body::Set { left, right, .. } = &mut query.body else { return };
        let (Some(start), Some(step)) = (left.select_mut(), right.select_mut()) else { return };
        for ((first, next), ty) in start.items.iter_mut().zip(&mut step.items).zip(types) {
            if ty == Type::Text && !matches!(next.expr.kind, ExprKind::Column { .. }) {
                let name = self.column_name(&first.expr);
                first.alias = first.alias.take().or(name);
                first.from_star = false;
                first.expr = piece("@long_text", vec![first.expr.clone()]);
                next.expr = piece("@long_text", vec![next.expr.clone()]);
            }
        }
    }

    /// Elsewhere a recursive query is UNION of one start and one step, without order or limit.
    fn check_recursion(&self, cte: &Cte) -> Lowered<()> {
        let span = Span::default();
        let Body::Set { op: SetOp::Union, all, left, right } = &cte.query.body else {
            return self.refuse(Construct::Recursion, span);
        };
        let tailed = |q: &Query| !q.order_by.is_empty() || q.limit.is_some() || q.offset.is_some();
        // Without RECURSIVE there is UNION ALL only; a calendar has no doubles to leave out.
        let is_calendar = calendar_of(cte).or_else(|| calendar_of_one_column(cte)).is_some();
        let is_known = *all || self.traits.says_recursive || is_calendar;
        if tailed(&cte.query) || tailed(left) || tailed(right) || right.select().is_none() || !is_known {
            return self.refuse(Construct::Recursion, span);
        }
        Ok(())
    }
}

fn keep_doubles(query: &mut Query) {
    if let Body::Set { all, .. } = &mut query.body {
        *all = true;
    }
}

/// A calendar that is written with one column, and with its end compared as people do.
fn calendar_of_one_column(cte: &Cte) -> Option<crate::calendar::Calendar> {
    let mut query = bare(Body::Values(vec![]));
    query.with.push(cte.clone());
    crate::calendar::normalise(&mut query);
    calendar_of(&query.with[0])
}

/// Whether a day stands in every month.
fn is_plain_day(start: &Expr) -> bool {
    let day = start.text().and_then(|text| text.parse::<jiff::civil::Date>().ok());
    day.is_some_and(|day| day.day() <= 28)
}
