//! Paths that are and are not databases.

use std::path::Path;

use database::fill::Recipe;
use database::{Fault, OpenError, fill_file, open, open_any};
use rusqlite::Connection;
use schema::Catalog;

use crate::{Folder, gl};

fn small(path: &Path, script: &str) -> Connection {
    let connection = Connection::open(path).expect("a new file");
    connection.execute_batch(script).expect(script);
    connection
}

fn catalog(ddl: &str) -> Catalog {
    sql::ddl::catalog_from_ddl(ddl).expect("a script")
}

#[test]
fn each_bad_path_has_its_own_error() {
    let folder = Folder::new();
    let open = |path: &Path| open_any(path).map(|_| ());
    std::fs::write(folder.join("empty"), "").expect("a file");
    std::fs::write(folder.join("text"), "id,name\n1,one\n").expect("a file");
    std::fs::write(folder.join("short"), "SQL").expect("a file");
    std::fs::write(folder.join("header"), b"SQLite format 3\0nothing else that makes sense").expect("a file");
    type Check = fn(&OpenError) -> bool;
    let cases: [(&str, Check); 6] = [
        ("missing.sqlite", |e| matches!(e, OpenError::Missing { .. })),
        ("", |e| matches!(e, OpenError::Directory { .. })),
        ("empty", |e| matches!(e, OpenError::Empty { .. })),
        ("text", |e| matches!(e, OpenError::NotSqlite { encrypted: false, .. })),
        ("short", |e| matches!(e, OpenError::NotSqlite { encrypted: false, .. })),
        ("header", |e| matches!(e, OpenError::NotSqlite { encrypted: true, .. })),
    ];
    for (name, is_expected) in cases {
        let error = open(&folder.join(name)).expect_err(name);
        assert!(is_expected(&error), "{name}: {error}");
        assert_eq!(error.fault(), Fault::Data, "{name}");
    }
}

#[test]
fn a_uri_is_refused_and_makes_nothing() {
    let folder = Folder::new();
    for uri in ["file:x.sqlite?mode=rwc", "FILE:x.sqlite?mode=rwc", "file::memory:", "file:///etc/passwd"] {
        assert!(matches!(open_any(Path::new(uri)), Err(OpenError::Uri { .. })), "{uri}");
    }
    let path = folder.join("file:x.sqlite?mode=rwc");
    small(&folder.join("plain.sqlite"), "CREATE TABLE t (a); INSERT INTO t VALUES (1);");
    std::fs::rename(folder.join("plain.sqlite"), &path).expect("an odd name");
    assert!(open_any(&path).is_ok(), "an odd name in a folder is only a name");
    assert_eq!(std::fs::read_dir(&folder.0).expect("the folder").count(), 1);
}

#[test]
fn missing_tables_and_columns_are_named() {
    let folder = Folder::new();
    let path = folder.join("x.sqlite");
    let wanted = catalog("CREATE TABLE a (x, y); CREATE TABLE b (z);");
    let live = small(&path, "CREATE TABLE A (X INTEGER, extra TEXT); CREATE VIEW other AS SELECT 1 AS one;");
    let error = open(&path, &wanted).expect_err("too little");
    assert_eq!(error.to_string(), format!("{} lacks a.y, b", path.display()));
    // Extra tables, other types, and a view in a table's place are fine.
    live.execute_batch("ALTER TABLE A ADD COLUMN y BLOB; CREATE VIEW B AS SELECT 1 AS Z").expect("more");
    assert!(open(&path, &wanted).is_ok());
}

#[test]
fn a_locked_file_is_told_apart() {
    let folder = Folder::new();
    let path = folder.join("x.sqlite");
    let writer = small(&path, "CREATE TABLE t (a);");
    writer.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let error = open_any(&path).expect_err("locked");
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
    assert_eq!(error.fault(), Fault::Unavailable);
}

/// Where the log's index cannot be made (a folder that cannot be written), a file without pending changes is read as it
/// is, and one with pending changes is an error rather than an old answer.
#[cfg(unix)]
#[test]
fn a_write_ahead_log_that_cannot_be_opened() {
    let folder = Folder::new();
    let path = folder.join("x.sqlite");
    let script = "PRAGMA journal_mode = WAL; CREATE TABLE t (a); INSERT INTO t VALUES (1);";
    drop(small(&path, script));
    assert!(!folder.join("x.sqlite-wal").exists(), "the writer has closed");
    std::os::unix::fs::symlink(folder.join("no/where"), folder.join("x.sqlite-shm")).expect("a link to nowhere");
    let (database, live) = open_any(&path).expect("read as it is");
    assert_eq!(live.catalog.tables.len(), 1);
    drop(database);
    std::fs::write(folder.join("x.sqlite-wal"), [7; 64]).expect("a log");
    let error = open_any(&path).expect_err("pending changes");
    assert!(matches!(error, OpenError::PendingChanges { .. }), "{error}");
    assert_eq!(error.fault(), Fault::Unavailable);
}

#[test]
fn damage_is_found_when_opening_or_named() {
    let (ddl, catalog, spec) = gl();
    let folder = Folder::new();
    let path = folder.join("x.sqlite");
    fill_file(&Recipe { catalog: &catalog, ddl: &ddl, spec: &spec, seed: 1 }, &path, false).expect("a file");
    let bytes = std::fs::read(&path).expect("its bytes");
    std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("half of it");
    let error = open(&path, &catalog).expect_err("truncated");
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    let mut scrambled = bytes;
    scrambled[100..2_000].fill(0x5a);
    std::fs::write(&path, &scrambled).expect("a scrambled schema");
    let error = open(&path, &catalog).expect_err("scrambled");
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
}
