//! Requests to change definitions, in SQL and in plain words, over the pack; and that no script reaches a database.

use answer::ddl::{add_script, reviewed, statement_of};
use answer::intent::Intent;
use answer::orchestrator::turned_away;
use sql::{Dialect, Options, validate, verify};

use crate::tools::pack;

#[test]
fn plain_words_become_statements() {
    let pack = pack();
    for (request, sql) in [
        ("create an index on PROJSTAFF.Role", "CREATE INDEX idx_PROJSTAFF_Role ON PROJSTAFF (Role)"),
        (
            "Please create a unique index called one_role on the columns role and project code of the table projstaff",
            "CREATE UNIQUE INDEX one_role ON PROJSTAFF (Role, Project_Code)",
        ),
        (
            "create an index on PROJCNTRTS (Status, Currency)",
            "CREATE INDEX idx_PROJCNTRTS_Status_Currency ON PROJCNTRTS (Status, Currency)",
        ),
        (
            "create an index on RESPONSES.Project_Code",
            "CREATE INDEX idx_CLNTRESPONS_Project_Code ON CLNTRESPONS (Project_Code)",
        ),
        ("drop the table STAFF", "DROP TABLE STAFF"),
        ("Could you delete the companies table, please?", ""),
        ("remove the table companies", "DROP TABLE SRM_COMPANIES"),
        ("drop the index old_one", "DROP INDEX old_one"),
        ("add a column Priority of type text to projects", "ALTER TABLE PAC_MNT_PROJECTS ADD COLUMN Priority TEXT"),
        (
            "add a new column Size varchar(20) not null to PROJSTAFF",
            "ALTER TABLE PROJSTAFF ADD COLUMN Size VARCHAR(20) NOT NULL",
        ),
        ("add a column Priority to projects", ""),
        (
            "rename column Budget to Planned in PAC_MNT_PROJECTS",
            "ALTER TABLE PAC_MNT_PROJECTS RENAME COLUMN Budget TO Planned",
        ),
        ("rename PAC_MNT_PROJECTS.Budget to Planned", "ALTER TABLE PAC_MNT_PROJECTS RENAME COLUMN Budget TO Planned"),
        ("rename the table PROJSTAFF to assignments", "ALTER TABLE PROJSTAFF RENAME TO assignments"),
        ("rename Globex to Acme in companies", ""),
        (
            "remove the column Cost_Center from the table projects",
            "ALTER TABLE PAC_MNT_PROJECTS DROP COLUMN Cost_Center",
        ),
        (
            "create a table Milestones with columns id integer primary key, title text and due date",
            "CREATE TABLE Milestones (id INTEGER PRIMARY KEY, title TEXT, due DATE)",
        ),
        ("create a table Milestones with columns id and title", ""),
        (
            "change the type of the column Budget in projects to integer",
            "ALTER TABLE PAC_MNT_PROJECTS ALTER COLUMN Budget TYPE INTEGER",
        ),
        ("drop the table tennis projects", ""),
        ("delete all draft contracts", ""),
        ("set the budget of PRJ-001 to 5", ""),
        ("add a new contact named Jane Doe for Initech", ""),
        ("", ""),
    ] {
        assert_eq!(statement_of(request, &pack).unwrap_or_default(), sql, "{request}");
    }
}

#[test]
fn readers_of_the_pack_are_named() {
    let pack = pack();
    let review = reviewed(&pack, "ALTER TABLE PAC_MNT_PROJECTS DROP COLUMN Budget", Dialect::Sqlite).unwrap();
    let depends = review.statements[0].depends.join("\n");
    for part in
        ["\"budget\"", "cost-within-budget", "computes with it", "example questions of the pack read it: gl-ex-001"]
    {
        assert!(depends.contains(part), "{part}: {depends}");
    }
    let review = reviewed(&pack, "DROP TABLE SRM_COMPANIES", Dialect::Sqlite).unwrap();
    let depends = review.statements[0].depends.join("\n");
    assert!(depends.contains("foreign key SRM_CONTACTS (Company_ID) refers to it"), "{depends}");
    let review = reviewed(&pack, "CREATE INDEX i ON PROJSTAFF (Role)", Dialect::Sqlite).unwrap();
    assert_eq!(review.statements[0].depends, Vec::<String>::new());
}

#[test]
fn a_request_is_still_refused_and_carries_the_script() {
    let pack = pack();
    for question in ["drop table PROJSTAFF", "please drop the table PROJSTAFF", "```sql\nDROP TABLE PROJSTAFF;\n```"] {
        let mut answer = turned_away(question).unwrap();
        assert_eq!(answer.intent, Some(Intent::Write));
        add_script(&pack, &mut answer);
        let script = answer.script.clone().unwrap();
        assert!(script.starts_with("-- Reviewed, not run"), "{script}");
        assert!(script.contains("\nDROP TABLE PROJSTAFF;\n"), "{script}");
        assert!(answer.validation.iter().all(|d| question.get(d.span[0]..d.span[1]).is_some()));
        assert!(answer.sql.is_none() && answer.alternatives.is_empty() && answer.error.is_some());
    }
    let mut answer = turned_away("delete all draft contracts").unwrap();
    let before = answer.clone();
    add_script(&pack, &mut answer);
    assert_eq!(answer, before);
    assert!(!answer.to_json().contains("\"script\""));
}

#[test]
fn no_script_can_be_verified_or_run() {
    let pack = pack();
    let all = [
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
        "CREATE TABLE t AS SELECT Project_Code FROM PAC_MNT_PROJECTS",
        "CREATE VIEW v AS SELECT Project_Code FROM PAC_MNT_PROJECTS",
        "CREATE UNIQUE INDEX i ON PROJSTAFF (Role)",
        "ALTER TABLE PROJSTAFF ADD COLUMN x TEXT",
        "DROP TABLE PROJSTAFF",
        "CREATE TRIGGER r AFTER INSERT ON PROJSTAFF BEGIN DELETE FROM PROJSTAFF; END",
    ];
    for sql in all {
        let review = reviewed(&pack, sql, Dialect::Sqlite).unwrap();
        assert!(review.valid, "{sql}: {:?}", review.diagnostics);
        let script = review.script();
        let one = &review.statements[0];
        for text in [script.as_str(), one.sql.as_str()].into_iter().chain(one.undo.iter().map(String::as_str)) {
            assert!(verify(text, &pack.catalog, &Options::default()).is_err(), "{text}");
            assert!(verify(text, &pack.catalog, &pack.validation()).is_err(), "{text}");
            assert!(!validate(text, &pack.catalog, &Options::default()).valid, "{text}");
        }
    }
}
