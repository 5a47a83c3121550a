//! Texts that try to do something else than ask, texts that must not be mistaken for such, and texts that are nonsense.

use sql::diagnostic::caret;
use sql::{Dialect, Options, Severity, parse, print, validate, verify};

use crate::round_trip::QUERIES;
use crate::support::{DDL, catalog, database, suites};

/// Statement and the code that refuses it.
const REFUSED: &[(&str, &str)] = &[
    ("INSERT INTO project VALUES (1)", "SEC501"),
    ("delete from project", "SEC501"),
    ("UPDATE project SET budget = 0", "SEC501"),
    ("REPLACE INTO project VALUES (1)", "SEC501"),
    ("WITH t AS (SELECT 1) DELETE FROM project", "SEC501"),
    ("WITH t AS (DELETE FROM project RETURNING *) SELECT * FROM t", "SEC501"),
    ("COPY project FROM PROGRAM 'id'", "SEC501"),
    ("DROP TABLE project", "SEC502"),
    ("CREATE TABLE x (a)", "SEC502"),
    ("ALTER TABLE project ADD x", "SEC502"),
    ("REINDEX", "SEC502"),
    ("PRAGMA writable_schema = 1", "SEC503"),
    ("ATTACH 'x.db' AS x", "SEC503"),
    ("VACUUM INTO 'x.db'", "SEC503"),
    ("EXPLAIN SELECT 1", "SEC503"),
    ("SET ROLE admin", "SEC503"),
    ("SELECT * FROM sqlite_master", "SEC504"),
    ("SELECT sql FROM main.sqlite_schema", "SEC504"),
    ("SELECT * FROM pragma_table_info('project')", "SEC504"),
    ("SELECT * FROM pragma_database_list", "SEC504"),
    ("SELECT * FROM json_each('[1]')", "SEC504"),
    ("SELECT * FROM generate_series(1, 9)", "SEC504"),
    ("SELECT * FROM read_text('http://x')", "SEC504"),
    ("SELECT * FROM dbstat", "SEC504"),
    ("SELECT load_extension('x')", "SEC505"),
    ("SELECT writefile('x', 'y')", "SEC505"),
    ("SELECT randomblob(1000000000)", "SEC505"),
    ("SELECT fts3_tokenizer('x')", "SEC505"),
    ("SELECT pg_sleep(10)", "SEC505"),
    ("SELECT pg_read_file('/etc/passwd')", "SEC505"),
    ("SELECT query_to_xml('SELECT 1')", "SEC505"),
    ("SELECT set_config('a', 'b')", "SEC505"),
    ("SELECT lo_import('x')", "SEC505"),
    ("SELECT BENCHMARK(1000000, 1)", "SEC505"),
    ("SELECT \"load_extension\"('x')", "SEC505"),
    ("SELECT name FROM project WHERE name = ?", "SEC508"),
    ("SELECT name FROM project; DROP TABLE project", "SYN102"),
    ("SELECT name FROM project; --", "ok"),
    ("SELECT name INTO OUTFILE 'x' FROM project", "SYN104"),
    ("SELECT name INTO x FROM project", "SYN104"),
    ("SELECT name FROM project FOR UPDATE", "SYN104"),
    ("SELECT U&\"s\\0065tval\"('s', 9)", "SEC505"),
    ("SELECT * FROM '/etc/passwd'", "SCH201"),
    ("SELECT @a:=1", "SYN106"),
];

#[test]
fn refused_with_its_code() {
    let catalog = catalog();
    let mut wrong = Vec::new();
    for (text, code) in REFUSED {
        let report = validate(text, &catalog, &Options::default());
        let errors: Vec<&str> =
            report.diagnostics.iter().filter(|d| d.severity == Severity::Error).map(|d| d.code).collect();
        let verified = verify(text, &catalog, &Options::default()).is_ok();
        let fits = if *code == "ok" { errors.is_empty() && verified } else { errors.contains(code) && !verified };
        if !fits {
            wrong.push(format!("{text}: wanted {code}, found {errors:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn refused_in_postgres_and_mysql_too() {
    let catalog = catalog();
    for (dialect, text) in [
        (Dialect::Postgres, "SELECT pg_sleep(10)"),
        (Dialect::Postgres, "SELECT U&\"s\\0065tval\"('s', 9)"),
        (Dialect::Postgres, "SELECT dblink('x', 'y')"),
        (Dialect::Postgres, "WITH t AS (INSERT INTO project VALUES (1) RETURNING *) SELECT * FROM t"),
        (Dialect::MySql, "SELECT /*!50000 LOAD_FILE('x') */ 1"),
        (Dialect::MySql, "SELECT GET_LOCK('a', 1)"),
        (Dialect::MySql, "SELECT EXTRACTVALUE(1, 'x')"),
    ] {
        let options = Options { dialect, ..Options::default() };
        assert!(verify(text, &catalog, &options).is_err(), "{text}");
    }
}

#[test]
fn harmless_texts_of_other_dialects_pass() {
    let catalog = catalog();
    for text in [
        "SELECT PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY budget) FROM project",
        "SELECT COUNT(*) FILTER (WHERE status = 'Active') FROM project",
        "SELECT EXTRACT(YEAR FROM start_date), budget::integer FROM project WHERE name ILIKE 'a%'",
        "(SELECT name FROM project) UNION ALL (SELECT name FROM company)",
        "WITH a AS (WITH b AS (SELECT 1 AS x) SELECT x FROM b) SELECT x FROM a",
        "WITH a AS (SELECT budget AS load FROM project), b AS (SELECT SUM(load) AS s FROM a) SELECT s FROM b",
    ] {
        let options = Options { dialect: Dialect::Postgres, ..Options::default() };
        let report = validate(text, &catalog, &options);
        assert!(report.valid, "{text}: {:?}", report.diagnostics);
    }
}

/// What another engine would read as code is read as code here.
#[test]
fn nothing_hides_in_comments_quotes_and_brackets_of_other_dialects() {
    let catalog = catalog();
    let check = |dialect: Dialect, text: &str, passes: bool| {
        let report = validate(text, &catalog, &Options { dialect, ..Options::default() });
        assert_eq!(report.valid, passes, "{dialect:?}: {text}: {:?}", report.diagnostics);
    };
    for text in [
        "SELECT /* /* */ ' */ 1, pg_sleep(10) -- '",
        "SELECT name FROM project WHERE 1 = 1 --\r OR pg_sleep(10) IS NULL",
        "SELECT E'\\'' , pg_sleep(10) , '' FROM project",
        "SELECT U&'\\0027' FROM project",
        "(SELECT name FROM project) ORDER BY length(pg_read_file('PG_VERSION'))",
        "WITH a AS (SELECT name FROM nothing), nothing AS (SELECT 'x' AS name) SELECT name FROM a",
        "WITH n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
        "(SELECT name FROM project LIMIT 5) LIMIT 3",
        "(SELECT name FROM project ORDER BY name) ORDER BY budget",
    ] {
        check(Dialect::Postgres, text, false);
    }
    for text in [
        "SELECT name /* /* inner */ outer */ FROM project",
        "(SELECT name FROM project) ORDER BY budget LIMIT 3",
        "(WITH a AS (SELECT name FROM project) SELECT name FROM a)",
        "WITH project AS (SELECT name FROM project WHERE budget > 1) SELECT name FROM project",
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT i FROM n",
    ] {
        check(Dialect::Postgres, text, true);
    }
    for text in [
        "SELECT 1 --1, SLEEP(10)",
        "SELECT \"\\\"\", SLEEP(10) -- \"",
        "SELECT /*+ MAX_EXECUTION_TIME(0) */ name FROM project",
    ] {
        check(Dialect::MySql, text, false);
    }
    for text in ["SELECT 1 --1", "SELECT name FROM project WHERE name = \"a 'quoted' name\" -- a comment"] {
        check(Dialect::MySql, text, true);
    }
}

/// Whatever passes can be prepared, writes nothing, and prints as something that passes too.
fn check_any(text: &str, catalog: &schema::Catalog, connection: &rusqlite::Connection) {
    let report = validate(text, catalog, &Options::default());
    for diagnostic in &report.diagnostics {
        assert!(diagnostic.span[0] <= diagnostic.span[1], "{text}: {diagnostic:?}");
        assert!(!caret(text, diagnostic).is_empty());
    }
    if let Some(query) = &report.query {
        let printed = print::readable(query, catalog) + &print::compact(query, catalog);
        assert!(!printed.is_empty());
        sql::features::template_hash(query);
        sql::features::difficulty(query);
        sql::reasoning::plan(query, catalog, &schema::Glossary::default());
    }
    if let Ok(verified) = verify(text, catalog, &Options::default()) {
        let statement = connection.prepare(verified.sql()).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(statement.readonly(), "{text}");
        let printed = print::readable(verified.query(), catalog);
        assert!(parse(&printed, catalog, Dialect::Sqlite).ok().is_some(), "{text}\n{printed}");
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn attack_strings_spliced_in() {
    let Some(folder) = suites().map(|folder| folder.join("sql-injection")) else {
        eprintln!("skipped: GLRL_SUITES names no folder");
        return;
    };
    let (catalog, connection) = (catalog(), database(DDL));
    let files = std::fs::read_dir(folder).expect("the suite is a folder");
    for file in files.flatten().filter(|file| file.path().extension().is_some_and(|e| e == "txt")) {
        let bytes = std::fs::read(file.path()).expect("the suite's files are readable");
        for line in String::from_utf8_lossy(&bytes).lines() {
            check_any(line, &catalog, &connection);
            check_any(&format!("SELECT name FROM project WHERE name = '{line}'"), &catalog, &connection);
            check_any(&format!("SELECT name FROM project WHERE budget = {line}"), &catalog, &connection);
            check_any(&format!("SELECT \"{line}\" FROM project ORDER BY {line}"), &catalog, &connection);
        }
    }
}

#[test]
fn nonsense_never_panics() {
    let (catalog, connection) = (catalog(), database(DDL));
    let mut seed = 1u64;
    let mut below = |limit: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((seed >> 33) as usize) % limit.max(1)
    };
    let noise =
        ['\0', '\'', '"', '(', ')', ';', '-', '/', '*', 'é', '日', '😀', '\u{feff}', '`', '[', '.', '9', 'e', ' '];
    for text in QUERIES {
        for _ in 0..20 {
            let mut chars: Vec<char> = text.chars().collect();
            for _ in 0..=below(3) {
                let at = below(chars.len());
                chars.insert(at, noise[below(noise.len())]);
            }
            chars.truncate(below(2 * chars.len()));
            check_any(&chars.into_iter().collect::<String>(), &catalog, &connection);
        }
    }
}

#[test]
fn huge_and_deep_texts_are_refused_quietly() {
    let catalog = catalog();
    let deep = |open: &str, close: &str, n: usize| format!("SELECT {}1{}", open.repeat(n), close.repeat(n));
    for text in [
        deep("(", ")", 50_000),
        deep("NOT ", "", 20_000),
        deep("- ", "", 20_000),
        deep("(SELECT ", ")", 10_000),
        deep("CASE WHEN 1 THEN ", " END", 5_000),
        format!("SELECT 1{}", " + 1".repeat(20_000)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(5_000)),
        format!("SELECT * FROM {}project{}", "(".repeat(20_000), ")".repeat(20_000)),
        format!("SELECT 1 FROM project{}", ", project".repeat(9_000)),
        format!("SELECT '{}'", "x".repeat(2_000_000)),
        format!("SELECT 1 WHERE 1 IN ({}1)", "1, ".repeat(30_000)),
    ] {
        let report = validate(&text, &catalog, &Options::default());
        let _ = report.query.map(|query| print::readable(&query, &catalog));
    }
    // Aliases that hold aliases double with every level.
    let mut nested = "SELECT budget AS x0 FROM project WHERE x0 AND x0".to_owned();
    for level in 1..14 {
        nested =
            format!("SELECT ({nested}) AS x{level} FROM project WHERE x{level} AND x{level} ORDER BY x{level} + 1");
    }
    let report = validate(&nested, &catalog, &Options::default());
    let _ = report.query.map(|query| print::readable(&query, &catalog));
}

#[test]
fn long_chains_fit_a_small_stack() {
    let run = || {
        let catalog = catalog();
        let sum = format!("SELECT 1{}", " + 1".repeat(900));
        let both = format!("SELECT name FROM project WHERE 1{}", " AND budget > 1".repeat(900));
        let brackets = format!("SELECT {}1{}", "(".repeat(100), ")".repeat(100));
        for text in [sum, both, brackets] {
            let query = parse(&text, &catalog, Dialect::Sqlite).ok().expect("it is a query");
            assert!(!print::readable(&query, &catalog).is_empty());
            assert!(validate(&text, &catalog, &Options::default()).valid);
            sql::features::template_hash(&query);
        }
    };
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024).spawn(run).expect("a thread starts");
    thread.join().expect("two megabytes are enough");
}
