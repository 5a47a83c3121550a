//! What a live database says of itself.

use database::fill::Recipe;
use database::introspect::SkipReason;
use database::{fill, introspect};
use rusqlite::Connection;

use crate::gl;

/// A live database and its script describe the same catalog, comments aside.
#[test]
fn a_live_database_agrees_with_its_script() {
    let (ddl, mut catalog, spec) = gl();
    let connection = fill(&Recipe { catalog: &catalog, ddl: &ddl, spec: &spec, seed: 1 }).expect("a filled database");
    let live = introspect(&connection).expect("a catalog");
    for table in &mut catalog.tables {
        table.comment = None;
        table.columns.iter_mut().for_each(|c| c.comment = None);
    }
    for (given, found) in catalog.tables.iter().zip(&live.catalog.tables) {
        assert_eq!(given, found, "{}", given.name);
    }
    assert_eq!(catalog.foreign_keys, live.catalog.foreign_keys);
    assert!(live.skipped.is_empty());
}

#[test]
fn odd_names_views_generated_columns_and_virtual_tables() {
    let connection = Connection::open_in_memory().expect("memory");
    connection
        .execute_batch(
            "CREATE TABLE \"sales \"\"2024\"\"\" (\"Größe\" INTEGER, \"a b\" TEXT COLLATE NOCASE, \"select\" DECIMAL(5,2),
               c GENERATED ALWAYS AS (\"select\" * 2) STORED, PRIMARY KEY (\"a b\", \"Größe\")) WITHOUT ROWID;
             CREATE UNIQUE INDEX u ON \"sales \"\"2024\"\"\" (\"select\");
             CREATE INDEX part ON \"sales \"\"2024\"\"\" (\"select\") WHERE \"select\" > 0;
             CREATE INDEX expr ON \"sales \"\"2024\"\"\" (lower(\"a b\"));
             CREATE VIEW \"übersicht\" AS SELECT \"a b\" AS name, COUNT(*) AS n FROM \"sales \"\"2024\"\"\" GROUP BY 1;
             CREATE VIEW broken AS SELECT a FROM nowhere;
             CREATE VIRTUAL TABLE docs USING fts5(body);",
        )
        .expect("a script");
    let live = introspect(&connection).expect("a catalog");
    let names: Vec<&str> = live.catalog.tables.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["sales \"2024\"", "übersicht"]);
    let table = &live.catalog.tables[0];
    let columns: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(columns, ["Größe", "a b", "select", "c"]);
    assert_eq!(table.primary_key, [1, 0]);
    assert_eq!((table.unique.clone(), table.indexes.clone()), (vec![vec![2]], vec![vec![2]]));
    assert_eq!(live.generated.len(), 1);
    assert!(live.catalog.tables[1].is_view);
    let skipped = |name: &str| live.skipped.iter().find(|s| s.name == name).map(|s| &s.reason);
    assert_eq!(skipped("docs"), Some(&SkipReason::Virtual));
    assert_eq!(skipped("docs_data"), Some(&SkipReason::Shadow));
    assert!(matches!(skipped("broken"), Some(SkipReason::BrokenView(_))));
}

#[test]
fn keys_are_what_the_engine_takes_for_them() {
    let script = "CREATE TABLE a (id INTEGER PRIMARY KEY DESC, b TEXT); CREATE UNIQUE INDEX i ON a (id, lower(b));
         CREATE UNIQUE INDEX j ON a (b || 'x');
         CREATE TABLE c (id INTEGER, PRIMARY KEY (id DESC)); CREATE TABLE d (id INTEGER PRIMARY KEY ASC);";
    let connection = Connection::open_in_memory().expect("memory");
    connection.execute_batch(script).expect("a script");
    let live = introspect(&connection).expect("a catalog").catalog;
    assert_eq!(live, sql::ddl::catalog_from_ddl(script).expect("it is readable"));
    let names_row_id: Vec<bool> = live.table_ids().map(|table| live.row_id_column(table).is_some()).collect();
    assert_eq!(names_row_id, [false, true, true]);
    assert_eq!(live.tables[0].unique, Vec::<Vec<u16>>::new());
}
