//! The smaller commands.

use std::fs;

use crate::tools::{Folder, Ran, glrl, root, run};

#[test]
fn schema_show_lists_tables_columns_and_keys() {
    let tables = run(["schema", "show", "--json"]).json()["tables"].as_array().unwrap().clone();
    assert_eq!(tables.len(), 14);
    let staff = run(["schema", "show", "projstaff", "--json"]).json();
    assert_eq!(staff["tables"][0]["foreign_keys"].as_array().unwrap().len(), 2);
    let text = run(["schema", "show", "PROJSTAFF"]);
    assert!(
        text.stdout.contains("Project_Code") && text.stdout.contains("-> PAC_MNT_PROJECTS.Project_Code"),
        "{}",
        text.stdout
    );
}

#[test]
fn schema_show_reads_scripts_and_databases() {
    let folder = Folder::new();
    let script = folder.write("a.sql", "\u{feff}CREATE TABLE \"a b\" (\"ü\" TEXT NOT NULL, id INTEGER PRIMARY KEY);");
    let shown = Ran::of(glrl().args(["schema", "show", "--json", "--ddl"]).arg(script)).json();
    assert_eq!((&shown["tables"][0]["name"], &shown["tables"][0]["columns"][0]["name"]), (&"a b".into(), &"ü".into()));
    for broken in ["CREATE TABLE (", "CREATE TABLE t (a); CREATE TABLE t (a);", "hello"] {
        let path = folder.write("broken.sql", broken);
        let ran = Ran::of(glrl().args(["schema", "show", "--ddl"]).arg(path));
        assert_eq!(ran.code, 7, "{broken}: {}", ran.stdout);
        assert!(ran.stderr.contains("line 1"), "{}", ran.stderr);
    }
    let database = folder.path("a.sqlite");
    rusqlite::Connection::open(&database)
        .unwrap()
        .execute_batch("CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t")
        .unwrap();
    let shown = Ran::of(glrl().args(["schema", "show", "--json", "--db"]).arg(database)).json();
    assert_eq!((shown["tables"].as_array().unwrap().len(), &shown["tables"][1]["view"]), (2, &true.into()));
}

#[test]
fn an_unknown_table_ends_with_7_and_a_suggestion() {
    let ran = run(["schema", "show", "PROJSTAF"]);
    assert_eq!(ran.code, 7);
    assert!(ran.stderr.contains("did you mean \"PROJSTAFF\"?"), "{}", ran.stderr);
}

#[test]
fn completions_are_printed_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let ran = run(["completions", shell]);
        assert!(ran.code == 0 && ran.stdout.contains("glrl"), "{shell}");
    }
    assert_eq!(run(["completions", "tcsh"]).code, 2);
}

#[test]
fn doctor_looks_at_everything() {
    let ran = run(["doctor", "--json"]);
    let checks = ran.json()["checks"].as_array().unwrap().clone();
    let names: Vec<&str> = checks.iter().map(|check| check["check"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "settings",
            "processor",
            "cache",
            "pack",
            "database",
            "model",
            "listen",
            "keys",
            "tokens",
            "tls",
            "audit",
            "feedback",
            "traces",
        ]
    );
    let wrong: Vec<_> = checks.iter().filter(|check| check["ok"] == false).collect();
    assert_eq!(ran.code == 0, wrong.is_empty(), "{wrong:?}");
    assert!(wrong.iter().all(|check| check["check"] == "model"), "{wrong:?}");
    let folder = Folder::new();
    assert_eq!(Ran::of(glrl().args(["doctor", "--db"]).arg(folder.path("none"))).code, 7);
}

#[test]
fn packs_can_be_folders() {
    let pack = root().join("packs/gl");
    let shown = Ran::of(glrl().args(["schema", "show", "--json", "--pack"]).arg(&pack)).json();
    assert_eq!(shown, run(["schema", "show", "--json"]).json());
    let folder = Folder::new();
    folder.write("schema.sql", "CREATE TABLE t (a INTEGER PRIMARY KEY)");
    let own = Ran::of(glrl().args(["schema", "show", "--json", "--pack"]).arg(&folder.0));
    assert_eq!(own.json()["tables"][0]["name"], "t");
    folder.write("glossary.toml", "[tables.u]");
    assert_eq!(Ran::of(glrl().args(["schema", "show", "--pack"]).arg(&folder.0)).code, 7);
    let ran = Ran::of(glrl().args(["ask", "--json", "SELECT a FROM t", "--pack"]).arg(&folder.0));
    assert_eq!(ran.code, 7, "a pack without demo rows needs --db");
}

#[test]
fn every_command_explains_itself() {
    let help = run(["--help"]);
    assert_eq!(help.code, 0);
    let commands = help.stdout.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let names: Vec<&str> =
        commands.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() >= 9, "{names:?}");
    for name in names {
        assert_eq!(run([name, "--help"]).code, 0, "{name}");
        let file = root().join(format!("crates/cli/src/commands/{name}.rs"));
        assert!(fs::exists(&file).unwrap(), "no {file:?}");
    }
    assert!(run(["--version"]).stdout.starts_with("glrl "));
}
