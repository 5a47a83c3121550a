//! What a server holds becomes a catalog, hostile names and comments included; and what its owner is advised to change.

use database::introspect::SkipReason;
use database::{Limits, OpenError, Place, ProfileLimits, open_any_at, open_at, profile, run};
use schema::{Catalog, Type, Value};
use sql::verify;

use super::demo::{NAME, demo, load};
use super::harness::{Engine, PASSWORD, place};

/// A name and a text that mean harm to whoever puts them together with SQL.
const NAME_OF_EVIL: &str = "a\"b`c'; DROP TABLE ok; --\n\u{202e}é";
const TEXT_OF_EVIL: &str = "it's \"x\" \\' */ ; DROP TABLE ok; \u{1b}[31m";

fn held(engine: Engine, database: &str, script: &str) -> (database::Database, database::introspect::Live) {
    let server = engine.server();
    server.create(database);
    server.script(database, script);
    server.grant(database);
    open_any_at(&server.place("reader", database)).expect("a database")
}

fn ask(database: &database::Database, text: &str) -> Vec<Vec<Value>> {
    let query = verify(text, database.catalog(), &Default::default());
    let query = query.unwrap_or_else(|report| panic!("{text}: {:?}", report.diagnostics));
    run(database, &query, &Limits::default()).unwrap_or_else(|e| panic!("{text}: {e}")).rows
}

fn columns(catalog: &Catalog, table: &str) -> Vec<(String, Type, bool)> {
    let id = catalog.find_table(table).unwrap_or_else(|| panic!("no {table}"));
    catalog.table(id).columns.iter().map(|c| (c.name.clone(), c.ty, c.not_null)).collect()
}

#[test]
fn the_demo_is_what_its_script_says() {
    for engine in Engine::ALL {
        load(engine);
        let (_, live) = open_any_at(&engine.server().place("reader", NAME)).expect("a database");
        let wanted = &demo().catalog;
        assert_eq!(live.catalog.tables.len(), wanted.tables.len(), "{engine:?}");
        for table in &wanted.tables {
            let found = live.catalog.table(live.catalog.find_table(&table.name).expect("a table"));
            let plain = |table: &schema::Table| -> Vec<(String, Type, bool)> {
                table.columns.iter().map(|c| (c.name.to_lowercase(), c.ty, c.not_null)).collect()
            };
            assert_eq!(plain(found), plain(table), "{engine:?} {}", table.name);
            assert_eq!(found.primary_key, table.primary_key, "{engine:?} {}", table.name);
        }
        let named = |catalog: &Catalog| {
            let mut keys: Vec<String> = catalog
                .foreign_key_ids()
                .flat_map(|key| catalog.key_pairs(key).collect::<Vec<_>>())
                .map(|(a, b)| format!("{} {}", catalog.qualified(a), catalog.qualified(b)).to_lowercase())
                .collect();
            keys.sort();
            keys
        };
        assert_eq!(named(&live.catalog), named(wanted), "{engine:?}");
        assert!(live.rows.iter().flatten().sum::<u64>() > 100, "{engine:?} {:?}", live.rows);
    }
}

#[test]
fn hostile_names_and_comments_survive_postgres() {
    let quoted = format!("\"{}\"", NAME_OF_EVIL.replace('"', "\"\""));
    let text = TEXT_OF_EVIL.replace('\'', "''");
    let script = format!(
        "CREATE TABLE ok (id INTEGER PRIMARY KEY, note TEXT DEFAULT '{text}');
         INSERT INTO ok VALUES (1, '{text}');
         CREATE TABLE {quoted} ({quoted} TEXT NOT NULL, n INTEGER REFERENCES ok, twice INTEGER GENERATED ALWAYS AS (n * 2) STORED);
         INSERT INTO {quoted} VALUES ('{text}', 1);
         COMMENT ON TABLE {quoted} IS '{text}'; COMMENT ON COLUMN {quoted}.{quoted} IS '{text}';
         CREATE VIEW seen AS SELECT id FROM ok; CREATE MATERIALIZED VIEW kept AS SELECT id FROM ok;
         CREATE TABLE parts (day DATE, n INTEGER) PARTITION BY RANGE (day);
         CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
         CREATE TABLE \"Ok\" (\"ID\" INTEGER REFERENCES ok, twice INTEGER GENERATED ALWAYS AS (\"ID\" * 2) STORED);
         INSERT INTO \"Ok\" VALUES (1);
         CREATE TABLE pair (a INTEGER, b INTEGER, PRIMARY KEY (b, a)); CREATE INDEX by_a ON pair (a);
         CREATE TABLE of_pair (x INTEGER, y INTEGER, FOREIGN KEY (x, y) REFERENCES pair (b, a));
         CREATE SCHEMA \"Other one\"; CREATE TABLE \"Other one\".far (a INTEGER); INSERT INTO \"Other one\".far VALUES (9);
         GRANT USAGE ON SCHEMA \"Other one\" TO reader; GRANT SELECT ON \"Other one\".far TO reader;
         CREATE TABLE secret (word TEXT);"
    );
    let (database, live) = held(Engine::Postgres, "evil_names", &script);
    Engine::Postgres.server().script("evil_names", "REVOKE ALL ON secret FROM reader;");
    let evil = live.catalog.table(live.catalog.find_table(NAME_OF_EVIL).expect("the table"));
    assert_eq!(evil.comment.as_deref(), Some(TEXT_OF_EVIL));
    assert_eq!((evil.columns[0].name.as_str(), evil.columns[0].comment.as_deref()), (NAME_OF_EVIL, Some(TEXT_OF_EVIL)));
    assert_eq!(live.generated.len(), 1);
    let quoted = format!("\"{}\"", NAME_OF_EVIL.replace('"', "\"\""));
    let rows = ask(&database, &format!("SELECT {quoted} FROM {quoted}"));
    assert_eq!(rows, [[Value::Text(TEXT_OF_EVIL.to_owned())]]);
    let found = profile(
        &database,
        &[live.catalog.find_column(live.catalog.find_table(NAME_OF_EVIL).expect("it"), NAME_OF_EVIL).expect("it")],
        &ProfileLimits::default(),
    );
    assert_eq!(
        found.values.iter().map(|(_, value, rows)| (value.as_str(), *rows)).collect::<Vec<_>>(),
        [(TEXT_OF_EVIL, 1)]
    );

    let view = live.catalog.table(live.catalog.find_table("kept").expect("a view"));
    assert!(view.is_view);
    assert!(live.catalog.find_table("parts_1").is_none() && live.catalog.find_table("parts").is_some());
    let pair = live.catalog.table(live.catalog.find_table("pair").expect("a table"));
    assert_eq!((pair.primary_key.as_slice(), pair.indexes.as_slice()), (&[1, 0][..], &[vec![0]][..]));
    let name = |table| live.catalog.table(table).name.as_str();
    let keys = live.catalog.foreign_keys.iter().map(|key| (name(key.from), name(key.to), key.columns.clone()));
    assert_eq!(keys.collect::<Vec<_>>(), [(NAME_OF_EVIL, "ok", vec![1]), ("of_pair", "pair", vec![0, 1])]);
    assert_eq!(live.rows.len(), live.catalog.tables.len());

    let (_, now) = open_any_at(&Engine::Postgres.server().place("reader", "evil_names")).expect("a database");
    assert!(now.catalog.find_table("secret").is_none());
    assert!(now.skipped.iter().any(|skipped| skipped.name == "secret"));
    // Of two names that differ in letter case only, a query reaches the first; a pack, the one that it spells.
    assert_eq!(ask(&database, "SELECT note FROM OK"), [[Value::Text(TEXT_OF_EVIL.to_owned())]]);
    assert_eq!(now.skipped.iter().filter(|skipped| skipped.reason == SkipReason::Alike("ok".to_owned())).count(), 1);
    let pack = sql::ddl::catalog_from_ddl("CREATE TABLE \"Ok\" (id INTEGER, twice INTEGER);").expect("a script");
    let packed = open_at(&Engine::Postgres.server().place("reader", "evil_names"), &pack).expect("a database");
    assert_eq!(ask(&packed, "SELECT twice FROM ok"), [[Value::Integer(2)]]);
    let far = format!("{}?schema=Other%20one", Engine::Postgres.server().url("reader", "evil_names"));
    let (far, _) = open_any_at(&place(&far)).expect("a database");
    assert_eq!(ask(&far, "SELECT a FROM far"), [[Value::Integer(9)]]);
}

#[test]
fn hostile_names_and_comments_survive_mariadb() {
    // A name there may not end in a space, and holds no zero.
    let quoted = format!("`{}`", NAME_OF_EVIL.replace('`', "``"));
    let text = TEXT_OF_EVIL.replace('\\', "\\\\").replace('\'', "''");
    let script = format!(
        "CREATE TABLE ok (id INTEGER PRIMARY KEY, note VARCHAR(99) DEFAULT '{text}');
         INSERT INTO ok VALUES (1, '{text}');
         CREATE TABLE {quoted} ({quoted} VARCHAR(99) NOT NULL COMMENT '{text}', n INTEGER, twice INTEGER AS (n * 2) STORED,
            FOREIGN KEY (n) REFERENCES ok (id)) COMMENT '{text}';
         INSERT INTO {quoted} ({quoted}, n) VALUES ('{text}', 1);
         CREATE VIEW seen AS SELECT id FROM ok;
         CREATE TABLE pair (a INTEGER, b INTEGER, PRIMARY KEY (b, a), UNIQUE KEY (a));
         CREATE TABLE of_pair (x INTEGER, y INTEGER, FOREIGN KEY (x, y) REFERENCES pair (b, a));"
    );
    let (database, live) = held(Engine::MariaDb, "evil_names", &script);
    let evil = live.catalog.table(live.catalog.find_table(NAME_OF_EVIL).expect("the table"));
    assert_eq!(evil.comment.as_deref(), Some(TEXT_OF_EVIL));
    assert_eq!((evil.columns[0].name.as_str(), evil.columns[0].comment.as_deref()), (NAME_OF_EVIL, Some(TEXT_OF_EVIL)));
    assert_eq!(live.generated.len(), 1);
    let quoted = format!("\"{}\"", NAME_OF_EVIL.replace('"', "\"\""));
    let rows = ask(&database, &format!("SELECT {quoted} FROM {quoted}"));
    assert_eq!(rows, [[Value::Text(TEXT_OF_EVIL.to_owned())]]);
    let pair = live.catalog.table(live.catalog.find_table("pair").expect("a table"));
    assert_eq!((pair.primary_key.as_slice(), pair.unique.as_slice()), (&[1, 0][..], &[vec![0]][..]));
    let keys = live.catalog.foreign_keys.iter().map(|key| (key.columns.clone(), key.to_columns.clone()));
    assert!(keys.into_iter().any(|key| key == (vec![0, 1], vec![1, 0])));
    assert!(live.catalog.table(live.catalog.find_table("seen").expect("a view")).is_view);
}

#[test]
fn every_type_has_a_value() {
    let script = "CREATE TABLE kinds (n NUMERIC(12,2), big BIGINT, f DOUBLE PRECISION, ok BOOLEAN, day DATE, at TIMESTAMP,
            zoned TIMESTAMPTZ, id UUID, doc JSONB, raw BYTEA, list INTEGER[], code CHAR(5), note TEXT);
        INSERT INTO kinds VALUES (12.50, 9007199254740993, 0.1, true, '2026-11-20', '2026-11-20 10:30:00',
            '2026-11-20 10:30:00+02', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{\"a\": 1}', '\\x00ff', '{1,2}', 'ab', 'é');
        INSERT INTO kinds (n, f) VALUES ('NaN', '-Infinity');";
    let (database, live) = held(Engine::Postgres, "kinds", script);
    let kinds: Vec<Type> = columns(&live.catalog, "kinds").into_iter().map(|(_, ty, _)| ty).collect();
    use Type::{Blob, Boolean, Date, Integer, Real, Text, Timestamp};
    assert_eq!(kinds[..10], [Real, Integer, Real, Boolean, Date, Timestamp, Timestamp, Text, Text, Blob]);
    let rows = ask(&database, "SELECT * FROM kinds");
    let text = |text: &str| Value::Text(text.to_owned());
    let first = [
        Value::Real(12.5),
        Value::Integer(9_007_199_254_740_993),
        Value::Real(0.1),
        Value::Integer(1),
        text("2026-11-20"),
        text("2026-11-20 10:30:00"),
        text("2026-11-20 08:30:00"),
        text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        text("{\"a\": 1}"),
        Value::Blob(vec![0, 255]),
        text("{1,2}"),
        text("ab"),
        text("é"),
    ];
    assert_eq!(rows[0], first);
    assert_eq!(rows[1][..3], [text("NaN"), Value::Null, text("-Inf")]);

    let script =
        "CREATE TABLE kinds (n DECIMAL(12,2), big BIGINT UNSIGNED, f DOUBLE, ok BOOLEAN, day DATE, at DATETIME,
            raw VARBINARY(9), doc JSON, bits BIT(9), pick ENUM('a', 'b'), note TEXT, y YEAR);
        INSERT INTO kinds VALUES (12.50, 9007199254740993, 0.1, true, '2026-11-20', '2026-11-20 10:30:00', x'00ff',
            '{\"a\": 1}', b'100000001', 'b', 'é', 2026);";
    let (database, live) = held(Engine::MariaDb, "kinds", script);
    let kinds: Vec<Type> = columns(&live.catalog, "kinds").into_iter().map(|(_, ty, _)| ty).collect();
    assert_eq!(kinds[..7], [Real, Integer, Real, Boolean, Date, Timestamp, Blob]);
    let rows = ask(&database, "SELECT * FROM kinds");
    let first = [
        Value::Real(12.5),
        Value::Integer(9_007_199_254_740_993),
        Value::Real(0.1),
        Value::Integer(1),
        text("2026-11-20"),
        text("2026-11-20 10:30:00"),
        Value::Blob(vec![0, 255]),
        text("{\"a\": 1}"),
        Value::Integer(257),
        text("b"),
        text("é"),
        Value::Integer(2026),
    ];
    assert_eq!(rows, [first]);
}

#[test]
fn plans_are_read() {
    let query = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Department = 'IT' ORDER BY Project_Name";
    for engine in Engine::ALL {
        let database = super::demo::open(engine, "reader");
        let query = verify(query, &demo().catalog, &Default::default()).expect("a query");
        let facts = database::engine_facts(&database, &query).expect("facts");
        assert_eq!(facts.accesses.len(), 1, "{engine:?} {facts:?}");
        assert!(!facts.sorts.is_empty() && !facts.lines.is_empty(), "{engine:?} {facts:?}");
        assert!(facts.estimate.is_some_and(|estimate| estimate.rows >= 1.0), "{engine:?} {facts:?}");
    }
}

/// What is found about a role, and what it would be changed by.
fn warnings(engine: Engine, role: &str, database: &str) -> Vec<(String, String)> {
    let (database, _) = open_any_at(&engine.server().place(role, database)).expect("a database");
    let advice = database.advice().expect("advice");
    advice.into_iter().filter_map(|one| Some((one.found, one.remedy?))).collect()
}

#[test]
fn a_role_is_advised() {
    for engine in Engine::ALL {
        load(engine);
        let boss = warnings(engine, "boss", NAME);
        assert!(boss.iter().any(|(found, _)| found.contains("own")), "{engine:?} {boss:?}");
        let reader = warnings(engine, "reader", NAME);
        let expected = if engine == Engine::Postgres { 1 } else { 0 };
        assert_eq!(reader.len(), expected, "{engine:?} {reader:?}");
    }
    let server = Engine::Postgres.server();
    server.script("postgres", &format!("CREATE ROLE writer LOGIN CREATEDB PASSWORD '{PASSWORD}';"));
    server.script(
        NAME,
        "GRANT SELECT, INSERT ON projstaff TO writer; GRANT UPDATE (budget) ON pac_mnt_projects TO writer;
         GRANT SELECT ON ALL TABLES IN SCHEMA public TO writer;",
    );
    server.create("posers");
    server.script("posers", "CREATE FUNCTION lower(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';");
    let found = format!("{:?}", warnings(Engine::Postgres, "writer", NAME));
    assert!(
        found.contains("NOCREATEDB")
            && found.contains("may write pac_mnt_projects, projstaff")
            && found.contains("REVOKE INSERT"),
        "{found}"
    );
    let found = format!("{:?}", warnings(Engine::Postgres, "writer", "posers"));
    assert!(found.contains("lower"), "{found}");
}

#[test]
fn an_account_that_follows_the_advice_reads_and_no_more() {
    let server = Engine::MariaDb.server();
    server.create("ledger");
    server.script(
        "ledger",
        &format!(
            "CREATE TABLE `odd, ON (one)` (a INTEGER, b INTEGER); INSERT INTO `odd, ON (one)` VALUES (1, 2);
             CREATE TABLE plain (a INTEGER); INSERT INTO plain VALUES (3); CREATE ROLE clerk; GRANT DELETE ON plain TO clerk;
             CREATE USER writer IDENTIFIED BY '{PASSWORD}'; GRANT ALL PRIVILEGES ON ledger.* TO writer;
             GRANT SELECT, UPDATE (b), INSERT (a, b) ON `odd, ON (one)` TO writer; GRANT BINLOG MONITOR ON *.* TO writer;
             GRANT clerk TO writer;"
        ),
    );
    let found = warnings(Engine::MariaDb, "writer", "ledger");
    assert_eq!(found.len(), 4, "{found:?}");
    assert!(found.iter().any(|(found, _)| found.contains("has the rights of `clerk` too")), "{found:?}");
    let script: String = found.iter().map(|(_, remedy)| format!("{remedy};\n")).collect();
    server.script("ledger", &script);
    let left = warnings(Engine::MariaDb, "writer", "ledger");
    assert!(left.len() == 1 && left[0].0.contains("`clerk`"), "{left:?}");
    let (database, _) = open_any_at(&server.place("writer", "ledger")).expect("a database");
    assert_eq!(ask(&database, "SELECT b FROM \"odd, ON (one)\""), [[Value::Integer(2)]]);
    assert_eq!(ask(&database, "SELECT a FROM plain"), [[Value::Integer(3)]]);
}

#[test]
fn what_is_missing_is_named() {
    for engine in Engine::ALL {
        let server = engine.server();
        server.create("bare");
        let lacks = open_at(&server.place("reader", "bare"), &demo().catalog).expect_err("no table");
        assert!(lacks.to_string().contains("PAC_MNT_PROJECTS"), "{lacks}");
        assert!(!lacks.to_string().contains(PASSWORD), "{lacks}");
    }
    let url = format!("{}?schema=nowhere", Engine::Postgres.server().url("reader", "postgres"));
    let error = open_any_at(&place(&url)).expect_err("no schema");
    assert!(matches!(error, OpenError::NoSchema { .. }), "{error}");
    // A query must not read another database than the one whose tables were read.
    let url = format!("{}?schema=mysql", Engine::MariaDb.server().url("reader", NAME));
    assert!(Place::parse(&url, &|_| None).is_err());
}
