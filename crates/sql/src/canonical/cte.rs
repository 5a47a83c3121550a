//! CTEs: every CTE and derived table of a query as `cte_1` … before it, each named after what it needs.

use std::collections::HashMap;

use schema::{Catalog, ColumnId, TableId};

use super::expression::is_aggregate;
use super::window::any_part;
use super::{Kind, Result, Writer, not_canonical};
use crate::calendar::{Calendar, Step, calendar_of};
use crate::date_part::{CTE_DAYS, part_of};
use crate::lexeme::{CTES, Lexeme, Word, cte_number, cte_table};
use crate::tree::{Body, Cte, Expr, ExprKind, Item, JoinKind, Query, Select, Source, SourceId, SourceKind, Span};
use crate::visit::{PartMut, parts_of_expr_mut, parts_of_query_mut};

/// Where the values of a CTE's columns come from.
pub(super) type Origins = HashMap<ColumnId, Option<ColumnId>>;

/// A CTE to be written.
#[derive(Debug, Clone)]
pub(super) enum Hoisted {
    /// A query.
    Query(Query),
    /// A calendar.
    Calendar(Calendar),
}

impl Hoisted {
    fn query(&self) -> Option<&Query> {
        match self {
            Hoisted::Query(query) => Some(query),
            Hoisted::Calendar(_) => None,
        }
    }

    fn query_mut(&mut self) -> Option<&mut Query> {
        match self {
            Hoisted::Query(query) => Some(query),
            Hoisted::Calendar(_) => None,
        }
    }
}

/// A CTE as it was written.
#[derive(Debug)]
pub(super) struct Written {
    /// Whether it has one row whatever the data.
    one_row: bool,
}

/// The columns of the catalog whose values the columns of CTEs have: those shown as they are, and their extremes.
pub(super) fn origins(lexemes: &[Lexeme], catalog: &Catalog) -> Origins {
    let mut origins = Origins::new();
    let mut current: Option<TableId> = None;
    let (mut item, mut last): (Vec<Lexeme>, Option<Lexeme>) = (Vec::new(), None);
    for lexeme in lexemes {
        match *lexeme {
            Lexeme::Word(Word::With) => current = Some(cte_table(catalog, 1)),
            // The days of a calendar come from nowhere else.
            Lexeme::Word(Word::EachDay | Word::EachWeek | Word::EachMonth | Word::EachQuarter | Word::EachYear) => {
                let columns = (0..CTE_DAYS).map(|column| ColumnId { table: cte_table(catalog, 1), column });
                origins.extend(columns.map(|c| (c, Some(c))));
            }
            Lexeme::Word(Word::WithSecond) => current = Some(cte_table(catalog, 2)),
            Lexeme::Word(Word::WithThird) => current = Some(cte_table(catalog, 3)),
            // A SELECT after a bracket is the query that the CTEs are for.
            Lexeme::Word(Word::Select) if last == Some(Lexeme::Word(Word::Close)) => return origins,
            Lexeme::Word(Word::Select | Word::Comma | Word::Distinct) => item.clear(),
            Lexeme::Alias(number) => {
                let Some(table) = current else { return origins };
                let own = ColumnId { table, column: u16::from(number) - 1 };
                let known = shown(&item).and_then(|column| first_origin(&origins, catalog, column));
                // Of a set operation the first arm tells.
                origins.entry(own).or_insert(known);
            }
            other => item.push(other),
        }
        last = Some(*lexeme);
    }
    origins
}

/// The column whose values an output has.
fn shown(item: &[Lexeme]) -> Option<ColumnId> {
    match item {
        [Lexeme::Column(c)] => Some(c.column),
        [Lexeme::Word(Word::Min | Word::Max), Lexeme::Column(c), Lexeme::Word(Word::Close)] => Some(c.column),
        _ => None,
    }
}

/// The column of the catalog whose values a column has.
pub(super) fn origin(origins: &Origins, catalog: &Catalog, column: ColumnId) -> Option<ColumnId> {
    first_origin(origins, catalog, column).filter(|c| cte_number(catalog, c.table).is_none())
}

/// The same, or the column of a calendar.
fn first_origin(origins: &Origins, catalog: &Catalog, column: ColumnId) -> Option<ColumnId> {
    if cte_number(catalog, column.table).is_none() {
        Some(column).filter(|c| part_of(catalog, *c).is_none())
    } else {
        origins.get(&column).copied().flatten()
    }
}

impl Writer<'_> {
    /// Writes the CTEs before the query.
    pub(super) fn write_ctes(&mut self, ctes: &[Hoisted]) -> Result<()> {
        let openings = [Word::With, Word::WithSecond, Word::WithThird];
        for (i, cte) in ctes.iter().enumerate() {
            let query = match cte {
                Hoisted::Query(query) => query,
                Hoisted::Calendar(calendar) => {
                    self.write_calendar(calendar)?;
                    self.ctes.push(Written { one_row: false });
                    continue;
                }
            };
            let Some(word) = openings.get(i) else { return not_canonical("fourth cte", Default::default()) };
            self.word(*word);
            self.query(query, Kind::Cte)?;
            self.ctes.push(Written { one_row: has_one_row(query) });
        }
        Ok(())
    }

    /// The table or CTE that a source is.
    pub(super) fn table_of(&self, source: &Source) -> Option<TableId> {
        match &source.kind {
            SourceKind::Table(table) => Some(*table),
            SourceKind::Cte { name, .. } => Some(cte_table(self.catalog, name.parse().ok()?)),
            SourceKind::Derived { .. } => None,
        }
    }

    /// Whether a source is a CTE of one row.
    pub(super) fn has_one_row(&self, source: &Source) -> bool {
        let number = self.table_of(source).and_then(|table| cte_number(self.catalog, table));
        number.and_then(|n| self.ctes.get(usize::from(n) - 1)).is_some_and(|cte| cte.one_row)
    }

    /// Whether the values of a column are days or moments.
    pub(super) fn is_day(&self, column: ColumnId) -> bool {
        let origin = first_origin(&origins(&self.out, self.catalog), self.catalog, column);
        origin.is_none_or(|c| cte_number(self.catalog, c.table).is_some() || self.catalog.column(c).ty.is_temporal())
    }

    /// Whether a table is a calendar.
    pub(super) fn is_calendar(&self, table: TableId) -> bool {
        let opened = |l: &Lexeme| Step::ALL.iter().any(|(_, word, _)| *l == Lexeme::Word(*word));
        table == cte_table(self.catalog, 1) && self.out.first().is_some_and(opened)
    }

    /// The column of the catalog whose values a column has.
    pub(super) fn origin(&self, column: ColumnId) -> Option<ColumnId> {
        if cte_number(self.catalog, column.table).is_none() {
            return Some(column);
        }
        origin(&origins(&self.out, self.catalog), self.catalog, column)
    }
}

/// The CTEs that a query needs, in order, and the query itself; a CTE's name is its number.
pub(super) fn hoisted(query: &Query) -> Result<(Vec<Hoisted>, Query)> {
    let mut hoister = Hoister { out: Vec::new(), names: Vec::new() };
    let mut query = query.clone();
    crate::calendar::normalise(&mut query);
    hoister.query(&mut query)?;
    let mut used = used_by(&query, &hoister.out);
    // A calendar reads nothing, and stands first.
    used.sort_by_key(|n| hoister.out[*n].query().is_some());
    let number = |name: &str| name.parse().ok().and_then(|n: usize| used.iter().position(|u| *u == n));
    let mut ctes: Vec<Hoisted> = used.iter().map(|n| hoister.out[*n].clone()).collect();
    for query in ctes.iter_mut().filter_map(Hoisted::query_mut).chain([&mut query]) {
        each_source(query, &mut |source| {
            if let SourceKind::Cte { name, .. } = &mut source.kind {
                *name = number(name).map_or_else(String::new, |n| (n + 1).to_string());
            }
        });
    }
    if ctes.len() > usize::from(CTES) {
        return not_canonical("fourth cte", Default::default());
    }
    if ctes.iter().skip(1).any(|cte| cte.query().is_none()) {
        return not_canonical("second calendar", Default::default());
    }
    if let Some(Hoisted::Calendar(calendar)) = ctes.first() {
        let step = calendar.step;
        let queries = ctes.iter_mut().filter_map(Hoisted::query_mut).chain([&mut query]);
        super::calendar::name_ends(queries, step);
    }
    Ok((ctes, query))
}

/// The CTEs that a query reads, directly or through others, in order.
fn used_by(query: &Query, all: &[Hoisted]) -> Vec<usize> {
    let mut used: Vec<usize> = Vec::new();
    let mut pending = vec![query];
    while let Some(query) = pending.pop() {
        each_cte(query, &mut |name| {
            if let Some(n) = name.parse().ok().filter(|n| !used.contains(n)) {
                used.push(n);
                pending.extend(all.get(n).and_then(Hoisted::query));
            }
        });
    }
    used.sort_unstable();
    used
}

fn each_cte<'a>(query: &'a Query, f: &mut dyn FnMut(&'a str)) {
    crate::visit::each_select(query, &mut |select: &'a Select| {
        for source in &select.from {
            if let SourceKind::Cte { name, .. } = &source.kind {
                f(name);
            }
        }
    });
}

fn each_source(query: &mut Query, f: &mut dyn FnMut(&mut Source)) {
    crate::visit::each_query_mut(query, &mut |query| {
        query.select_mut().into_iter().flat_map(|select| &mut select.from).for_each(&mut *f);
    });
}

/// Takes CTEs and derived tables out of a query.
struct Hoister {
    out: Vec<Hoisted>,
    /// The CTEs in scope and where they went.
    names: Vec<(String, usize)>,
}

impl Hoister {
    fn query(&mut self, query: &mut Query) -> Result<()> {
        let scope = self.names.len();
        for cte in std::mem::take(&mut query.with) {
            let place = if cte.recursive { self.take_calendar(&cte)? } else { self.take(*cte.query)? };
            self.names.push((cte.name.to_lowercase(), place));
        }
        let done = self.body(query);
        self.names.truncate(scope);
        done
    }

    /// Puts a query among the CTEs.
    fn take(&mut self, mut query: Query) -> Result<usize> {
        self.query(&mut query)?;
        self.out.push(Hoisted::Query(query));
        Ok(self.out.len() - 1)
    }

    fn take_calendar(&mut self, cte: &Cte) -> Result<usize> {
        let Some(calendar) = calendar_of(cte) else { return not_canonical("recursive cte", Default::default()) };
        self.out.push(Hoisted::Calendar(calendar));
        Ok(self.out.len() - 1)
    }

    fn body(&mut self, query: &mut Query) -> Result<()> {
        if let Body::Select(select) = &mut query.body {
            for source in &mut select.from {
                self.source(source)?;
            }
            self.values_as_sources(select)?;
        }
        let mut done = Ok(());
        parts_of_query_mut(query, &mut |part| {
            if done.is_ok() {
                done = self.part(part);
            }
        });
        done
    }

    fn part(&mut self, part: PartMut) -> Result<()> {
        match part {
            PartMut::Query(query) => self.query(query),
            PartMut::Expr(Expr { kind: ExprKind::InQuery { operand, query, .. }, .. })
                if matches!(query.body, Body::Set { .. }) =>
            {
                self.part(PartMut::Expr(operand))?;
                let source = self.taken_source(std::mem::replace(&mut **query, empty()))?;
                let items = vec![Item { expr: first_column(&source), alias: None, from_star: false }];
                **query = Query::from_select(Select { items, from: vec![source], ..Select::default() });
                Ok(())
            }
            PartMut::Expr(e) => {
                let mut done = Ok(());
                parts_of_expr_mut(e, &mut |part| {
                    if done.is_ok() {
                        done = self.part(part);
                    }
                });
                done
            }
        }
    }

    /// A query as a source that reads it as a CTE.
    fn taken_source(&mut self, query: Query) -> Result<Source> {
        let place = self.take(query)?;
        let kind = SourceKind::Cte { name: place.to_string(), columns: vec!["c1".to_owned()] };
        // The tree's own sources are numbered from the other end.
        let id = SourceId(u16::MAX - place as u16);
        Ok(Source { id, kind, alias: None, join: JoinKind::Cross, on: None, span: Span::default() })
    }

    /// Where a query has no tables: the values of one row in its outputs as CTEs that it reads.
    fn values_as_sources(&mut self, select: &mut Select) -> Result<()> {
        if !select.from.is_empty() || select.filter.is_some() {
            return Ok(());
        }
        for item in &mut select.items {
            self.value_as_source(&mut item.expr, &mut select.from)?;
        }
        Ok(())
    }

    fn value_as_source(&mut self, e: &mut Expr, from: &mut Vec<Source>) -> Result<()> {
        if let ExprKind::Scalar(query) = &mut e.kind {
            if has_one_row(query) {
                let source = self.taken_source(std::mem::replace(&mut **query, empty()))?;
                *e = first_column(&source);
                from.push(source);
            }
            return Ok(());
        }
        let mut done = Ok(());
        parts_of_expr_mut(e, &mut |part| {
            if let (PartMut::Expr(e), Ok(())) = (part, &done) {
                done = self.value_as_source(e, from);
            }
        });
        done
    }

    fn source(&mut self, source: &mut Source) -> Result<()> {
        let (place, columns) = match &mut source.kind {
            SourceKind::Table(_) => return Ok(()),
            SourceKind::Cte { name, columns } => {
                let name = name.to_lowercase();
                let found = self.names.iter().rev().find(|(known, _)| *known == name);
                let Some((_, place)) = found else { return not_canonical("recursive cte", source.span) };
                (*place, std::mem::take(columns))
            }
            SourceKind::Derived { query, columns } => {
                let (query, columns) = (std::mem::replace(&mut **query, empty()), std::mem::take(columns));
                (self.take(query)?, columns)
            }
        };
        source.kind = SourceKind::Cte { name: place.to_string(), columns };
        Ok(())
    }
}

/// Whether a query has one row whatever the data: aggregates without groups.
fn has_one_row(query: &Query) -> bool {
    let plain = |select: &Select| select.group_by.is_empty() && select.having.is_none();
    let totals = |select: &Select| select.items.iter().any(|item| any_part(&item.expr, is_aggregate));
    query.select().is_some_and(|select| plain(select) && totals(select))
}

fn first_column(source: &Source) -> Expr {
    ExprKind::Column { source: source.id, column: 0 }.into()
}

fn empty() -> Query {
    Query::from_select(Select::default())
}
