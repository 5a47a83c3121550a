//! `demo.toml`: what each column of a generated database holds.
//!
//! ```toml
//! jitter = 0.2                                   # how much the shares of choices differ from seed to seed
//!
//! [lists]                                        # values a `--values` file may replace
//! departments = ["IT", "Finance"]
//!
//! [formats]                                      # templates a `--values` file may replace
//! project_code = "PRJ-{n:03}"
//!
//! [[table]]
//! name = "Projects"
//! rows = 300
//! [table.columns]
//! Code = { kind = "text", format = "project_code" }
//! Department = { kind = "choice", list = "departments", nulls = 0.05 }
//! ```
//!
//! Columns that are not mentioned get values by key and type. Wherever a column is read (`of`, `until`, `column`, a
//! placeholder), `Fk_Column.Other` reads the row that `Fk_Column` refers to.

use std::collections::BTreeMap;

use schema::Value;
use serde::{Deserialize, Deserializer};

use super::make;

/// The whole file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DemoSpec {
    /// How much the shares of choices differ from seed to seed: the deviation of their logarithm.
    pub jitter: f64,
    /// Lists of values, by name.
    pub lists: BTreeMap<String, Vec<String>>,
    /// Text templates, by name.
    pub formats: BTreeMap<String, String>,
    /// What each table holds.
    #[serde(rename = "table")]
    pub tables: Vec<TableSpec>,
    /// Names the text this came from, for caches.
    #[serde(skip)]
    pub(super) fingerprint: Vec<u8>,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableSpec {
    /// The table's name.
    pub name: String,
    /// How many rows it gets.
    pub rows: usize,
    /// What each column holds, by name.
    #[serde(default)]
    pub columns: BTreeMap<String, ColumnSpec>,
}

/// What a column holds: a generator, what the first rows hold instead, and the share of rows that hold NULL instead.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnSpec {
    /// A list whose values the first rows take in order.
    pub first: Option<String>,
    /// Share of NULLs, 0 to 1.
    pub nulls: f64,
    /// How the others are made.
    pub make: Make,
}

/// A generator; each is described in its own file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Make {
    /// See [`make::sequence`].
    Sequence(make::sequence::Sequence),
    /// See [`make::constant`].
    Constant(make::constant::Constant),
    /// See [`make::choice`].
    Choice(make::choice::Choice),
    /// See [`make::text`].
    Text(make::text::Text),
    /// See [`make::reference`].
    Reference(make::reference::Reference),
    /// See [`make::date`].
    Date(make::date::DateIn),
    /// See [`make::after`].
    After(make::after::After),
    /// See [`make::money`].
    Money(make::money::Money),
    /// See [`make::number`].
    Number(make::number::Number),
    /// See [`make::scaled`].
    Scaled(make::scaled::Scaled),
    /// See [`make::flag`].
    Flag(make::flag::Flag),
    /// See [`make::copy`].
    Copy(make::copy::Copied),
    /// See [`make::by`].
    By(make::by::By),
}

/// `--values FILE.toml`: other names and codes for another database, and other sizes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ValuesOverride {
    /// Lists that replace those of the same name.
    pub lists: BTreeMap<String, Vec<String>>,
    /// Templates that replace those of the same name.
    pub formats: BTreeMap<String, String>,
    /// Numbers of rows, by table.
    pub rows: BTreeMap<String, usize>,
    #[serde(skip)]
    pub(super) fingerprint: Vec<u8>,
}

impl<'de> Deserialize<'de> for ColumnSpec {
    /// The generator's own fields, `first` and `nulls` in one table.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error;
        let mut table = toml::Table::deserialize(deserializer)?;
        let nulls: Option<f64> = take(&mut table, "nulls").map_err(D::Error::custom)?;
        let first = take(&mut table, "first").map_err(D::Error::custom)?;
        let kind = table.get("kind").and_then(toml::Value::as_str).unwrap_or("?").to_owned();
        let make = toml::Value::Table(table).try_into::<Make>();
        let make = make.map_err(|error| D::Error::custom(format!("in a generator of kind \"{kind}\": {error}")))?;
        Ok(ColumnSpec { first, nulls: nulls.unwrap_or(0.0), make })
    }
}

fn take<T: serde::de::DeserializeOwned>(table: &mut toml::Table, key: &str) -> Result<Option<T>, String> {
    table.remove(key).map(|value| value.try_into().map_err(|error| format!("{key}: {error}"))).transpose()
}

/// A value as a specification states it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// `true` is 1, `false` is 0.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A floating number.
    Real(f64),
    /// Text.
    Text(String),
}

impl From<&Scalar> for Value {
    fn from(scalar: &Scalar) -> Self {
        match scalar {
            Scalar::Boolean(truth) => Value::Integer(i64::from(*truth)),
            Scalar::Integer(whole) => Value::Integer(*whole),
            Scalar::Real(number) => Value::Real(*number),
            Scalar::Text(text) => Value::Text(text.clone()),
        }
    }
}

impl Make {
    /// The columns this generator reads, as they are written; `formats` are the file's named templates.
    pub(super) fn reads(&self, formats: &BTreeMap<String, String>) -> Vec<String> {
        let mut reads = Vec::new();
        let mut nested: Vec<&ColumnSpec> = Vec::new();
        match self {
            Make::Text(text) => reads.extend(text.reads(formats)),
            Make::After(after) => {
                reads.push(after.of.clone());
                reads.extend(after.until.clone());
                nested.extend(after.otherwise.as_deref());
            }
            Make::Scaled(scaled) => {
                reads.push(scaled.of.clone());
                nested.extend(scaled.otherwise.as_deref());
            }
            Make::Copy(copied) => {
                reads.push(copied.of.clone());
                nested.extend(copied.otherwise.as_deref());
            }
            Make::By(by) => {
                reads.push(by.column.clone());
                nested.extend(by.cases.values().chain(by.otherwise.as_deref()));
            }
            Make::Flag(flag) => reads.extend(flag.first_of.clone()),
            _ => {}
        }
        reads.extend(nested.iter().flat_map(|spec| spec.make.reads(formats)));
        reads
    }
}
