//! A question with what counts as right: what its reference and alternatives return on each database, computed once.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use database::{Image, Limits, RunError};
use schema::{Catalog, TableId};
use sql::tree::{Expr, ExprKind, Query};
use sql::visit::{each_expr, each_query, each_select};
use sql::{VerifiedQuery, features, lineage};

use super::overlap::Cells;
use super::witness::witness;
use crate::elements::{agreement, conditions, elements};
use crate::evaluate::expect;
use crate::expected::Expected;

/// Databases made for one question, at most.
const MOST_WITNESSES: usize = 16;

/// What a completion is held against.
#[derive(Debug, Default)]
pub struct Case {
    pub(super) must_decline: bool,
    pub(super) references: Vec<Reference>,
    /// Databases made for this question, on which answers are run that are right on all others.
    pub(super) witnesses: Vec<Image>,
}

/// One query that is right.
#[derive(Debug)]
pub(super) struct Reference {
    /// Its result on each database.
    pub(super) expected: Vec<Expected>,
    /// How long SQLite worked for it on each.
    pub(super) steps: Vec<u64>,
    /// The same in cells, for what is compared with it.
    cells: Vec<OnceLock<Cells>>,
    pub(super) tree: Tree,
}

/// What is compared of two queries beside their rows.
#[derive(Debug, Default)]
pub(super) struct Tree {
    tables: BTreeSet<TableId>,
    parts: BTreeSet<String>,
    /// How many tables it reads, each as often as it does.
    pub(super) uses: usize,
    /// Whether its outputs are the same whatever the tables hold.
    pub(super) is_constant: bool,
}

impl Case {
    /// A question that must be declined.
    pub fn to_be_declined() -> Self {
        Case { must_decline: true, ..Case::default() }
    }

    /// A question of which nobody knows the answer.
    pub fn unknown() -> Self {
        Case::default()
    }

    /// A question with its reference, and with other queries that answer it as well: each is run on every database.
    /// `in_order` says whether the question asks for an order.
    ///
    /// # Errors
    /// When one of them does not run.
    pub fn open(
        images: &[Image],
        references: &[VerifiedQuery],
        in_order: bool,
        limits: &Limits,
    ) -> Result<Self, RunError> {
        let mut case = Case::default();
        references.iter().try_for_each(|query| case.add(images, query, in_order, limits))?;
        Ok(case)
    }

    /// Adds a query that answers the question as well.
    ///
    /// # Errors
    /// When it does not run; the case stays as it was.
    pub fn add(
        &mut self,
        images: &[Image],
        query: &VerifiedQuery,
        in_order: bool,
        limits: &Limits,
    ) -> Result<(), RunError> {
        let (mut expected, mut steps) = (vec![], vec![]);
        for image in images.iter().chain(&self.witnesses) {
            let (rows, took) = answer(image, query, in_order, limits)?;
            expected.push(rows);
            steps.push(took);
        }
        let cells = expected.iter().map(|_| OnceLock::new()).collect();
        let tree = images.first().map(|image| Tree::of(query.query(), image.catalog())).unwrap_or_default();
        self.references.push(Reference { expected, steps, cells, tree });
        Ok(())
    }

    /// The same question with so many databases made for it, each out of one of the others. All that was added is run on
    /// them; one on which something does not run is left out.
    pub fn with_witnesses(
        mut self,
        images: &[Image],
        queries: &[VerifiedQuery],
        in_order: bool,
        limits: &Limits,
        count: usize,
    ) -> Self {
        let Some(reference) = queries.first().filter(|_| queries.len() == self.references.len()) else { return self };
        for (salt, image) in images.iter().cycle().take(count.min(MOST_WITNESSES)).enumerate() {
            let Some(made) = witness(image, reference.query(), salt as u64) else { continue };
            let run = queries.iter().map(|query| answer(&made, query, in_order, limits));
            let Ok(all) = run.collect::<Result<Vec<_>, RunError>>() else { continue };
            for (reference, (rows, took)) in self.references.iter_mut().zip(all) {
                reference.expected.push(rows);
                reference.steps.push(took);
                reference.cells.push(OnceLock::new());
            }
            self.witnesses.push(made);
        }
        self
    }

    /// Whether there is a reference to compare with.
    pub fn has_reference(&self) -> bool {
        !self.references.is_empty()
    }
}

/// What a query answers on a database, and how many of SQLite's steps it takes.
fn answer(image: &Image, query: &VerifiedQuery, in_order: bool, limits: &Limits) -> Result<(Expected, u64), RunError> {
    let run = image.with(|database| (expect(database, query, in_order, limits), database.steps()));
    let (rows, took) = run.map_err(|error| RunError::Vanished { reason: error.to_string() })?;
    Ok((rows?, took))
}

impl Reference {
    pub(super) fn cells(&self, database: usize) -> &Cells {
        let expected = &self.expected[database];
        self.cells[database].get_or_init(|| Cells::of(&expected.rows, expected.width))
    }
}

impl Tree {
    pub(super) fn of(query: &Query, catalog: &Catalog) -> Self {
        let mut parts = elements(query, catalog);
        parts.extend(conditions(query, catalog));
        let tables = features::tables(query).into_iter().collect();
        Tree { tables, parts, uses: uses(query), is_constant: is_constant(query, catalog) }
    }

    /// How far two queries are made of the same; 0 where they read no table in common.
    pub(super) fn agreement(&self, other: &Tree) -> f64 {
        if self.tables.is_disjoint(&other.tables) { 0.0 } else { agreement(&self.parts, &other.parts) }
    }
}

/// How often a query reads tables.
pub(super) fn uses(query: &Query) -> usize {
    let mut uses = 0;
    each_select(query, &mut |select| uses += select.from.iter().filter(|one| one.table_id().is_some()).count());
    uses
}

/// Whether no output depends on a row: constants, whatever tables stand behind them.
pub(super) fn is_constant(query: &Query, catalog: &Catalog) -> bool {
    let mut counts = false;
    each_query(query, &mut |query| {
        let items = query.select().into_iter().flat_map(|select| &select.items);
        items.for_each(|item| each_expr(&item.expr, &mut |e| counts |= counts_rows(e)));
    });
    !counts && lineage(query, catalog).outputs.iter().all(BTreeSet::is_empty)
}

/// Whether an expression depends on how many rows there are, though it reads none of their columns.
fn counts_rows(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Call(call) if call.star || call.over.is_some())
}
