//! One query level after another: sources first, so that everything else finds them.

use schema::{ColumnId, TableId};

use super::{Clause, Columns, Condition, Level, Read, Reads, Tracer};
use crate::tree::{Body, Expr, ExprKind, Query, Select, Source, SourceId, SourceKind};
use crate::visit::{Part, calls, parts_of_expr};

impl<'a> Tracer<'a> {
    /// What a query reads. The outputs of an ORDER BY are those of its body.
    pub(super) fn query(&mut self, query: &'a Query) -> Level {
        let group = self.enter_with(&query.with);
        let noted = self.conditions.len();
        let mut level = self.body(&query.body);
        self.outputs.push(std::mem::take(&mut level.outputs));
        for item in &query.order_by {
            self.condition(Clause::OrderBy, &item.expr, &mut level.reads);
        }
        for limit in query.limit.iter().chain(&query.offset) {
            self.condition(Clause::Limit, limit, &mut level.reads);
        }
        level.outputs = self.outputs.pop().unwrap_or_default();
        self.leave_with(group, noted);
        level
    }

    fn body(&mut self, body: &'a Body) -> Level {
        match body {
            Body::Select(select) => self.select(select),
            Body::Set { left, right, .. } => {
                let left = self.query(left);
                left.beside(self.query(right))
            }
            Body::Values(rows) => rows.iter().fold(Level::default(), |level, row| {
                let outputs: Vec<Reads> = row.iter().map(|value| self.expr(value)).collect();
                let reads = outputs.iter().flatten().copied().collect();
                level.beside(Level { outputs, reads })
            }),
        }
    }

    fn select(&mut self, select: &'a Select) -> Level {
        let mut level = Level::default();
        select.from.iter().for_each(|source| self.source(source, &mut level.reads));
        level.outputs = select.items.iter().map(|item| self.expr(&item.expr)).collect();
        level.reads.extend(level.outputs.iter().flatten());
        self.outputs.push(level.outputs);
        for on in select.from.iter().filter_map(|source| source.on.as_ref()) {
            self.condition(Clause::On, on, &mut level.reads);
        }
        let filters = select.filter.iter().map(|filter| (Clause::Where, filter));
        let groups = select.group_by.iter().map(|term| (Clause::GroupBy, term));
        let having = select.having.iter().map(|having| (Clause::Having, having));
        for (clause, expr) in filters.chain(groups).chain(having) {
            self.condition(clause, expr, &mut level.reads);
        }
        level.outputs = self.outputs.pop().unwrap_or_default();
        level
    }

    fn source(&mut self, source: &'a Source, reads: &mut Reads) {
        let computed = |level: Level, reads: &mut Reads| {
            reads.extend(level.reads);
            Columns::Computed(level.outputs)
        };
        let columns = match &source.kind {
            SourceKind::Table(table) => Columns::Table(*table),
            SourceKind::Cte { name, .. } => computed(self.cte(name), reads),
            SourceKind::Derived { query, .. } => computed(self.query(query), reads),
        };
        self.sources.insert(source.id, columns);
    }

    fn condition(&mut self, clause: Clause, expr: &'a Expr, all: &mut Reads) {
        let reads = self.expr(expr);
        all.extend(&reads);
        self.conditions.push(Condition { clause, span: expr.span, reads });
    }

    /// Everything that an expression reads.
    fn expr(&mut self, expr: &'a Expr) -> Reads {
        let mut reads = Reads::new();
        self.add_expr(expr, &mut reads);
        reads
    }

    fn add_expr(&mut self, expr: &'a Expr, reads: &mut Reads) {
        match &expr.kind {
            ExprKind::Column { source, column } => self.add_column(*source, *column, reads),
            ExprKind::RowId(source) => {
                if let Some(Columns::Table(table)) = self.sources.get(source) {
                    reads.insert(self.row_id(*table));
                }
            }
            ExprKind::Output(position) => {
                let outputs = self.outputs.last().and_then(|outputs| outputs.get(usize::from(*position)));
                reads.extend(outputs.into_iter().flatten());
            }
            ExprKind::InList { operand, list, .. } if list.is_empty() && !calls(operand) => {}
            _ => parts_of_expr(expr, &mut |part| match part {
                Part::Expr(part) => self.add_expr(part, reads),
                Part::Query(query) => reads.extend(self.query(query).reads),
            }),
        }
    }

    fn add_column(&self, source: SourceId, column: u16, reads: &mut Reads) {
        match self.sources.get(&source) {
            Some(Columns::Table(table)) => {
                reads.insert(Read::Column(ColumnId { table: *table, column }));
            }
            Some(Columns::Computed(columns)) => reads.extend(columns.get(usize::from(column)).into_iter().flatten()),
            None => {}
        }
    }

    /// A table's row id: its `INTEGER PRIMARY KEY`, where it has one.
    fn row_id(&self, table: TableId) -> Read {
        self.catalog.row_id_column(table).map_or(Read::RowId(table), Read::Column)
    }
}

impl Level {
    /// Both arms of a set operation: an output is computed from what either arm shows there.
    pub(super) fn beside(mut self, other: Level) -> Level {
        self.reads.extend(other.reads);
        self.outputs.resize(self.outputs.len().max(other.outputs.len()), Reads::new());
        for (output, more) in self.outputs.iter_mut().zip(other.outputs) {
            output.extend(more);
        }
        self
    }
}
