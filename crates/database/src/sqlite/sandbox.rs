//! A connection that can only read the catalog's tables, and that can be stopped.
//!
//! SQLite is told so five times: the file is opened read-only (or is a copy in memory), `DEFENSIVE` and `query_only` are
//! on, the authorizer knows which tables and functions exist for a query, hard limits bound what a statement may be,
//! and a handler looks at the clock each [`STEPS_BETWEEN_LOOKS`] steps.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use schema::{Catalog, Table};
use sql::VerifiedQuery;
use sql::visit::each_query;

use crate::functions::is_allowed;
use crate::introspect::Live;
use crate::sqlite::linear;

/// How many steps of SQLite's machine pass between two looks at the clock.
pub const STEPS_BETWEEN_LOOKS: i32 = 1_000;
/// What SQLite calls a row id that is no column of its table.
const ROW_ID: &str = "rowid";
/// The longest text, blob or row, in bytes.
pub const LONGEST_VALUE: u64 = 1_000_000;
/// The longest pattern of LIKE or GLOB, in bytes.
pub(crate) const LONGEST_PATTERN: usize = 250;

const LIMITS: [(Limit, i32); 11] = [
    (Limit::SQLITE_LIMIT_LENGTH, LONGEST_VALUE as i32),
    (Limit::SQLITE_LIMIT_SQL_LENGTH, 100_000),
    (Limit::SQLITE_LIMIT_COLUMN, 200),
    // What SQLite has by default: it also bounds the tables of a query that reads a CTE many times over.
    (Limit::SQLITE_LIMIT_EXPR_DEPTH, 1000),
    (Limit::SQLITE_LIMIT_COMPOUND_SELECT, 20),
    (Limit::SQLITE_LIMIT_VDBE_OP, 25_000),
    (Limit::SQLITE_LIMIT_FUNCTION_ARG, 16),
    (Limit::SQLITE_LIMIT_ATTACHED, 0),
    (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, LONGEST_PATTERN as i32),
    (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, 16),
    (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
];

/// A database that can only be read: connection, clock and what is known of its structure.
#[derive(Debug)]
pub struct Sqlite {
    pub(crate) connection: Connection,
    pub(crate) guard: Arc<Guard>,
    catalog: Catalog,
    path: Option<PathBuf>,
    accessors: HashSet<String>,
    /// Whether a table of the catalog has columns that the catalog does not name.
    holds_more: bool,
}

impl Sqlite {
    /// The tables and columns that queries may read.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// The file, or `None` for a database in memory.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The text that runs for a query: its own, unless that means something else here than in the catalog.
    ///
    /// SQLite names views and CTEs alike when it asks what may be read, so a CTE that has a view's name gets another.
    pub(crate) fn text_of<'q>(&self, query: &'q VerifiedQuery) -> Cow<'q, str> {
        let mut poses = false;
        each_query(query.query(), &mut |query| {
            poses |= query.with.iter().any(|cte| self.accessors.contains(&cte.name.to_lowercase()));
        });
        if poses || self.holds_more && query.is_open_ended() {
            return Cow::Owned(query.spelled_out(&self.catalog, &self.accessors));
        }
        Cow::Borrowed(query.sql())
    }

    /// Steps of SQLite's machine that the last query took, to the next [`STEPS_BETWEEN_LOOKS`].
    pub fn steps(&self) -> u64 {
        self.guard.looks.load(Ordering::Relaxed) * STEPS_BETWEEN_LOOKS as u64
    }

    /// Raised to stop the running query; where none runs, the next one.
    pub(crate) fn stop(&self) -> &Arc<AtomicBool> {
        &self.guard.cancelled
    }
}

/// The clock a running query is stopped by.
#[derive(Debug)]
pub(crate) struct Guard {
    start: Instant,
    /// Microseconds after `start`.
    deadline: AtomicU64,
    cancelled: Arc<AtomicBool>,
    /// How often the running query was looked at, and how often it may be.
    looks: AtomicU64,
    most_looks: AtomicU64,
    /// What the authorizer last refused.
    refused: Mutex<Option<String>>,
}

impl Guard {
    pub(crate) fn new() -> Self {
        let deadline = AtomicU64::new(u64::MAX);
        Guard {
            start: Instant::now(),
            deadline,
            cancelled: Arc::default(),
            looks: AtomicU64::new(0),
            most_looks: AtomicU64::new(u64::MAX),
            refused: Mutex::new(None),
        }
    }

    /// Starts the clock.
    pub(crate) fn arm(&self, time: Duration) {
        let end = self.start.elapsed().saturating_add(time).as_micros();
        self.deadline.store(u64::try_from(end).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.looks.store(0, Ordering::Relaxed);
        self.allow(None);
        self.take_refusal();
    }

    /// How often the query may be looked at from now on.
    pub(crate) fn allow(&self, looks: Option<u64>) {
        self.most_looks.store(looks.unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Counts a look; whether the query has to stop.
    fn look(&self) -> bool {
        self.looks.fetch_add(1, Ordering::Relaxed);
        self.is_spent() || self.is_late() || self.is_cancelled()
    }

    /// Whether the steps are used up.
    pub(crate) fn is_spent(&self) -> bool {
        self.looks.load(Ordering::Relaxed) > self.most_looks.load(Ordering::Relaxed)
    }

    /// Stops the clock.
    pub(crate) fn disarm(&self) {
        self.deadline.store(u64::MAX, Ordering::Relaxed);
    }

    /// Whether time is up.
    pub(crate) fn is_late(&self) -> bool {
        self.start.elapsed().as_micros() >= u128::from(self.deadline.load(Ordering::Relaxed))
    }

    /// Whether someone asked to stop.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Whether the query should stop, for either reason.
    pub(crate) fn is_over(&self) -> bool {
        self.is_cancelled() || self.is_late()
    }

    /// Forgets a request to stop.
    pub(crate) fn clear_cancel(&self) {
        self.cancelled.store(false, Ordering::Relaxed);
    }

    /// What the authorizer refused since the clock was started.
    pub(crate) fn take_refusal(&self) -> Option<String> {
        self.refused.lock().ok().and_then(|mut refused| refused.take())
    }

    fn refuse(&self, what: String) -> Authorization {
        if let Ok(mut refused) = self.refused.lock() {
            refused.get_or_insert(what);
        }
        Authorization::Deny
    }
}

/// Locks a connection down to reading those of the live tables that `catalog` names.
pub(crate) fn lock_down(
    mut connection: Connection,
    live: &Live,
    catalog: Catalog,
    path: Option<PathBuf>,
) -> rusqlite::Result<Sqlite> {
    configure(&connection)?;
    let guard = Arc::new(Guard::new());
    linear::install(&connection, &guard)?;
    let tables = columns_of(&catalog, &live.catalog);
    let is_allowed = |name: &str| tables.contains_key(&name.to_lowercase());
    let views: Vec<&str> =
        live.catalog.tables.iter().filter(|t| t.is_view && is_allowed(&t.name)).map(|t| t.name.as_str()).collect();
    let within_views = reads_within_views(&mut connection, &views)?;
    let others = live.names().filter(|name| !is_allowed(name)).map(str::to_lowercase).collect();
    let accessors = within_views.keys().cloned().collect();
    let holds_more = has_more_columns(&catalog, &live.catalog);
    let rights = Rights { tables, others, within_views };

    let judge = Arc::clone(&guard);
    connection.authorizer(Some(move |context: AuthContext<'_>| authorize(&rights, &judge, &context)))?;
    let clock = Arc::clone(&guard);
    connection.progress_handler(STEPS_BETWEEN_LOOKS, Some(move || clock.look()))?;
    Ok(Sqlite { connection, guard, catalog, path, accessors, holds_more })
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    use DbConfig::*;
    connection.set_db_config(SQLITE_DBCONFIG_DEFENSIVE, true)?;
    let off = [
        SQLITE_DBCONFIG_TRUSTED_SCHEMA,
        SQLITE_DBCONFIG_ENABLE_TRIGGER,
        SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER,
        SQLITE_DBCONFIG_WRITABLE_SCHEMA,
        SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE,
        SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE,
    ];
    for config in off {
        connection.set_db_config(config, false)?;
    }
    connection.execute_batch(
        "PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;
         PRAGMA cell_size_check = ON;",
    )?;
    for (limit, value) in LIMITS {
        connection.set_limit(limit, value)?;
    }
    Ok(())
}

/// What a query may read.
struct Rights {
    /// The catalog's tables and views with what may be read of each, in lower case.
    tables: HashMap<String, HashSet<String>>,
    /// Everything else the database holds, in lower case.
    others: HashSet<String>,
    /// For each view of the catalog, and each view it reads: the (table, column) pairs its own text reads. Under the
    /// empty name, reads that SQLite announces without a view.
    within_views: Reads,
}

/// Accessor -> the (table, column) pairs it reads, all in lower case.
type Reads = HashMap<String, HashSet<(String, String)>>;

fn authorize(rights: &Rights, guard: &Guard, context: &AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Read { table_name, column_name } if may_read(rights, context, table_name, column_name) => {
            Authorization::Allow
        }
        AuthAction::Read { table_name, .. } => guard.refuse(format!("reading {table_name}")),
        AuthAction::Function { function_name } if is_allowed(function_name) => Authorization::Allow,
        AuthAction::Function { function_name } => guard.refuse(format!("calling {function_name}")),
        ref other => guard.refuse(describe(other)),
    }
}

fn may_read(rights: &Rights, context: &AuthContext<'_>, table: &str, column: &str) -> bool {
    let table = table.to_lowercase();
    let column = column.to_lowercase();
    let is_main = context.database_name.is_none_or(|name| name.eq_ignore_ascii_case("main"));
    let known = rights.tables.get(&table);
    if is_main && known.is_some_and(|columns| columns.contains(&column)) {
        return true;
    }
    // A view reads what its text names. SQLite calls a CTE an accessor too, so [`Sqlite::text_of`] gives those that are
    // named as a view is another name.
    let accessor = context.accessor.unwrap_or_default().to_lowercase();
    let read = (table, column);
    if rights.within_views.get(&accessor).is_some_and(|reads| reads.contains(&read)) {
        return true;
    }
    let (table, _) = read;
    // What SQLite itself made of a CTE or derived table is announced under its alias: a count of it, and outputs of it
    // that GROUP BY or ORDER BY call by another alias.
    known.is_none() && !is_reserved(&table) && !rights.others.contains(&table)
}

/// What may be read of each table of the catalog, in lower case: its columns, the number of its rows, and the row id where
/// that is no column.
fn columns_of(catalog: &Catalog, live: &Catalog) -> HashMap<String, HashSet<String>> {
    let is_column = |table: &str, name| live.find_table(table).and_then(|id| live.find_column(id, name)).is_some();
    let columns = |table: &Table| {
        let mut columns: HashSet<String> = table.columns.iter().map(|column| column.name.to_lowercase()).collect();
        columns.insert(String::new());
        if !is_column(&table.name, ROW_ID) {
            columns.insert(ROW_ID.to_owned());
        }
        columns
    };
    catalog.tables.iter().map(|table| (table.name.to_lowercase(), columns(table))).collect()
}

/// Whether a table has columns that the catalog does not name.
fn has_more_columns(catalog: &Catalog, live: &Catalog) -> bool {
    live.tables.iter().any(|table| {
        let known = catalog.find_table(&table.name);
        known.is_some_and(|id| table.columns.iter().any(|column| catalog.find_column(id, &column.name).is_none()))
    })
}

fn is_reserved(table: &str) -> bool {
    table.starts_with("sqlite_") || table.starts_with("pragma_")
}

fn describe(action: &AuthAction<'_>) -> String {
    let debug = format!("{action:?}");
    debug.split([' ', '{', '(']).next().unwrap_or("this action").to_owned()
}

/// Which table columns each view reads, found by asking SQLite to prepare it. A view that does not prepare reads
/// nothing, and fails with SQLite's words when it is asked for.
fn reads_within_views(connection: &mut Connection, views: &[&str]) -> rusqlite::Result<Reads> {
    let seen: Arc<Mutex<Reads>> = Arc::default();
    let recorder = Arc::clone(&seen);
    connection.authorizer(Some(move |context: AuthContext<'_>| {
        if let AuthAction::Read { table_name, column_name } = context.action
            && let Ok(mut seen) = recorder.lock()
        {
            // A view that counts a table's rows is announced without its name once it is merged into the query.
            let view = context.accessor.unwrap_or_default().to_lowercase();
            seen.entry(view).or_default().insert((table_name.to_lowercase(), column_name.to_lowercase()));
        }
        Authorization::Allow
    }))?;
    for view in views {
        let _ = connection.prepare(&format!("SELECT * FROM {}", quoted(view)));
        let _ = connection.prepare(&format!("SELECT COUNT(*) FROM {}", quoted(view)));
    }
    let seen = seen.lock().map(|seen| seen.clone()).unwrap_or_default();
    Ok(seen)
}

/// A name as an SQL identifier.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
