//! Indexes that a query could use: for each table it reads, the columns it compares, joins, groups and orders by, in the
//! order in which an index can use them.
//!
//! An index is used from its first column on: columns that equal something first, then one that lies in a range, or those
//! that rows are ordered or grouped by. With the other columns that the query reads behind them the table itself need not
//! be read. Whether that helps depends on the rows; here is only said what could.

use schema::{Catalog, TableId};

use super::terms::{equation, place, written_out};
use crate::tree::{BinaryOp, Expr, ExprKind, Query, Select, SourceId};
use crate::visit::{each_expr_of_query, each_query};

/// No index is offered over more columns than this.
const WIDEST: usize = 6;
/// No more are offered for one query.
const MOST: usize = 16;

/// An index that a query could use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The table.
    pub table: TableId,
    /// Its columns, in the order of the index.
    pub columns: Vec<u16>,
    /// What for, as a sentence.
    pub reason: String,
    /// Whether it holds all columns that the query reads of the table.
    pub covering: bool,
}

/// What one level does with one use of a table.
#[derive(Default)]
struct Wants {
    equal: Vec<u16>,
    joined: Vec<u16>,
    range: Vec<u16>,
    sorted: Vec<u16>,
    grouped: Vec<u16>,
}

/// The indexes that a query could use and that are not there.
pub fn candidates(query: &Query, catalog: &Catalog) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = vec![];
    each_query(query, &mut |level| {
        let Some(select) = level.select() else { return };
        for source in &select.from {
            let Some(table) = source.table_id().filter(|table| !catalog.table(*table).is_view) else { continue };
            let used = used(query, source.id);
            for candidate in Wants::of(level, select, source.id).candidates(table, &used) {
                let is_new = found.iter().all(|known| (known.table, &known.columns) != (table, &candidate.columns));
                if is_new && !is_there(&candidate, catalog) && found.len() < MOST {
                    found.push(candidate);
                }
            }
        }
    });
    found
}

/// Whether a key or an index begins with these columns. A covering one has to hold them all in this order.
fn is_there(candidate: &Candidate, catalog: &Catalog) -> bool {
    let table = catalog.table(candidate.table);
    let mut lists = table.indexes.iter().chain(&table.unique).chain(std::iter::once(&table.primary_key));
    lists.any(|list| list.starts_with(&candidate.columns))
}

/// The columns of a source that a query reads, in the order of the table.
fn used(query: &Query, source: SourceId) -> Vec<u16> {
    let mut found = vec![];
    each_expr_of_query(query, &mut |expr| {
        found.extend(place(expr).filter(|(of, _)| *of == source).map(|(_, column)| column));
    });
    found.sort_unstable();
    found.dedup();
    found
}

impl Wants {
    fn of(level: &Query, select: &Select, source: SourceId) -> Self {
        let mut wants = Wants::default();
        let on = select.from.iter().filter_map(|source| source.on.as_ref());
        on.chain(&select.filter).flat_map(Expr::conjuncts).for_each(|condition| wants.compare(condition, source));
        let column =
            |expr: &Expr| place(&written_out(expr, select)).filter(|(of, _)| *of == source).map(|(_, column)| column);
        let all = |columns: Vec<Option<u16>>| columns.into_iter().collect::<Option<Vec<u16>>>().unwrap_or_default();
        wants.grouped = all(select.group_by.iter().map(column).collect());
        if select.group_by.is_empty() && level.order_by.windows(2).all(|pair| pair[0].descending == pair[1].descending)
        {
            wants.sorted = all(level.order_by.iter().map(|item| column(&item.expr)).collect());
        }
        wants
    }

    fn compare(&mut self, condition: &Expr, source: SourceId) {
        let own = |expr: &Expr| place(expr).filter(|(of, _)| *of == source).map(|(_, column)| column);
        if let Some((a, b)) = equation(condition) {
            for (column, other) in [(a, b), (b, a)] {
                let list = if place(other).is_some() { &mut self.joined } else { &mut self.equal };
                list.extend(own(column).filter(|_| own(other).is_none()));
            }
        }
        match &condition.kind {
            ExprKind::InList { operand, negated: false, .. } | ExprKind::InQuery { operand, negated: false, .. } => {
                self.equal.extend(own(operand));
            }
            ExprKind::IsNull { operand, negated: false } => self.equal.extend(own(operand)),
            ExprKind::Between { operand, negated: false, .. } => self.range.extend(own(operand)),
            ExprKind::Binary(a, BinaryOp::Lt | BinaryOp::LtEq | BinaryOp::Gt | BinaryOp::GtEq, b) => {
                self.range.extend(own(a).into_iter().chain(own(b)));
            }
            _ => {}
        }
    }

    fn candidates(&self, table: TableId, used: &[u16]) -> Vec<Candidate> {
        let with = |first: &[u16], then: &[u16]| {
            let mut columns = vec![];
            first.iter().chain(then).for_each(|column| {
                if !columns.contains(column) {
                    columns.push(*column)
                }
            });
            columns
        };
        let all = with(&self.joined, &self.equal);
        let range = &self.range[..self.range.len().min(1)];
        let shapes = [
            (with(&self.equal, range), "Rows are found by what they are compared with."),
            (with(&all, range), "Rows are found by what they are joined over and compared with."),
            (self.joined.clone(), "Rows are found by what they are joined over."),
            (with(&self.equal, &self.sorted), "Rows come in the order asked for, and need not be sorted."),
            (with(&self.equal, &self.grouped), "Rows of a group lie together, and need not be sorted."),
        ];
        // Without an order or groups the last two say nothing new.
        let apart = [true, true, true, !self.sorted.is_empty(), !self.grouped.is_empty()];
        let shapes = shapes.into_iter().zip(apart).filter(|(_, apart)| *apart).map(|(shape, _)| shape);
        let mut found = vec![];
        for (columns, reason) in shapes.filter(|(columns, _)| !columns.is_empty() && columns.len() <= WIDEST) {
            let covering = with(&columns, used);
            let is_wider = covering.len() > columns.len() && covering.len() <= WIDEST;
            let candidate =
                |columns, reason: &str, covering| Candidate { table, columns, reason: reason.to_owned(), covering };
            found.push(candidate(columns, reason, !is_wider && covering.len() <= WIDEST));
            if is_wider {
                let reason = format!("{reason} All that is read stands in the index, so the table is not read.");
                found.push(candidate(covering, &reason, true));
            }
        }
        found
    }
}
