//! What several tests need: a schema with everything awkward in it, and SQLite's own verdict.

use std::path::PathBuf;

use rusqlite::Connection;
use schema::Catalog;
use sql::ddl::catalog_from_ddl;

/// A schema with the shapes that matter: keys, a self-reference, quoted names, a view, names that are keywords.
pub(crate) const DDL: &str = include_str!("../../../../fuzz/schemas/company.sql");

/// The catalog of [`DDL`].
pub(crate) fn catalog() -> Catalog {
    catalog_from_ddl(DDL).expect("the test schema is readable")
}

/// An empty database of a schema.
pub(crate) fn database(ddl: &str) -> Connection {
    let connection = Connection::open_in_memory().expect("SQLite opens in memory");
    connection.execute_batch(ddl).expect("SQLite reads the schema");
    connection
}

/// What SQLite says against preparing a statement.
pub(crate) fn refusal(connection: &Connection, sql: &str) -> Option<String> {
    connection.prepare(sql).err().map(|error| error.to_string())
}

/// The folder of outside test data, where it is at hand.
pub(crate) fn suites() -> Option<PathBuf> {
    std::env::var_os("GLRL_SUITES").map(PathBuf::from).filter(|folder| folder.is_dir())
}
