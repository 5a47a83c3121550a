//! What a text does where nothing restricts it: on a writable copy in memory, with an authorizer that only takes notes.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Batch, Connection, MAIN_DB, Statement};

/// Tables that every SQLite has beside those of its schema.
const BUILT_IN: [&str; 6] = ["json_each", "json_tree", "dbstat", "bytecode", "tables_used", "fts5vocab"];

/// What a text would do.
#[derive(Debug, Clone, Default)]
pub(super) struct Deed {
    pub(super) writes: bool,
    pub(super) attaches: bool,
    pub(super) sets_pragma: bool,
    pub(super) reads_outside: bool,
    pub(super) is_late: bool,
    /// Functions it calls, in lower case.
    pub(super) functions: HashSet<String>,
    /// Whether it begins or ends a transaction.
    is_transaction: bool,
}

impl Deed {
    /// Whether it would do something other than run too long.
    pub(super) fn is_forbidden(&self) -> bool {
        self.writes || self.attaches || self.sets_pragma || self.reads_outside
    }

    pub(super) fn is_harmful(&self) -> bool {
        self.is_forbidden() || self.is_late
    }
}

/// A database that anything may be done to, and what of it queries should read.
pub(super) struct Unrestricted {
    bytes: Vec<u8>,
    /// What the database holds beside the catalog's tables and views, in lower case. Those views read those tables only.
    others: HashSet<String>,
}

impl Unrestricted {
    pub(super) fn new(connection: &mut Connection, catalog: &schema::Catalog) -> rusqlite::Result<Self> {
        let bytes = connection.serialize(MAIN_DB)?.to_vec();
        let catalog: HashSet<String> = catalog.tables.iter().map(|table| table.name.to_lowercase()).collect();
        let mut names = connection.prepare("SELECT lower(name) FROM sqlite_schema")?;
        let names = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<HashSet<String>>>()?;
        let others = names.into_iter().filter(|name| !catalog.contains(name)).collect();
        Ok(Unrestricted { bytes, others })
    }

    /// What a text does, statement by statement, up to its first harm. Reading statements are run for at most a time, so
    /// that those that would run longer are known.
    pub(super) fn deed(&self, text: &str, most: Duration) -> rusqlite::Result<Deed> {
        let seen: Arc<Mutex<Deed>> = Arc::default();
        let connection = self.open(&seen, most)?;
        let mut batch = Batch::new(&connection, text);
        let mut functions = HashSet::new();
        loop {
            let next = batch.next();
            let mut deed = seen.lock().map(|mut deed| std::mem::take(&mut *deed)).unwrap_or_default();
            functions.extend(deed.functions.drain());
            // What does not prepare does nothing, unless it is a pragma, which is refused here.
            let Ok(Some(statement)) = next else {
                return Ok(if deed.sets_pragma { deed } else { Deed { functions, ..Deed::default() } });
            };
            deed.writes |= !statement.readonly() && !deed.is_transaction;
            if !deed.is_harmful() && !deed.is_transaction {
                deed.is_late = takes_longer(statement, most);
            }
            if deed.is_harmful() {
                return Ok(Deed { functions, ..deed });
            }
        }
    }

    fn open(&self, seen: &Arc<Mutex<Deed>>, most: Duration) -> rusqlite::Result<Connection> {
        let mut connection = Connection::open_in_memory()?;
        connection.deserialize_read_exact(MAIN_DB, &self.bytes[..], self.bytes.len(), false)?;
        let (notes, others) = (Arc::clone(seen), self.others.clone());
        let outside = move |table: &str| {
            let table = table.to_lowercase();
            let system = table.starts_with("sqlite_") || table.starts_with("pragma_");
            system || others.contains(&table) || BUILT_IN.contains(&table.as_str())
        };
        connection.authorizer(Some(move |context: AuthContext<'_>| match notes.lock() {
            Ok(mut deed) => note(&mut deed, &context, &outside),
            Err(_) => Authorization::Deny,
        }))?;
        let started = Instant::now();
        // A single step may take a second here: nothing limits how long a value gets.
        connection.progress_handler(1, Some(move || started.elapsed() >= 2 * most))?;
        Ok(connection)
    }
}

/// Runs a statement to its end, or until it is stopped.
fn takes_longer(mut statement: Statement<'_>, most: Duration) -> bool {
    let started = Instant::now();
    let mut rows = statement.raw_query();
    while let Ok(Some(_)) = rows.next() {}
    started.elapsed() >= most
}

/// Notes an action. Some pragmas act when they are prepared, on the whole process, so none is let through.
fn note(deed: &mut Deed, context: &AuthContext<'_>, outside: &dyn Fn(&str) -> bool) -> Authorization {
    match context.action {
        AuthAction::Select | AuthAction::Recursive => {}
        AuthAction::Read { table_name, .. } => deed.reads_outside |= outside(table_name),
        AuthAction::Function { function_name } => {
            deed.functions.insert(function_name.to_lowercase());
        }
        AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => deed.is_transaction = true,
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => deed.attaches = true,
        AuthAction::Pragma { .. } => {
            deed.sets_pragma = true;
            return Authorization::Deny;
        }
        _ => deed.writes = true,
    }
    Authorization::Allow
}
