//! Subqueries within a CASE as joins, whose columns its conditions then test:
//! * `x IN (SELECT k …)`, and `EXISTS` tied by one equality, as a left join with the different `k`, which is found or not;
//! * `(SELECT AVG(y) …)` that is tied to nothing as a join with its one row.

use schema::ColumnId;

use super::lift::{Lifter, Tie, is_free, own_sources, shows_rows, source_of, tie_of};
use crate::tree::{BinaryOp, Expr, ExprKind, Item, JoinKind, Query, Select, Source, UnaryOp};
use crate::visit::{rewrite_here, same_tree};

impl Lifter<'_> {
    /// Takes the subqueries out of every CASE of a SELECT's outputs, keys and conditions on groups.
    pub(super) fn untie_cases(&mut self, select: &mut Select) {
        let mut parts = std::mem::take(&mut select.items);
        let mut keys = std::mem::take(&mut select.group_by);
        let mut having = select.having.take();
        let exprs = parts.iter_mut().map(|item| &mut item.expr).chain(&mut keys).chain(&mut having);
        for e in exprs {
            self.untie_case_of(select, e);
        }
        (select.items, select.group_by, select.having) = (parts, keys, having);
    }

    fn untie_case_of(&mut self, select: &mut Select, e: &mut Expr) {
        rewrite_here(e, &mut |part| {
            let ExprKind::Case { branches, operand: None, .. } = &mut part.kind else { return };
            branches.iter_mut().for_each(|(when, _)| self.untie_condition(select, when));
        });
    }

    /// Takes the subqueries out of a condition. IN may be null, which counts as false where only AND and OR stand above it;
    /// EXISTS is true or false anywhere.
    fn untie_condition(&mut self, select: &mut Select, condition: &mut Expr) {
        use BinaryOp::{And, Or};
        match &mut condition.kind {
            ExprKind::Binary(a, And | Or, b) => {
                self.untie_condition(select, a);
                self.untie_condition(select, b);
            }
            ExprKind::Unary(UnaryOp::Not, inner) if matches!(inner.kind, ExprKind::InQuery { .. }) => {
                let mut inner = inner.as_ref().clone();
                if let ExprKind::InQuery { negated, .. } = &mut inner.kind {
                    *negated = !*negated;
                }
                self.untie_test(select, &mut inner);
                *condition = inner;
            }
            ExprKind::InQuery { .. } => self.untie_test(select, condition),
            _ => rewrite_here(condition, &mut |part| {
                if !matches!(part.kind, ExprKind::InQuery { .. }) {
                    self.untie_test(select, part);
                }
            }),
        }
    }

    fn untie_test(&mut self, select: &mut Select, test: &mut Expr) {
        match &test.kind {
            ExprKind::InQuery { .. } | ExprKind::Exists { .. } => {
                if let Some((members, tie, negated)) = self.members(select, test) {
                    let found = ExprKind::Column {
                        source: self.join_once(select, members, JoinKind::Left, Some(&tie)),
                        column: 0,
                    };
                    *test = ExprKind::IsNull { operand: Box::new(found.into()), negated: !negated }.into();
                }
            }
            ExprKind::Scalar(query) if is_one_row(query) && is_free(query) => {
                let query = query.as_ref().clone();
                let source = self.join_once(select, query, JoinKind::Cross, None);
                *test = ExprKind::Column { source, column: 0 }.into();
            }
            _ => {}
        }
    }

    /// The values that a test looks among, each once; what is looked for; and whether it must not be found.
    fn members(&self, enclosing: &Select, test: &Expr) -> Option<(Query, Tie, bool)> {
        let (mut query, tie, negated) = match &test.kind {
            ExprKind::InQuery { operand, query, negated } => {
                let mut query = query.as_ref().clone();
                let select = query.select_mut()?;
                let [item] = select.items.as_slice() else { return None };
                let tie = Tie { inner: item.expr.clone(), outer: operand.as_ref().clone() };
                // Among values of which one is null nothing is certain to be missing, and null is not missing anywhere.
                let certain = !negated || is_never_null(select, &tie.inner) && self.is_filled(enclosing, &tie.outer);
                (query, certain.then_some(tie)?, *negated)
            }
            ExprKind::Exists { query, negated } if shows_rows(query) => {
                let mut query = query.as_ref().clone();
                let tie = take_tie(&mut query)?;
                let select = query.select_mut()?;
                select.items = vec![Item::new(tie.inner.clone())];
                (query, tie, *negated)
            }
            _ => return None,
        };
        let is_column = |e: &Expr| matches!(e.kind, ExprKind::Column { .. });
        let is_near = enclosing.from.iter().any(|source| source_of(&tie.outer) == Some(source.id));
        let fits = query.limit.is_none() && query.with.is_empty() && is_column(&tie.inner) && is_column(&tie.outer);
        let select = query.select_mut().filter(|_| fits && is_near)?;
        // Each value stands in one group where it is the only key.
        let is_value = |key: &Expr| *key == tie.inner || matches!(key.kind, ExprKind::Output(0));
        select.distinct = !matches!(select.group_by.as_slice(), [key] if is_value(key));
        is_free(&query).then_some((query, tie, negated))
    }

    /// Whether a column is that of a table which is null in no row of a SELECT.
    fn is_filled(&self, select: &Select, column: &Expr) -> bool {
        let ExprKind::Column { source, column } = column.kind else { return false };
        let Some(table) = self.tables.get(&source) else { return false };
        let may_miss = |other: &Source| match other.join {
            JoinKind::Left => other.id == source,
            JoinKind::Right | JoinKind::Full => true,
            JoinKind::Cross | JoinKind::Inner => false,
        };
        self.catalog.column(ColumnId { table: *table, column }).not_null && !select.from.iter().any(may_miss)
    }

    /// Joins a query, or finds the same one joined already.
    fn join_once(
        &mut self,
        select: &mut Select,
        query: Query,
        join: JoinKind,
        tie: Option<&Tie>,
    ) -> crate::tree::SourceId {
        let known = self
            .joined
            .iter()
            .find(|(known, with, _)| same_tree(known, &query) && *with == tie.map(|tie| tie.outer.clone()));
        if let Some((.., source)) = known.filter(|(.., source)| select.from.iter().any(|s| s.id == *source)) {
            return *source;
        }
        let source = self.join(select, query.clone(), 1, join, tie);
        self.joined.push((query, tie.map(|tie| tie.outer.clone()), source));
        source
    }
}

/// Takes the one equality that ties a subquery to its enclosing query out of its conditions.
fn take_tie(query: &mut Query) -> Option<Tie> {
    let own = own_sources(query);
    let select = query.select_mut()?;
    let filter = select.filter.take()?;
    let (mut ties, mut rest): (Vec<Tie>, Vec<Expr>) = (Vec::new(), Vec::new());
    for condition in filter.conjuncts() {
        match tie_of(condition, &own) {
            Some(tie) => ties.push(tie),
            None => rest.push(condition.clone()),
        }
    }
    select.filter = rest.into_iter().reduce(Expr::and);
    ties.pop().filter(|_| ties.is_empty())
}

/// Whether a query has one row whatever the data.
fn is_one_row(query: &Query) -> bool {
    let total = |select: &Select| {
        let total = matches!(select.items.as_slice(), [item] if super::expression::is_aggregate(&item.expr));
        total && select.group_by.is_empty() && select.having.is_none()
    };
    query.limit.is_none() && query.with.is_empty() && query.select().is_some_and(total)
}

/// Whether a condition says that a column is not null.
fn is_never_null(select: &Select, column: &Expr) -> bool {
    let conditions = select.filter.iter().flat_map(Expr::conjuncts);
    conditions
        .into_iter()
        .any(|c| matches!(&c.kind, ExprKind::IsNull { operand, negated: true } if **operand == *column))
}
