//! Set operations: arms of one SELECT each, an order by what the first one shows, a limit.

use super::{Kind, Result, Writer, not_canonical};
use crate::lexeme::{ColumnRef, Lexeme, Word};
use crate::tree::{Body, ExprKind, OrderItem, Query, SetOp};

/// An arm, and the operation before it.
type Arm<'a> = (Option<Word>, &'a Query);

impl Writer<'_> {
    /// Writes a set operation.
    pub(super) fn set(&mut self, query: &Query, kind: Kind) -> Result<()> {
        if !kind.is_whole() {
            return not_canonical("set operation in a subquery", Default::default());
        }
        let mut arms = Vec::new();
        collect(query, &mut arms)?;
        let mut operations = arms.iter().filter_map(|(word, _)| *word);
        let first = operations.next();
        if operations.any(|word| Some(word) != first) {
            return not_canonical("different set operations", Default::default());
        }
        let mut names = Vec::new();
        for (word, arm) in arms {
            word.into_iter().for_each(|word| self.word(word));
            let shown = self.arm(arm, kind, (first == Some(Word::UnionAll), word.is_none()))?;
            if word.is_none() {
                names = shown;
            }
        }
        if kind == Kind::Cte && query.limit.is_none() {
            return Ok(());
        }
        if kind == Kind::Cte && query.order_by.is_empty() {
            return not_canonical("limit without an order in a subquery", Default::default());
        }
        self.order_set(&query.order_by, &names)?;
        if let Some(limit) = &query.limit {
            let limit = self.limit(limit, kind)?;
            self.word(Word::Limit);
            self.out.push(limit);
        }
        Ok(())
    }

    /// Writes an arm (`place`: whether duplicates stay, whether it is the first); what ORDER BY may call its outputs.
    fn arm(&mut self, arm: &Query, kind: Kind, place: (bool, bool)) -> Result<Vec<Lexeme>> {
        let Some(select) = arm.select() else { return not_canonical("values", Default::default()) };
        let placed = self.places.len();
        self.scopes.push(select.items.iter().map(|item| item.expr.clone()).collect());
        let written = self.write_arm(arm, select, kind, place).and_then(|outputs| {
            let name = |(i, alias): (usize, &Option<u8>)| match alias {
                Some(number) => Ok(Lexeme::Output(*number)),
                None => self.visible_column(&outputs.exprs[i]).map(|column: ColumnRef| Lexeme::Column(column)),
            };
            outputs.aliases.iter().enumerate().map(name).collect()
        });
        self.scopes.pop();
        self.places.truncate(placed);
        written
    }

    fn order_set(&mut self, order: &[OrderItem], names: &[Lexeme]) -> Result<()> {
        for (i, item) in order.iter().enumerate() {
            let ExprKind::Output(number) = item.expr.kind else {
                return not_canonical("order of a set operation by what it does not show", item.expr.span);
            };
            if item.nulls_first.is_some_and(|first| first == item.descending) {
                return not_canonical("nulls first or last", item.expr.span);
            }
            let Some(name) = names.get(usize::from(number)) else {
                return not_canonical("output number", item.expr.span);
            };
            self.word(if i == 0 { Word::OrderBy } else { Word::Comma });
            self.out.push(*name);
            if item.descending {
                self.word(Word::Desc);
            }
        }
        Ok(())
    }
}

/// The arms of a set operation from left to right.
fn collect<'a>(query: &'a Query, arms: &mut Vec<Arm<'a>>) -> Result<()> {
    let Body::Set { op, all, left, right } = &query.body else {
        arms.push((None, query));
        return Ok(());
    };
    for arm in [left, right] {
        if arm.limit.is_some() || arm.offset.is_some() {
            return not_canonical("limit in an arm of a set operation", Default::default());
        }
        if !arm.with.is_empty() {
            return not_canonical("cte in an arm of a set operation", Default::default());
        }
    }
    collect(left, arms)?;
    let word = match (op, all) {
        (SetOp::Union, true) => Word::UnionAll,
        (SetOp::Union, false) => Word::Union,
        (SetOp::Intersect, false) => Word::Intersect,
        (SetOp::Except, false) => Word::Except,
        (_, true) => return not_canonical("set operation that keeps duplicates", Default::default()),
    };
    if matches!(right.body, Body::Set { .. }) {
        return not_canonical("set operation as a second arm", Default::default());
    }
    arms.push((Some(word), right));
    Ok(())
}
