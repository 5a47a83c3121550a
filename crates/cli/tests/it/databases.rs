//! `--db`: databases of every kind, good ones and others.

use std::fs;
use std::path::Path;

use crate::tools::{Folder, Ran, glrl, root, run};

const COUNT: &str = "SELECT COUNT(*) AS n FROM PAC_MNT_PROJECTS";

fn ask(db: impl AsRef<std::ffi::OsStr>) -> Ran {
    Ran::of(glrl().args(["ask", "--json", COUNT, "--db"]).arg(db))
}

fn check(ran: &Ran, code: i32, error: &str, message: &str) {
    let reply = ran.json();
    assert_eq!((ran.code, reply["error"]["code"].as_str()), (code, Some(error)), "{reply}");
    let told = reply["error"]["message"].as_str().unwrap();
    assert!(told.contains(message), "{told}");
}

/// A database with the pack's schema, run through `sql` first.
fn made(folder: &Folder, name: &str, sql: &str) -> std::path::PathBuf {
    let path = folder.path(name);
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch(&fs::read_to_string(root().join("packs/gl/schema.sql")).unwrap()).unwrap();
    connection.execute_batch("INSERT INTO PAC_MNT_PROJECTS (Project_Code, Project_Name) VALUES ('P1', 'One')").unwrap();
    connection.execute_batch(sql).unwrap();
    path
}

#[test]
fn files_that_are_no_database_end_with_7() {
    let folder = Folder::new();
    check(&ask(folder.path("none.sqlite")), 7, "database_invalid", "no database at");
    check(&ask(&folder.0), 7, "database_invalid", "directory");
    check(&ask(folder.write("empty.sqlite", "")), 7, "database_invalid", "empty");
    check(&ask(folder.write("text.sqlite", "a,b\n1,2\n")), 7, "database_invalid", "not an SQLite database");
    let good = made(&folder, "good.sqlite", "");
    let bytes = fs::read(&good).unwrap();
    let ran = ask(folder.write("cut.sqlite", &bytes[..bytes.len() / 2]));
    assert!(matches!(ran.code, 7), "{}", ran.stdout);
}

#[test]
fn uris_are_no_paths() {
    check(&ask("file:x?mode=rwc"), 7, "database_invalid", "URI");
    check(&ask("file:/tmp/x.sqlite"), 7, "database_invalid", "URI");
    assert!(!Path::new(env!("CARGO_TARGET_TMPDIR")).join("x").exists());
}

#[test]
fn what_a_database_lacks_is_named() {
    let folder = Folder::new();
    let path = made(&folder, "a.sqlite", "DROP TABLE PROJSTAFF; ALTER TABLE SRM_CONTACTS DROP COLUMN Phone;");
    let ran = ask(path);
    check(&ran, 7, "database_invalid", "PROJSTAFF");
    check(&ran, 7, "database_invalid", "SRM_CONTACTS.Phone");
}

#[test]
fn more_than_the_pack_names_is_fine() {
    let folder = Folder::new();
    let more = r#"
        CREATE TABLE "Größe und Gewicht" ("ein Wort" TEXT, "日本" INTEGER);
        CREATE VIEW "v w" AS SELECT Project_Code FROM PAC_MNT_PROJECTS;
        CREATE VIEW broken AS SELECT * FROM no_such_table;
        CREATE VIRTUAL TABLE words USING fts5(text);
        ALTER TABLE PAC_MNT_PROJECTS ADD COLUMN "Größe" INTEGER GENERATED ALWAYS AS (length(Project_Code)) VIRTUAL;
    "#;
    let path = made(&folder, "mit Leerzeichen é.sqlite", more);
    let reply = ask(&path).json();
    assert_eq!((reply["status"].as_str(), reply["rows"][0][0].as_i64()), (Some("answered"), Some(1)), "{reply}");
    // What the pack does not name cannot be read.
    let ran = Ran::of(glrl().args(["ask", "--json", "SELECT text FROM words", "--db"]).arg(&path));
    assert_eq!(ran.json()["status"], "refused");
}

#[test]
fn a_view_can_stand_for_a_table() {
    let folder = Folder::new();
    let path = made(
        &folder,
        "a.sqlite",
        "ALTER TABLE PROJSTAFF RENAME TO staff; CREATE VIEW PROJSTAFF AS SELECT * FROM staff;",
    );
    assert_eq!(ask(path).json()["status"], "answered");
}

#[test]
fn asking_changes_no_byte() {
    let folder = Folder::new();
    let path = made(&folder, "a.sqlite", "");
    let before = fs::read(&path).unwrap();
    assert_eq!(ask(&path).code, 0);
    assert_eq!(fs::read(&path).unwrap(), before);
    let left: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["a.sqlite"]);
}

#[test]
fn a_locked_database_ends_with_5() {
    let folder = Folder::new();
    let path = made(&folder, "a.sqlite", "");
    let writer = rusqlite::Connection::open(&path).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE; DELETE FROM PROJSTAFF;").unwrap();
    check(&ask(&path), 5, "database_unavailable", "locked");
}

#[cfg(unix)]
#[test]
fn a_log_in_a_read_only_folder() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let path = made(&folder, "a.sqlite", "PRAGMA journal_mode = WAL; INSERT INTO PROJSTAFF (Staff_ID) VALUES (1);");
    let mode = |mode| fs::set_permissions(&folder.0, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let ran = ask(&path);
    mode(0o755);
    // Whoever may write anywhere (root) reads it as usual; so does everyone once the log is empty.
    assert!(matches!(ran.code, 0 | 5), "{}", ran.stdout);
}

#[test]
fn a_cache_that_cannot_be_written_costs_nothing() {
    let folder = Folder::new();
    let blocked = folder.write("file", "not a folder");
    for cache in [blocked.join("cache"), blocked.clone(), Path::new("/proc/nowhere").to_owned()] {
        let ran = Ran::of(glrl().args(["ask", "--json", COUNT]).env("XDG_CACHE_HOME", &cache));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{}", ran.stdout);
    }
}

#[test]
fn a_generated_database_is_asked_like_any_other() {
    let folder = Folder::new();
    let path = folder.path("made.sqlite");
    let made = Ran::of(glrl().args(["data", "fill", "--pack", "gl", "--seed", "7", "--out"]).arg(&path));
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(ask(&path).json()["rows"][0][0].as_i64().is_some_and(|n| n > 100));
    let again = Ran::of(glrl().args(["data", "fill", "--seed", "7", "--out"]).arg(&path));
    assert_eq!(again.code, 2, "{}", again.stderr);
    assert!(again.stderr.contains("--force"));
    let first = fs::read(&path).unwrap();
    assert_eq!(Ran::of(glrl().args(["data", "fill", "--seed", "7", "--force", "--out"]).arg(&path)).code, 0);
    assert_eq!(fs::read(&path).unwrap(), first, "the same seed gives the same bytes");
    assert_eq!(run(["data", "fill", "--pack", "none", "--out", "x"]).code, 7);
}
