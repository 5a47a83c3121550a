//! Indexes that would make a query quicker, measured on a copy of the database in memory; and indexes that say nothing new.
//!
//! The database itself is never written. Where there is no copy of its rows, because they are too many or there are none, an
//! index is advised where SQLite's planner, without statistics, would find rows by it that it otherwise looks for one by one:
//! that is an estimate, and is called one.

use rusqlite::Connection;
use schema::Catalog;
use serde::Serialize;
use sql::VerifiedQuery;
use sql::dialect::quote_name;
use sql::optimise::indexes::{Candidate, candidates};

use crate::engine_facts::{AccessPath, EngineFacts, engine_facts};
use crate::error::{OpenError, RunError};
use crate::image::Image;
use crate::run::Limits;
use crate::timing::{Times, side_by_side};

/// How much quicker than a narrower index a wider one has to be.
const WIDTH_PAYS: f64 = 1.2;

/// An index that helps.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Advice {
    /// The statement that makes it.
    pub statement: String,
    /// Why it helps, as a sentence.
    pub reason: String,
    /// How much.
    pub gain: Gain,
}

/// How much an index helps.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gain {
    /// The query's time without and with it, on a copy.
    Measured(Times),
    /// The planner's own lines without and with it.
    Planned {
        /// Without.
        before: Vec<String>,
        /// With.
        after: Vec<String>,
    },
}

/// An index whose columns another one begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Redundant {
    /// Its table.
    pub table: String,
    /// Its name.
    pub index: String,
    /// The index that serves as well.
    pub served_by: String,
}

/// A candidate that the planner would use.
struct Tried {
    candidate: Candidate,
    statement: String,
    image: Image,
}

/// The indexes that make a query quicker, at most one for each table. `with_rows` says whether the image holds the rows of
/// the database, so that times mean something.
///
/// # Errors
/// When the query does not run.
pub fn advise(
    image: &Image,
    query: &VerifiedQuery,
    with_rows: bool,
    runs: usize,
    limits: &Limits,
) -> Result<Vec<Advice>, RunError> {
    let catalog = image.catalog();
    let plain = plan(image, query)?;
    let mut best: Vec<(Candidate, Advice)> = vec![];
    for candidate in candidates(query.query(), catalog) {
        let Some(tried) = try_index(image, query, candidate, catalog)? else { continue };
        let gain = match with_rows {
            true => measured(image, &tried, query, runs, limits)?,
            false => planned(&plain, &plan(&tried.image, query)?),
        };
        let Some(gain) = gain else { continue };
        let Tried { candidate, statement, .. } = tried;
        let advice = Advice { statement, reason: candidate.reason.clone(), gain };
        match best.iter_mut().find(|(known, _)| known.table == candidate.table) {
            Some(known) if is_better((&candidate, &advice), (&known.0, &known.1)) => *known = (candidate, advice),
            Some(_) => {}
            None => best.push((candidate, advice)),
        }
    }
    Ok(best.into_iter().map(|(_, advice)| advice).collect())
}

fn plan(image: &Image, query: &VerifiedQuery) -> Result<EngineFacts, RunError> {
    image.with(|database| engine_facts(database, query)).unwrap_or_else(|error| Err(vanished(&error)))
}

fn vanished(error: &OpenError) -> RunError {
    RunError::Vanished { reason: error.to_string() }
}

/// The database with an index, where the planner would use it.
fn try_index(
    image: &Image,
    query: &VerifiedQuery,
    candidate: Candidate,
    catalog: &Catalog,
) -> Result<Option<Tried>, RunError> {
    let name = index_name(&candidate, catalog);
    let table = catalog.table(candidate.table);
    let columns: Vec<String> =
        candidate.columns.iter().map(|column| quote_name(&table.columns[usize::from(*column)].name)).collect();
    let statement =
        format!("CREATE INDEX {} ON {} ({});", quote_name(&name), quote_name(&table.name), columns.join(", "));
    // A name that is taken, or a table that takes no index.
    let Ok(changed) = image.changed(&statement, catalog) else { return Ok(None) };
    let facts = plan(&changed, query)?;
    let is_used = facts.accesses.iter().any(|access| match &access.by {
        AccessPath::Index(index) | AccessPath::IndexScan(index) => *index == name,
        _ => false,
    });
    Ok(is_used.then_some(Tried { candidate, statement, image: changed }))
}

fn index_name(candidate: &Candidate, catalog: &Catalog) -> String {
    let table = catalog.table(candidate.table);
    let columns = candidate.columns.iter().map(|column| table.columns[usize::from(*column)].name.as_str());
    let words: Vec<&str> = std::iter::once(table.name.as_str()).chain(columns).collect();
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    format!("idx_{}", words.join("_").chars().map(plain).collect::<String>())
}

fn measured(
    image: &Image,
    tried: &Tried,
    query: &VerifiedQuery,
    runs: usize,
    limits: &Limits,
) -> Result<Option<Gain>, RunError> {
    let both =
        image.with(|before| tried.image.with(|after| side_by_side((before, query), (after, query), runs, limits)));
    let times = both.and_then(|times| times).unwrap_or_else(|error| Err(vanished(&error)))?;
    Ok(times.is_quicker().then_some(Gain::Measured(times)))
}

/// An estimate where fewer tables are read whole or fewer rows are sorted.
fn planned(before: &EngineFacts, after: &EngineFacts) -> Option<Gain> {
    let work = |facts: &EngineFacts| {
        let whole = |path: &AccessPath| matches!(path, AccessPath::Scan | AccessPath::AutomaticIndex);
        facts.accesses.iter().filter(|access| whole(&access.by)).count() + facts.sorts.len()
    };
    let helps = work(after) < work(before);
    helps.then(|| Gain::Planned { before: before.lines.clone(), after: after.lines.clone() })
}

/// Whether one index is to be advised rather than another of its table: the quicker one, and a wider one only where that
/// pays for its size.
fn is_better((candidate, advice): (&Candidate, &Advice), (known, other): (&Candidate, &Advice)) -> bool {
    let (Gain::Measured(new), Gain::Measured(old)) = (&advice.gain, &other.gain) else { return false };
    let pays = |before: &Times, after: &Times| {
        let times = Times { before_ms: before.after_ms, after_ms: after.after_ms };
        times.is_quicker() && times.gain() > WIDTH_PAYS
    };
    match candidate.columns.len() < known.columns.len() {
        true => !pays(new, old),
        false => pays(old, new),
    }
}

/// Created indexes, not UNIQUE, whose columns another index of their table begins with.
///
/// # Errors
/// SQLite's own, when the copy cannot be read.
pub fn redundant(image: &Image) -> rusqlite::Result<Vec<Redundant>> {
    let connection = image.connection()?;
    let indexes = all_indexes(&connection)?;
    let serves = |other: &Index, index: &Index| {
        let is_longer = other.columns.len() > index.columns.len() || other.name < index.name || other.unique;
        other.name != index.name && other.table == index.table && is_longer && other.columns.starts_with(&index.columns)
    };
    let droppable = indexes.iter().filter(|index| index.created && !index.unique);
    let found = droppable.filter_map(|index| {
        let other = indexes.iter().find(|other| serves(other, index))?;
        let [table, name, served_by] = [&index.table, &index.name, &other.name].map(String::clone);
        Some(Redundant { table, index: name, served_by })
    });
    Ok(found.collect())
}

/// An index over whole columns of all rows.
struct Index {
    table: String,
    name: String,
    unique: bool,
    created: bool,
    /// Each with its direction and collation.
    columns: Vec<(String, bool, String)>,
}

fn all_indexes(connection: &Connection) -> rusqlite::Result<Vec<Index>> {
    let sql = "SELECT m.name, l.name, l.\"unique\", l.origin, l.partial
               FROM sqlite_schema AS m, pragma_index_list(m.name) AS l WHERE m.type = 'table' ORDER BY m.rowid, l.seq DESC";
    let mut statement = connection.prepare(sql)?;
    let listed = statement.query_map([], |row| {
        let index = Index {
            table: row.get(0)?,
            name: row.get(1)?,
            unique: row.get(2)?,
            created: row.get::<_, String>(3)? == "c",
            columns: vec![],
        };
        Ok((index, row.get::<_, bool>(4)?))
    })?;
    let mut found = vec![];
    for listed in listed {
        let (mut index, is_partial) = listed?;
        let mut columns = connection
            .prepare("SELECT name, \"desc\", coll FROM pragma_index_xinfo(?1) WHERE key = 1 ORDER BY seqno")?;
        let read =
            columns.query_map([&index.name], |row| Ok((row.get::<_, Option<String>>(0)?, row.get(1)?, row.get(2)?)))?;
        let read: Vec<(Option<String>, bool, String)> = read.collect::<rusqlite::Result<_>>()?;
        let whole: Option<Vec<_>> = read.into_iter().map(|(name, desc, coll)| Some((name?, desc, coll))).collect();
        if let Some(columns) = whole.filter(|_| !is_partial) {
            index.columns = columns;
            found.push(index);
        }
    }
    Ok(found)
}
