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
pub(super) const MOST_WITNESSES: usize = 32;

/// What a completion is held against.
#[derive(Debug, Default)]
pub struct Case {
    pub(super) must_decline: bool,
    pub(super) references: Vec<Reference>,
    /// Databases made for this question, each when it is first asked for; none where it cannot be made.
    witnesses: [OnceLock<Option<Witness>>; MOST_WITNESSES],
}

/// One query that is right.
#[derive(Debug)]
pub(super) struct Reference {
    number: usize,
    query: VerifiedQuery,
    in_order: bool,
    /// What it returns on each database that stands ready.
    ready: Vec<Answered>,
    pub(super) tree: Tree,
}

/// What a reference returns on one database.
#[derive(Debug)]
pub(super) struct Answered {
    pub(super) expected: Expected,
    /// How long SQLite worked for it.
    pub(super) steps: u64,
    /// The same in cells, for what is compared with it.
    cells: OnceLock<Cells>,
}

/// A database made for a question, with what each reference returns there as soon as that is asked for.
#[derive(Debug)]
struct Witness {
    image: Image,
    answered: Vec<OnceLock<Option<Answered>>>,
}

/// A database on which a completion is run, with what references return there.
pub(super) struct Ground<'a> {
    pub(super) image: &'a Image,
    pub(super) held: Vec<Held<'a>>,
}

/// A reference on one database.
#[derive(Clone, Copy)]
pub(super) struct Held<'a> {
    pub(super) reference: &'a Reference,
    pub(super) answered: &'a Answered,
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
        let ready = images.iter().map(|image| answered(image, query, in_order, limits));
        let ready = ready.collect::<Result<Vec<_>, _>>()?;
        let tree = images.first().map(|image| Tree::of(query.query(), image.catalog())).unwrap_or_default();
        let number = self.references.len();
        self.references.push(Reference { number, query: query.clone(), in_order, ready, tree });
        // What was made before does not know of this one.
        self.witnesses = Default::default();
        Ok(())
    }

    /// A database by its place, those that stand ready first, with what some references return on it. None where it cannot
    /// be made, or one of them does not run there.
    pub(super) fn ground<'a>(
        &'a self,
        images: &'a [Image],
        database: usize,
        alive: &[&'a Reference],
        limits: &Limits,
    ) -> Option<Ground<'a>> {
        if let Some(image) = images.get(database) {
            let held = alive.iter().map(|one| Some(Held { reference: one, answered: one.ready.get(database)? }));
            return Some(Ground { image, held: held.collect::<Option<_>>()? });
        }
        let witness = self.witness(images, database - images.len())?;
        let held = alive.iter().map(|one| Some(Held { reference: one, answered: witness.answered(one, limits)? }));
        Some(Ground { image: &witness.image, held: held.collect::<Option<_>>()? })
    }

    /// The database of a number that is made for this question, out of one of those that stand ready but the last, which
    /// is the largest.
    fn witness(&self, images: &[Image], number: usize) -> Option<&Witness> {
        let sources = images.len().saturating_sub(1).max(1);
        let (reference, image) = (self.references.first()?, images.get(number % sources)?);
        let make = || {
            let image = witness(image, reference.query.query(), number as u64)?;
            Some(Witness { image, answered: self.references.iter().map(|_| OnceLock::new()).collect() })
        };
        self.witnesses.get(number)?.get_or_init(make).as_ref()
    }

    /// Whether there is a reference to compare with.
    pub fn has_reference(&self) -> bool {
        !self.references.is_empty()
    }
}

/// What a query returns on a database.
fn answered(image: &Image, query: &VerifiedQuery, in_order: bool, limits: &Limits) -> Result<Answered, RunError> {
    let run = image.with(|database| (expect(database, query, in_order, limits), database.steps()));
    let (rows, steps) = run.map_err(|error| RunError::Vanished { reason: error.to_string() })?;
    Ok(Answered { expected: rows?, steps, cells: OnceLock::new() })
}

impl Answered {
    pub(super) fn cells(&self) -> &Cells {
        self.cells.get_or_init(|| Cells::of(&self.expected.rows, self.expected.width))
    }
}

impl Witness {
    /// What a reference returns here; none where it does not run.
    fn answered(&self, one: &Reference, limits: &Limits) -> Option<&Answered> {
        let run = || answered(&self.image, &one.query, one.in_order, limits).ok();
        self.answered.get(one.number)?.get_or_init(run).as_ref()
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
