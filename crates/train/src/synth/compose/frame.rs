//! Where rows come from: a table, the tables it refers to that something asks for, and named parts before it.

use schema::{ColumnId, ForeignKeyId, TableId};

use super::super::meaning::{Filter, Measure};
use super::super::shapes::pen::Pen;
use super::super::shapes::text::literal;

/// The source of rows of one SELECT.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The table.
    pub table: TableId,
    /// Its alias.
    pub root: String,
    /// `name AS (…)`, each used by a join.
    pub with: Vec<String>,
    ups: Vec<(Vec<ForeignKeyId>, String)>,
    joins: String,
    inner: usize,
    /// How much of the joins, and how many of the rows reached, the conditions need.
    marked: (usize, usize),
}

impl Frame {
    /// Rows of a table under the alias `t`.
    pub fn new(table: TableId) -> Self {
        Self::under(table, "t".to_owned())
    }

    fn under(table: TableId, root: String) -> Self {
        Frame { table, root, with: vec![], ups: vec![], joins: String::new(), inner: 0, marked: (0, 0) }
    }

    /// Rows of another table within this one's conditions.
    pub fn within(&mut self, table: TableId) -> Frame {
        self.inner += 1;
        Self::under(table, format!("{}{}", self.root, self.inner))
    }

    /// The alias of the row that the keys lead to, joined where it is not yet.
    pub fn reach(&mut self, pen: &Pen<'_, '_>, path: &[ForeignKeyId]) -> String {
        let Some((last, before)) = path.split_last() else { return self.root.clone() };
        if let Some((_, alias)) = self.ups.iter().find(|(known, _)| known == path) {
            return alias.clone();
        }
        let from = self.reach(pen, before);
        let alias = format!("{}p{}", self.root, self.ups.len() + 1);
        self.joins += &pen.join_up(*last, &from, &alias);
        self.ups.push((path.to_vec(), alias.clone()));
        alias
    }

    /// Whether a column leads to a row that is joined, so that every row has a value in it.
    pub fn is_joined_by(&self, pen: &Pen<'_, '_>, column: ColumnId) -> bool {
        let mut first = self.ups.iter().filter_map(|(path, _)| path.first());
        first.any(|&key| pen.world.catalog.key_pairs(key).any(|(from, _)| from == column))
    }

    /// Joins a part of `with` on its column `k`; every row stays where `all`.
    pub fn join_part(&mut self, part: (String, String), on: &str, all: bool) {
        let (name, sql) = part;
        self.joins += &format!(" {}JOIN {name} ON {name}.k = {on}", if all { "LEFT " } else { "" });
        self.with.push(format!("{name} AS ({sql})"));
    }

    /// `T AS t JOIN …`
    pub fn source(&self, pen: &Pen<'_, '_>) -> String {
        format!("{}{}", pen.from(self.table, &self.root), self.joins)
    }

    /// What is joined so far is for conditions, what comes later only for what is shown.
    pub fn mark(&mut self) {
        self.marked = (self.joins.len(), self.ups.len());
    }

    /// The source without joins that only what is shown needs, unless conditions speak of these after all.
    pub fn whole(&self, pen: &Pen<'_, '_>, conditions: &[String]) -> String {
        let later = |c: &String| self.ups[self.marked.1..].iter().any(|(_, alias)| c.contains(&format!("{alias}.")));
        if conditions.iter().any(later) {
            return self.source(pen);
        }
        format!("{}{}", pen.from(self.table, &self.root), &self.joins[..self.marked.0])
    }

    /// `WITH … ` before a query; nothing without parts.
    pub fn before(&self, others: &[String]) -> String {
        let all: Vec<&str> = self.with.iter().chain(others).map(String::as_str).collect();
        if all.is_empty() { String::new() } else { format!("WITH {} ", all.join(", ")) }
    }

    /// A filter as SQL over this frame, with the joins it needs.
    pub fn filter(&mut self, pen: &Pen<'_, '_>, filter: &Filter) -> Option<String> {
        let (table, root) = (self.table, self.root.clone());
        self.filter_of(pen, filter, (table, &root, &[]))
    }

    fn filter_of(
        &mut self,
        pen: &Pen<'_, '_>,
        filter: &Filter,
        (table, alias, path): (TableId, &str, &[ForeignKeyId]),
    ) -> Option<String> {
        if let Some(sql) = pen.condition(filter, alias) {
            return Some(sql);
        }
        match filter {
            Filter::Average { measure, above } => {
                let (own, other, from) = self.own_and_other(pen, measure, (table, alias))?;
                Some(format!("{own} {} (SELECT AVG({other}) FROM {from})", above_or_below(*above)))
            }
            Filter::Extreme { measure, greatest } => {
                let (own, other, from) = self.own_and_other(pen, measure, (table, alias))?;
                let function = if *greatest { "MAX" } else { "MIN" };
                Some(format!("{own} = (SELECT {function}({other}) FROM {from})"))
            }
            Filter::ThanNamed { measure, column, name, above } => {
                let (own, other, from) = self.own_and_other(pen, measure, (table, alias))?;
                let inner = format!("{}{}", self.root, self.inner);
                let named = format!("{} = {}", pen.col(&inner, *column), literal(name));
                Some(format!("{own} {} (SELECT {other} FROM {from} WHERE {named})", above_or_below(*above)))
            }
            Filter::Any(filters) => {
                let all: Option<Vec<String>> =
                    filters.iter().map(|f| self.filter_of(pen, f, (table, alias, path))).collect();
                Some(format!("({})", all?.join(" OR ")))
            }
            Filter::Parent { key, filters } => {
                let path: Vec<ForeignKeyId> = path.iter().copied().chain([*key]).collect();
                let (up, to) = (self.reach(pen, &path), pen.world.catalog.foreign_key(*key).to);
                let all: Option<Vec<String>> =
                    filters.iter().map(|f| self.filter_of(pen, f, (to, &up, &path))).collect();
                Some(all?.join(" AND "))
            }
            Filter::Children { key, filters, negated } => {
                let exists = self.children(pen, *key, alias, ("1", filters, ""))?;
                Some(format!("{}EXISTS ({exists})", if *negated { "NOT " } else { "" }))
            }
            _ => None,
        }
    }

    /// `SELECT item FROM child WHERE it refers to this row AND …`
    pub fn children(
        &mut self,
        pen: &Pen<'_, '_>,
        key: ForeignKeyId,
        alias: &str,
        (item, filters, other): (&str, &[Filter], &str),
    ) -> Option<String> {
        let mut inner = self.within(pen.world.catalog.foreign_key(key).from);
        let item = item.replace("{k}", &inner.root);
        let tests: Option<Vec<String>> = filters.iter().map(|f| inner.filter(pen, f)).collect();
        let mut tests = tests?;
        tests.insert(0, pen.tie(key, &inner.root, alias));
        if !other.is_empty() {
            tests.push(other.replace("{k}", &inner.root));
        }
        Some(format!("SELECT {item} FROM {} WHERE {}", inner.source(pen), tests.join(" AND ")))
    }

    /// A measure of the row, the same of all rows, and where these come from.
    fn own_and_other(
        &mut self,
        pen: &Pen<'_, '_>,
        measure: &Measure,
        (table, alias): (TableId, &str),
    ) -> Option<(String, String, String)> {
        let Measure::Column(column) = measure else { return None };
        let inner = self.within(table);
        Some((pen.col(alias, *column), pen.col(&inner.root, *column), inner.source(pen)))
    }
}

/// The sign of a comparison.
pub fn above_or_below(above: bool) -> &'static str {
    if above { ">" } else { "<" }
}

/// ` WHERE …`; nothing without conditions.
pub fn all_of(conditions: &[String]) -> String {
    if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) }
}
