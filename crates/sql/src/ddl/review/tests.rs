//! Scripts and what their review says.

use expect_test::{Expect, expect};

use super::{Definitions, review};
use crate::Dialect;

const SCHEMA: &str =
    "CREATE TABLE project (code TEXT PRIMARY KEY, name TEXT NOT NULL, status TEXT DEFAULT 'Active', budget REAL,
      CHECK (budget >= 0));
    CREATE TABLE staff (id INTEGER PRIMARY KEY, project TEXT REFERENCES project (code), name TEXT UNIQUE, hours REAL);
    CREATE INDEX staff_project ON staff (project, hours);
    CREATE VIEW active AS SELECT code, name FROM project WHERE status = 'Active';
    CREATE TRIGGER log AFTER UPDATE OF hours ON staff BEGIN UPDATE project SET budget = 0; END;";

fn reviewed(text: &str, dialect: Dialect) -> super::Review {
    review(text, &Definitions::read(SCHEMA, dialect).expect("the schema is readable"), dialect)
}

/// The codes and places of what is found.
fn found(text: &str, dialect: Dialect) -> Vec<String> {
    let review = reviewed(text, dialect);
    let shown = review.diagnostics.iter().map(|d| {
        let place = text.get(d.span[0]..d.span[1]).expect("the place is within the text");
        format!("{} {} at {place}", d.severity.name(), d.code)
    });
    shown.collect()
}

#[expect(clippy::needless_pass_by_value, reason = "expect! gives an owned value")]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&reviewed(text, Dialect::Sqlite).script());
}

#[test]
fn a_script_says_what_depends_and_how_to_undo() {
    check(
        "drop table staff;  alter table project rename column status to state",
        expect![[r#"
        -- Reviewed, not run: this program only reads. Whoever may change the database runs it.

        BEGIN;

        -- 1.
        -- depends: index staff_project is on it
        -- depends: trigger log speaks of it
        -- warning: DDL616: All rows of staff are lost.
        --   help: Keep a copy of the database, or of the table, first.
        DROP TABLE staff;
        -- undo: CREATE TABLE staff (
        --     id INTEGER PRIMARY KEY,
        --     project TEXT REFERENCES project (code),
        --     name TEXT UNIQUE,
        --     hours REAL
        -- );
        --       CREATE INDEX staff_project ON staff (project, hours);
        --       CREATE TRIGGER log AFTER UPDATE OF hours ON staff BEGIN UPDATE project SET budget = 0; END;
        -- not undone: the rows do not come back

        -- 2.
        -- depends: view active reads it
        ALTER TABLE project RENAME COLUMN status TO state;
        -- undo: ALTER TABLE project RENAME COLUMN state TO status;

        COMMIT;
    "#]],
    );
}

#[test]
fn statements_are_put_into_an_order_that_runs() {
    check(
        "CREATE INDEX phase_name ON phase (name); CREATE TABLE phase (id INTEGER PRIMARY KEY, name TEXT, -- its name
           project TEXT REFERENCES project); DROP TABLE project; DROP TABLE staff",
        expect![[r#"
            -- Reviewed, not run: this program only reads. Whoever may change the database runs it.
            -- The statements stand in the order in which they can be run, not in the one given.

            BEGIN;

            -- 1.
            CREATE TABLE phase (
                id INTEGER PRIMARY KEY,
                name TEXT,
                project TEXT REFERENCES project
            );
            -- undo: DROP TABLE phase;

            -- 2.
            CREATE INDEX phase_name ON phase (name);
            -- undo: DROP INDEX phase_name;

            -- 3.
            -- depends: index staff_project is on it
            -- depends: trigger log speaks of it
            -- warning: DDL616: All rows of staff are lost.
            --   help: Keep a copy of the database, or of the table, first.
            DROP TABLE staff;
            -- undo: CREATE TABLE staff (
            --     id INTEGER PRIMARY KEY,
            --     project TEXT REFERENCES project (code),
            --     name TEXT UNIQUE,
            --     hours REAL
            -- );
            --       CREATE INDEX staff_project ON staff (project, hours);
            --       CREATE TRIGGER log AFTER UPDATE OF hours ON staff BEGIN UPDATE project SET budget = 0; END;
            -- not undone: the rows do not come back

            -- 4.
            -- depends: foreign key phase (project) refers to it
            -- depends: view active reads it
            -- warning: DDL616: All rows of project are lost.
            --   help: Keep a copy of the database, or of the table, first.
            -- warning: DDL618: project is needed: foreign key phase (project) refers to it.
            --   help: Drop or change what depends on it first.
            -- warning: DDL618: project is needed: view active reads it.
            --   help: Drop or change what depends on it first.
            DROP TABLE project;
            -- undo: CREATE TABLE project (
            --     code TEXT PRIMARY KEY,
            --     name TEXT NOT NULL,
            --     status TEXT DEFAULT 'Active',
            --     budget REAL,
            --     CHECK (budget >= 0)
            -- );
            -- not undone: the rows do not come back

            COMMIT;
        "#]],
    );
}

#[test]
fn a_refused_statement_stands_in_comments_with_what_does_the_same() {
    check(
        "ALTER TABLE project ALTER COLUMN budget TYPE INTEGER",
        expect![[r#"
        -- Reviewed, not run: this program only reads. Whoever may change the database runs it.

        -- 1. Refused as it stands:
        -- depends: CHECK (budget >= 0) reads it
        -- depends: trigger log may speak of it
        -- error: DDL611: SQLite has no ALTER COLUMN … TYPE.
        --   help: Build the table anew: create it under another name as it should be, copy the rows, drop the old one, rename the new one, and create its indexes and triggers again, in one transaction.
        -- warning: DDL617: budget is REAL and may hold what INTEGER cannot.
        --   help: Look for the values that do not fit first.
        -- ALTER TABLE project ALTER COLUMN budget TYPE INTEGER;
        -- instead:
        -- PRAGMA foreign_keys = OFF;
        -- PRAGMA legacy_alter_table = ON;
        -- BEGIN;
        -- CREATE TABLE new_project (
        --     code TEXT PRIMARY KEY,
        --     name TEXT NOT NULL,
        --     status TEXT DEFAULT 'Active',
        --     budget INTEGER,
        --     CHECK (budget >= 0)
        -- );
        -- INSERT INTO new_project (code, name, status, budget) SELECT code, name, status, budget FROM project;
        -- DROP TABLE project;
        -- ALTER TABLE new_project RENAME TO project;
        -- PRAGMA foreign_key_check;
        -- COMMIT;
        -- PRAGMA legacy_alter_table = OFF;
        -- PRAGMA foreign_keys = ON;
    "#]],
    );
}

#[test]
fn definitions_are_read_back_as_they_were() {
    let definitions = Definitions::read(SCHEMA, Dialect::Sqlite).expect("the schema is readable");
    let again = Definitions::read(&definitions.script(), Dialect::Sqlite).expect("the script is readable");
    assert_eq!(definitions.catalog(), again.catalog());
    assert_eq!(definitions.script(), again.script());
    assert_eq!(definitions.catalog().tables.len(), 3);
}

#[test]
fn findings_point_at_their_place() {
    let sqlite = |text| found(text, Dialect::Sqlite);
    assert_eq!(sqlite("CREATE TABLE Active (id INTEGER PRIMARY KEY)"), ["error DDL602 at Active"]);
    assert_eq!(
        sqlite("ALTER TABLE staff DROP COLUMN hours"),
        ["error DDL607 at hours", "warning DDL618 at hours", "warning DDL616 at hours"]
    );
    assert_eq!(
        sqlite("ALTER TABLE project DROP COLUMN status"),
        ["error DDL607 at status", "warning DDL616 at status"]
    );
    assert_eq!(
        sqlite("ALTER TABLE staff ADD COLUMN note TEXT DEFAULT CURRENT_DATE"),
        ["error DDL609 at note TEXT DEFAULT CURRENT_DATE"]
    );
    assert_eq!(sqlite("CREATE TABLE x (id INTEGER PRIMARY KEY CHECK (i > 1))"), ["error SCH202 at i"]);
    assert_eq!(sqlite("CREATE VIEW v AS SELECT nme FROM project"), ["error SCH202 at nme"]);
    assert_eq!(sqlite("CREATE INDEX i ON active (code)"), ["error DDL621 at active"]);
    assert_eq!(sqlite("DROP TABLE staff CASCADE"), ["warning DDL616 at staff", "error DDL611 at CASCADE"]);
    assert_eq!(sqlite("CREATE INDEX i ON staff (lower(name), random())"), ["error DDL623 at random"]);
    assert_eq!(sqlite("ALTER TABLE staff ADD UNIQUE (name)"), ["error DDL611 at UNIQUE (name)"]);
    // The foreign key of staff goes first; the view stays.
    let both = ["warning DDL616 at project", "warning DDL618 at project", "warning DDL616 at staff"];
    assert_eq!(sqlite("DROP TABLE project; DROP TABLE staff"), both);
}

#[test]
fn engines_differ() {
    let text = "ALTER TABLE staff ALTER COLUMN name TYPE VARCHAR(10), DROP COLUMN hours";
    assert_eq!(
        found(text, Dialect::Postgres),
        ["warning DDL617 at VARCHAR(10)", "warning DDL618 at hours", "warning DDL616 at hours"]
    );
    let text = "DROP TABLE project";
    assert!(found(text, Dialect::Postgres).contains(&"error DDL618 at project".to_owned()));
    assert!(!found("DROP TABLE project CASCADE", Dialect::Postgres).iter().any(|found| found.starts_with("error")));
    let text = "ALTER TABLE `staff` MODIFY COLUMN name INT";
    assert_eq!(found(text, Dialect::MySql), ["warning DDL617 at INT"]);
    assert_eq!(found("ALTER TABLE project DROP COLUMN status", Dialect::MySql)[0], "warning DDL607 at status");
}

#[test]
fn what_goes_on_beside_writers_does_so_in_the_script_too() {
    let text = "CREATE INDEX CONCURRENTLY i ON project (budget); DROP INDEX CONCURRENTLY IF EXISTS staff_project";
    let script = reviewed(text, Dialect::Postgres).script();
    assert!(script.contains("\nCREATE INDEX CONCURRENTLY i ON project (budget);"), "{script}");
    assert!(script.contains("\nDROP INDEX CONCURRENTLY IF EXISTS staff_project;"), "{script}");
    assert!(!script.contains("BEGIN;"), "in no transaction: {script}");
}

#[test]
fn what_is_no_definition_is_said_and_the_rest_is_read() {
    let text = "DELETE FROM staff; CREATE TABLE (a INT); SELECT 1; DROP VIEW active";
    assert_eq!(found(text, Dialect::Sqlite), ["error DDL601 at DELETE", "error SYN104 at (", "error DDL601 at SELECT"]);
    assert_eq!(reviewed(text, Dialect::Sqlite).statements.len(), 1);
    assert_eq!(found("", Dialect::Sqlite), ["error DDL601 at "]);
    assert_eq!(found(" -- nothing", Dialect::Sqlite), ["error DDL601 at  -- nothing"]);
    for text in [
        "CREATE",
        "CREATE TABLE t (a 'x",
        "ALTER TABLE staff",
        "DROP TABLE",
        "CREATE TABLE t (a INT,)",
        "ALTER TABLE ;",
    ] {
        assert!(!reviewed(text, Dialect::Sqlite).valid, "{text}");
    }
}

#[test]
fn nothing_of_a_name_stands_outside_of_comments() {
    let script = reviewed("DROP TABLE \"x\nDROP TABLE project\"", Dialect::Sqlite).script();
    assert!(script.lines().all(|line| line.is_empty() || line.starts_with("--")), "{script}");
}
