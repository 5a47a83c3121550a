//! A generated database: the same seed gives the same bytes.
//!
//! Suggested reading order:
//! * [`spec`]: the file `demo.toml`.
//! * `order`: what is read is generated first.
//! * [`make`]: one file for each kind of column.
//! * `world`: what has been generated so far, and how a generator reads it.
//! * `guess`: columns that the specification leaves out.
//! * `write`: rows into SQLite, and onto disk by an atomic rename.
//!
//! Rules about rows are broken on purpose where a specification says so: people ask for the offenders.

mod day;
mod error;
mod guess;
pub mod make;
mod order;
mod random;
pub mod spec;
mod world;
mod write;

use std::collections::HashSet;
use std::path::Path;

use rusqlite::Connection;
use schema::{Catalog, ColumnId, Value};
use sha2::{Digest, Sha256};

use crate::introspect::missing;
use crate::sqlite::introspect::introspect;
use order::{Plan, TablePlan};
use spec::{ColumnSpec, Make};
use world::{Cell, Context, FilledTable};

pub use error::FillError;
pub use spec::{DemoSpec, ValuesOverride};
pub(crate) use write::save;

/// Bumped when the same recipe gives other rows than before, so that caches notice.
const GENERATION: u64 = 1;
/// How often a value that has to be unique is made again.
const TRIES: usize = 200;

/// Everything that decides what a generated database holds.
#[derive(Debug, Clone, Copy)]
pub struct Recipe<'a> {
    /// The tables, with their keys.
    pub catalog: &'a Catalog,
    /// The script that creates them, for SQLite.
    pub ddl: &'a str,
    /// What each column holds.
    pub spec: &'a DemoSpec,
    /// Another seed, other rows.
    pub seed: u64,
}

impl DemoSpec {
    /// Reads `demo.toml`.
    ///
    /// # Errors
    /// When the text is not TOML or has a key that means nothing here.
    pub fn from_toml(text: &str) -> Result<Self, FillError> {
        let spec: DemoSpec = toml::from_str(text)?;
        Ok(DemoSpec { fingerprint: Sha256::digest(text).to_vec(), ..spec })
    }

    /// This specification with other values.
    ///
    /// # Errors
    /// When the values name a list, format or table that the specification does not have.
    pub fn with_values(&self, values: &ValuesOverride) -> Result<Self, FillError> {
        let mut spec = self.clone();
        for (name, list) in &values.lists {
            let Some(slot) = spec.lists.get_mut(name) else {
                return Err(FillError::unknown("list", name, self.lists.keys().map(String::as_str)));
            };
            slot.clone_from(list);
        }
        for (name, format) in &values.formats {
            let Some(slot) = spec.formats.get_mut(name) else {
                return Err(FillError::unknown("format", name, self.formats.keys().map(String::as_str)));
            };
            slot.clone_from(format);
        }
        for (name, rows) in &values.rows {
            let Some(table) = spec.tables.iter_mut().find(|t| t.name.eq_ignore_ascii_case(name)) else {
                return Err(FillError::unknown("table", name, self.tables.iter().map(|t| t.name.as_str())));
            };
            table.rows = *rows;
        }
        spec.fingerprint.extend_from_slice(&values.fingerprint);
        Ok(spec)
    }
}

impl ValuesOverride {
    /// Reads a `--values` file.
    ///
    /// # Errors
    /// When the text is not TOML or has a key that means nothing here.
    pub fn from_toml(text: &str) -> Result<Self, FillError> {
        let values: ValuesOverride = toml::from_str(text)?;
        Ok(ValuesOverride { fingerprint: Sha256::digest(text).to_vec(), ..values })
    }
}

impl Recipe<'_> {
    /// Names the rows this recipe gives: 64 hexadecimal digits.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(GENERATION.to_le_bytes());
        hash.update(self.seed.to_le_bytes());
        hash.update(Sha256::digest(self.ddl));
        hash.update(&self.spec.fingerprint);
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Generates the rows of a recipe into a database in memory.
///
/// # Errors
/// When script, specification and catalog do not fit together, or a constraint cannot be kept.
pub fn fill(recipe: &Recipe<'_>) -> Result<Connection, FillError> {
    let connection = write::create(recipe.ddl)?;
    let live = introspect(&connection)?;
    if let Some(name) = missing(recipe.catalog, &live.catalog).first() {
        return Err(FillError::Script(format!("it creates no {name}")));
    }
    let is_generated = |id: ColumnId| {
        let qualified = recipe.catalog.qualified(id);
        live.catalog.find_qualified(&qualified).is_some_and(|id| live.generated.contains(&id))
    };
    let guess = |id| guess::guess(recipe.catalog, id);
    let plan = order::plan(recipe.catalog, recipe.spec, guess, is_generated)?;
    let filled = generate(recipe, &plan)?;
    write::insert(&connection, recipe.catalog, &plan, &filled)?;
    Ok(connection)
}

/// Generates the rows of a recipe into a file, which appears whole or not at all.
///
/// # Errors
/// As [`fill`]; also when the file exists and `force` is not set, or cannot be written.
pub fn fill_file(recipe: &Recipe<'_>, path: &Path, force: bool) -> Result<(), FillError> {
    if !force && path.symlink_metadata().is_ok() {
        return Err(FillError::Exists { path: path.to_owned() });
    }
    write::save(&mut fill(recipe)?, path, force)
}

fn generate(recipe: &Recipe<'_>, plan: &Plan) -> Result<Vec<FilledTable>, FillError> {
    let mut filled: Vec<FilledTable> = recipe.catalog.tables.iter().map(|_| FilledTable::default()).collect();
    for table in &plan.tables {
        let columns = vec![Vec::new(); recipe.catalog.table(table.table).columns.len()];
        let mut own = FilledTable { rows: table.rows, columns, ..FilledTable::default() };
        for (column, spec) in &table.columns {
            let column = ColumnId { table: table.table, column: *column };
            let values = generate_column(recipe, table, column, spec, &filled, &mut own)?;
            own.columns[usize::from(column.column)] = values;
        }
        filled[table.table.0 as usize] = own;
    }
    Ok(filled)
}

fn generate_column(
    recipe: &Recipe<'_>,
    plan: &TablePlan,
    column: ColumnId,
    spec: &ColumnSpec,
    filled: &[FilledTable],
    own: &mut FilledTable,
) -> Result<Vec<Value>, FillError> {
    let Recipe { catalog, spec: file, seed, .. } = *recipe;
    let context = Context { catalog, spec: file, seed, filled, own, column, targets: &plan.targets };
    if spec.nulls > 0.0 && catalog.column(column).not_null {
        return Err(context.problem("nulls in a column that may hold none"));
    }
    let Make::Reference(reference) = &spec.make else { return draw(spec, &context) };
    let target = plan.targets[&column.column];
    let links = make::reference::assign(reference, spec.nulls, target, &context)?;
    let parent = if target.table == column.table { &*own } else { &filled[target.table.0 as usize] };
    let keys = &parent.columns[usize::from(target.column)];
    let value = |row: &Option<u32>| row.and_then(|row| keys.get(row as usize)).cloned().unwrap_or(Value::Null);
    let values = links.iter().map(value).collect();
    own.links.insert(column.column, links);
    Ok(values)
}

/// Draws a column's values, again where one has to be unique and is not.
fn draw(spec: &ColumnSpec, context: &Context<'_>) -> Result<Vec<Value>, FillError> {
    let column = context.column;
    let mut make = make::maker(spec, context)?;
    let mut random = context.random("values");
    let is_unique = context.catalog.is_unique(column.table, &[column.column]);
    let mut seen = HashSet::new();
    let mut values = Vec::with_capacity(context.own.rows);
    for row in 0..context.own.rows {
        let cell = Cell { filled: context.filled, own: context.own, table: column.table, row };
        let is_new = |value: &Value, seen: &mut HashSet<String>| {
            !is_unique || matches!(value, Value::Null) || seen.insert(format!("{value:?}"))
        };
        let drawn = (0..TRIES).map(|_| make(&cell, &mut random)).find(|value| is_new(value, &mut seen));
        let Some(value) = drawn else {
            return Err(context.problem(format!("no {} different values can be made", context.own.rows)));
        };
        values.push(value);
    }
    Ok(values)
}
