//! What synthesis works with: a pack, and several databases filled differently, with what they hold.

use std::collections::BTreeMap;

use answer::pack::Pack;
use answer::values::value_index;
use database::fill::Recipe;
use database::{DemoSpec, Image, Limits, ProfileLimits, ValuesOverride, fill};
use jiff::civil::Date;
use schema::lexicon::Lexicon as Words;
use schema::normalize::Context;
use schema::value_index::ValueIndex;
use schema::{Catalog, ColumnId, Role, TableId, Value};
use sql::dialect::Dialect;
use sql::lexeme::Lexicon;
use sql::matcher::{Grammar, Limits as GrammarLimits};
use sql::tree::Expr;

use super::split::Split;
use super::world::World;

/// Values of one column that synthesis chooses from.
const SAMPLE: usize = 600;

/// A pack with its databases and everything built from them once.
pub struct Workshop<'p> {
    /// The pack.
    pub pack: &'p Pack,
    /// The output tokens.
    pub lexicon: Lexicon,
    /// What the decoder admits.
    pub grammar: Grammar,
    /// The day questions are asked on.
    pub today: Date,
    /// The databases.
    pub images: Vec<Image>,
    words: Words,
    indexes: Vec<ValueIndex>,
}

/// A database to sample values from and to run queries on.
pub struct Studio<'a> {
    /// Words and values.
    pub world: World<'a>,
    /// What questions are read against.
    pub context: Context<'a>,
    /// The output tokens.
    pub lexicon: &'a Lexicon,
    /// What the decoder admits.
    pub grammar: &'a Grammar,
    /// The databases a query is run on; the first is the one the values come from.
    pub images: Vec<Image>,
}

/// Why a workshop cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum WorkshopError {
    /// The pack has no `demo.toml` that fits.
    #[error(transparent)]
    Fill(#[from] database::FillError),
    /// The pack's named conditions cannot be read.
    #[error(transparent)]
    Pack(#[from] answer::pack::PackError),
    /// SQLite cannot copy a database into memory.
    #[error("a generated database cannot be copied into memory: {0}")]
    Memory(String),
}

/// Databases of a pack: one with its own value lists, one with each of its other lists, under successive seeds.
///
/// # Errors
/// When the pack's `demo.toml` does not fit its schema.
pub fn databases(pack: &Pack, seed: u64) -> Result<Vec<Image>, WorkshopError> {
    let spec = DemoSpec::from_toml(&pack.files.demo)?;
    let mut specs = vec![spec.clone()];
    for text in pack.files.values.values() {
        specs.push(spec.with_values(&ValuesOverride::from_toml(text)?)?);
    }
    let filled = specs.iter().enumerate().map(|(i, spec)| {
        let recipe = Recipe { catalog: &pack.catalog, ddl: &pack.files.schema, spec, seed: seed + i as u64 };
        let mut connection = fill(&recipe)?;
        Image::of(&mut connection, &pack.catalog).map_err(|e| WorkshopError::Memory(e.to_string()))
    });
    filled.collect()
}

impl<'p> Workshop<'p> {
    /// A workshop over a pack and databases that have its schema.
    ///
    /// # Errors
    /// When the pack's named conditions cannot be read, or memory is short.
    pub fn new(pack: &'p Pack, images: Vec<Image>, today: Date) -> Result<Self, WorkshopError> {
        let lexicon = pack.lexicon()?;
        let grammar = Grammar::new(&pack.catalog, &lexicon, Some(&pack.glossary), GrammarLimits::default());
        let index = |image: &Image| {
            let index = image.with(|db| value_index(pack, db, None, &ProfileLimits::default()));
            index.map_err(|e| WorkshopError::Memory(e.to_string()))
        };
        let indexes = images.iter().map(index).collect::<Result<Vec<_>, _>>()?;
        let words = Words::new(&pack.catalog, &pack.glossary);
        Ok(Workshop { pack, lexicon, grammar, today, images, words, indexes })
    }

    /// One studio a database, with the values of a split.
    pub fn studios(&self, split: Split) -> Vec<Studio<'_>> {
        (0..self.images.len()).map(|i| self.studio(i, Some(split))).collect()
    }

    /// The studio of one database; all values where no split is named.
    pub fn studio(&self, database: usize, split: Option<Split>) -> Studio<'_> {
        let (catalog, glossary) = (&self.pack.catalog, &self.pack.glossary);
        let mut images = self.images.clone();
        images.rotate_left(database);
        let samples = self.samples(&images[0], split);
        let named = |sql: &str| named_expression(catalog, sql);
        Studio {
            world: World::new(catalog, glossary, samples, self.today, &named),
            context: Context {
                catalog,
                glossary,
                lexicon: &self.words,
                values: &self.indexes[database],
                vocabulary: None,
                today: self.today,
            },
            lexicon: &self.lexicon,
            grammar: &self.grammar,
            images,
        }
    }

    /// Different values of every column; names and codes of the split alone.
    fn samples(&self, image: &Image, split: Option<Split>) -> BTreeMap<ColumnId, Vec<Value>> {
        let catalog = &self.pack.catalog;
        let columns = catalog.table_ids().flat_map(|t| catalog.columns_of(t));
        let of_split = |column: ColumnId, value: &Value| match (split, value) {
            (Some(split), Value::Text(text)) => {
                let is_open = matches!(self.pack.glossary.role(catalog, column), Role::Name | Role::Code);
                !is_open || Split::of_text(text) == split
            }
            _ => true,
        };
        columns
            .map(|column| {
                let mut values = distinct_values(image, catalog, column);
                values.retain(|v| of_split(column, v));
                (column, values)
            })
            .collect()
    }
}

fn distinct_values(image: &Image, catalog: &Catalog, column: ColumnId) -> Vec<Value> {
    let (table, name) = (&catalog.table(column.table).name, &catalog.column(column).name);
    let text = format!("SELECT DISTINCT \"{name}\" FROM \"{table}\" WHERE \"{name}\" IS NOT NULL ORDER BY 1");
    let Ok(query) = sql::verify::verify(&text, catalog, &Default::default()) else { return vec![] };
    let limits = Limits { max_rows: 20_000, ..Limits::default() };
    let rows = image.with(|db| database::run(db, &query, &limits));
    let values: Vec<Value> = rows.into_iter().flatten().flat_map(|r| r.rows).filter_map(|mut r| r.pop()).collect();
    let step = values.len().div_ceil(SAMPLE).max(1);
    values.into_iter().step_by(step).collect()
}

/// An expression of the glossary as a tree over one source, and the table of that source.
fn named_expression(catalog: &Catalog, text: &str) -> Option<(TableId, Expr)> {
    let table = catalog.table_ids().find(|&t| text.contains(&format!("{}.", catalog.table(t).name)))?;
    let select = format!("SELECT {text} FROM {}", catalog.table(table).name);
    let query = sql::resolve::parse(&select, catalog, Dialect::Sqlite).query?;
    Some((table, query.select()?.items.first()?.expr.clone()))
}
