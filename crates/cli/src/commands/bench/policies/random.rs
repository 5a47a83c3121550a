//! Random policies, and the scripts that make of a database the copy a user under such a policy sees.

use std::collections::BTreeMap;

use database::{Database, Limits, run};
use schema::{Catalog, ColumnId, TableId, Value};
use sql::dialect::quote_name;
use sql::policy::{Access, AttributeType, Policy, PolicyFile, TablePolicy};
use sql::print::literal_text;
use sql::{Options, verify};

use super::super::Even;

/// A policy with its user.
pub(super) struct Drawn {
    pub(super) access: Access,
    /// The tables it restricts.
    pub(super) tables: Vec<TableId>,
    /// Deletes the rows and drops the columns that the user may not see.
    pub(super) script: String,
}

/// A policy being drawn.
struct Draw<'a> {
    database: &'a Database,
    catalog: &'a Catalog,
    even: &'a mut Even,
    /// Attributes by name, with their values.
    user: BTreeMap<String, Value>,
}

/// A policy over three to seven tables, its conditions on values that the database holds.
pub(super) fn policy(database: &Database, catalog: &Catalog, even: &mut Even) -> Result<Drawn, String> {
    let mut draw = Draw { database, catalog, even, user: BTreeMap::new() };
    let mut tables: Vec<TableId> = catalog.table_ids().filter(|table| !catalog.table(*table).is_view).collect();
    let wanted = 3 + draw.even.below(5);
    while tables.len() > wanted {
        let at = draw.even.below(tables.len());
        tables.swap_remove(at);
    }
    let entries: Vec<TablePolicy> = tables.iter().map(|table| draw.entry(*table)).collect();
    let user = draw.user;
    let attributes = user.iter().map(|(name, value)| (name.clone(), type_of(value))).collect();
    let script = script(&entries, &user);
    let restricts = |entry: &TablePolicy| entry.rows.is_some() || !entry.hide.is_empty();
    let tables = tables.into_iter().zip(&entries).filter(|(_, entry)| restricts(entry)).map(|(table, _)| table).collect();
    let file = PolicyFile { attributes, table: entries };
    let policy = Policy::new(&file, catalog).map_err(|e| format!("{e}: {file:?}"))?;
    let texts: Vec<(String, String)> = user.into_iter().map(|(name, value)| (name, said(&value))).collect();
    let access = Access::new(policy, texts.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    Ok(Drawn { access: access.map_err(|e| e.to_string())?, tables, script })
}

fn type_of(value: &Value) -> AttributeType {
    match value {
        Value::Integer(_) => AttributeType::Integer,
        Value::Real(_) => AttributeType::Real,
        _ => AttributeType::Text,
    }
}

/// A value as a person gives it on the command line.
fn said(value: &Value) -> String {
    match value {
        Value::Integer(whole) => whole.to_string(),
        Value::Real(real) => format!("{real:?}"),
        Value::Text(text) => text.clone(),
        Value::Null | Value::Blob(_) => String::new(),
    }
}

/// Conditions are all asked of the whole database before anything is deleted.
fn script(entries: &[TablePolicy], user: &BTreeMap<String, Value>) -> String {
    let (mut keep, mut delete) = (String::new(), String::new());
    for (i, entry) in entries.iter().enumerate() {
        let table = quote_name(&entry.name);
        if let Some(rows) = &entry.rows {
            let mut rows = rows.clone();
            // Longer names first: `:a1` begins `:a10`.
            user.iter().rev().for_each(|(name, value)| rows = rows.replace(&format!(":{name}"), &literal_text(value)));
            keep += &format!("CREATE TEMP TABLE keep_{i} AS SELECT rowid AS r FROM {table} WHERE {rows};\n");
            delete += &format!("DELETE FROM {table} WHERE rowid NOT IN (SELECT r FROM keep_{i});\n");
        }
        for column in &entry.hide {
            delete += &format!("ALTER TABLE {table} DROP COLUMN {};\n", quote_name(column));
        }
    }
    keep + &delete
}

/// The same rows of every restricted table in the opposite order, as far as its key leaves the order open.
pub(super) fn shuffle(drawn: &Drawn, catalog: &Catalog) -> String {
    let visible = drawn.access.policy().visible();
    let mut script = String::new();
    for (i, table) in catalog.table_ids().enumerate().filter(|(_, table)| !visible.table(*table).is_view) {
        let name = quote_name(&catalog.table(table).name);
        script += &format!("CREATE TEMP TABLE back_{i} AS SELECT * FROM {name} ORDER BY rowid DESC;\n");
        script += &format!("DELETE FROM {name}; INSERT INTO {name} SELECT * FROM back_{i};\n");
    }
    script
}

impl Draw<'_> {
    fn entry(&mut self, table: TableId) -> TablePolicy {
        let rows = (self.even.below(5) > 0).then(|| self.condition(table, 2));
        let droppable: Vec<ColumnId> = self.catalog.columns_of(table).filter(|c| is_droppable(*c, self.catalog)).collect();
        let mut hide: Vec<String> = vec![];
        for _ in 0..[0, 0, 1, 1, 2, 3][self.even.below(6)] {
            let column = droppable.get(self.even.below(droppable.len())).map(|c| self.catalog.column(*c).name.clone());
            hide.extend(column.filter(|name| !hide.contains(name)));
        }
        TablePolicy { name: self.catalog.table(table).name.clone(), rows, hide }
    }

    fn condition(&mut self, table: TableId, depth: usize) -> String {
        match self.even.below(if depth == 0 { 7 } else { 13 }) {
            7 | 8 => format!("({} AND {})", self.condition(table, depth - 1), self.condition(table, depth - 1)),
            9 => format!("({} OR {})", self.condition(table, depth - 1), self.condition(table, depth - 1)),
            10 => format!("NOT ({})", self.condition(table, depth - 1)),
            11 => self.of_parent(table, depth - 1),
            12 => self.has_child(table),
            kind => self.simple(table, kind),
        }
    }

    fn simple(&mut self, table: TableId, kind: usize) -> String {
        let columns: Vec<ColumnId> = self.catalog.columns_of(table).collect();
        let column = columns[self.even.below(columns.len())];
        let name = quote_name(&self.catalog.column(column).name);
        let Some(value) = self.value(column) else { return format!("{name} IS NULL") };
        match kind {
            0 | 1 => format!("{name} = {}", self.attribute(value)),
            2 => format!("{name} <> {}", self.attribute(value)),
            3 => format!("{name} >= {}", self.attribute(value)),
            4 => format!("{} > {name}", self.attribute(value)),
            5 => {
                let other = self.value(column).unwrap_or(Value::Null);
                format!("{name} IN ({}, {})", literal_text(&other), self.attribute(value))
            }
            _ => format!("{name} IS NOT NULL"),
        }
    }

    /// Rows whose parent fits a condition.
    fn of_parent(&mut self, table: TableId, depth: usize) -> String {
        let keys: Vec<_> = self.catalog.foreign_keys.iter().filter(|k| k.from == table && k.columns.len() == 1).collect();
        let Some(key) = keys.get(self.even.below(keys.len())) else { return self.simple(table, 0) };
        let (from, to) = (self.name(table, key.columns[0]), self.name(key.to, key.to_columns[0]));
        let parent = quote_name(&self.catalog.table(key.to).name);
        let condition = self.condition(key.to, depth);
        format!("{from} IN (SELECT {to} FROM {parent} WHERE {condition})")
    }

    /// Rows that some row of another table refers to.
    fn has_child(&mut self, table: TableId) -> String {
        let is_child = |k: &&schema::ForeignKey| k.to == table && k.from != table && k.columns.len() == 1;
        let keys: Vec<_> = self.catalog.foreign_keys.iter().filter(is_child).collect();
        let Some(key) = keys.get(self.even.below(keys.len())) else { return self.simple(table, 2) };
        let (from, to) = (self.name(key.from, key.columns[0]), self.name(table, key.to_columns[0]));
        let (child, own) = (&self.catalog.table(key.from).name, &self.catalog.table(table).name);
        let (child, own) = (quote_name(child), quote_name(own));
        format!("EXISTS (SELECT 1 FROM {child} WHERE {child}.{from} = {own}.{to})")
    }

    fn name(&self, table: TableId, column: u16) -> String {
        quote_name(&self.catalog.column(ColumnId { table, column }).name)
    }

    /// A parameter with this value.
    fn attribute(&mut self, value: Value) -> String {
        let name = format!("a{:03}", self.user.len());
        self.user.insert(name.clone(), value);
        format!(":{name}")
    }

    /// A value that a column holds.
    fn value(&mut self, column: ColumnId) -> Option<Value> {
        let (table, name) = (self.catalog.table(column.table), quote_name(&self.catalog.column(column).name));
        let table = quote_name(&table.name);
        let text = format!("SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL ORDER BY {name}");
        let query = verify(&text, self.catalog, &Options::default()).ok()?;
        let rows = run(self.database, &query, &Limits::default()).ok()?.rows;
        let chosen = self.even.below(rows.len());
        rows.into_iter().nth(chosen)?.into_iter().next()
    }
}

/// Whether no key and no index holds a column.
fn is_droppable(column: ColumnId, catalog: &Catalog) -> bool {
    let table = catalog.table(column.table);
    let keys = table.unique.iter().chain(&table.indexes).chain([&table.primary_key]);
    let refers = catalog.foreign_keys.iter().any(|key| {
        key.from == column.table && key.columns.contains(&column.column)
            || key.to == column.table && key.to_columns.contains(&column.column)
    });
    !refers && !keys.into_iter().any(|key| key.contains(&column.column))
}
