//! A pack: everything the product knows of one domain, as files. Schema, glossary, rules, demo rows and questions are
//! data; no table name stands in code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schema::{Catalog, ColumnId, Glossary, Value};
use sha2::{Digest, Sha256};
use sql::diagnostic::Severity;
use sql::dialect::Dialect;
use sql::lexeme::{CLOSED_CONSTANTS, Constant, Lexicon, identifier};
use sql::resolve::parse;
use sql::tree::Query;
use sql::validate::{Access, BusinessRule, RuleKind};

use crate::literals::for_each_literal;
use crate::rules::Rules;
use crate::slots::shown;

/// Where the other value lists lie within a pack's folder.
pub const VALUES_FOLDER: &str = "values";
/// The most constants that fit a lexicon beside the closed ones.
const MOST_CONSTANTS: usize = u8::MAX as usize - CLOSED_CONSTANTS.len();

/// The files of a pack as texts.
#[derive(Debug, Clone, Default)]
pub struct PackFiles {
    /// Its name.
    pub name: String,
    /// `schema.sql`: the tables.
    pub schema: String,
    /// `glossary.toml`: the trade's words.
    pub glossary: String,
    /// `rules.toml`: what rows and queries must obey; may be empty.
    pub rules: String,
    /// `demo.toml`: how demo rows are made; may be empty.
    pub demo: String,
    /// `policies.toml`: what of the tables a user may see ([`sql::policy::PolicyFile`]).
    pub policies: String,
    /// `questions/examples.jsonl`: questions with their queries, a line each; may be empty.
    pub examples: String,
    /// Other value lists by name, from `values/NAME.toml`.
    pub values: BTreeMap<String, String>,
}

/// A pack, read and checked.
#[derive(Debug, Clone)]
pub struct Pack {
    /// The texts it was read from.
    pub files: PackFiles,
    /// The tables.
    pub catalog: Catalog,
    /// The trade's words.
    pub glossary: Glossary,
    /// What rows and queries must obey.
    pub rules: Rules,
    /// Those of the rules that validation checks.
    pub checked: Vec<BusinessRule>,
    /// What may be read and called.
    pub access: Access,
}

/// Why a pack cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file is missing or cannot be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's reason.
        source: std::io::Error,
    },
    /// `schema.sql` does not declare tables.
    #[error("schema.sql of pack \"{pack}\": {problem}")]
    Schema {
        /// The pack.
        pack: String,
        /// What is wrong.
        problem: String,
    },
    /// A TOML file of the pack cannot be read.
    #[error("{file} of pack \"{pack}\": {problem}")]
    File {
        /// The pack.
        pack: String,
        /// The file's name.
        file: &'static str,
        /// What is wrong.
        problem: String,
    },
}

impl PackFiles {
    /// Reads the files of a folder; `schema.sql` alone must exist.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(folder: &Path) -> Result<Self, PackError> {
        let name = folder.file_name().map_or_else(|| "pack".to_owned(), |n| n.to_string_lossy().into_owned());
        let optional = |file: &str| match read(&folder.join(file)) {
            Err(PackError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
            other => other,
        };
        Ok(PackFiles {
            name,
            schema: read(&folder.join("schema.sql"))?,
            glossary: optional("glossary.toml")?,
            rules: optional("rules.toml")?,
            demo: optional("demo.toml")?,
            policies: optional("policies.toml")?,
            examples: optional("questions/examples.jsonl")?,
            values: read_values(&folder.join(VALUES_FOLDER))?,
        })
    }
}

fn read(path: &Path) -> Result<String, PackError> {
    std::fs::read_to_string(path).map_err(|source| PackError::Io { path: path.to_owned(), source })
}

fn read_values(folder: &Path) -> Result<BTreeMap<String, String>, PackError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(source) => return Err(PackError::Io { path: folder.to_owned(), source }),
    };
    let mut values = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(|source| PackError::Io { path: folder.to_owned(), source })?.path();
        if path.extension().is_some_and(|e| e == "toml")
            && let Some(name) = path.file_stem()
        {
            values.insert(name.to_string_lossy().into_owned(), read(&path)?);
        }
    }
    Ok(values)
}

impl Pack {
    /// Reads a pack's texts.
    ///
    /// # Errors
    /// When a file is not what it should be, or names a table or column that the schema does not have.
    pub fn new(files: PackFiles) -> Result<Self, PackError> {
        let catalog = sql::ddl::catalog_from_ddl(&files.schema)
            .map_err(|e| PackError::Schema { pack: files.name.clone(), problem: e.to_string() })?;
        let bad = |file: &'static str, problem: String| PackError::File { pack: files.name.clone(), file, problem };
        let glossary = Glossary::from_toml(&files.glossary).map_err(|e| bad("glossary.toml", e.to_string()))?;
        let problems = glossary.check(&catalog);
        if !problems.is_empty() {
            return Err(bad("glossary.toml", problems.join("; ")));
        }
        let rules = Rules::from_toml(&files.rules).map_err(|e| bad("rules.toml", e.to_string()))?;
        let problems = rules.check(&catalog);
        if !problems.is_empty() {
            return Err(bad("rules.toml", problems.join("; ")));
        }
        let checked = rules.checked(&catalog);
        let access = rules.access.checked(&catalog);
        Ok(Pack { files, catalog, glossary, rules, checked, access })
    }

    /// Reads a pack's folder.
    ///
    /// # Errors
    /// As [`PackFiles::read`] and [`Pack::new`].
    pub fn from_folder(folder: &Path) -> Result<Self, PackError> {
        Pack::new(PackFiles::read(folder)?)
    }

    /// The pack's name.
    pub fn name(&self) -> &str {
        &self.files.name
    }

    /// The output tokens of a model for this pack: every lexeme over its catalog, with the constants of its named
    /// conditions and measures.
    ///
    /// # Errors
    /// When a condition or measure of the glossary is no SQL over the catalog.
    pub fn lexicon(&self) -> Result<Lexicon, PackError> {
        Ok(Lexicon::new(&self.catalog, self.named_constants()?))
    }

    /// How queries over this pack are validated: as SQLite, in all layers, by the pack's rules.
    pub fn validation(&self) -> sql::Options<'_> {
        sql::Options { rules: &self.checked, access: Some(&self.access), ..sql::Options::default() }
    }

    /// SHA-256 over what a model knows of the catalog: names, types and keys, in order.
    pub fn catalog_hash(&self) -> String {
        catalog_hash(&self.catalog)
    }

    /// Numbers and texts of the named conditions and measures, in the glossary's order, then the values of the closed
    /// lists, in the order of the rules; each once. A text may stand beside the columns it belongs to only.
    fn named_constants(&self) -> Result<Vec<Constant>, PackError> {
        let conditions = self.glossary.conditions.iter().map(|(name, c)| (name, &c.sql));
        let measures = self.glossary.measures.iter().map(|(name, m)| (name, &m.sql));
        let mut constants: Vec<Constant> = vec![];
        for (name, sql) in conditions.chain(measures) {
            self.add_constants(sql, &mut constants).map_err(|problem| PackError::File {
                pack: self.files.name.clone(),
                file: "glossary.toml",
                problem: format!("\"{name}\": {problem}"),
            })?;
        }
        for rule in &self.checked {
            if let RuleKind::ValueInList { column, values } = &rule.kind {
                values.iter().for_each(|value| add_constant(&Value::Text(value.clone()), &[*column], &mut constants));
            }
        }
        match constants.len() {
            0..=MOST_CONSTANTS => Ok(constants),
            many => Err(PackError::File {
                pack: self.files.name.clone(),
                file: "glossary.toml",
                problem: format!(
                    "{many} constants in conditions, measures and the lists of rules.toml; at most {MOST_CONSTANTS} are supported"
                ),
            }),
        }
    }
}

/// Stands for `:today` while constants are gathered; no condition says this day.
const NO_DAY: &str = "0001-01-01";

impl Pack {
    /// Adds the constants of a condition or measure that are not there yet.
    fn add_constants(&self, expression: &str, constants: &mut Vec<Constant>) -> Result<(), String> {
        let mut query = self.query_of(expression)?;
        for_each_literal(&mut query, &mut |literal, place| {
            let columns: Vec<ColumnId> = match &literal.value {
                Value::Integer(_) | Value::Real(_) => vec![],
                Value::Text(text) if text != NO_DAY => place.column.into_iter().collect(),
                _ => return,
            };
            add_constant(&literal.value, &columns, constants);
        });
        Ok(())
    }

    /// A condition or measure as a query: `SELECT expression FROM table`, the table being the one its columns are of.
    fn query_of(&self, expression: &str) -> Result<Query, String> {
        let words = expression.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')));
        let column = words.filter_map(|word| self.catalog.find_qualified(word)).next();
        let column = column.ok_or("names no column as Table.Column")?;
        let table = identifier(&self.catalog.table(column.table).name);
        let text = format!("SELECT {} FROM {table}", expression.replace(":today", &format!("'{NO_DAY}'")));
        let parsed = parse(&text, &self.catalog, Dialect::Sqlite);
        let problem = parsed.diagnostics.iter().find(|d| d.severity == Severity::Error);
        let problem = problem.map_or("is no expression".to_owned(), |d| d.message.clone());
        parsed.ok().ok_or(problem)
    }
}

/// Adds a constant, or the columns it may stand beside to the one that is there.
fn add_constant(value: &Value, columns: &[ColumnId], constants: &mut Vec<Constant>) {
    let sql = shown(value);
    if CLOSED_CONSTANTS.contains(&sql.as_str()) {
        return;
    }
    match constants.iter_mut().find(|known| known.sql == sql) {
        Some(known) => {
            let new: Vec<ColumnId> = columns.iter().copied().filter(|c| !known.columns.contains(c)).collect();
            known.columns.extend(new);
        }
        None => constants.push(Constant { value: value.clone(), sql, columns: columns.to_vec() }),
    }
}

/// SHA-256 over names, types and keys of a catalog, in order.
pub fn catalog_hash(catalog: &Catalog) -> String {
    let mut text = String::new();
    for table in &catalog.tables {
        text.push_str(&format!("table {:?} key {:?}\n", table.name, table.primary_key));
        for column in &table.columns {
            text.push_str(&format!("column {:?} {:?}\n", column.name, column.ty));
        }
    }
    for key in &catalog.foreign_keys {
        text.push_str(&format!("key {:?} {:?} {:?} {:?}\n", key.from, key.columns, key.to, key.to_columns));
    }
    sha256(text.as_bytes())
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
