//! Attacks that reach the engine: each is stopped here too, though analysis refuses most of them earlier.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use schema::{Catalog, Value};
use sha2::{Digest, Sha256};

use super::open::{open, open_any};
use super::run::run_text;
use super::sandbox::Sqlite;
use crate::engine::{Canceller, Database};
use crate::engine_facts::{AccessPath, facts_of_text};
use crate::error::RunError;
use crate::image::Image;
use crate::run::{Limits, Rows};

const SCRIPT: &str = "
    CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, amount REAL, raw BLOB);
    CREATE TABLE secret (word TEXT);
    CREATE INDEX t_name ON t (name);
    CREATE VIEW v AS SELECT name, (SELECT COUNT(word) FROM secret) AS secrets FROM t WHERE amount > 1;
    CREATE VIEW hidden AS SELECT word FROM secret;
    CREATE VIRTUAL TABLE docs USING fts5(body);
    CREATE TRIGGER tr AFTER INSERT ON t BEGIN DELETE FROM secret; END;
    INSERT INTO t VALUES (1, 'one', 1.5, x'00ff'), (2, 'two', NULL, NULL), (3, 'O''Brien', 3, NULL);
    INSERT INTO secret VALUES ('swordfish');
    INSERT INTO docs VALUES ('text');";

struct File(PathBuf);

impl File {
    fn new() -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("glrl-run-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let file = folder.join("x.sqlite");
        Connection::open(&file).expect("a file").execute_batch(SCRIPT).expect("a script");
        File(file)
    }

    fn hash(&self) -> Vec<u8> {
        Sha256::digest(std::fs::read(&self.0).expect("the file")).to_vec()
    }

    fn folder(&self) -> &Path {
        self.0.parent().expect("a folder")
    }

    /// Opened for a catalog that knows `t` and `v` only.
    fn open(&self) -> Sqlite {
        open(&self.0, &known()).expect("a database")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.folder());
    }
}

fn known() -> Catalog {
    sql::ddl::catalog_from_ddl(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, amount REAL, raw BLOB); CREATE TABLE v (name, secrets);",
    )
    .expect("a script")
}

fn sqlite(database: &Database) -> &Sqlite {
    match database {
        Database::Sqlite(sqlite) => sqlite,
        #[cfg(any(feature = "postgres", feature = "mysql"))]
        _ => panic!("an image is SQLite's"),
    }
}

fn run(database: &Sqlite, sql: &str) -> Result<Rows, RunError> {
    run_text(database, sql, &[], &Limits { deadline: Duration::from_millis(300), ..Limits::default() })
}

#[test]
fn a_users_attributes_are_bound_as_values() {
    let file = File::new();
    let rows = Some("name = :who AND id <= :most".to_owned());
    let entry = sql::policy::TablePolicy { name: "t".to_owned(), rows, hide: vec!["raw".to_owned()] };
    let (text, whole) = (sql::policy::AttributeType::Text, sql::policy::AttributeType::Integer);
    let attributes = [("who".to_owned(), text), ("most".to_owned(), whole)].into();
    let policy = sql::policy::PolicyFile { attributes, table: vec![entry] };
    let policy = sql::policy::Policy::new(&policy, &known()).expect("a policy");
    let seen_by = |who: &str| {
        let access = sql::policy::Access::new(policy.clone(), [("who", who), ("most", "9")]).expect("a user");
        let query = sql::verify_for("SELECT * FROM t", &known(), &sql::Options::default(), &access).expect("a query");
        super::run::run(&file.open(), &query, &Limits::default()).expect("rows").rows
    };
    let row = vec![Value::Integer(3), Value::Text("O'Brien".to_owned()), Value::Real(3.0)];
    assert_eq!(seen_by("O'Brien"), [row]);
    assert_eq!(seen_by("' OR 1 = 1 --"), Vec::<Vec<Value>>::new());
}

#[test]
fn every_attack_is_refused_and_the_file_stays_as_it_is() {
    let file = File::new();
    let database = file.open();
    let before = file.hash();
    let other = file.folder().join("other.sqlite");
    let attach = format!("ATTACH '{}' AS o", other.display());
    let into = format!("VACUUM INTO '{}'", other.display());
    let attacks = [
        attach.as_str(),
        into.as_str(),
        "DETACH main",
        "INSERT INTO t (name) VALUES ('x')",
        "INSERT INTO t (name) VALUES ('x') RETURNING id",
        "UPDATE t SET amount = 0 RETURNING id",
        "DELETE FROM t",
        "REPLACE INTO t (id) VALUES (1)",
        "WITH x AS (SELECT 1) DELETE FROM t",
        "DROP TABLE t",
        "DROP VIEW v",
        "ALTER TABLE t ADD COLUMN z",
        "CREATE TABLE z (a)",
        "CREATE TEMP TABLE z AS SELECT * FROM t",
        "CREATE TEMP VIEW z AS SELECT * FROM secret",
        "CREATE VIRTUAL TABLE temp.z USING fts5(a)",
        "CREATE TRIGGER z AFTER INSERT ON t BEGIN SELECT 1; END",
        "REINDEX",
        "ANALYZE",
        "VACUUM",
        "BEGIN IMMEDIATE",
        "COMMIT",
        "SAVEPOINT s",
        "PRAGMA writable_schema = ON",
        "PRAGMA query_only = OFF",
        "PRAGMA table_info(t)",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA hard_heap_limit = 1",
        "SELECT * FROM pragma_table_info('secret')",
        "SELECT COUNT(*) FROM pragma_database_list",
        "SELECT name FROM sqlite_master",
        "SELECT COUNT(*) FROM sqlite_schema",
        "SELECT COUNT(*) FROM sqlite_temp_master",
        "SELECT * FROM sqlite_dbpage",
        "SELECT * FROM dbstat",
        "SELECT value FROM json_each('[1, 2]')",
        "SELECT COUNT(*) FROM json_tree('[1, 2]')",
        "SELECT * FROM docs",
        "SELECT body FROM docs WHERE docs MATCH 'text'",
        "SELECT COUNT(*) FROM docs_content",
        "SELECT load_extension('/tmp/evil')",
        "SELECT readfile('/etc/passwd')",
        "SELECT writefile('/tmp/evil', 'x')",
        "SELECT fts3_tokenizer('simple')",
        "SELECT randomblob(1000000000)",
        "SELECT zeroblob(1000000000)",
        "SELECT random()",
        "SELECT sqlite_version()",
        "SELECT sqlite_compileoption_get(1)",
        "SELECT last_insert_rowid(), changes()",
        "SELECT word FROM secret",
        "SELECT 1 FROM secret",
        "SELECT COUNT(*) FROM secret",
        "SELECT COUNT(*) FROM main.secret",
        "SELECT name FROM t UNION SELECT word FROM secret",
        "SELECT (SELECT word FROM secret) FROM t",
        "SELECT name FROM t WHERE EXISTS (SELECT 1 FROM secret WHERE word LIKE 's%')",
        "SELECT word FROM hidden",
        "SELECT COUNT(*) FROM hidden",
        "WITH a AS (SELECT word FROM secret) SELECT * FROM a",
        "WITH hidden AS (SELECT word FROM secret) SELECT * FROM hidden",
        "SELECT name FROM t ORDER BY (SELECT word FROM secret)",
        "EXPLAIN SELECT 1",
        "EXPLAIN QUERY PLAN SELECT 1",
        "",
        "-- nothing",
        "SELECT COUNT(*) FROM t; DELETE FROM t",
        "SELECT 1; SELECT 2",
    ];
    for attack in attacks {
        let outcome = run(&database, attack);
        let error = outcome.expect_err(attack);
        assert!(matches!(error, RunError::Refused { .. } | RunError::Rejected { .. }), "{attack}: {error:?}");
    }
    assert_eq!(file.hash(), before);
    assert!(!other.exists());
    assert_eq!(std::fs::read_dir(file.folder()).expect("the folder").count(), 1);
}

/// Where the live `t` is a view over a table the catalog does not name, the engine alone takes a CTE of its name for it.
#[test]
fn a_cte_cannot_pose_as_a_view() {
    let file = File::new();
    let writer = Connection::open(&file.0).expect("a writer");
    writer
        .execute_batch(
            "DROP TABLE t; CREATE VIEW t AS SELECT rowid AS id, word AS name, 1 AS amount, NULL AS raw FROM secret",
        )
        .expect("a view in a table's place");
    let database = file.open();
    let check = |text: &str| {
        let query = sql::verify(text, &known(), &sql::Options::default()).expect(text);
        super::run::run(&database, &query, &Limits::default()).expect(text).rows
    };
    assert_eq!(check("SELECT name FROM t").len(), 1);
    assert!(check("WITH t AS (SELECT name FROM v) SELECT name FROM t").is_empty());
    assert_eq!(check("WITH v AS (SELECT 1 AS x) SELECT x FROM v"), [[Value::Integer(1)]]);
    assert!(
        sql::verify("WITH t AS (SELECT word FROM secret) SELECT word FROM t", &known(), &sql::Options::default())
            .is_err()
    );
}

/// What a table has beyond the catalog is not there for a query, however it asks.
#[test]
fn columns_outside_the_catalog_are_not_read() {
    let file = File::new();
    let writer = Connection::open(&file.0).expect("a writer");
    let script = "ALTER TABLE t ADD COLUMN password; UPDATE t SET password = 'pw' || id;
                  CREATE TABLE more (id INTEGER PRIMARY KEY, password, oid); INSERT INTO more VALUES (1, 'no', 5);";
    writer.execute_batch(script).expect("more columns");
    let mut catalog = known();
    catalog
        .tables
        .extend(sql::ddl::catalog_from_ddl("CREATE TABLE more (id INTEGER PRIMARY KEY)").expect("ddl").tables);
    let database = open(&file.0, &catalog).expect("a database");
    for text in [
        "SELECT password FROM t",
        "SELECT \"password\" FROM t",
        "SELECT t.* FROM t",
        "SELECT COUNT(*) FROM t WHERE password = 'pw1'",
        "SELECT name AS password FROM t WHERE password = 'pw1'",
        "SELECT (SELECT MAX(password) FROM t)",
        "SELECT oid FROM more",
    ] {
        let error = run(&database, text).expect_err(text);
        assert!(matches!(error, RunError::Refused { .. }), "{text}: {error:?}");
    }
    let check = |text: &str| {
        let query = sql::verify(text, &catalog, &sql::Options::default()).expect(text);
        facts_of_text(&database, &database.text_of(&query)).expect(text);
        super::run::run(&database, &query, &Limits::default()).expect(text)
    };
    let rows = check("SELECT * FROM t WHERE id = 1");
    assert_eq!(rows.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["id", "name", "amount", "raw"]);
    assert_eq!(rows.rows.len(), 1);
    assert_eq!(
        check("SELECT COUNT(*), MAX(t.rowid) FROM t NATURAL JOIN more").rows,
        [[Value::Integer(1), Value::Integer(1)]]
    );
    assert_eq!(check("SELECT COUNT(*) FROM t WHERE EXISTS (SELECT * FROM more)").rows, [[Value::Integer(3)]]);
}

/// An output of a CTE or derived table that is grouped by under another name is announced as a read of the alias.
#[test]
fn derived_tables_may_have_any_name_that_is_free() {
    let file = File::new();
    let database = file.open();
    for text in [
        "SELECT s.n AS d, COUNT(*) FROM t LEFT JOIN (SELECT id, name AS n FROM t ORDER BY id LIMIT 2) s USING (id) GROUP BY d",
        "WITH x AS (SELECT name AS k, COUNT(*) AS c FROM t GROUP BY name)
         SELECT x.c AS how_many, COUNT(*) FROM t LEFT JOIN x ON x.k = t.name GROUP BY how_many",
    ] {
        run(&database, text).expect(text);
    }
    let stolen = "SELECT s.w AS d, COUNT(*) FROM t LEFT JOIN (SELECT word AS w FROM secret LIMIT 2) s ON 1 GROUP BY d";
    run(&database, stolen).expect_err("a table that may not be read");
}

/// SQLite announces a count within a view as the query's own; only that count becomes readable.
#[test]
fn a_view_that_counts_a_table_it_may_not_show() {
    let file = File::new();
    let writer = Connection::open(&file.0).expect("a writer");
    let script = "DROP VIEW v; CREATE VIEW v AS SELECT name, (SELECT COUNT(*) FROM secret) AS secrets FROM t";
    writer.execute_batch(script).expect("another view");
    let database = file.open();
    run(&database, "SELECT secrets FROM v").expect("the view");
    run(&database, "SELECT word FROM secret").expect_err("a column");
    run(&database, "SELECT 1 FROM hidden").expect_err("another view");
}

#[test]
fn what_is_allowed_runs() {
    let file = File::new();
    let database = file.open();
    for query in [
        "SELECT * FROM t",
        "SELECT rowid, T.Name FROM main.T AS T",
        "SELECT secrets, name FROM v",
        "SELECT COUNT(*) FROM v",
        "WITH a AS (SELECT * FROM t) SELECT COUNT(*) FROM a",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 9) SELECT COUNT(*) FROM r",
        "SELECT name, ROW_NUMBER() OVER (ORDER BY amount), SUM(amount) FILTER (WHERE id > 1) OVER () FROM t",
        "SELECT strftime('%Y', '2024-05-06'), ROUND(2.5), printf('%05d', 7), name GLOB 'o*', name LIKE 'o%' FROM t",
        "SELECT COUNT(*) FROM (SELECT name FROM t UNION SELECT name FROM v)",
        "VALUES (1), (2)",
        "SELECT \"one\" FROM t",
    ] {
        run(&database, query).expect(query);
    }
}

#[test]
fn steps_are_counted_and_bounded() {
    let file = File::new();
    let database = file.open();
    let count = |most: u32| {
        format!(
            "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {most}) SELECT COUNT(*) FROM r"
        )
    };
    let bounded = |sql: &str| run_text(&database, sql, &[], &Limits { max_steps: Some(100_000), ..Limits::default() });
    assert!(bounded(&count(1_000)).is_ok() && database.steps() < 100_000);
    let few = database.steps();
    assert!(matches!(bounded(&count(1_000_000)), Err(RunError::Steps { limit: 100_000 })));
    assert!(database.steps() > few && run(&database, &count(20_000)).is_ok(), "the next query has no such limit");
    let took = database.steps();
    run(&database, &count(20_000)).expect("it runs");
    assert_eq!(database.steps(), took, "the same query takes the same steps");
}

#[test]
fn bombs_stop_at_the_deadline() {
    let file = File::new();
    let database = file.open();
    let numbers = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3000)";
    let cross = format!("{numbers} SELECT COUNT(*) FROM r a, r b, r c, r d");
    let gather = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT group_concat(n) FROM r";
    let doubling: String =
        (1..40).map(|i| format!(", c{i} AS (SELECT * FROM c{} UNION ALL SELECT * FROM c{})", i - 1, i - 1)).collect();
    let expansion = format!("WITH c0 AS (SELECT 1){doubling} SELECT COUNT(*) FROM c39");
    let long = "printf('%.*c', 999999, 'a')";
    let search = format!("SELECT instr({long}, printf('%.*c', 499999, 'a') || 'b')");
    let sort = format!("{numbers} SELECT a.n, b.n, hex(a.n * b.n) FROM r a, r b ORDER BY 3");
    let pattern = format!("SELECT {long} LIKE '{}b'", "%a".repeat(200));
    let sums =
        |term: &str, n: usize| (10..10 + n).map(|i| term.replace('#', &i.to_string())).collect::<Vec<_>>().join("+");
    let texts = format!("WITH b(x, p) AS (SELECT {long}, '%' || printf('%.*c', 240, 'a') || 'b')");
    let patterns = format!("{texts} SELECT {} FROM b", sums("(substr(x, #) LIKE p)", 40));
    let globs = format!("{texts} SELECT {} FROM b", sums("(substr(x, #) GLOB replace(p, '%', '*'))", 40));
    let trims = format!("{texts} SELECT {} FROM b", sums("length(trim(substr(x, #), x))", 400));
    for bomb in [
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT COUNT(*) FROM r",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n FROM r) SELECT n FROM r WHERE n > 1",
        cross.as_str(),
        gather,
        expansion.as_str(),
        "SELECT printf('%.*c', 1e9, 'a')",
        "SELECT printf('%999999999d', 1)",
        "WITH RECURSIVE r(s) AS (SELECT 'ab' UNION ALL SELECT s || s FROM r) SELECT length(s) FROM r",
        search.as_str(),
        sort.as_str(),
        pattern.as_str(),
        patterns.as_str(),
        globs.as_str(),
        trims.as_str(),
    ] {
        let start = Instant::now();
        let outcome = run(&database, bomb);
        let took = start.elapsed();
        assert!(took < Duration::from_secs(4), "{bomb}: {took:?}");
        let is_stopped = matches!(
            outcome,
            Err(RunError::Deadline { .. } | RunError::ValueTooLarge { .. } | RunError::Rejected { .. })
        );
        // One call of most functions cannot be interrupted, but it is bounded by the longest value.
        assert!(is_stopped || bomb.starts_with("SELECT"), "{bomb}: {:?}", outcome.map(|rows| rows.rows.len()));
    }
    assert_eq!(run(&database, "SELECT COUNT(*) FROM t").expect("the database works on").rows.len(), 1);
}

#[test]
fn rows_bytes_and_values_are_limited() {
    let file = File::new();
    let database = file.open();
    let many = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n FROM r";
    let limits = Limits { max_rows: 5, ..Limits::default() };
    let rows = run_text(&database, many, &[], &limits).expect("rows");
    assert_eq!((rows.rows.len(), rows.truncated), (5, true));
    let exactly =
        run_text(&database, "SELECT id FROM t UNION ALL SELECT 1 UNION ALL SELECT 2", &[], &limits).expect("rows");
    assert_eq!((exactly.rows.len(), exactly.truncated), (5, false));
    let limits = Limits { max_bytes: 100, ..Limits::default() };
    let rows = run_text(&database, many, &[], &limits).expect("rows");
    assert_eq!((rows.rows.len(), rows.truncated), (12, true));
    let error = run(&database, "SELECT replace(hex(printf('%.*c', 900000, 'a')), '6', '66')").expect_err("too long");
    assert!(matches!(error, RunError::ValueTooLarge { limit: 1_000_000 }), "{error}");
}

#[test]
fn a_number_without_end_is_not_null() {
    let rows = run(&File::new().open(), "SELECT 1e999, -1e999").expect("rows").rows;
    assert_eq!(rows, [["Inf", "-Inf"].map(|text| Value::Text(text.to_owned()))]);
}

#[test]
fn values_and_declared_types_come_back() {
    let file = File::new();
    let database = file.open();
    let rows =
        run(&database, "SELECT name, amount, raw, id * 2 AS twice, NULL FROM t ORDER BY id LIMIT 1").expect("rows");
    let columns: Vec<_> = rows.columns.iter().map(|c| (c.name.as_str(), c.declared.as_deref())).collect();
    assert_eq!(
        columns,
        [("name", Some("TEXT")), ("amount", Some("REAL")), ("raw", Some("BLOB")), ("twice", None), ("NULL", None)]
    );
    let wanted =
        [Value::Text("one".to_owned()), Value::Real(1.5), Value::Blob(vec![0, 255]), Value::Integer(2), Value::Null];
    assert_eq!(rows.rows, [wanted]);
}

#[test]
fn wrong_statements_are_named_with_their_place() {
    let file = File::new();
    let database = file.open();
    let error = run(&database, "SELECT nam FROM t").expect_err("no such column");
    assert!(matches!(&error, RunError::Rejected { offset: Some(7), .. }), "{error:?}");
    let error = run(&database, "SELECT SUM(9223372036854775807) FROM t").expect_err("overflow");
    assert!(matches!(&error, RunError::Rejected { .. }), "{error:?}");
}

#[test]
fn another_thread_cancels() {
    let file = File::new();
    let database = file.open();
    let canceller = Canceller(Arc::clone(database.stop()));
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(50));
        canceller.cancel();
    });
    let endless = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT COUNT(*) FROM r";
    let start = Instant::now();
    let outcome = run_text(&database, endless, &[], &Limits::default());
    assert!(matches!(outcome, Err(RunError::Cancelled)), "{outcome:?}");
    assert!(start.elapsed() < Duration::from_secs(2));
    other.join().expect("the other thread");
    run(&database, "SELECT 1").expect("the next query runs");
}

#[test]
fn a_writer_in_the_way_and_a_file_cut_short() {
    let file = File::new();
    let database = file.open();
    let writer = Connection::open(&file.0).expect("a writer");
    writer.execute_batch("BEGIN EXCLUSIVE").expect("a lock");
    let outcome = run(&database, "SELECT * FROM t");
    assert!(matches!(outcome, Err(RunError::Locked)), "{outcome:?}");
    writer.execute_batch("ROLLBACK").expect("no lock");
    run(&database, "SELECT * FROM t").expect("rows");
    drop((writer, database));
    let bytes = std::fs::read(&file.0).expect("its bytes");
    let mut damaged = bytes.clone();
    let page = usize::from(u16::from_be_bytes([bytes[16], bytes[17]]));
    damaged[page..2 * page].fill(0x77);
    std::fs::write(&file.0, damaged).expect("a damaged table");
    let database = file.open();
    let outcome = run(&database, "SELECT * FROM t");
    assert!(matches!(outcome, Err(RunError::Corrupt { .. })), "{outcome:?}");
}

#[test]
fn everything_that_exists_can_be_read_where_no_pack_says_less() {
    let file = File::new();
    let (database, live) = open_any(&file.0).expect("a database");
    assert!(live.skipped.iter().any(|s| s.name == "docs"));
    for query in ["SELECT word FROM secret", "SELECT word FROM hidden", "SELECT secrets FROM v"] {
        run(&database, query).expect(query);
    }
    run(&database, "SELECT * FROM docs").expect_err("a virtual table");
}

#[test]
fn the_planner_speaks() {
    let file = File::new();
    let database = file.open();
    let sql = "SELECT a.name, (SELECT COUNT(*) FROM t AS c WHERE c.amount > a.amount) FROM t AS a
               JOIN t AS b ON b.name = a.name AND b.amount > 1 GROUP BY a.amount ORDER BY 2";
    let facts = facts_of_text(&database, sql).expect("facts");
    assert!(facts.accesses.iter().any(|a| a.by == AccessPath::Scan), "{facts:?}");
    assert!(facts.accesses.iter().any(|a| a.by == AccessPath::Index("t_name".to_owned())), "{facts:?}");
    assert_eq!(facts.correlated, 1);
    assert!(facts.sorts.iter().any(|s| s == "GROUP BY") && facts.sorts.iter().any(|s| s == "ORDER BY"), "{facts:?}");
    facts_of_text(&database, "SELECT word FROM secret").expect_err("refused");
    let by_key = facts_of_text(&database, "SELECT name FROM t WHERE id = 2").expect("facts");
    assert_eq!(by_key.accesses[0].by, AccessPath::RowId);
}

#[test]
fn an_image_serves_each_thread_and_outlives_the_file() {
    let file = File::new();
    let writer = Connection::open(&file.0).expect("a writer");
    writer.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).expect("a log");
    writer.execute_batch("INSERT INTO t (name) VALUES ('only in the log')").expect("a row");
    let image = Image::load(&file.0, &known()).expect("an image");
    drop((writer, file));
    let count = |image: &Image| {
        image.with(|database| run(sqlite(database), "SELECT COUNT(*) FROM t").expect("rows").rows).expect("a database")
    };
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| (0..50).for_each(|_| assert_eq!(count(&image), [[Value::Integer(4)]])));
        }
    });
    image.with(|database| run(sqlite(database), "DELETE FROM t").expect_err("read-only")).expect("a database");
    assert_eq!(image.open().expect("a database").path(), None);
}

#[test]
fn copies_of_an_image_know_what_their_script_added() {
    let file = File::new();
    let image = Image::load(&file.0, &known()).expect("an image");
    let copy = |script: &str| image.changed(script, &known()).expect("a copy");
    let of = |image: &Image, sql: &str| {
        image.with(|database| run(sqlite(database), sql).map(|rows| rows.rows)).expect("memory")
    };
    let one_more = copy("DELETE FROM t; INSERT INTO t (name) VALUES ('the only one')");
    assert_eq!(of(&one_more, "SELECT name FROM t").expect("rows"), [[Value::Text("the only one".to_owned())]]);
    // A table that no catalog names is refused, also where it came after the image was read.
    let with_table = copy("CREATE TABLE later (word TEXT); INSERT INTO later VALUES ('hidden')");
    of(&with_table, "SELECT word FROM later").expect_err("refused");
    of(&with_table, "SELECT name FROM t").expect("rows");
}

/// The limit on memory belongs to the process, so this runs in one of its own.
#[test]
fn memory_is_limited() {
    const CHILD: &str = "GLRL_TEST_MEMORY_CHILD";
    if std::env::var_os(CHILD).is_none() {
        let this = std::env::current_exe().expect("this test");
        let name = "run::tests::memory_is_limited";
        let status =
            std::process::Command::new(this).args(["--exact", name]).env(CHILD, "1").output().expect("a child");
        assert!(status.status.success(), "{}", String::from_utf8_lossy(&status.stdout));
        return;
    }
    let file = File::new();
    let database = file.open();
    let hungry = "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 2000)
                  SELECT a.n, printf('%.*c', 2000, 'x') FROM r a, r b ORDER BY 2, 1 DESC";
    let limits = Limits { deadline: Duration::from_secs(20), max_memory: Some(24 << 20), ..Limits::default() };
    let outcome = run_text(&database, hungry, &[], &limits);
    assert!(matches!(outcome, Err(RunError::Memory { .. })), "{:?}", outcome.map(|rows| rows.rows.len()));
    run(&database, "SELECT COUNT(*) FROM t").expect("the database works on");
}
