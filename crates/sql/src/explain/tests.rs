//! Queries and their operators.

use expect_test::{Expect, expect};
use schema::Glossary;

use super::{Operator, operators};
use crate::ddl::catalog_from_ddl;
use crate::dialect::Dialect;
use crate::resolve::parse;

const DDL: &str = "CREATE TABLE project (code TEXT PRIMARY KEY, status TEXT, budget REAL);
    CREATE TABLE contract (id INTEGER PRIMARY KEY, code TEXT REFERENCES project(code), amount REAL);";

fn of(text: &str) -> Operator {
    let catalog = catalog_from_ddl(DDL).expect("the schema is readable");
    let query = parse(text, &catalog, Dialect::Sqlite).ok().expect("the query is right");
    operators(&query, &catalog, &Glossary::default())
}

#[expect(clippy::needless_pass_by_value, reason = "expect! gives an owned value")]
fn check(text: &str, expected: Expect) {
    expected.assert_eq(&of(text).text());
}

#[test]
fn a_join_in_groups() {
    check(
        "SELECT p.status, COUNT(*) AS n FROM project p LEFT JOIN contract c ON c.code = p.code WHERE p.budget > 5 GROUP BY p.status HAVING COUNT(*) > 2 ORDER BY n DESC LIMIT 3",
        expect![[r#"
            Limit: the first 3
            └─ Sort: the number of rows, largest first
               └─ Show: status of project, the number of rows as n
                  └─ Filter groups: the number of rows is over 2
                     └─ Group: for each status of project
                        └─ Filter: budget of project is over 5
                           └─ Left join: where code of contract is code of project, keeping rows of the first that have none
                              ├─ Scan: project (project)
                              └─ Scan: contract (contract)
        "#]],
    );
}

#[test]
fn subqueries_stand_beside_what_asks_them() {
    check(
        "WITH t AS (SELECT code, SUM(amount) AS total FROM contract GROUP BY code) SELECT DISTINCT code FROM t WHERE total > (SELECT AVG(total) FROM t) AND EXISTS (SELECT 1 FROM project p WHERE p.code = t.code) UNION SELECT code FROM (SELECT code FROM project) d",
        expect![[r#"
            With: the first input, by the help of the others
            ├─ Union: the rows of both, without repeats
            │  ├─ Distinct: each different row once
            │  │  └─ Show: code of t
            │  │     └─ Filter: total of t is over (the value of (subquery 1)) and there is a row of (subquery 2)
            │  │        ├─ Read CTE: t
            │  │        ├─ Subquery: 1
            │  │        │  └─ Show: the average of total of t (2)
            │  │        │     └─ Group: all rows together
            │  │        │        └─ Read CTE: t (2)
            │  │        └─ Subquery: 2
            │  │           └─ Show: 1
            │  │              └─ Filter: code of project is code of t
            │  │                 └─ Scan: project (project)
            │  └─ Show: code
            │     └─ Derived table: that result
            │        └─ Show: code of project (2)
            │           └─ Scan: project (2) (project)
            └─ CTE: t with code, total
               └─ Show: code, the total of amount as total
                  └─ Group: for each code
                     └─ Scan: contract (contract)
        "#]],
    );
}

#[test]
fn pictures_hold_what_the_text_says_and_no_markup_of_the_query() {
    let operator = of("SELECT code || '<b>\"&' AS x FROM project WHERE budget < 5 AND status <> 'a]b'");
    let mermaid = operator.mermaid();
    assert!(mermaid.starts_with("flowchart BT\n") && mermaid.contains("n1 --> n0"), "{mermaid}");
    assert!(!mermaid.contains("<b>\"&"), "{mermaid}");
    let svg = operator.svg();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n") && !svg.contains("<b>"), "{svg}");
    assert_eq!(svg.matches("<rect ").count(), 1 + 3, "a box for each of three operators, and the ground: {svg}");
}
