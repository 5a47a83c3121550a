//! Statements that try to do something else than ask, through both servers: the way every query goes, as a role that may do
//! everything; and past it, straight to the connection, as one that may only read.

use std::fs;
use std::time::{Duration, Instant};

use database::{Limits, run, try_unchecked};
use sql::{Dialect, Options, verify};

use super::demo::{NAME, demo, open};
use super::harness::Engine;

/// What one statement may take.
const DEADLINE: Duration = Duration::from_millis(500);
/// What may pass between the deadline and the answer.
const GRACE: Duration = Duration::from_millis(250);

/// Statements of any engine; `{}` is a folder in which nothing may appear.
const HOSTILE: &[&str] = &[
    "INSERT INTO PROJSTAFF VALUES (1)",
    "UPDATE PAC_MNT_PROJECTS SET Budget = 0",
    "DELETE FROM PROJSTAFF",
    "TRUNCATE PROJSTAFF",
    "DROP TABLE PROJSTAFF",
    "CREATE TABLE evil (a INTEGER)",
    "CREATE TEMPORARY TABLE evil (a INTEGER)",
    "ALTER TABLE PROJSTAFF ADD evil INTEGER",
    "GRANT ALL ON PROJSTAFF TO PUBLIC",
    "SELECT 1; DROP TABLE PROJSTAFF",
    "SELECT 1; COMMIT; DROP TABLE PROJSTAFF",
    "COMMIT; DELETE FROM PROJSTAFF",
    "COMMIT",
    "WITH gone AS (DELETE FROM PROJSTAFF RETURNING *) SELECT * FROM gone",
    "SELECT * INTO evil FROM PROJSTAFF",
    "SELECT Project_Code FROM PAC_MNT_PROJECTS FOR UPDATE",
    "LOCK TABLE PROJSTAFF",
    "EXPLAIN ANALYZE DELETE FROM PROJSTAFF",
    "COPY PAC_MNT_PROJECTS TO '{}/copied'",
    "COPY PAC_MNT_PROJECTS TO PROGRAM 'touch {}/program'",
    "COPY PROJSTAFF FROM PROGRAM 'touch {}/program'",
    "SELECT lo_import('/etc/passwd')",
    "SELECT lo_export(1, '{}/exported')",
    "SELECT lo_get(1)",
    "SELECT loread(1, 1)",
    "SELECT lo_create(4711)",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_read_binary_file('/etc/passwd')",
    "SELECT pg_ls_dir('/')",
    "SELECT pg_sleep(10)",
    "SELECT pg_terminate_backend(pg_backend_pid())",
    "SELECT pg_reload_conf()",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_import_system_collations('public')",
    "SELECT pg_logical_emit_message(false, 'a', 'b')",
    "SELECT set_config('statement_timeout', '0', false)",
    "SET statement_timeout = 0",
    "SET ROLE boss",
    "SET SESSION AUTHORIZATION boss",
    "RESET ALL",
    "SELECT query_to_xml('DELETE FROM PROJSTAFF', true, true, '')",
    "SELECT table_to_xml('pg_authid', true, true, '')",
    "SELECT cursor_to_xml('c', 1, true, true, '')",
    "SELECT database_to_xml(true, true, '')",
    "SELECT dblink('dbname=gl', 'DELETE FROM PROJSTAFF')",
    "SELECT U&\"pg\\005fsleep\"(10)",
    "SELECT * FROM pg_ls_dir('/')",
    "SELECT * FROM pg_authid",
    "SELECT * FROM generate_series(1, 1000000000)",
    "SELECT nextval('evil')",
    "DO $$ BEGIN DELETE FROM PROJSTAFF; END $$",
    "CALL evil()",
    "VACUUM",
    "NOTIFY evil",
    "SELECT Project_Code FROM PAC_MNT_PROJECTS INTO OUTFILE '{}/outfile'",
    "SELECT Project_Code INTO OUTFILE '{}/outfile' FROM PAC_MNT_PROJECTS",
    "SELECT 'x' INTO DUMPFILE '{}/dumpfile'",
    "SELECT LOAD_FILE('/etc/passwd')",
    "LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE PROJSTAFF",
    "LOAD DATA INFILE '/etc/passwd' INTO TABLE PROJSTAFF",
    "SELECT BENCHMARK(1000000000, SHA2('a', 512))",
    "SELECT SLEEP(10)",
    "SELECT GET_LOCK('a', 10)",
    "SELECT @a:=1",
    "SELECT @@datadir",
    "SELECT EXTRACTVALUE('<a/>', '//x')",
    "SELECT UPDATEXML('<a/>', '//x', 'y')",
    "SELECT 1 /*!50000 INTO OUTFILE '{}/comment' */",
    "SELECT /*!50000 SLEEP(10) */",
    "SELECT SYS_EXEC('touch {}/exec')",
    "SET GLOBAL general_log = 1",
    "KILL 1",
    "HANDLER PROJSTAFF OPEN",
    "SELECT * FROM mysql.user",
    "SELECT * FROM information_schema.tables",
    "INSTALL PLUGIN evil SONAME 'evil.so'",
    "ATTACH '{}/attached' AS evil",
    "SELECT load_extension('evil')",
    "SELECT writefile('{}/written', 'x')",
    "SELECT randomblob(1000000000)",
    "SELECT * FROM pragma_table_info('PROJSTAFF')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT read_text('http://127.0.0.1/')",
    "SELECT COUNT(*) FROM PROJSTAFF AS a CROSS JOIN PROJSTAFF AS b CROSS JOIN PROJSTAFF AS c CROSS JOIN PROJSTAFF AS d \
     CROSS JOIN PROJSTAFF AS e CROSS JOIN PROJSTAFF AS f",
    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT MAX(i) FROM n",
];
/// Words of which none may reach a server, whoever asks.
const FORBIDDEN: &[&str] = &[
    "pg_sleep",
    "sleep(",
    "pg_read_file",
    "pg_ls_dir",
    "lo_import",
    "lo_export",
    "lo_create",
    "dblink",
    "query_to_xml",
    "load_file",
    "benchmark",
    "get_lock",
    "outfile",
    "dumpfile",
    "load_extension",
    "randomblob",
    "pg_terminate",
    "copy ",
    "delete from projstaff",
    "drop table projstaff",
    "truncate projstaff",
    "for update",
    "set_config('statement_timeout', '0'",
    "extractvalue",
];

/// What the rows and objects of the demo are now.
fn state(engine: Engine) -> String {
    let tables: Vec<String> = demo().catalog.tables.iter().map(|table| table.name.to_lowercase()).collect();
    let script = match engine {
        Engine::Postgres => {
            let sums =
                tables.iter().map(|t| format!("SELECT '{t}', SUM(hashtext(x::text)), COUNT(*) FROM {t} AS x;\n"));
            let objects = "SELECT (SELECT COUNT(*) FROM pg_class), (SELECT COUNT(*) FROM pg_proc), \
                           (SELECT COUNT(*) FROM pg_largeobject_metadata), (SELECT COUNT(*) FROM pg_collation);";
            sums.collect::<String>() + objects
        }
        Engine::MariaDb => {
            let names = demo().catalog.tables.iter().map(|table| table.name.clone()).collect::<Vec<_>>().join(", ");
            // Other tests make databases of their own meanwhile.
            let count =
                format!("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema IN ('{NAME}', 'mysql')");
            format!("CHECKSUM TABLE {names}; {count};")
        }
    };
    engine.server().try_script(NAME, &script).expect("the state")
}

/// What the server writes down of the statements that it is given.
fn log(engine: Engine) -> String {
    let folder = &engine.server().folder;
    let name = if engine == Engine::Postgres { "log" } else { "general.log" };
    fs::read(folder.join(name)).map(|bytes| String::from_utf8_lossy(&bytes).to_lowercase()).unwrap_or_default()
}

fn write_down(engine: Engine, on: bool) {
    let server = engine.server();
    match engine {
        Engine::Postgres => {
            let what = if on { "all" } else { "none" };
            server.script("postgres", &format!("ALTER SYSTEM SET log_statement = '{what}';"));
            server.script("postgres", "SELECT pg_reload_conf();");
            std::thread::sleep(Duration::from_millis(300));
        }
        Engine::MariaDb => {
            let file = server.folder.join("general.log");
            let on = if on { "ON" } else { "OFF" };
            server.script(
                "mysql",
                &format!("SET GLOBAL general_log_file = '{}'; SET GLOBAL general_log = {on};", file.display()),
            );
        }
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "figures are read from what this prints")]
fn nothing_hostile_gets_through() {
    for engine in Engine::ALL {
        let folder = engine.server().folder.join("evil");
        fs::create_dir_all(&folder).expect("a folder");
        let open_to_all = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        fs::set_permissions(&folder, open_to_all).expect("rights");
        let boss = open(engine, "boss");
        let before = state(engine);

        let texts: Vec<String> = HOSTILE.iter().map(|text| text.replace("{}", &folder.display().to_string())).collect();
        write_down(engine, true);
        let already = log(engine).len();
        let mut slowest = ask(&boss, &texts);
        let given = log(engine)[already..].to_owned();
        write_down(engine, false);
        assert!(given.contains("read only"), "{engine:?} wrote nothing down");
        let reached: Vec<&&str> = FORBIDDEN.iter().filter(|word| given.contains(**word)).collect();

        let reader = open(engine, "reader");
        for text in &texts {
            let start = Instant::now();
            let _ = try_unchecked(&reader, text, &limits());
            slowest = slowest.max(start.elapsed());
        }
        let files = fs::read_dir(&folder).expect("the folder").count();
        let writes = usize::from(state(engine) != before);
        println!(
            "servers: {engine:?} hostile statements {}, writes {writes}, files {files}, functions {}, slowest {} ms",
            2 * texts.len(),
            reached.len(),
            slowest.as_millis()
        );
        assert_eq!((writes, files), (0, 0), "{engine:?}");
        assert!(reached.is_empty(), "{engine:?}: {reached:?}");
        assert!(slowest < DEADLINE + GRACE, "{engine:?}: {slowest:?}");
    }
}

fn limits() -> Limits {
    Limits { deadline: DEADLINE, ..Limits::default() }
}

/// Asks each text the way every query goes, whoever's SQL it is said to be; the longest that one took.
fn ask(database: &database::Database, texts: &[String]) -> Duration {
    let mut slowest = Duration::ZERO;
    for text in texts {
        for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::MySql] {
            let options = Options { dialect, ..Options::default() };
            let Ok(query) = verify(text, &demo().catalog, &options) else { continue };
            let start = Instant::now();
            let _ = run(database, &query, &limits());
            slowest = slowest.max(start.elapsed());
        }
    }
    slowest
}
