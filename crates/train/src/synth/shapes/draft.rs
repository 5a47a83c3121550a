//! A drawn question: its SQL, and the things that its sentence names.

use schema::{ColumnId, ForeignKeyId, TableId};

use super::super::compose::part::Phrase;
use super::super::meaning::{Aggregate, Filter, Function, Measure, Output};
use super::pen::Pen;

/// A question of one shape, before it is worded.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The shape.
    pub shape: &'static str,
    /// Which of the shape's sentences fit.
    pub variant: &'static str,
    /// What answers it.
    pub sql: String,
    /// What the sentence names.
    pub things: Vec<(&'static str, Thing)>,
    /// Whether it asks for an order.
    pub ordered: bool,
}

impl Draft {
    /// A question without names as yet.
    pub fn new(shape: &'static str, variant: &'static str, sql: String) -> Self {
        Draft { shape, variant, sql, things: vec![], ordered: false }
    }

    /// Names something.
    pub fn with(mut self, name: &'static str, thing: Thing) -> Self {
        self.things.push((name, thing));
        self
    }

    /// An order is asked for.
    pub fn in_order(mut self) -> Self {
        self.ordered = true;
        self
    }
}

/// Something a sentence names: `{x}`, and `{x.one}` or `{x.s}` where it has another number.
#[derive(Debug, Clone)]
pub enum Thing {
    /// `{x}` the rows with their conditions, `{x.one}` one of them, `{x.all}` without conditions.
    Rows(Rows),
    /// `{x}` the rows of a table, `{x.one}` one of them.
    Table(TableId),
    /// `{x}` the column, `{x.s}` in the plural.
    Column(ColumnId),
    /// A column with its table's noun before it.
    Owned(ColumnId),
    /// What groups rows: `{x}` one of them, `{x.s}` several.
    Dim(Dim),
    /// A total over rows of a table.
    Total(TableId, Total),
    /// A total of rows with their conditions: "number of open tickets".
    TotalOf(Rows, Total),
    /// What rows of a table do: "are active".
    Does(TableId, Filter),
    /// A stored value.
    Value(ColumnId, String),
    /// A number, with its unit.
    Number(i64, Option<String>),
    /// Words as they are.
    Said(String),
    /// A list of things.
    List(Vec<Thing>),
    /// A value with words of its own.
    Phrase(Box<Phrase>),
}

/// Rows of one table under conditions on their own columns.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The table.
    pub table: TableId,
    /// The conditions.
    pub filters: Vec<Filter>,
}

impl Rows {
    /// All rows.
    pub fn all(table: TableId) -> Self {
        Rows { table, filters: vec![] }
    }

    /// ` WHERE …` with these conditions and others; nothing without any.
    pub fn filter(&self, pen: &Pen<'_, '_>, alias: &str, others: &[String]) -> String {
        let own = self.filters.iter().filter_map(|f| pen.condition(f, alias));
        let all: Vec<String> = own.chain(others.iter().cloned()).collect();
        if all.is_empty() { String::new() } else { format!(" WHERE {}", all.join(" AND ")) }
    }
}

/// What rows of a table are grouped by.
#[derive(Debug, Clone, PartialEq)]
pub enum Dim {
    /// A column of the table.
    Own(ColumnId),
    /// The rows that a key refers to.
    Parent(ForeignKeyId),
    /// A column of the rows that a key refers to.
    ParentColumn(ForeignKeyId, ColumnId),
}

impl Dim {
    /// The join it needs, from `t` to `p`.
    pub fn join(&self, pen: &Pen<'_, '_>) -> String {
        match self {
            Dim::Own(_) => String::new(),
            Dim::Parent(key) | Dim::ParentColumn(key, _) => pen.join_up(*key, "t", "p"),
        }
    }

    /// The columns it shows.
    pub fn columns(&self, pen: &Pen<'_, '_>) -> Vec<String> {
        match self {
            Dim::Own(column) => vec![pen.col("t", *column)],
            Dim::Parent(key) => pen.display(pen.world.catalog.foreign_key(*key).to, "p"),
            Dim::ParentColumn(_, column) => vec![pen.col("p", *column)],
        }
    }

    /// The columns, with a comma between.
    pub fn list(&self, pen: &Pen<'_, '_>) -> String {
        self.columns(pen).join(", ")
    }

    /// The columns under the names `k1`, `k2` …
    pub fn named(&self, pen: &Pen<'_, '_>) -> String {
        let columns = self.columns(pen);
        let named = columns.iter().enumerate().map(|(i, c)| format!("{c} AS k{}", i + 1));
        named.collect::<Vec<_>>().join(", ")
    }

    /// `x.k1, x.k2` …
    pub fn names(&self, pen: &Pen<'_, '_>, alias: &str) -> String {
        let names = (1..=self.columns(pen).len()).map(|i| format!("{alias}.k{i}"));
        names.collect::<Vec<_>>().join(", ")
    }
}

/// A total over the rows `t`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Total {
    /// Which.
    pub function: Function,
    /// Of which column; none for a count.
    pub of: Option<ColumnId>,
}

impl Total {
    /// As SQL over the rows `t`.
    pub fn sql(&self, pen: &Pen<'_, '_>) -> String {
        self.sql_of(pen, "t")
    }

    /// As SQL over the rows of an alias.
    pub fn sql_of(&self, pen: &Pen<'_, '_>, alias: &str) -> String {
        let of = self.of.map(|c| pen.col(alias, c));
        match (self.function, of) {
            (Function::Sum, Some(c)) => format!("SUM({c})"),
            (Function::Avg, Some(c)) => format!("AVG({c})"),
            (Function::Min, Some(c)) => format!("MIN({c})"),
            (Function::Max, Some(c)) => format!("MAX({c})"),
            (Function::CountDistinct, Some(c)) => format!("COUNT(DISTINCT {c})"),
            _ => "COUNT(*)".to_owned(),
        }
    }

    /// As sentences about simple questions know it.
    pub fn aggregate(&self) -> Aggregate {
        let of = self.of.map(|column| Output { path: vec![], measure: Measure::Column(column) });
        Aggregate { function: self.function, of }
    }
}
