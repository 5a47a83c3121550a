//! What is known of the sources of a query and of the columns that they show.

use std::collections::{HashMap, HashSet};

use schema::{ColumnId, TableId};

use super::ground::{Affinity, Ground, affinity_of_type};
use crate::resolve::holds_aggregate;
use crate::tree::{Body, Call, Expr, ExprKind, JoinKind, Query, Select, Source, SourceId, SourceKind};
use crate::visit::{each_expr_of_query, each_query, each_select};

/// What is known of a query as it stands before a rewrite.
pub(super) struct Facts<'a> {
    /// What the engine promises.
    pub(super) ground: &'a Ground<'a>,
    uses: HashMap<SourceId, Use>,
    /// Sources of queries of which EXISTS asks whether they have rows.
    within_exists: HashSet<SourceId>,
    /// CTEs by their names in lower case; those whose name is there twice, and those that read themselves, are left out.
    ctes: HashMap<String, Query>,
    /// Whether the query itself says how texts are compared.
    collates: bool,
}

/// One use of a table, CTE or derived table.
struct Use {
    rows: Rows,
    name: String,
    /// Whether an outer join may give a row of NULLs for it.
    outer: bool,
}

/// Whose rows a source has.
#[derive(Clone)]
enum Rows {
    Table(TableId),
    Query(Box<Query>),
    Cte(String),
}

impl<'a> Facts<'a> {
    pub(super) fn of(query: &Query, ground: &'a Ground<'a>) -> Self {
        let mut facts = Facts {
            ground,
            uses: HashMap::new(),
            within_exists: HashSet::new(),
            ctes: HashMap::new(),
            collates: false,
        };
        let mut twice = vec![];
        each_query(query, &mut |level| {
            for cte in &level.with {
                let name = cte.name.to_ascii_lowercase();
                if cte.recursive || facts.ctes.insert(name.clone(), (*cte.query).clone()).is_some() {
                    twice.push(name);
                }
            }
        });
        twice.iter().for_each(|name| drop(facts.ctes.remove(name)));
        each_select(query, &mut |select| facts.learn(select));
        each_expr_of_query(query, &mut |expr| match &expr.kind {
            ExprKind::Exists { query, .. } => {
                let sources = query.select().into_iter().flat_map(|select| &select.from);
                facts.within_exists.extend(sources.map(|source| source.id));
            }
            ExprKind::Collate(..) => facts.collates = true,
            _ => {}
        });
        facts
    }

    fn learn(&mut self, select: &Select) {
        for (i, source) in select.from.iter().enumerate() {
            let later = &select.from[i + 1..];
            let outer = matches!(source.join, JoinKind::Left | JoinKind::Full)
                || later.iter().any(|after| matches!(after.join, JoinKind::Right | JoinKind::Full));
            let (rows, name) = match &source.kind {
                SourceKind::Table(table) => (Rows::Table(*table), self.ground.catalog.table(*table).name.clone()),
                SourceKind::Cte { name, .. } => (Rows::Cte(name.to_ascii_lowercase()), name.clone()),
                SourceKind::Derived { query, .. } => (Rows::Query(query.clone()), "the subquery".to_owned()),
            };
            let name = source.alias.clone().unwrap_or(name);
            self.uses.insert(source.id, Use { rows, name, outer });
        }
    }

    /// Whether a source is one of a query of which EXISTS asks whether it has rows.
    pub(super) fn is_within_exists(&self, source: SourceId) -> bool {
        self.within_exists.contains(&source)
    }

    /// What a source is called.
    pub(super) fn name(&self, source: SourceId) -> &str {
        self.uses.get(&source).map_or("a table", |known| &known.name)
    }

    /// What a column is called: `T.c`.
    pub(super) fn column_name(&self, source: SourceId, column: u16) -> String {
        match self.table_column(source, column) {
            Some(id) => format!("{}.{}", self.name(source), self.ground.catalog.column(id).name),
            None => format!("a column of {}", self.name(source)),
        }
    }

    /// The table that a source reads, where it is one.
    pub(super) fn table(&self, source: SourceId) -> Option<TableId> {
        match self.uses.get(&source)?.rows {
            Rows::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The query whose rows a source has, where it is a derived table or a CTE that is known.
    pub(super) fn query(&self, source: SourceId) -> Option<&Query> {
        match &self.uses.get(&source)?.rows {
            Rows::Table(_) => None,
            Rows::Query(query) => Some(query),
            Rows::Cte(name) => self.ctes.get(name),
        }
    }

    /// The table's column that a source's column is.
    pub(super) fn table_column(&self, source: SourceId, column: u16) -> Option<ColumnId> {
        let table = self.table(source)?;
        let known = usize::from(column) < self.ground.catalog.table(table).columns.len();
        known.then_some(ColumnId { table, column })
    }

    /// Whether an outer join may give a row of NULLs for a source.
    pub(super) fn is_outer(&self, source: SourceId) -> bool {
        self.uses.get(&source).is_none_or(|known| known.outer)
    }

    /// Whether an expression is never NULL, where it is asked for before rows are grouped.
    pub(super) fn is_never_null(&self, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Literal(literal) => literal.value != schema::Value::Null,
            ExprKind::RowId(source) => !self.is_outer(*source),
            ExprKind::Column { source, column } => {
                !self.is_outer(*source) && self.column_is_never_null(*source, *column)
            }
            ExprKind::Call(Call { function, args, .. }) => match function.as_str() {
                "COUNT" => true,
                "COALESCE" | "IFNULL" => args.iter().any(|argument| self.is_never_null(argument)),
                _ => false,
            },
            _ => false,
        }
    }

    fn column_is_never_null(&self, source: SourceId, column: u16) -> bool {
        match self.table_column(source, column) {
            Some(id) => self.ground.is_never_null(id),
            None => self.query(source).is_some_and(|query| self.output_is_never_null(query, column)),
        }
    }

    fn output_is_never_null(&self, query: &Query, column: u16) -> bool {
        match &query.body {
            Body::Select(select) => {
                let Some(item) = select.items.get(usize::from(column)) else { return false };
                let counts = matches!(&item.expr.kind, ExprKind::Call(call) if call.function == "COUNT");
                // Without groups there is a row even where nothing is found.
                counts || (!is_one_row(select) && self.is_never_null(&item.expr))
            }
            Body::Set { left, right, .. } => {
                self.output_is_never_null(left, column) && self.output_is_never_null(right, column)
            }
            Body::Values(_) => false,
        }
    }

    /// By which affinity an expression is compared; `None` where that is not known.
    pub(super) fn affinity(&self, expr: &Expr) -> Option<Affinity> {
        match &expr.kind {
            ExprKind::RowId(_) => Some(Affinity::Numeric),
            ExprKind::Literal(_) => Some(Affinity::Blank),
            ExprKind::Cast { to, .. } => Some(affinity_of_type(to)),
            ExprKind::Column { source, column } => match self.table_column(*source, *column) {
                Some(id) => self.ground.affinity(id),
                None => self.affinity_of_output(self.query(*source)?, *column),
            },
            _ => None,
        }
    }

    /// Of an output that is a column as it stands: what else a subquery shows SQLite gives an affinity in ways of its own.
    fn affinity_of_output(&self, query: &Query, column: u16) -> Option<Affinity> {
        match &query.body {
            Body::Select(select) => {
                let expr = &select.items.get(usize::from(column))?.expr;
                if matches!(expr.kind, ExprKind::Column { .. }) { self.affinity(expr) } else { None }
            }
            Body::Set { left, right, .. } => {
                let [left, right] = [left, right].map(|arm| self.affinity_of_output(arm, column));
                left.filter(|_| left == right)
            }
            Body::Values(_) => None,
        }
    }

    /// Whether texts are equal where they are the same and only there, in the tables and in the query.
    pub(super) fn compares_bytes(&self) -> bool {
        self.ground.compares_bytes() && !self.collates
    }

    /// Whether two columns hold values that are equal exactly where the engine compares them as equal, whichever is first.
    pub(super) fn compare_alike(&self, a: &Expr, b: &Expr) -> bool {
        self.compares_bytes() && self.affinity(a).is_some() && self.affinity(a) == self.affinity(b)
    }
}

/// Whether a SELECT sums all its rows up into one.
pub(super) fn is_one_row(select: &Select) -> bool {
    let aggregates = select.items.iter().map(|item| &item.expr).chain(&select.having).any(holds_aggregate);
    select.group_by.is_empty() && aggregates
}

/// Whether a SELECT shows groups of rows, or all as one.
pub(super) fn is_grouped(select: &Select) -> bool {
    !select.group_by.is_empty() || select.having.is_some() || is_one_row(select)
}

/// Whether an outer join of a FROM clause keeps rows of what stands on its right.
pub(super) fn keeps_right(from: &[Source]) -> bool {
    from.iter().any(|source| matches!(source.join, JoinKind::Right | JoinKind::Full))
}
