//! The trade's words: what people call tables, columns, measures, conditions and thresholds.
//!
//! A glossary is a file of the pack (`glossary.toml`). Names in it are the catalog's; [`Glossary::check`] reports
//! those that are not. Everything is optional: a missing entry falls back to what the identifier itself says.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::catalog::{Catalog, ColumnId, TableId, Type};

/// `glossary.toml`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Glossary {
    /// Month and day on which the fiscal year starts, `MM-DD`.
    pub fiscal_year_start: Option<String>,
    /// Words for each table, keyed by table name.
    pub tables: BTreeMap<String, TableTerms>,
    /// Words for each column, keyed by `Table.Column`.
    pub columns: BTreeMap<String, ColumnTerms>,
    /// Named computed measures ("margin"), keyed by a short name.
    pub measures: BTreeMap<String, Measure>,
    /// Named conditions ("over budget", "high budget", "open position"), keyed by a short name.
    pub conditions: BTreeMap<String, Condition>,
    /// Other words for stored values ("T&M"), keyed by `Table.Column`, then by the stored value.
    pub values: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// What relates two tables in words, keyed by `From.Column` of the foreign key.
    pub relations: BTreeMap<String, Relation>,
    /// What relates the two tables that a link table ties together, in words that leave the link out.
    pub links: Vec<Link>,
}

/// Words for one table.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TableTerms {
    /// What one row is called, most usual first: "project", "job".
    pub singular: Vec<String>,
    /// What several rows are called, in the same order: "projects", "jobs".
    pub plural: Vec<String>,
    /// Columns that "show all projects" shows, in order.
    pub display: Vec<String>,
    /// The column a person recognises a row by.
    pub name: Option<String>,
    /// The column that identifies a row to people.
    pub code: Option<String>,
    /// Whether this is one of the tables most questions are about.
    pub core: bool,
    /// Whether its rows are people, so that "who" may ask for them.
    pub people: bool,
    /// What people ask of these rows although no column holds it: "priority", "salary".
    pub absent: Vec<String>,
}

/// Words for one column.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnTerms {
    /// What the column is for; guessed from name and type when missing.
    pub role: Option<Role>,
    /// Nouns for the column, most usual first: "budget", "budgeted amount".
    pub terms: Vec<String>,
    /// Nouns in the plural where "s" is not enough: "statuses".
    pub plural: Vec<String>,
    /// Adjectives that rank by the column, high end first: `most = ["largest", "biggest"]`.
    pub most: Vec<String>,
    /// … and the low end: `least = ["smallest"]`.
    pub least: Vec<String>,
    /// Comparatives, "costing more than": words before a number.
    pub more: Vec<String>,
    /// … "costing less than".
    pub less: Vec<String>,
    /// Verb phrases for a date column: "started", "ended", "was reported".
    pub verb: Vec<String>,
    /// Unit in words: "money", "percent", "hours", "count".
    pub unit: Option<String>,
    /// Whether a value may stand for the row: "developers", "retainers".
    pub value_is_noun: bool,
}

/// A computed measure over one table's columns.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Measure {
    /// The expression over qualified columns, `P.Revenue - P.Actual_Cost`.
    pub sql: String,
    /// Nouns: "margin", "profit".
    pub terms: Vec<String>,
    /// Unit in words: "money", "percent".
    pub unit: Option<String>,
}

/// A named condition over one table's columns.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Condition {
    /// The condition over qualified columns; `:today` stands for the day asked on.
    pub sql: String,
    /// Before the noun: "over-budget", "high-budget", "unstaffed".
    pub adjectives: Vec<String>,
    /// After the noun: "that are over budget", "with a high budget".
    pub phrases: Vec<String>,
    /// The noun with the condition inside: "open positions", "overruns".
    pub nouns: Vec<String>,
}

/// Words for a foreign key, read from the many side to the one side and back.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Relation {
    /// From the referring row to the referred: an assignment "on" a project, a contract "with" a company.
    pub forward: Vec<String>,
    /// From the referred row to the referring: a project "with" contracts, "has" staff.
    pub backward: Vec<String>,
}

/// A link table said in one phrase: people "working on" projects.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Link {
    /// The table that ties the two together.
    pub via: String,
    /// The table whose rows are spoken of.
    pub from: String,
    /// The table they are tied to.
    pub to: String,
    /// Between the two nouns: "working on", "assigned to".
    pub phrases: Vec<String>,
    /// What the rows do, between the two nouns: "work on", "are assigned to".
    pub does: Vec<String>,
    /// What the linked rows are called when they are counted, in the plural: "people", "resources".
    pub nouns: Vec<String>,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// An amount to sum and average.
    Measure,
    /// A share between 0 and 100.
    Percent,
    /// Something rows are grouped by.
    Dimension,
    /// A status out of a short list.
    Status,
    /// The name of a row.
    Name,
    /// The code that people know a row by.
    Code,
    /// A surrogate or foreign key nobody asks for.
    Key,
    /// A day or moment.
    Date,
    /// True or false.
    Flag,
    /// Free text.
    Text,
}

impl Glossary {
    /// Reads `glossary.toml`.
    ///
    /// # Errors
    /// When the text is not TOML or has a key that means nothing here.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// Names in the glossary that the catalog does not have, one sentence each; empty when all is well.
    pub fn check(&self, catalog: &Catalog) -> Vec<String> {
        let mut problems = Vec::new();
        for (name, terms) in &self.tables {
            let Some(table) = catalog.find_table(name) else {
                problems.push(format!("[tables.{name}]: the catalog has no such table"));
                continue;
            };
            let columns = terms.display.iter().chain(&terms.name).chain(&terms.code);
            for column in columns.filter(|c| catalog.find_column(table, c).is_none()) {
                problems.push(format!("[tables.{name}]: the table has no column \"{column}\""));
            }
        }
        let qualified = self.columns.keys().chain(self.values.keys()).chain(self.relations.keys());
        for name in qualified.filter(|name| catalog.find_qualified(name).is_none()) {
            problems.push(format!("\"{name}\": the catalog has no such column"));
        }
        problems
    }

    /// The words for a table, if the glossary has any.
    pub fn table(&self, catalog: &Catalog, id: TableId) -> Option<&TableTerms> {
        self.tables.get(&catalog.table(id).name)
    }

    /// The words for a column, if the glossary has any.
    pub fn column(&self, catalog: &Catalog, id: ColumnId) -> Option<&ColumnTerms> {
        self.columns.get(&catalog.qualified(id))
    }

    /// What a column is for: as the glossary says, else guessed from key, type and name.
    pub fn role(&self, catalog: &Catalog, id: ColumnId) -> Role {
        self.column(catalog, id).and_then(|c| c.role).unwrap_or_else(|| guess_role(catalog, id))
    }

    /// The columns shown where a question names none: as the glossary says, else code and name, else the first two.
    pub fn display(&self, catalog: &Catalog, id: TableId) -> Vec<ColumnId> {
        let named: Vec<ColumnId> = self
            .table(catalog, id)
            .map(|t| t.display.iter().filter_map(|c| catalog.find_column(id, c)).collect())
            .unwrap_or_default();
        if !named.is_empty() {
            return named;
        }
        let telling = |c: &ColumnId| matches!(self.role(catalog, *c), Role::Code | Role::Name);
        let found: Vec<ColumnId> = catalog.columns_of(id).filter(telling).take(2).collect();
        if found.is_empty() { catalog.columns_of(id).take(2).collect() } else { found }
    }
}

fn guess_role(catalog: &Catalog, id: ColumnId) -> Role {
    let column = catalog.column(id);
    let name = column.name.to_ascii_lowercase();
    let table = catalog.table(id.table);
    let is_key = table.primary_key.contains(&id.column)
        || catalog.foreign_keys.iter().any(|k| k.from == id.table && k.columns.contains(&id.column));
    match column.ty {
        Type::Date | Type::Timestamp => Role::Date,
        Type::Boolean => Role::Flag,
        _ if name.ends_with("name") || name.ends_with("title") => Role::Name,
        Type::Integer | Type::Real if is_key || name.ends_with("_id") => Role::Key,
        Type::Integer | Type::Real if name.contains("percent") || name.contains("rate_pct") => Role::Percent,
        Type::Integer | Type::Real => Role::Measure,
        _ if is_key || name.ends_with("code") || name.ends_with("number") => Role::Code,
        _ if name.contains("status") => Role::Status,
        _ if name.contains("description") || name.contains("text") || name.contains("content") => Role::Text,
        _ => Role::Dimension,
    }
}
