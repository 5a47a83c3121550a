//! What the engine's planner says of a query: scans, searches, sorts, subqueries.

use std::time::Duration;

use rusqlite::PrepFlags;
use serde::Serialize;
use sql::VerifiedQuery;

use crate::engine::Database;
use crate::error::RunError;
use crate::run::Limits;
use crate::sqlite::run::failure;
use crate::sqlite::sandbox::Sqlite;

/// The plan of one query.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct EngineFacts {
    /// Each table read, in the order of the loops.
    pub accesses: Vec<Access>,
    /// What rows are sorted or gathered for: "ORDER BY", "GROUP BY", "DISTINCT" …
    pub sorts: Vec<String>,
    /// How many subqueries run again for each row.
    pub correlated: usize,
    /// What the planner expects, where it says so: SQLite does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// The planner's own lines, indented as a tree.
    pub lines: Vec<String>,
}

/// What a planner expects of a query.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// What it takes, in the planner's own unit.
    pub cost: Option<f64>,
    /// How many rows it returns, or reads where that alone is said.
    pub rows: f64,
}

/// How one table is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Access {
    /// The table's name or alias, as the query has it.
    pub name: String,
    /// How its rows are found.
    pub by: AccessPath,
    /// Whether the index alone answers.
    pub covering: bool,
}

/// How rows are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum AccessPath {
    /// Every row is read.
    Scan,
    /// Every entry of an index is read, in its order.
    IndexScan(String),
    /// Rows are looked up in an index.
    Index(String),
    /// Rows are looked up by row id or by a primary key that is one.
    RowId,
    /// An index is built for this query alone: one that should exist.
    AutomaticIndex,
}

/// Asks the engine how it would run a query.
///
/// # Errors
/// When the engine does not accept the query.
pub fn engine_facts(database: &Database, query: &VerifiedQuery) -> Result<EngineFacts, RunError> {
    match database {
        Database::Sqlite(sqlite) => facts_of_text(sqlite, &sqlite.text_of(query)),
        #[cfg(feature = "postgres")]
        Database::Postgres(server) => server.facts(query, &facts_limits()),
        #[cfg(feature = "mysql")]
        Database::MySql(server) => server.facts(query, &facts_limits()),
    }
}

fn facts_limits() -> Limits {
    Limits { deadline: Duration::from_secs(1), ..Limits::default() }
}

pub(crate) fn facts_of_text(database: &Sqlite, sql: &str) -> Result<EngineFacts, RunError> {
    let limits = facts_limits();
    database.guard.arm(limits.deadline);
    let rows = plan_rows(database, sql);
    database.guard.disarm();
    rows.map(|rows| read_plan(&rows)).map_err(|error| failure(database, &error, &limits))
}

/// (id, parent, detail) of each line.
fn plan_rows(database: &Sqlite, sql: &str) -> rusqlite::Result<Vec<(i64, i64, String)>> {
    let sql = format!("EXPLAIN QUERY PLAN {sql}");
    let flags = PrepFlags::SQLITE_PREPARE_NO_VTAB | PrepFlags::SQLITE_PREPARE_DONT_LOG;
    let mut statement = database.connection.prepare_with_flags(&sql, flags)?;
    // Parameters stay NULL: the plan does not depend on them.
    statement.raw_query().mapped(|row| Ok((row.get(0)?, row.get(1)?, row.get(3)?))).collect()
}

fn read_plan(rows: &[(i64, i64, String)]) -> EngineFacts {
    let mut facts = EngineFacts::default();
    let mut depths: Vec<(i64, usize)> = Vec::new();
    for (id, parent, detail) in rows {
        let depth = depths.iter().find(|(known, _)| known == parent).map_or(0, |(_, depth)| depth + 1);
        depths.push((*id, depth));
        facts.lines.push(format!("{}{detail}", "  ".repeat(depth)));
        facts.accesses.extend(access(detail));
        facts.sorts.extend(detail.split_once("TEMP B-TREE FOR ").map(|(_, what)| what.to_owned()));
        facts.correlated += usize::from(detail.starts_with("CORRELATED"));
    }
    facts
}

fn access(detail: &str) -> Option<Access> {
    let (verb, rest) = detail.split_once(' ')?;
    if !matches!(verb, "SCAN" | "SEARCH") || rest.starts_with("CONSTANT ROW") {
        return None;
    }
    let (name, using) = rest.split_once(" USING ").unwrap_or((rest, ""));
    let name = name.trim_end_matches(" LEFT-JOIN").to_owned();
    let covering = using.contains("COVERING INDEX");
    let index = using.split_once("INDEX ").map(|(_, name)| name.split(' ').next().unwrap_or(name).to_owned());
    let by = match (verb, index) {
        _ if using.contains("AUTOMATIC") => AccessPath::AutomaticIndex,
        ("SEARCH", Some(index)) => AccessPath::Index(index),
        ("SEARCH", None) => AccessPath::RowId,
        (_, Some(index)) => AccessPath::IndexScan(index),
        (_, None) => AccessPath::Scan,
    };
    Some(Access { name, by, covering })
}
