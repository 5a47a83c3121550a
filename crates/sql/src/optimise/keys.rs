//! Which columns tell the rows of a query apart.
//!
//! A table's row is known once the values of one of its keys are; then all its columns are. Columns that a condition sets
//! equal are known together. Where all tables of a FROM clause become known from some columns, no two rows share those.

use std::collections::HashSet;

use super::facts::{Facts, is_grouped, is_one_row, keeps_right};
use super::terms::{Place, equation, literal, met_by_all, place, written_out};
use crate::tree::{Body, Expr, JoinKind, Query, Select, SetOp, Source, SourceId};

/// What follows from some columns of a SELECT's sources, before rows are grouped.
pub(super) struct Known<'f, 'g> {
    facts: &'f Facts<'g>,
    own: HashSet<SourceId>,
    columns: HashSet<Place>,
    /// Columns that a condition of every row sets equal to something, and that are not NULL for that.
    equated: HashSet<Place>,
    /// Sources whose row is known.
    rows: HashSet<SourceId>,
}

impl<'f, 'g> Known<'f, 'g> {
    /// What follows from these columns.
    pub(super) fn from(start: impl IntoIterator<Item = Place>, select: &Select, facts: &'f Facts<'g>) -> Self {
        let mut known = Known {
            facts,
            own: select.from.iter().map(|source| source.id).collect(),
            columns: start.into_iter().collect(),
            equated: HashSet::new(),
            rows: HashSet::new(),
        };
        if !keeps_right(&select.from) {
            while known.spread(select) {}
        }
        known
    }

    /// Whether the row of every source is known.
    pub(super) fn is_all(&self) -> bool {
        self.rows.len() == self.own.len()
    }

    pub(super) fn has(&self, column: Place) -> bool {
        self.columns.contains(&column) || self.rows.contains(&column.0)
    }

    /// One round; whether anything came to be known.
    fn spread(&mut self, select: &Select) -> bool {
        let before = (self.columns.len(), self.equated.len(), self.rows.len());
        for condition in met_by_all(select) {
            if let Some((a, b)) = equation(condition) {
                self.equate(a, b);
                self.equate(b, a);
            }
        }
        for source in &select.from {
            if !self.rows.contains(&source.id) && self.knows_row(source) {
                self.rows.insert(source.id);
            }
        }
        before != (self.columns.len(), self.equated.len(), self.rows.len())
    }

    fn equate(&mut self, a: &Expr, b: &Expr) {
        let Some(column) = place(a).filter(|column| self.own.contains(&column.0)) else { return };
        self.equated.insert(column);
        if self.is_known(a, b) {
            self.columns.insert(column);
        }
    }

    /// Whether the other side of an equation fixes a column's value.
    fn is_known(&self, column: &Expr, other: &Expr) -> bool {
        if literal(other).is_some() {
            return self.facts.compares_bytes() && self.facts.affinity(column).is_some();
        }
        // A column of a query around this one is a constant here.
        let is_constant = place(other).is_some_and(|place| !self.own.contains(&place.0) || self.has(place));
        is_constant && self.facts.compare_alike(column, other)
    }

    fn knows_row(&self, source: &Source) -> bool {
        let mut on: HashSet<Place> = HashSet::new();
        if source.join == JoinKind::Left {
            for (a, b) in source.on.iter().flat_map(Expr::conjuncts).filter_map(equation) {
                for (column, other) in [(a, b), (b, a)] {
                    on.extend(place(column).filter(|column| column.0 == source.id).filter(|_| {
                        place(other).is_none_or(|other| other.0 != source.id) && self.is_known(column, other)
                    }));
                }
            }
        }
        let is_known = |column: u16| {
            let place = (source.id, column);
            let set_equal = on.contains(&place) || self.equated.contains(&place) && self.columns.contains(&place);
            let is_never_null =
                || self.facts.table_column(source.id, column).is_some_and(|id| self.facts.ground.is_never_null(id));
            set_equal || self.columns.contains(&place) && is_never_null()
        };
        if let Some(table) = self.facts.table(source.id) {
            return self.facts.ground.keys(table).iter().any(|key| key.iter().all(|column| is_known(*column)));
        }
        let key = self.facts.query(source.id).and_then(output_key);
        // Groups and distinct rows are told apart by NULLs too.
        key.is_some_and(|key| {
            key.iter().all(|column| is_known(*column) || self.columns.contains(&(source.id, *column)))
        })
    }
}

/// Whether the condition of a LEFT JOIN finds one row of its source at most, whatever the row before it.
pub(super) fn finds_one(source: &Source, select: &Select, facts: &Facts<'_>) -> bool {
    let before = select.from.iter().take_while(|other| other.id != source.id);
    let mut known = Known::from([], &Select::default(), facts);
    known.own = select.from.iter().map(|source| source.id).collect();
    known.rows = before.map(|source| source.id).collect();
    known.knows_row(source)
}

/// Outputs of a query that no two of its rows share: group keys, all outputs of distinct rows, none of a single row.
fn output_key(query: &Query) -> Option<Vec<u16>> {
    let select = query.select()?;
    if is_one_row(select) {
        return Some(vec![]);
    }
    if select.distinct {
        return Some((0..select.items.len() as u16).collect());
    }
    let position = |key: &Expr| {
        let key = written_out(key, select);
        select.items.iter().position(|item| item.expr == key).map(|position| position as u16)
    };
    let keys = || select.group_by.iter().map(position).collect();
    (!select.group_by.is_empty()).then(keys).flatten()
}

/// Whether no two rows of a SELECT are the same, DISTINCT or not.
pub(super) fn rows_differ(select: &Select, facts: &Facts<'_>) -> bool {
    if is_one_row(select) {
        return true;
    }
    if is_grouped(select) {
        let shown = |key: &Expr| select.items.iter().any(|item| item.expr == written_out(key, select));
        return facts.compares_bytes() && !select.group_by.is_empty() && select.group_by.iter().all(shown);
    }
    let shown = select.items.iter().filter_map(|item| place(&item.expr));
    !select.from.is_empty() && Known::from(shown, select, facts).is_all()
}

/// Whether no two rows of a query are the same.
pub(super) fn are_distinct(query: &Query, facts: &Facts<'_>) -> bool {
    match &query.body {
        Body::Select(select) => select.distinct || rows_differ(select, facts),
        Body::Set { op: SetOp::Union | SetOp::Intersect | SetOp::Except, all, .. } => !all,
        Body::Values(_) => false,
    }
}
