//! What has been generated so far, and how a generator reads it.

use std::collections::BTreeMap;

use schema::{Catalog, ColumnId, TableId, Value};

use super::error::FillError;
use super::random::Random;
use super::spec::DemoSpec;

/// The rows of one table, column by column; a column that is not generated yet is empty.
#[derive(Debug, Default)]
pub(super) struct FilledTable {
    pub(super) rows: usize,
    pub(super) columns: Vec<Vec<Value>>,
    /// Column position -> the row that each row refers to.
    pub(super) links: BTreeMap<u16, Vec<Option<u32>>>,
}

/// Makes a column's values, row by row.
pub(super) type Maker = Box<dyn FnMut(&Cell<'_>, &mut Random) -> Value>;

/// What a generator is made from.
pub(super) struct Context<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) spec: &'a DemoSpec,
    pub(super) seed: u64,
    pub(super) filled: &'a [FilledTable],
    pub(super) own: &'a FilledTable,
    /// The column being made.
    pub(super) column: ColumnId,
    /// Column position -> the column that it refers to, for this table.
    pub(super) targets: &'a BTreeMap<u16, ColumnId>,
}

/// The place of one value.
pub(super) struct Cell<'a> {
    pub(super) filled: &'a [FilledTable],
    pub(super) own: &'a FilledTable,
    pub(super) table: TableId,
    pub(super) row: usize,
}

/// A column that a generator reads.
#[derive(Debug, Clone, Copy)]
pub(super) enum Operand {
    /// Of the same row.
    Own(u16),
    /// Of the row that a column of the same row refers to.
    Through { link: u16, target: ColumnId },
}

impl Context<'_> {
    /// An error about the column being made.
    pub(super) fn problem(&self, problem: impl Into<String>) -> FillError {
        FillError::Column { column: self.catalog.qualified(self.column), problem: problem.into() }
    }

    /// A list by its name.
    pub(super) fn list(&self, name: &str) -> Result<&Vec<String>, FillError> {
        let found = self.spec.lists.get(name);
        found.ok_or_else(|| FillError::unknown("list", name, self.spec.lists.keys().map(String::as_str)))
    }

    /// A template by its name, or the text itself where it is one.
    pub(super) fn format(&self, name: &str) -> Result<String, FillError> {
        match self.spec.formats.get(name) {
            Some(format) => Ok(format.clone()),
            None if name.contains('{') || name.contains(' ') => Ok(name.to_owned()),
            None => Err(FillError::unknown("format", name, self.spec.formats.keys().map(String::as_str))),
        }
    }

    /// `Column`, or `Fk_Column.Other`.
    pub(super) fn operand(&self, text: &str) -> Result<Operand, FillError> {
        let (own, other) = text.split_once('.').map_or((text, None), |(own, other)| (own, Some(other)));
        let column = self.find(self.column.table, own)?.column;
        let Some(other) = other else { return Ok(Operand::Own(column)) };
        let Some(key) = self.targets.get(&column) else {
            return Err(self.problem(format!("{own} refers to no table, so {text} cannot be read")));
        };
        Ok(Operand::Through { link: column, target: self.find(key.table, other)? })
    }

    fn find(&self, table: TableId, name: &str) -> Result<ColumnId, FillError> {
        let columns = || self.catalog.table(table).columns.iter().map(|c| c.name.as_str());
        self.catalog.find_column(table, name).ok_or_else(|| FillError::unknown("column", name, columns()))
    }

    /// The stream of random numbers for a purpose of this column.
    pub(super) fn random(&self, purpose: &str) -> Random {
        let table = &self.catalog.table(self.column.table).name;
        Random::named(self.seed, &[table, &self.catalog.column(self.column).name, purpose])
    }
}

impl Cell<'_> {
    /// The value of a column, NULL where the reference leads nowhere.
    pub(super) fn read(&self, operand: Operand) -> &Value {
        match operand {
            Operand::Own(column) => &self.own.columns[usize::from(column)][self.row],
            Operand::Through { link, target } => {
                let Some(row) = self.own.links.get(&link).and_then(|rows| rows[self.row]) else { return &Value::Null };
                let table = if target.table == self.table { self.own } else { &self.filled[target.table.0 as usize] };
                table.columns[usize::from(target.column)].get(row as usize).unwrap_or(&Value::Null)
            }
        }
    }

    /// The value of a column as a number.
    pub(super) fn number(&self, operand: Operand) -> Option<f64> {
        match self.read(operand) {
            Value::Integer(whole) => Some(*whole as f64),
            Value::Real(number) => Some(*number),
            _ => None,
        }
    }

    /// The value of a column as text; a number in its shortest spelling, NULL as `None`.
    pub(super) fn text(&self, operand: Operand) -> Option<String> {
        match self.read(operand) {
            Value::Text(text) => Some(text.clone()),
            Value::Integer(whole) => Some(whole.to_string()),
            Value::Real(number) => Some(number.to_string()),
            Value::Null | Value::Blob(_) => None,
        }
    }
}
