//! What queries read, output by output and condition by condition.

use expect_test::{Expect, expect};
use schema::Catalog;

use super::{Clause, Reads, lineage};
use crate::ddl::catalog_from_ddl;
use crate::{Dialect, parse};

const DDL: &str = "
    CREATE TABLE project (code TEXT PRIMARY KEY, name TEXT, budget REAL, boss INTEGER REFERENCES staff(id));
    CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, code TEXT REFERENCES project(code), hours REAL, over INTEGER);
";

fn names(reads: &Reads, catalog: &Catalog) -> String {
    reads.iter().map(|read| read.name(catalog)).collect::<Vec<_>>().join(" ")
}

fn describe(text: &str) -> String {
    let catalog = catalog_from_ddl(DDL).expect("the schema is readable");
    let query = parse(text, &catalog, Dialect::Sqlite).ok().expect("the query resolves");
    let found = lineage(&query, &catalog);
    let outputs = found.outputs.iter().enumerate().map(|(i, reads)| format!("{}: {}", i + 1, names(reads, &catalog)));
    let conditions = found.conditions.iter().map(|c| {
        let clause = match c.clause {
            Clause::On => "on",
            Clause::Where => "where",
            Clause::GroupBy => "group by",
            Clause::Having => "having",
            Clause::OrderBy => "order by",
            Clause::Limit => "limit",
        };
        format!("{clause}: {}", names(&c.reads, &catalog))
    });
    let all = format!("all: {}", names(&found.reads, &catalog));
    let lines: Vec<String> = outputs.chain(conditions).chain([all]).map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&describe(text));
}

#[test]
fn clauses() {
    check(
        "SELECT p.name, SUM(s.hours) AS h FROM project p JOIN staff s ON s.code = p.code WHERE p.budget > 1
         GROUP BY p.name HAVING COUNT(s.over) > 1 ORDER BY h, 1 LIMIT 3",
        expect![[r#"
            1: project.name
            2: staff.hours
            on: project.code staff.code
            where: project.budget
            group by: project.name
            having: staff.over
            order by: staff.hours
            order by: project.name
            limit:
            all: project.code project.name project.budget staff.code staff.hours staff.over
        "#]],
    );
}

#[test]
fn star_and_using() {
    check(
        "SELECT * FROM project JOIN staff USING (code)",
        expect![[r#"
        1: project.code
        2: project.name
        3: project.budget
        4: project.boss
        5: staff.id
        6: staff.name
        7: staff.hours
        8: staff.over
        on: project.code staff.code
        all: project.code project.name project.budget project.boss staff.id staff.name staff.code staff.hours staff.over
    "#]],
    );
    check(
        "SELECT name FROM project NATURAL JOIN (SELECT code FROM staff)",
        expect![[r#"
        1: project.name
        on: project.code staff.code
        all: project.code project.name staff.code
    "#]],
    );
}

#[test]
fn derived_tables_and_ctes() {
    check(
        "SELECT d.n FROM (SELECT name AS n, budget AS b FROM project WHERE boss = 1) d",
        expect![[r#"
        1: project.name
        where: project.boss
        all: project.name project.budget project.boss
    "#]],
    );
    check(
        "WITH a AS (SELECT code AS c, hours * 2 AS h FROM staff), b AS (SELECT c, SUM(h) AS t FROM a GROUP BY c)
         SELECT t FROM b JOIN project ON c = code",
        expect![[r#"
            1: staff.hours
            group by: staff.code
            on: project.code staff.code
            all: project.code staff.code staff.hours
        "#]],
    );
    check(
        "WITH unread AS (SELECT name FROM staff) SELECT code FROM project",
        expect![[r#"
        1: project.code
        all: project.code
    "#]],
    );
    check(
        "WITH b AS (SELECT x FROM a), a AS (SELECT name AS x FROM staff) SELECT x FROM b",
        expect![[r#"
        1: staff.name
        all: staff.name
    "#]],
    );
}

#[test]
fn an_inner_cte_hides_an_outer_one() {
    check(
        "WITH a AS (SELECT name AS x FROM staff)
         SELECT x, (WITH a AS (SELECT code AS x FROM project) SELECT MAX(x) FROM a) FROM a",
        expect![[r#"
            1: staff.name
            2: project.code
            all: project.code staff.name
        "#]],
    );
    check(
        "WITH a AS (SELECT name AS x FROM staff), b AS (SELECT x FROM a)
         SELECT (WITH a AS (SELECT code AS x FROM project) SELECT MAX(x) FROM b) FROM project",
        expect![[r#"
            1: staff.name
            all: staff.name
        "#]],
    );
}

#[test]
fn set_operations() {
    check(
        "SELECT name, code FROM project UNION SELECT name, hours FROM staff ORDER BY 2",
        expect![[r#"
        1: project.name staff.name
        2: project.code staff.hours
        order by: project.code staff.hours
        all: project.code project.name staff.name staff.hours
    "#]],
    );
    check(
        "SELECT a FROM (VALUES (1)) JOIN (SELECT budget AS a FROM project UNION ALL SELECT 0)",
        expect![[r#"
        1: project.budget
        all: project.budget
    "#]],
    );
}

#[test]
fn recursion_runs_until_nothing_is_added() {
    check(
        "WITH RECURSIVE up (a, b, c) AS (SELECT id, name, code FROM staff UNION ALL
         SELECT b, c, hours FROM up JOIN staff ON staff.id = up.a) SELECT a FROM up",
        expect![[r#"
            1: staff.id staff.name staff.code staff.hours
            on: staff.id staff.name staff.code staff.hours
            all: staff.id staff.name staff.code staff.hours
        "#]],
    );
}

#[test]
fn recursion_forgets_no_condition_of_what_it_speaks_of() {
    check(
        "WITH RECURSIVE d AS (SELECT id FROM staff WHERE hours > 1),
           c (x) AS (SELECT id FROM d UNION ALL
                     SELECT x + n FROM c JOIN (WITH i AS (SELECT 1 AS n FROM project WHERE boss = 2) SELECT n FROM i)
                     WHERE x < 5)
         SELECT x FROM c ORDER BY (SELECT MAX(name) FROM staff WHERE id IN d)",
        expect![[r#"
            1: staff.id
            where: staff.hours
            where: project.boss
            where: staff.id
            where: staff.id staff.hours
            order by: staff.id staff.name staff.hours
            all: project.boss staff.id staff.name staff.hours
        "#]],
    );
}

#[test]
fn correlated_scopes() {
    check(
        "SELECT (SELECT MAX(hours) FROM staff WHERE staff.code = project.code) FROM project
         WHERE EXISTS (SELECT 1 FROM staff s WHERE s.id = boss)",
        expect![[r#"
            1: project.code staff.code staff.hours
            where: project.code staff.code
            where: project.boss staff.id
            where: project.boss staff.id
            all: project.code project.boss staff.id staff.code staff.hours
        "#]],
    );
}

#[test]
fn row_ids_and_aliases() {
    check(
        "SELECT rowid FROM staff",
        expect![[r#"
        1: staff.id
        all: staff.id
    "#]],
    );
    check(
        "SELECT rowid FROM project",
        expect![[r#"
        1: project.rowid
        all: project.rowid
    "#]],
    );
    check(
        "SELECT budget * 2 AS twice FROM project WHERE twice > 1 ORDER BY twice COLLATE NOCASE",
        expect![[r#"
        1: project.budget
        where: project.budget
        order by: project.budget
        all: project.budget
    "#]],
    );
    check(
        "SELECT COUNT(*) FROM staff WHERE name IN () AND upper(code) NOT IN ()",
        expect![[r#"
        1:
        where: staff.code
        all: staff.code
    "#]],
    );
}

#[test]
fn windows_and_filters() {
    check(
        "SELECT SUM(hours) FILTER (WHERE over = 1) OVER (w ORDER BY id) FROM staff WINDOW w AS (PARTITION BY code)",
        expect![[r#"
            1: staff.id staff.code staff.hours staff.over
            all: staff.id staff.code staff.hours staff.over
        "#]],
    );
}

#[test]
fn what_did_not_resolve_reads_nothing() {
    let catalog = catalog_from_ddl(DDL).expect("the schema is readable");
    let parsed = parse("SELECT missing, name FROM project JOIN nowhere ON x = code", &catalog, Dialect::Sqlite);
    let found = lineage(&parsed.query.expect("there is a tree"), &catalog);
    assert!(found.outputs[0].is_empty());
    assert_eq!(names(&found.outputs[1], &catalog), "project.name");
    assert_eq!(names(&found.reads, &catalog), "project.code project.name");
}
