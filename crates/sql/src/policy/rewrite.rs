//! The tree with restricted tables replaced by derived tables of what the user may see.

use std::collections::{HashMap, HashSet};

use schema::{Catalog, TableId, Value};

use super::Policy;
use super::file::Restriction;
use super::quiet::{asks_within, is_quiet};
use crate::diagnostic::Diagnostic;
use crate::rename::rename_ctes;
use crate::tree::{Expr, ExprKind, Item, Query, Select, Source, SourceId, SourceKind, Span};
use crate::visit::{each_expr_mut, each_expr_of_query, each_query_mut, each_select, renumber_expr};

/// Rewrites a query that was resolved over the visible catalog to one over the whole catalog.
pub(super) fn rewrite(query: &mut Query, catalog: &Catalog, policy: &Policy) -> Result<(), Vec<Diagnostic>> {
    let refusals = refusals(query, catalog, policy);
    if !refusals.is_empty() {
        return Err(refusals);
    }
    // The policy's conditions, and tables that the query calls `main.t`, must not be caught by a CTE.
    rename_ctes(query, &catalog.tables.iter().map(|table| table.name.to_lowercase()).collect());
    let mut rewriter = Rewriter {
        catalog,
        policy,
        with_row_id: row_id_sources(query),
        first_own: highest_source(query) + 1,
        next: highest_source(query) + 1,
        barrier: !is_quiet(query),
        row_ids: HashMap::new(),
    };
    each_query_mut(query, &mut |query| rewriter.sources_of(query));
    if rewriter.next > u32::from(u16::MAX) {
        return Err(vec![Diagnostic::error("SEC507", Span::default(), "The query reads too many tables.")]);
    }
    let row_ids = rewriter.row_ids;
    each_expr_mut(query, &mut |expr| {
        if let ExprKind::RowId(source) = expr.kind
            && let Some(column) = row_ids.get(&source)
        {
            expr.kind = ExprKind::Column { source, column: *column };
        }
    });
    Ok(())
}

/// What no rewriting can make right: a view that the policy does not speak of reads its tables unrestricted, and a row id
/// may be a hidden column by another name.
fn refusals(query: &Query, catalog: &Catalog, policy: &Policy) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let with_row_id = row_id_sources(query);
    each_select(query, &mut |select| {
        for source in &select.from {
            let Some(table) = source.table_id() else { continue };
            let name = &catalog.table(table).name;
            let restriction = policy.of(table);
            if catalog.table(table).is_view && restriction.is_none() && !policy.is_empty() {
                let message = format!("{name} is a view that the policy does not speak of.");
                found.push(Diagnostic::error("SEC516", source.span, message));
            }
            let key = &catalog.table(table).primary_key;
            let hides = restriction.is_some_and(|restriction| key.iter().any(|c| restriction.hidden.contains(c)));
            if with_row_id.contains(&source.id) && (hides || has_named_row_id(table, catalog)) {
                let message = format!("Row ids of {name} are hidden from this user.");
                found.push(Diagnostic::error("SEC515", source.span, message));
            }
        }
    });
    found
}

/// Whether a column has one of the names by which a row id goes.
fn has_named_row_id(table: TableId, catalog: &Catalog) -> bool {
    ["rowid", "oid", "_rowid_"].iter().any(|name| catalog.find_column(table, name).is_some())
}

/// The sources whose row ids are read.
fn row_id_sources(query: &Query) -> HashSet<SourceId> {
    let mut found = HashSet::new();
    each_expr_of_query(query, &mut |expr| {
        if let ExprKind::RowId(source) = expr.kind {
            found.insert(source);
        }
    });
    found
}

fn highest_source(query: &Query) -> u32 {
    let mut highest = 0;
    each_select(query, &mut |select| {
        highest = select.from.iter().map(|source| u32::from(source.id.0)).fold(highest, u32::max);
    });
    highest
}

struct Rewriter<'a> {
    catalog: &'a Catalog,
    policy: &'a Policy,
    with_row_id: HashSet<SourceId>,
    /// Sources from here on were made here, and are not restricted again.
    first_own: u32,
    next: u32,
    barrier: bool,
    /// For each replaced source whose row id is read: the column that holds it.
    row_ids: HashMap<SourceId, u16>,
}

impl Rewriter<'_> {
    fn sources_of(&mut self, query: &mut Query) {
        let Some(select) = query.select_mut() else { return };
        let is_barred = self.barrier || asks_within(select);
        for source in &mut select.from {
            let Some(table) = source.table_id().filter(|_| u32::from(source.id.0) < self.first_own) else { continue };
            let restriction = self.policy.of(table).filter(|restriction| restriction.restricts());
            if let Some(restriction) = restriction {
                let name = &self.catalog.table(table).name;
                source.alias.get_or_insert_with(|| name.clone());
                source.kind = self.restricted(source.id, table, restriction, is_barred);
            }
        }
    }

    /// The rows and columns of a table that the user may see, at the places they have in the visible catalog.
    fn restricted(
        &mut self,
        replaced: SourceId,
        table: TableId,
        restriction: &Restriction,
        is_barred: bool,
    ) -> SourceKind {
        let inner = self.new_source();
        let column = |column: &u16| Expr::from(ExprKind::Column { source: inner, column: *column });
        let mut items: Vec<Item> = restriction.shown.iter().map(|position| Item::new(column(position))).collect();
        let mut columns: Vec<String> =
            self.policy.visible().table(table).columns.iter().map(|c| c.name.clone()).collect();
        if self.with_row_id.contains(&replaced) {
            self.row_ids.insert(replaced, items.len() as u16);
            let alias = free_name("row_id", &columns);
            items.push(Item { expr: ExprKind::RowId(inner).into(), alias: Some(alias.clone()), from_star: false });
            columns.push(alias);
        }
        let rules = restriction.rows.iter().map(|rule| self.renewed(&rule.condition, rule.source, inner));
        let filter = rules.reduce(Expr::and);
        let from = vec![Source::table(inner, table)];
        let limit = (is_barred && filter.is_some()).then(|| Expr::value(Value::Integer(-1)));
        let mut query = Query::from_select(Select { items, from, filter, ..Select::default() });
        query.limit = limit;
        SourceKind::Derived { query: Box::new(query), columns }
    }

    /// A condition whose sources are unlike all others of the query.
    fn renewed(&mut self, condition: &Expr, source: SourceId, inner: SourceId) -> Expr {
        let mut condition = condition.clone();
        let mut renewed = HashMap::from([(source, inner)]);
        crate::visit::each_query_of_expr(&condition, &mut |query| {
            for source in query.select().into_iter().flat_map(|select| &select.from) {
                renewed.insert(source.id, self.new_source());
            }
        });
        renumber_expr(&mut condition, &renewed);
        condition
    }

    fn new_source(&mut self) -> SourceId {
        let id = SourceId(u16::try_from(self.next).unwrap_or(u16::MAX));
        self.next += 1;
        id
    }
}

fn free_name(wanted: &str, taken: &[String]) -> String {
    let is_free = |name: &String| taken.iter().all(|other| !other.eq_ignore_ascii_case(name));
    let numbered = (2..).map(|n: usize| format!("{wanted}_{n}"));
    std::iter::once(wanted.to_owned()).chain(numbered).find(is_free).unwrap_or_default()
}
