//! A database for repeated evaluation, a connection for each thread: bytes in memory, shared by all, or a server.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rusqlite::hooks::{AuthContext, Authorization};
use rusqlite::{Connection, MAIN_DB};
use schema::Catalog;

use crate::engine::{Database, Place, open_at};
use crate::error::OpenError;
use crate::introspect::Live;
use crate::server::Server;
use crate::sqlite::introspect::introspect;
use crate::sqlite::open;
use crate::sqlite::sandbox::lock_down;

/// How many images a thread keeps open.
const KEPT: usize = 32;

/// A whole database that each thread opens for itself. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Image {
    source: Source,
    catalog: Arc<Catalog>,
    /// What it holds, read once for all who open it and for copies of the same structure.
    live: Arc<Live>,
    number: u64,
}

#[derive(Debug, Clone)]
enum Source {
    /// SQLite's pages.
    Bytes(Arc<[u8]>),
    /// Whom to ask.
    Server(Arc<Server>),
}

impl Image {
    /// What a place holds: a file is copied into memory, a server is asked by each thread over a connection of its own.
    ///
    /// # Errors
    /// As [`crate::open_at`].
    pub fn at(place: &Place, pack: &Catalog) -> Result<Self, OpenError> {
        let server = match place {
            Place::File(path) => return Image::load(path, pack),
            Place::Server(server) => server,
        };
        open_at(place, pack)?;
        let source = Source::Server(Arc::new(server.clone()));
        Ok(Image { source, catalog: Arc::new(pack.clone()), live: Arc::default(), number: next_number() })
    }

    /// Copies a file into memory, once [`crate::open()`] finds it good.
    ///
    /// # Errors
    /// As [`crate::open()`].
    pub fn load(path: &Path, pack: &Catalog) -> Result<Self, OpenError> {
        let (mut connection, ..) = open::connect_for(path, pack)?;
        let unreadable =
            |error: rusqlite::Error| OpenError::Unreadable { path: path.to_owned(), reason: error.to_string() };
        Image::of(&mut connection, pack).map_err(unreadable)
    }

    /// Copies what a connection holds, for queries over `catalog`.
    ///
    /// # Errors
    /// SQLite's own, when the connection cannot be read.
    pub fn of(connection: &mut Connection, catalog: &Catalog) -> rusqlite::Result<Self> {
        let live = Arc::new(introspect(connection)?);
        Image::with_live(connection, catalog, live)
    }

    /// Copies an SQLite database that is open already, and closes it.
    ///
    /// # Errors
    /// SQLite's own, when it cannot be read; a server is not copied.
    pub fn copy(database: Database) -> rusqlite::Result<Self> {
        let mut database = match database {
            Database::Sqlite(sqlite) => sqlite,
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => return Err(rusqlite::Error::InvalidQuery),
        };
        // SQLite asks itself for the number of pages, which no query may.
        database.connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
        let bytes = database.connection.serialize(MAIN_DB)?.to_vec();
        let mut connection = Connection::open_in_memory()?;
        connection.deserialize_read_exact(MAIN_DB, &bytes[..], bytes.len(), true)?;
        Image::of(&mut connection, database.catalog())
    }

    /// A database without rows that a schema script makes.
    ///
    /// # Errors
    /// SQLite's own, when the script does not run.
    pub fn without_rows(script: &str, catalog: &Catalog) -> rusqlite::Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        connection.execute_batch(script)?;
        Image::of(&mut connection, catalog)
    }

    /// The statements that created what it holds.
    pub fn script(&self) -> &str {
        &self.live.script
    }

    /// A connection of this crate's own, to look at what no query may read; there is none to a server.
    pub(crate) fn connection(&self) -> rusqlite::Result<Connection> {
        let mut connection = Connection::open_in_memory()?;
        let Source::Bytes(bytes) = &self.source else { return Err(rusqlite::Error::InvalidQuery) };
        connection.deserialize_read_exact(MAIN_DB, &bytes[..], bytes.len(), true)?;
        Ok(connection)
    }

    fn with_live(connection: &mut Connection, catalog: &Catalog, live: Arc<Live>) -> rusqlite::Result<Self> {
        /// Where the header says which journal the file wants: 2 is a write-ahead log, which memory cannot have.
        const JOURNAL: [usize; 2] = [18, 19];
        let mut bytes = connection.serialize(MAIN_DB)?.to_vec();
        JOURNAL.iter().filter_map(|at| bytes.get_mut(*at).map(|byte| *byte = 1)).for_each(drop);
        let source = Source::Bytes(bytes.into());
        let number = next_number();
        Ok(Image { source, catalog: Arc::new(catalog.clone()), live, number })
    }

    /// A copy changed by a script, for queries over `catalog`.
    ///
    /// # Errors
    /// SQLite's own, when the script does not run; a server is not changed.
    pub fn changed(&self, script: &str, catalog: &Catalog) -> rusqlite::Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        let Source::Bytes(bytes) = &self.source else { return Err(rusqlite::Error::InvalidQuery) };
        connection.deserialize_read_exact(MAIN_DB, &bytes[..], bytes.len(), false)?;
        connection.pragma_update(None, "foreign_keys", false)?;
        let before = structure(&connection)?;
        connection.execute_batch(script)?;
        match structure(&connection)? == before {
            true => Image::with_live(&mut connection, catalog, Arc::clone(&self.live)),
            false => Image::of(&mut connection, catalog),
        }
    }

    /// How many bytes it takes here, for each thread that uses it.
    pub fn size(&self) -> usize {
        match &self.source {
            Source::Bytes(bytes) => bytes.len(),
            Source::Server(_) => 0,
        }
    }

    /// The tables and columns that queries may read.
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// A database of its own for the caller, read-only as a file would be.
    ///
    /// # Errors
    /// When memory is short, or the server is out of reach.
    pub fn open(&self) -> Result<Database, OpenError> {
        let bytes = match &self.source {
            Source::Bytes(bytes) => bytes,
            Source::Server(server) => return open_at(&Place::Server((**server).clone()), &self.catalog),
        };
        let mut connection = Connection::open_in_memory()?;
        connection.deserialize_read_exact(MAIN_DB, &bytes[..], bytes.len(), true)?;
        lock_down(connection, &self.live, (*self.catalog).clone(), None).map(Database::Sqlite).map_err(OpenError::from)
    }

    /// Calls `work` with this thread's own database, opened on first use and kept for the next.
    ///
    /// # Errors
    /// As [`Image::open`].
    pub fn with<T>(&self, work: impl FnOnce(&Database) -> T) -> Result<T, OpenError> {
        thread_local! {
            static OPEN: RefCell<Vec<(u64, Database)>> = const { RefCell::new(Vec::new()) };
        }
        // Taken out while it is used, so that `work` may use other images.
        let kept = OPEN.with_borrow_mut(|open| {
            let at = open.iter().position(|(number, _)| *number == self.number)?;
            Some(open.remove(at).1)
        });
        let database = match kept {
            Some(database) => database,
            None => self.open()?,
        };
        let outcome = work(&database);
        OPEN.with_borrow_mut(|open| {
            open.push((self.number, database));
            if open.len() > KEPT {
                open.remove(0);
            }
        });
        Ok(outcome)
    }
}

fn next_number() -> u64 {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    NUMBER.fetch_add(1, Ordering::Relaxed)
}

/// A number that SQLite changes with every table, column or index that comes or goes.
fn structure(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA schema_version", [], |row| row.get(0))
}
