//! What several tests need: a schema with everything awkward in it, and SQLite's own verdict.

use std::path::PathBuf;

use rusqlite::Connection;
use schema::Catalog;
use sql::ddl::catalog_from_ddl;

/// A schema with the shapes that matter: keys, a self-reference, quoted names, a view, names that are keywords.
pub(crate) const DDL: &str = "
    CREATE TABLE project (
        project_code VARCHAR(20) NOT NULL PRIMARY KEY,
        name VARCHAR(100) NOT NULL,
        budget DECIMAL(15,2),
        actual_cost DECIMAL(15,2) DEFAULT 0,
        status VARCHAR(20),
        department VARCHAR(50),
        start_date DATE,
        end_date DATE
    );
    CREATE TABLE company (
        company_id INTEGER PRIMARY KEY,
        name VARCHAR(100),
        industry VARCHAR(50),
        parent_id INTEGER REFERENCES company(company_id)
    );
    CREATE TABLE staff (
        staff_id INTEGER PRIMARY KEY,
        project_code VARCHAR(20) REFERENCES project(project_code),
        resource_name VARCHAR(100),
        hours REAL,
        rate REAL,
        is_lead BOOLEAN
    );
    CREATE TABLE contract (
        contract_id INTEGER PRIMARY KEY,
        project_code VARCHAR(20) REFERENCES project(project_code),
        company_id INTEGER REFERENCES company(company_id),
        amount DECIMAL(12,2),
        signed_on DATE,
        status VARCHAR(20)
    );
    CREATE TABLE \"order line\" (\"line no\" INTEGER, \"größe\" REAL, [select] TEXT, \"update\" TEXT);
    CREATE TABLE w (k TEXT PRIMARY KEY, v INTEGER) WITHOUT ROWID;
    CREATE INDEX by_status ON project(status);
    CREATE INDEX by_part ON contract(amount) WHERE amount > 0;
    CREATE VIEW active_project AS SELECT project_code, name AS title, budget FROM project WHERE status = 'Active';
";

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
