//! Queries and the words told of them.

use expect_test::{Expect, expect};
use schema::Glossary;

use super::plan;
use crate::ddl::catalog_from_ddl;
use crate::dialect::Dialect;
use crate::resolve::parse;

const DDL: &str =
    "CREATE TABLE PROJECT (Code TEXT PRIMARY KEY, Status TEXT, Budget REAL, Actual_Cost REAL, Start_Date DATE);
    CREATE TABLE CONTRACT (Contract_ID INTEGER PRIMARY KEY, Code TEXT REFERENCES PROJECT(Code), Amount REAL);";

const GLOSSARY: &str =
    "[tables.PROJECT]\nplural = [\"projects\"]\n[columns.\"PROJECT.Code\"]\nterms = [\"project code\"]\n";

#[expect(clippy::needless_pass_by_value, reason = "expect! gives an owned value")]
fn check(text: &str, expected: Expect) {
    let catalog = catalog_from_ddl(DDL).expect("the schema is readable");
    let glossary = Glossary::from_toml(GLOSSARY).expect("the glossary is readable");
    let query = parse(text, &catalog, Dialect::Sqlite).ok().expect("the query is right");
    expected.assert_eq(&(plan(&query, &catalog, &glossary).join("\n") + "\n"));
}

#[test]
fn one_table() {
    check(
        "SELECT DISTINCT code, budget - actual_cost AS margin FROM project WHERE status = 'Active' AND budget > 100000 AND (status LIKE 'A%' OR budget IS NULL) ORDER BY margin DESC LIMIT 5",
        expect![[r#"
            1. Start from projects (PROJECT)
            2. Keep rows where status is 'Active' and budget is over 100,000 and ((status starts with 'A') or (budget is missing))
            3. Show each different project code, budget minus actual cost as margin
            4. Sort by budget minus actual cost, largest first
            5. Take the first 5
        "#]],
    );
}

#[test]
fn joins_and_groups() {
    check(
        "SELECT p.status, COUNT(*), SUM(c.amount) FROM project p LEFT JOIN contract c ON c.code = p.code GROUP BY p.status HAVING COUNT(*) > 2 ORDER BY 2",
        expect![[r#"
            1. Start from projects (PROJECT)
            2. Add contract (CONTRACT) where code of contract is project code of projects, keeping rows that have none
            3. Group by status of projects
            4. Keep groups where the number of rows is over 2
            5. Show status of projects, the number of rows, the total of amount of contract
            6. Sort by the number of rows, smallest first
        "#]],
    );
}

#[test]
fn subqueries_sets_windows_and_cases() {
    check(
        "SELECT code, CASE WHEN budget > 5 THEN 'big' ELSE 'small' END, RANK() OVER (PARTITION BY status ORDER BY budget DESC) FROM project p WHERE NOT EXISTS (SELECT 1 FROM contract c WHERE c.code = p.code) AND budget > (SELECT AVG(budget) FROM project)",
        expect![[r#"
            1. Start from projects (PROJECT)
            2. Keep rows where there is no row of (start from contract (CONTRACT); keep rows where code of contract is project code of projects; show 1) and budget of projects is over (the value of (start from projects (2) (PROJECT); show the average of budget of projects (2)))
            3. Show project code of projects, if budget of projects is over 5 then 'big', otherwise 'small', the rank (within each status of projects, going by budget of projects, largest first)
        "#]],
    );
    check(
        "WITH t AS (SELECT code, SUM(amount) AS total FROM contract GROUP BY code) SELECT code FROM t WHERE total > 10 UNION SELECT code FROM project WHERE start_date BETWEEN '2024-01-01' AND '2024-12-31' ORDER BY 1",
        expect![[r#"
            1. Work out t with Code, total: start from contract (CONTRACT); group by code; show code, the total of amount as total
            2. Take the rows of (start from t; keep rows where total is over 10; show Code)
            3. Add, without repeats, the rows of (start from projects (PROJECT); keep rows where start date is between '2024-01-01' and '2024-12-31'; show project code)
            4. Sort by output 1, smallest first
        "#]],
    );
}
