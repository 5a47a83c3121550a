//! Reviewed scripts against SQLite: what is reviewed without an error runs, can be undone, and what is refused SQLite refuses.

use database::{Limits, open_any, try_unchecked};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rusqlite::Connection;
use sql::Dialect;
use sql::ddl::review::{Definitions, Review, review};
use sql::diagnostic::Severity;

use crate::Folder;

const SCHEMA: &str = "
    CREATE TABLE project (code TEXT PRIMARY KEY, name VARCHAR(50) NOT NULL, status TEXT DEFAULT 'Active', budget REAL,
        cost REAL CONSTRAINT spent CHECK (cost >= 0), spare TEXT, margin REAL GENERATED ALWAYS AS (budget - cost),
        CHECK (budget >= 0));
    CREATE TABLE staff (id INTEGER PRIMARY KEY, project TEXT REFERENCES project (code), name TEXT UNIQUE, hours REAL,
        day DATE, note TEXT, \"two words\" TEXT, FOREIGN KEY (note) REFERENCES staff (name));
    CREATE TABLE task (project TEXT, number INTEGER, title TEXT, done BOOLEAN, PRIMARY KEY (project, number)) WITHOUT ROWID;
    CREATE TABLE lone (value INTEGER);
    CREATE INDEX staff_project ON staff (project, hours);
    CREATE INDEX staff_lower ON staff (lower(\"two words\")) WHERE day IS NOT NULL;
    CREATE UNIQUE INDEX task_title ON task (title);
    CREATE VIEW active AS SELECT code, name FROM project WHERE status = 'Active';
    CREATE VIEW busy AS SELECT s.*, p.budget FROM staff s JOIN project p ON p.code = s.project;
    CREATE TRIGGER log AFTER INSERT ON task BEGIN UPDATE project SET spare = 'x' WHERE code = NEW.project; END;";
const ROWS: &str = "
    INSERT INTO project (code, name, status, budget, cost, spare) VALUES ('a', 'A', 'Active', 1, 2, 's'), ('b', 'B', 'On Hold', 3, 9, 't');
    INSERT INTO staff VALUES (1, 'a', 'n', 1, '2026-01-01', 'n', 'x'), (2, 'b', 'm', 2, '2026-01-02', 'm', 'y');
    INSERT INTO task VALUES ('a', 1, 'one', 0), ('b', 2, 'two', 1);
    UPDATE project SET spare = code;
    INSERT INTO lone VALUES (1), (2);";

fn connection(foreign_keys: bool) -> Connection {
    let connection = Connection::open_in_memory().expect("a database in memory");
    connection.execute_batch(SCHEMA).expect("the schema");
    connection.execute_batch(ROWS).expect("the rows");
    connection.pragma_update(None, "foreign_keys", foreign_keys).expect("a pragma");
    connection
}

/// Statements put together at random, right and wrong.
struct Writer(ChaCha8Rng);

impl Writer {
    fn below(&mut self, n: usize) -> usize {
        self.0.next_u32() as usize % n
    }

    fn pick<'t>(&mut self, list: &[&'t str]) -> &'t str {
        list[self.below(list.len())]
    }

    fn table(&mut self) -> &'static str {
        self.pick(&["project", "project", "staff", "staff", "Task", "lone", "active", "busy", "nowhere", "t1", "t2"])
    }

    fn column(&mut self, table: &str) -> &'static str {
        match (self.below(12), table) {
            (0, _) => "missing",
            (_, "project") => self.pick(&["code", "name", "status", "Budget", "cost", "spare", "margin"]),
            (_, "staff" | "busy") => self.pick(&["id", "project", "name", "hours", "day", "note", "\"two words\""]),
            (_, "Task") => self.pick(&["project", "number", "title", "done"]),
            (_, "lone") => "value",
            _ => self.pick(&["code", "id", "a", "b"]),
        }
    }

    fn fresh(&mut self) -> &'static str {
        self.pick(&["t1", "t2", "i1", "fresh", "\"order\"", "staff", "staff_project", "active", "sqlite_x"])
    }

    fn constraint(&mut self) -> &'static str {
        self.pick(&[
            "",
            "",
            "",
            "NOT NULL",
            "NOT NULL DEFAULT 1",
            "DEFAULT 'x'",
            "DEFAULT CURRENT_TIMESTAMP",
            "DEFAULT (1 + 1)",
            "DEFAULT (-1)",
            "DEFAULT NULL NOT NULL",
            "UNIQUE",
            "PRIMARY KEY",
            "PRIMARY KEY AUTOINCREMENT",
            "CHECK (1 IS NOT 2)",
            "CHECK (missing > 1)",
            "CHECK ((SELECT 1) > 0)",
            "REFERENCES project",
            "REFERENCES project (code)",
            "REFERENCES project DEFAULT 'a'",
            "REFERENCES nowhere",
            "REFERENCES task (project, number)",
            "COLLATE NOCASE",
            "AS (1) STORED",
            "AS (1)",
        ])
    }

    fn definition(&mut self, name: &str) -> String {
        let ty = self.pick(&["INTEGER", "TEXT", "REAL", "VARCHAR(10)", ""]);
        format!("{name} {ty} {}", self.constraint())
    }

    fn create_table(&mut self) -> String {
        let mut parts = vec![self.definition("a")];
        for name in ["b", "c", "A"].into_iter().take(self.below(4)) {
            parts.push(self.definition(name));
        }
        parts.extend(
            match self.below(8) {
                0 => Some("PRIMARY KEY (a)"),
                1 => Some("UNIQUE (a, missing)"),
                2 => Some("FOREIGN KEY (a) REFERENCES staff"),
                3 => Some("FOREIGN KEY (a) REFERENCES task (project, number)"),
                4 => Some("CHECK (a <> 5)"),
                _ => None,
            }
            .map(str::to_owned),
        );
        let options = self.pick(&["", "", "", "WITHOUT ROWID", "STRICT"]);
        let exists = self.pick(&["", "", "IF NOT EXISTS "]);
        format!("CREATE TABLE {exists}{} ({}) {options}", self.fresh(), parts.join(", "))
    }

    fn create_index(&mut self) -> String {
        let table = self.table();
        let column = self.column(table);
        let term = match self.below(6) {
            0 => format!("lower({column})"),
            1 => format!("{column} DESC, {}", self.column(table)),
            2 => "random()".to_owned(),
            _ => column.to_owned(),
        };
        let filter = self.pick(&["", "", " WHERE 1", " WHERE missing = 1", " WHERE (SELECT 1)"]);
        let unique = self.pick(&["", "", "UNIQUE "]);
        format!("CREATE {unique}INDEX {} ON {table} ({term}){filter}", self.fresh())
    }

    fn alter(&mut self) -> String {
        let table = self.table();
        let (column, other) = (self.column(table), self.pick(&["x", "y", "name", "\"group\""]));
        let change = match self.below(12) {
            0..3 => format!("ADD COLUMN {}", self.definition(other)),
            3..6 => format!("DROP COLUMN {column}"),
            6 => format!("RENAME COLUMN {column} TO {other}"),
            7 => format!("RENAME TO {}", self.fresh()),
            8 => format!(
                "ALTER COLUMN {column} {}",
                self.pick(&["SET NOT NULL", "DROP NOT NULL", "TYPE TEXT", "SET DEFAULT 1"])
            ),
            9 => format!("DROP CONSTRAINT {}", self.pick(&["spent", "nothing"])),
            10 => {
                format!("ADD CONSTRAINT k {}", self.pick(&["CHECK (1 IS NOT 2)", "UNIQUE (name)", "CHECK (missing)"]))
            }
            _ => format!(
                "ADD {}",
                self.pick(&["CHECK (2 > 1)", "PRIMARY KEY (name)", "FOREIGN KEY (name) REFERENCES project"])
            ),
        };
        format!("ALTER TABLE {table} {change}")
    }

    fn statement(&mut self) -> String {
        let exists = self.pick(&["", "", "IF EXISTS "]);
        match self.below(12) {
            0..2 => self.create_table(),
            2..4 => self.create_index(),
            4 => {
                let table = self.table();
                format!("CREATE VIEW {} AS SELECT {} FROM {table}", self.fresh(), self.column(table))
            }
            5 => format!("CREATE TABLE {} AS SELECT {} FROM project", self.fresh(), self.column("project")),
            6 => {
                let when = self.pick(&["AFTER INSERT", "INSTEAD OF DELETE", "BEFORE UPDATE"]);
                format!("CREATE TRIGGER {} {when} ON {} BEGIN SELECT 1; END", self.pick(&["r", "log"]), self.table())
            }
            7 => format!("DROP {} {exists}{}", self.pick(&["TABLE", "TABLE", "VIEW"]), self.table()),
            8 => {
                let name = self.pick(&["staff_project", "staff_lower", "task_title", "log", "i1", "active", "nothing"]);
                format!("DROP {} {exists}{name}", self.pick(&["INDEX", "INDEX", "TRIGGER"]))
            }
            _ => self.alter(),
        }
    }
}

fn definitions() -> Definitions {
    Definitions::read(SCHEMA, Dialect::Sqlite).expect("the schema is readable")
}

/// What triggers do is not looked into, so that nothing is promised where one may matter.
fn is_open(review: &Review) -> bool {
    review
        .diagnostics
        .iter()
        .any(|d| d.code == "DDL618" && d.severity == Severity::Warning && d.message.contains("rigger"))
}

/// Runs the undo statements, last statement first.
fn undone(connection: &Connection, review: &Review) -> rusqlite::Result<()> {
    for step in review.statements.iter().rev().filter(|step| !step.refused) {
        step.undo.iter().try_for_each(|sql| connection.execute_batch(sql))?;
    }
    Ok(())
}

/// Why SQLite and a review do not agree.
fn disagreement(text: &str, review: &Review) -> Option<String> {
    let runs = connection(false);
    if let Err(error) = runs.execute_batch(&review.script()) {
        return Some(format!("{text}\nSQLite: {error}\n{}", review.script()));
    }
    if let Err(error) = undone(&runs, review) {
        return Some(format!("undo of {text}\nSQLite: {error}\n{}", review.script()));
    }
    if review.valid || text.contains(';') {
        return None;
    }
    let refuses = connection(true);
    let taken = refuses.execute_batch(text).is_ok();
    // A view is taken as it is, and refused when it is read.
    let view = text.strip_prefix("CREATE VIEW ").and_then(|rest| rest.split(' ').next());
    let readable = |view: &str| refuses.prepare(&format!("SELECT * FROM {view}")).is_ok();
    (taken && view.is_none_or(readable)).then(|| format!("SQLite takes {text}\n{}", review.script()))
}

#[test]
fn sqlite_runs_what_is_reviewed_and_refuses_what_is_refused() {
    let standing = definitions();
    let (mut refused, mut ran, mut open, mut wrong) = (0, 0, 0, vec![]);
    for seed in 0..4000 {
        let mut writer = Writer(ChaCha8Rng::seed_from_u64(seed));
        let count = if seed % 2 == 0 { 1 } else { 2 + writer.below(3) };
        let text = (0..count).map(|_| writer.statement()).collect::<Vec<_>>().join("; ");
        let review = review(&text, &standing, Dialect::Sqlite);
        if is_open(&review) {
            open += 1;
            continue;
        }
        wrong.extend(disagreement(&text, &review));
        *if review.valid { &mut ran } else { &mut refused } += 1;
    }
    let short: Vec<String> = wrong.iter().map(|w| w.lines().take(2).collect::<Vec<_>>().join("\n    ")).collect();
    assert!(wrong.is_empty(), "{} of 4000:\n{}\n{}", wrong.len(), short.join("\n"), wrong[0]);
    assert!(ran > 500 && refused > 500 && open < 800, "{ran} ran, {refused} refused, {open} open");
}

#[test]
fn what_stands_instead_of_a_refused_change_does_it() {
    for (text, ty) in [
        ("ALTER TABLE project ALTER COLUMN budget TYPE INTEGER", "INTEGER"),
        ("ALTER TABLE staff ALTER COLUMN hours TYPE TEXT", "TEXT"),
    ] {
        let review = review(text, &definitions(), Dialect::Sqlite);
        let step = &review.statements[0];
        assert!(step.refused && !step.instead.is_empty());
        let connection = connection(false);
        connection.execute_batch(&(step.instead.join(";\n") + ";")).expect("the table is built anew");
        let (table, column) = if ty == "TEXT" { ("staff", "hours") } else { ("project", "budget") };
        let sql = format!("SELECT type FROM pragma_table_info('{table}') WHERE name = '{column}'");
        assert_eq!(connection.query_row(&sql, [], |row| row.get::<_, String>(0)).expect("the column"), ty);
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a number");
        assert_eq!(count(&format!("SELECT COUNT(*) FROM {table}")), 2);
        assert_eq!(count("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"), 3);
        assert_eq!(count("SELECT COUNT(*) FROM busy"), 2);
    }
}

#[test]
fn a_database_gives_the_definitions_it_was_made_with_and_runs_no_script() {
    let folder = Folder::new();
    let path = folder.join("a.sqlite");
    let file = Connection::open(&path).expect("a file");
    file.execute_batch(SCHEMA).expect("the schema");
    drop(file);
    let (database, live) = open_any(&path).expect("it opens");
    let found = Definitions::read(&live.script, Dialect::Sqlite).expect("its script is readable");
    assert_eq!(found.catalog(), definitions().catalog());
    let mut tried = 0;
    for seed in 0..200 {
        let text = Writer(ChaCha8Rng::seed_from_u64(seed)).statement();
        let review = review(&text, &found, Dialect::Sqlite);
        for step in review
            .statements
            .iter()
            .filter(|step| !step.refused && review.diagnostics.iter().all(|d| d.code != "DDL603"))
        {
            tried += 1;
            assert!(try_unchecked(&database, &review.script(), &Limits::default()).is_err(), "{}", review.script());
            assert!(try_unchecked(&database, &step.sql, &Limits::default()).is_err(), "{}", step.sql);
        }
    }
    assert!(tried > 30, "{tried}");
}
