//! SQLite's own word on a text: whether it prepares it, where it stops, and what it asks leave to read. No row is needed,
//! so a database in memory with the schema alone stands in for the real one.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::{Connection, Error};
use schema::Catalog;

/// (table, column) as the schema spells them; the column is "ROWID" for a row id that has no name.
pub type Read = (String, String);

/// A database with a schema and no rows, asked what SQLite makes of texts.
#[derive(Debug)]
pub struct Oracle {
    connection: Connection,
    seen: Arc<Mutex<BTreeSet<Read>>>,
}

/// Why SQLite does not prepare a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Its words.
    pub message: String,
    /// The byte it points at, where it points at one.
    pub offset: Option<usize>,
}

impl Oracle {
    /// A database of a schema script; `catalog` is what the script declares.
    ///
    /// # Errors
    /// When SQLite does not run the script.
    pub fn new(ddl: &str, catalog: &Catalog) -> rusqlite::Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        connection.execute_batch(ddl)?;
        let seen = Arc::default();
        connection.authorizer(Some(recorder(Arc::clone(&seen), catalog)))?;
        Ok(Oracle { connection, seen })
    }

    /// The columns that SQLite asks leave to read for a query: those of tables and views that the query itself names,
    /// none for a table that is only counted.
    ///
    /// # Errors
    /// SQLite's refusal to prepare the text.
    pub fn reads(&self, sql: &str) -> Result<BTreeSet<Read>, Refusal> {
        self.taken();
        self.connection.prepare(sql).map_err(|error| Refusal::of(&error))?;
        Ok(self.taken())
    }

    fn taken(&self) -> BTreeSet<Read> {
        self.seen.lock().map(|mut seen| std::mem::take(&mut *seen)).unwrap_or_default()
    }
}

/// An authorizer that allows everything and notes what is read of the catalog's tables.
fn recorder(
    seen: Arc<Mutex<BTreeSet<Read>>>,
    catalog: &Catalog,
) -> impl FnMut(AuthContext<'_>) -> Authorization + Send + 'static {
    let name = |view| catalog.tables.iter().filter(move |t| t.is_view == view).map(|t| t.name.clone());
    let views: Vec<String> = name(true).collect();
    let names: Vec<String> = name(false).chain(views.clone()).collect();
    move |context: AuthContext<'_>| {
        let within_view = context.accessor.is_some_and(|accessor| views.iter().any(|view| view == accessor));
        if let AuthAction::Read { table_name, column_name } = context.action
            && !within_view
            && !column_name.is_empty()
            && names.iter().any(|name| name == table_name)
            && let Ok(mut seen) = seen.lock()
        {
            seen.insert((table_name.to_owned(), column_name.to_owned()));
        }
        Authorization::Allow
    }
}

impl Refusal {
    fn of(error: &Error) -> Self {
        match error {
            Error::SqlInputError { msg, offset, .. } => {
                Refusal { message: msg.clone(), offset: usize::try_from(*offset).ok() }
            }
            other => Refusal { message: other.to_string(), offset: None },
        }
    }
}

#[cfg(test)]
mod tests {
    use sql::ddl::catalog_from_ddl;

    use super::*;

    const DDL: &str = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE u (b TEXT);
        CREATE VIEW v AS SELECT a AS x FROM t";

    fn oracle() -> Oracle {
        Oracle::new(DDL, &catalog_from_ddl(DDL).expect("the schema is readable")).expect("SQLite reads it")
    }

    fn reads(sql: &str) -> Vec<String> {
        let reads = oracle().reads(sql).expect("SQLite prepares it");
        reads.into_iter().map(|(table, column)| format!("{table}.{column}")).collect()
    }

    #[test]
    fn reads_are_those_of_the_query() {
        assert_eq!(reads("SELECT A FROM T WHERE rowid = 1"), ["t.a", "t.id"]);
        assert_eq!(reads("SELECT rowid FROM u"), ["u.ROWID"]);
        assert_eq!(reads("SELECT COUNT(*) FROM t"), [""; 0]);
        assert_eq!(reads("SELECT x FROM v"), ["v.x"]);
        assert_eq!(reads("WITH c AS (SELECT b AS y FROM u) SELECT y FROM c"), ["u.b"]);
    }

    #[test]
    fn one_text_leaves_nothing_for_the_next() {
        let oracle = oracle();
        assert!(oracle.reads("SELECT a, missing FROM t").is_err());
        assert!(oracle.reads("SELECT 1").expect("SQLite prepares it").is_empty());
    }

    #[test]
    fn a_refusal_points_at_its_place() {
        let refusal = oracle().reads("SELECT a FROM t WHERE missing = 1").expect_err("there is no such column");
        assert_eq!(refusal, Refusal { message: "no such column: missing".to_owned(), offset: Some(22) });
        let refusal = oracle().reads("SELECT a FROM nowhere").expect_err("there is no such table");
        assert_eq!((refusal.message.as_str(), refusal.offset), ("no such table: nowhere", None));
    }
}
