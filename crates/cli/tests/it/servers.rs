//! `--db postgres://…` and `--db mysql://…`: questions, schema, validation, evaluation and doctor against real servers.

// The servers and their rows are those of the database crate's tests.
#[expect(dead_code, reason = "the database crate's tests use more of it")]
#[path = "../../../database/tests/it/servers/demo.rs"]
mod demo;
#[expect(dead_code, reason = "the database crate's tests use more of it")]
#[path = "../../../database/tests/it/servers/harness.rs"]
mod harness;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use self::demo::{NAME, demo, load};
use self::harness::{Engine, PASSWORD};
use crate::tools::{Folder, Ran, glrl, root};

const QUESTION: &str = "how many projects are there per department?";

fn url(engine: Engine, role: &str) -> String {
    load(engine);
    engine.server().url(role, NAME)
}

fn ran(args: &[&str]) -> Ran {
    let ran = Ran::of(glrl().args(args));
    for shown in [&ran.stdout, &ran.stderr] {
        assert!(!shown.contains(PASSWORD) && !shown.contains("%3A"), "a password is shown: {shown}");
    }
    ran
}

/// The demo rows as a file.
fn filled(folder: &Folder) -> PathBuf {
    let file = folder.path("demo.sqlite");
    let ran = ran(&["data", "fill", "--pack", "gl", "--seed", "1", "--out", file.to_str().expect("a path")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    file
}

fn sorted(reply: &Value) -> Vec<String> {
    let mut rows: Vec<String> = reply["rows"].as_array().expect("rows").iter().map(Value::to_string).collect();
    rows.sort();
    rows
}

#[test]
fn a_question_is_answered_with_the_rows_of_sqlite() {
    let folder = Folder::new();
    let file = filled(&folder);
    let expected =
        ran(&["ask", QUESTION, "--json", "--today", "2026-11-20", "--db", file.to_str().expect("a path")]).json();
    assert_eq!(expected["status"], "answered", "{expected}");
    for engine in Engine::ALL {
        let reply = ran(&["ask", QUESTION, "--json", "--today", "2026-11-20", "--db", &url(engine, "reader")]).json();
        assert_eq!(reply["status"], "answered", "{engine:?} {reply}");
        assert_eq!(sorted(&reply), sorted(&expected), "{engine:?}");
    }
}

#[test]
fn the_environment_names_a_server() {
    let (url, port) = (url(Engine::Postgres, "reader"), Engine::Postgres.server().port.to_string());
    let sql = "SELECT COUNT(*) AS n FROM PAC_MNT_PROJECTS";
    let reply = Ran::of(glrl().args(["ask", "--json", sql]).env("DATABASE_URL", &url)).json();
    assert_eq!(reply["status"], "answered", "{reply}");
    let mut by_parts = glrl();
    by_parts.args(["ask", "--json", sql, "--db", "postgres://"]).env("PGHOST", "127.0.0.1").env("PGPORT", port);
    by_parts.env("PGUSER", "reader").env("PGPASSWORD", PASSWORD).env("PGDATABASE", NAME);
    assert_eq!(Ran::of(&mut by_parts).json()["rows"], reply["rows"]);
    let shown = Ran::of(glrl().args(["config", "print", "--json"]).env("DATABASE_URL", &url));
    assert!(shown.stdout.contains("***") && !shown.stdout.contains("%3A"), "{}", shown.stdout);
}

#[test]
fn schema_and_validation_read_a_server() {
    for engine in Engine::ALL {
        let url = url(engine, "reader");
        let schema = ran(&["schema", "show", "--json", "--db", &url]).json();
        assert_eq!(schema["tables"].as_array().map(Vec::len), Some(demo().catalog.tables.len()), "{engine:?}");
        // All keys of the demo are declared.
        assert_eq!(ran(&["schema", "discover", "--db", &url]).code, 0, "{engine:?}");
        let good = ran(&["validate", "SELECT Budget FROM PAC_MNT_PROJECTS", "--layers", "syntax,schema", "--db", &url]);
        assert_eq!(good.code, 0, "{engine:?} {}", good.stdout);
        let bad = ran(&["validate", "SELECT Budgt FROM PAC_MNT_PROJECTS", "--db", &url]);
        assert_eq!(bad.code, 3, "{engine:?} {}", bad.stdout);
        assert_eq!(ran(&["ddl", "review", "DROP TABLE x", "--db", &url]).code, 2);
    }
}

#[test]
fn undeclared_keys_are_found() {
    let script = "CREATE TABLE clients (client_id INTEGER PRIMARY KEY, name VARCHAR(20));
        CREATE TABLE orders (id INTEGER PRIMARY KEY, client_id INTEGER);
        INSERT INTO clients VALUES (1, 'a'), (2, 'b'); INSERT INTO orders VALUES (1, 1), (2, 2), (3, 1);
        CREATE TABLE visits (id INTEGER PRIMARY KEY, client_id INTEGER); INSERT INTO visits VALUES (1, 70), (2, 80);";
    for engine in Engine::ALL {
        let server = engine.server();
        server.create("keys_of");
        server.script("keys_of", script);
        server.grant("keys_of");
        let found = ran(&["schema", "discover", "--db", &server.url("reader", "keys_of")]);
        assert!(found.stdout.contains("orders.client_id -> clients.client_id"), "{engine:?} {}", found.stdout);
        assert!(!found.stdout.contains("visits.client_id"), "{engine:?} {}", found.stdout);
    }
}

#[test]
fn what_is_left_out_is_said() {
    let server = Engine::Postgres.server();
    server.create("left_out");
    server.script(
        "left_out",
        "CREATE TABLE t (a INTEGER); GRANT SELECT ON t TO reader; CREATE TABLE secret (a INTEGER);",
    );
    let url = server.url("reader", "left_out");
    for action in ["show", "discover"] {
        let ran = ran(&["schema", action, "--db", &url]);
        assert!(ran.stderr.contains("left out secret: the role may not read it"), "{action} {}", ran.stderr);
    }
}

#[test]
fn a_url_that_cannot_be_read_is_not_shown() {
    for url in
        ["postgres://ann:hush/x@h/d", "postgres:/ann:hush@h/d", "postgres://ann:hush?x@h/d", "postgres://ann:hush"]
    {
        let printed = Ran::of(glrl().args(["config", "print", "--json"]).env("GLRL_DATABASE__PATH", url));
        assert_eq!(printed.json()["database.path"]["value"], "postgres:***", "{}", printed.stderr);
        let asked = ran(&["ask", "SELECT COUNT(*) FROM PAC_MNT_PROJECTS", "--db", url]);
        assert_eq!(asked.code, 2, "{}", asked.stderr);
        for shown in [printed.stdout, printed.stderr, asked.stdout, asked.stderr] {
            assert!(!shown.contains("hush"), "{shown}");
        }
    }
}

#[test]
fn doctor_advises() {
    for engine in Engine::ALL {
        let boss = ran(&["doctor", "--db", &url(engine, "boss")]);
        assert!(boss.stdout.contains("\nwarn  role") && boss.stdout.contains("\n      remedy: "), "{}", boss.stdout);
        assert!(boss.stdout.contains("GRANT SELECT"), "{engine:?} {}", boss.stdout);
        let checks = ran(&["doctor", "--json", "--db", &url(engine, "boss")]).json()["checks"].clone();
        let roles: Vec<&Value> =
            checks.as_array().expect("checks").iter().filter(|check| check["check"] == "role").collect();
        assert!(roles.iter().all(|role| role["ok"] == true) && roles.len() > 1, "{engine:?} {checks}");
        assert!(roles[0]["remedy"].is_null() && roles[1]["remedy"].is_string(), "{engine:?} {checks}");
        let reader = ran(&["doctor", "--db", &url(engine, "reader")]);
        assert!(!reader.stdout.contains("GRANT SELECT"), "{engine:?} {}", reader.stdout);
        assert!(reader.stdout.contains("rows in 14 tables"), "{engine:?} {}", reader.stdout);
    }
}

#[test]
fn what_cannot_be_reached_ends_with_5_and_what_is_no_url_with_2() {
    let sql = "SELECT COUNT(*) FROM PAC_MNT_PROJECTS";
    for engine in Engine::ALL {
        let server = engine.server();
        let bad = [server.url_at("reader", NAME, 1), server.url("nobody", NAME), server.url("reader", "nothing")];
        for url in bad {
            let start = Instant::now();
            let ran = ran(&["ask", sql, "--json", "--db", &url]);
            let reply = ran.json();
            assert_eq!((ran.code, reply["error"]["code"].as_str()), (5, Some("database_unavailable")), "{reply}");
            assert!(reply["error"]["hint"].is_string() && start.elapsed() < Duration::from_secs(10), "{reply}");
        }
        server.create("empty_one");
        let ran = ran(&["ask", sql, "--json", "--db", &server.url("reader", "empty_one")]);
        assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (7, Some("database_invalid")), "{}", ran.stdout);
    }
    let wrong = [
        "postgres://a:%3A@h:port/d",
        "oracle://a:%3A@h/d",
        "mysql://a:%3A@h/d?ssl-mode=REQUIRED",
        "postgres:/a:%3A@h/d",
    ];
    for url in wrong {
        let ran = ran(&["ask", sql, "--json", "--db", url]);
        assert_eq!((ran.code, ran.json()["error"]["code"].as_str()), (2, Some("database_url")), "{}", ran.stdout);
    }
}

/// Minutes: every held-out question, on both.
#[test]
#[ignore = "takes minutes; `cargo xtask figures --only servers` runs it"]
#[expect(clippy::print_stdout, reason = "figures are read from what this prints")]
fn held_out_questions_are_answered_as_on_sqlite() {
    let folder = Folder::new();
    let file = filled(&folder);
    let questions = root().join("packs/gl/questions/test.jsonl");
    let right = |db: &str| {
        let reply = ran(&["eval", "--json", "--questions", questions.to_str().expect("a path"), "--db", db]).json();
        let all = &reply["answerable"];
        (all["right"].as_u64().expect("right"), all["questions"].as_u64().expect("questions"))
    };
    let (expected, count) = right(file.to_str().expect("a path"));
    println!("servers: SQLite right {expected}, questions {count}");
    let (found, _) = right(&url(Engine::Postgres, "reader"));
    println!("servers: Postgres right {found}, questions {count}");
    assert_eq!(found, expected);
}
