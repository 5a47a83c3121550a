//! Every literal of a query, with what stands around it.

use std::collections::HashMap;

use schema::{ColumnId, TableId};
use sql::calendar::step_of;
use sql::date_part::DatePart;
use sql::tree::{BinaryOp, Expr, ExprKind, Literal, Query, SourceId};
use sql::visit::{PartMut, parts_of_expr_mut, parts_of_query_mut};

/// What stands around a literal.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place {
    /// The column it is compared with, where that is a column of a table.
    pub column: Option<ColumnId>,
    /// Whether it is the pattern of a LIKE.
    pub pattern: bool,
    /// Whether it is an operand of arithmetic, where `100.0` means a percentage and not what the question said.
    pub arithmetic: bool,
    /// Whether it is what an output calls something, whatever is stored.
    pub label: bool,
}

/// The place of a value of a CASE.
const VALUE: Place = Place { column: None, pattern: false, arithmetic: true, label: true };

/// The place of a text that an expression is made of.
const LABEL: Place = Place { column: None, pattern: false, arithmetic: false, label: true };

/// Calls `each` with every literal of a query, subqueries included, in the order of the tree.
pub fn for_each_literal(query: &mut Query, each: &mut dyn FnMut(&mut Literal, Place)) {
    Walk { tables: HashMap::new(), each }.query(query);
}

struct Walk<'a> {
    /// The tables that the sources met so far are; a SELECT's own are known before anything in it is looked at.
    tables: HashMap<SourceId, TableId>,
    each: &'a mut dyn FnMut(&mut Literal, Place),
}

impl Walk<'_> {
    fn query(&mut self, query: &mut Query) {
        let sources = query.select().map_or(&[][..], |select| &select.from);
        self.tables.extend(sources.iter().filter_map(|source| Some((source.id, source.table_id()?))));
        parts_of_query_mut(query, &mut |part| match part {
            // A text that is an output as it stands.
            PartMut::Expr(expr) if matches!(expr.kind, ExprKind::Literal(_)) => {
                self.expr(expr, Place { label: true, ..Place::default() });
            }
            part => self.part(part),
        });
    }

    fn part(&mut self, part: PartMut<'_>) {
        match part {
            PartMut::Expr(expr) => self.expr(expr, Place::default()),
            PartMut::Query(query) => self.query(query),
        }
    }

    fn expr(&mut self, expr: &mut Expr, place: Place) {
        // The texts that a part of a day and the next day of a calendar are computed with say nothing of the question.
        if DatePart::of(expr).is_some() {
            return;
        }
        if step_of(expr).is_some()
            && let ExprKind::Call(call) = &mut expr.kind
        {
            return call.args.iter_mut().take(1).for_each(|day| self.expr(day, Place::default()));
        }
        match &mut expr.kind {
            ExprKind::Literal(literal) => (self.each)(literal, place),
            ExprKind::Unary(_, operand) => self.expr(operand, place),
            ExprKind::Binary(left, op, right) => self.binary(left, *op, right, place),
            ExprKind::Between { operand, low, high, .. } => self.compared(operand, [&mut **low, &mut **high]),
            ExprKind::InList { operand, list, .. } => self.compared(operand, list),
            ExprKind::Case { operand: Some(operand), branches, otherwise } => {
                self.compared(operand, branches.iter_mut().map(|(when, _)| when));
                let results = branches.iter_mut().map(|(_, then)| then).chain(otherwise.as_deref_mut());
                results.for_each(|result| self.expr(result, VALUE));
            }
            ExprKind::Case { operand: None, branches, otherwise } => {
                for (when, then) in branches {
                    self.expr(when, Place::default());
                    self.expr(then, VALUE);
                }
                if let Some(otherwise) = otherwise {
                    self.expr(otherwise, VALUE);
                }
            }
            ExprKind::Like { operand, pattern, .. } => {
                let place = Place { column: self.column_of(operand), pattern: true, ..Place::default() };
                self.expr(operand, Place::default());
                self.expr(pattern, place);
            }
            ExprKind::Exists { query, .. } => self.exists(query),
            ExprKind::Call(call) if ["COALESCE", "IFNULL"].contains(&call.function.as_str()) => {
                for (i, argument) in call.args.iter_mut().enumerate() {
                    self.expr(argument, if i == 0 { Place::default() } else { LABEL });
                }
            }
            _ => parts_of_expr_mut(expr, &mut |part| self.part(part)),
        }
    }

    fn binary(&mut self, left: &mut Expr, op: BinaryOp, right: &mut Expr, place: Place) {
        use BinaryOp::{Add, And, Concat, Div, Mod, Mul, Or, Sub};
        let (of_left, of_right) = match op {
            And | Or => (Place::default(), Place::default()),
            Concat => (LABEL, LABEL),
            Mul | Div | Mod | Add | Sub => (Place { arithmetic: true, ..place }, Place { arithmetic: true, ..place }),
            _ => (self.beside(right), self.beside(left)),
        };
        self.expr(left, of_left);
        self.expr(right, of_right);
    }

    /// An operand and the values it is compared with.
    fn compared<'e>(&mut self, operand: &mut Expr, values: impl IntoIterator<Item = &'e mut Expr>) {
        let place = self.beside(operand);
        self.expr(operand, Place::default());
        values.into_iter().for_each(|value| self.expr(value, place));
    }

    /// What an EXISTS selects says nothing, so its `1` is no literal of the question.
    fn exists(&mut self, query: &mut Query) {
        let items = query.select_mut().map(|select| std::mem::take(&mut select.items));
        self.query(query);
        if let (Some(select), Some(items)) = (query.select_mut(), items) {
            select.items = items;
        }
    }

    /// The place beside an expression: a column of a table, or nothing known.
    fn beside(&self, expr: &Expr) -> Place {
        Place { column: self.column_of(expr), ..Place::default() }
    }

    fn column_of(&self, expr: &Expr) -> Option<ColumnId> {
        match &expr.kind {
            ExprKind::Column { source, column } => {
                self.tables.get(source).map(|&table| ColumnId { table, column: *column })
            }
            ExprKind::Collate(inner, _) => self.column_of(inner),
            _ => None,
        }
    }
}
