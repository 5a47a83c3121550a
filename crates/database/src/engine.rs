//! The engines behind one database: where it is, how it is opened, and what all of them can say of themselves.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use schema::Catalog;

use crate::error::OpenError;
use crate::introspect::Live;
#[cfg(feature = "mysql")]
use crate::mysql::MySql;
#[cfg(feature = "postgres")]
use crate::postgres::Postgres;
#[cfg(any(feature = "postgres", feature = "mysql"))]
use crate::server::url::Kind;
use crate::server::url::is_url;
use crate::server::{Advice, Server, ServerError};
use crate::sqlite::{self, Sqlite};

/// Where a database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// An SQLite file.
    File(PathBuf),
    /// A server.
    Server(Server),
}

impl Place {
    /// A URL of a server, or else the path of a file. `variable` gives the environment, which fills what a URL leaves open.
    ///
    /// # Errors
    /// When it is a URL that names no server.
    pub fn parse(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, OpenError> {
        match is_url(text) {
            true => Ok(Place::Server(Server::parse(text, variable)?)),
            false => Ok(Place::File(text.into())),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Server(server) => write!(f, "{server}"),
        }
    }
}

/// A database that can only be read, whichever engine holds it.
///
/// It may move between threads but not be shared by them; [`crate::Image`] gives each thread its own.
#[derive(Debug)]
pub enum Database {
    /// A file, or a copy of one in memory.
    Sqlite(Sqlite),
    /// A schema of a PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgres(Box<Postgres>),
    /// A MySQL or MariaDB database.
    #[cfg(feature = "mysql")]
    MySql(Box<MySql>),
}

impl Database {
    /// The tables and columns that queries may read.
    pub fn catalog(&self) -> &Catalog {
        match self {
            Database::Sqlite(sqlite) => sqlite.catalog(),
            #[cfg(feature = "postgres")]
            Database::Postgres(server) => server.catalog(),
            #[cfg(feature = "mysql")]
            Database::MySql(server) => server.catalog(),
        }
    }

    /// The file of an SQLite database that has one.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Database::Sqlite(sqlite) => sqlite.path(),
            #[cfg(feature = "postgres")]
            Database::Postgres(_) => None,
            #[cfg(feature = "mysql")]
            Database::MySql(_) => None,
        }
    }

    /// The server, where there is one.
    pub fn server(&self) -> Option<&Server> {
        match self {
            Database::Sqlite(_) => None,
            #[cfg(feature = "postgres")]
            Database::Postgres(server) => Some(server.server()),
            #[cfg(feature = "mysql")]
            Database::MySql(server) => Some(server.server()),
        }
    }

    /// Steps of SQLite's machine that the last query took, to the next
    /// [`STEPS_BETWEEN_LOOKS`](crate::sqlite::sandbox::STEPS_BETWEEN_LOOKS); 0 of a server.
    pub fn steps(&self) -> u64 {
        match self {
            Database::Sqlite(sqlite) => sqlite.steps(),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            _ => 0,
        }
    }

    /// A handle with which another thread stops the running query.
    pub fn canceller(&self) -> Canceller {
        Canceller(Arc::clone(match self {
            Database::Sqlite(sqlite) => sqlite.stop(),
            #[cfg(feature = "postgres")]
            Database::Postgres(server) => server.stop(),
            #[cfg(feature = "mysql")]
            Database::MySql(server) => server.stop(),
        }))
    }

    /// What the owner of a server would change about who asks it; nothing of a file.
    ///
    /// # Errors
    /// When the server gives no answer.
    pub fn advice(&self) -> Result<Vec<Advice>, ServerError> {
        match self {
            Database::Sqlite(_) => Ok(vec![]),
            #[cfg(feature = "postgres")]
            Database::Postgres(server) => server.advice(),
            #[cfg(feature = "mysql")]
            Database::MySql(server) => server.advice(),
        }
    }
}

/// Stops the running query of one [`Database`].
#[derive(Debug, Clone)]
pub struct Canceller(pub(crate) Arc<AtomicBool>);

impl Canceller {
    /// Stops the running query within a moment; where none runs, the next one.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Takes back a stop that came when no query ran, before the next one does.
    pub fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Opens a file for queries over `pack`: every table and column that the pack names must exist, others may, but cannot
/// be read.
///
/// # Errors
/// When the path is not a readable SQLite file, or lacks something the pack names.
pub fn open(path: &Path, pack: &Catalog) -> Result<Database, OpenError> {
    sqlite::open::open(path, pack).map(Database::Sqlite)
}

/// Opens a file for queries over whatever it holds, and says what that is.
///
/// # Errors
/// When the path is not a readable SQLite file.
pub fn open_any(path: &Path) -> Result<(Database, Live), OpenError> {
    let (sqlite, live) = sqlite::open::open_any(path)?;
    Ok((Database::Sqlite(sqlite), live))
}

/// As [`open`], wherever the database is.
///
/// # Errors
/// As [`open`], and when a server cannot be reached or lets nobody in.
pub fn open_at(place: &Place, pack: &Catalog) -> Result<Database, OpenError> {
    match place {
        Place::File(path) => open(path, pack),
        Place::Server(server) => connect(server, Some(pack)).map(|(database, _)| database),
    }
}

/// As [`open_any`], wherever the database is.
///
/// # Errors
/// As [`open_any`], and when a server cannot be reached or lets nobody in.
pub fn open_any_at(place: &Place) -> Result<(Database, Live), OpenError> {
    match place {
        Place::File(path) => open_any(path),
        Place::Server(server) => connect(server, None),
    }
}

#[cfg_attr(not(any(feature = "postgres", feature = "mysql")), expect(unused_variables, reason = "no server is known"))]
fn connect(server: &Server, wanted: Option<&Catalog>) -> Result<(Database, Live), OpenError> {
    match server.kind {
        #[cfg(feature = "postgres")]
        Kind::Postgres => {
            Postgres::open(server, wanted).map(|(server, live)| (Database::Postgres(Box::new(server)), live))
        }
        #[cfg(feature = "mysql")]
        Kind::MySql => MySql::open(server, wanted).map(|(server, live)| (Database::MySql(Box::new(server)), live)),
        #[cfg(not(all(feature = "postgres", feature = "mysql")))]
        kind => Err(OpenError::NotBuilt { engine: kind.name() }),
    }
}
