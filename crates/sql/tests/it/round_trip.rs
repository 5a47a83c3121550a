//! What is printed reads back as the same tree, and SQLite accepts it.

use expect_test::{Expect, expect};
use sql::visit::same_tree;
use sql::{Dialect, parse, print};

use crate::support::{DDL, catalog, database, refusal};

/// Queries with every kind of node.
pub(crate) const QUERIES: &[&str] = &[
    "SELECT * FROM project",
    "SELECT name, budget FROM project WHERE status = 'Active' AND budget > 100000 ORDER BY budget DESC LIMIT 5",
    "SELECT p.name, SUM(s.hours * s.rate) FROM project p JOIN staff s ON s.project_code = p.project_code GROUP BY p.name HAVING SUM(s.hours) > 10 ORDER BY 2 DESC",
    "SELECT department, COUNT(*) AS n FROM project GROUP BY department ORDER BY n DESC, department",
    "SELECT COUNT(DISTINCT status), MIN(budget), MAX(budget), AVG(budget - actual_cost) FROM project",
    "SELECT name FROM project WHERE project_code NOT IN (SELECT project_code FROM staff WHERE project_code IS NOT NULL)",
    "SELECT name FROM project p WHERE NOT EXISTS (SELECT 1 FROM staff s WHERE s.project_code = p.project_code AND s.hours > 1)",
    "SELECT name, (SELECT COUNT(*) FROM staff WHERE staff.project_code = project.project_code) FROM project",
    "SELECT a.name, b.name FROM company a LEFT JOIN company b ON a.parent_id = b.company_id WHERE b.name IS NULL",
    "WITH t AS (SELECT project_code, SUM(amount) AS total FROM contract GROUP BY project_code) SELECT p.name, t.total FROM t JOIN project p USING (project_code) ORDER BY t.total",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n",
    "WITH RECURSIVE up AS (SELECT company_id, parent_id, 0 AS depth FROM company WHERE parent_id IS NULL UNION ALL SELECT c.company_id, c.parent_id, up.depth + 1 FROM company c JOIN up ON c.parent_id = up.company_id) SELECT * FROM up",
    "SELECT name FROM project UNION SELECT name FROM company ORDER BY name LIMIT 3 OFFSET 1",
    "SELECT status FROM project INTERSECT SELECT status FROM contract EXCEPT SELECT 'x'",
    "SELECT d.department, d.total FROM (SELECT department, SUM(budget) total FROM project GROUP BY department) d WHERE d.total > 10",
    "SELECT department, \"count(*)\" FROM (SELECT department, count(*) FROM project GROUP BY 1)",
    "SELECT CASE WHEN budget > 100 THEN 'big' WHEN budget IS NULL THEN NULL ELSE 'small' END, CASE status WHEN 'Active' THEN 1 END FROM project",
    "SELECT name, ROW_NUMBER() OVER (PARTITION BY department ORDER BY budget DESC) AS r, SUM(budget) OVER w, LAG(budget, 1) OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM project WINDOW w AS (ORDER BY start_date)",
    "SELECT COUNT(*) FILTER (WHERE status = 'Active') * 100.0 / COUNT(*) FROM project",
    "SELECT GROUP_CONCAT(name, ', ') FROM project",
    "SELECT CAST(budget AS INTEGER), -budget, - -5, +budget, ~1, NOT budget, - (-(3)) FROM project",
    "SELECT 1 + 2 * 3 - (4 - 5) - 6, (1 + 2) * 3, 7 / (2 * 3), 'a' || 'b' || 'it''s', 1 << 2 & 3, (1 = 2) = 3, 1 = (2 = 3), 1 < 2 = 3",
    "SELECT name FROM project WHERE (status = 'a' OR status = 'b') AND NOT (budget = 1 OR budget BETWEEN 2 AND 3) AND name LIKE '%x\\_%' ESCAPE '\\'",
    "SELECT name FROM project WHERE status = 'a' OR (status = 'b' AND budget > 1) OR NOT status = 'c'",
    "SELECT name FROM project WHERE budget IS actual_cost AND (budget > 1) IS TRUE AND budget IS NOT FALSE AND name GLOB 'a*' AND status NOT IN ('x', 'y') AND name NOT LIKE 'z%'",
    "SELECT name FROM project WHERE (status, department) IN (SELECT status, 'x' FROM contract) AND (budget, actual_cost) = (1, 2)",
    "SELECT name COLLATE NOCASE FROM project ORDER BY name COLLATE NOCASE DESC NULLS LAST, budget NULLS FIRST",
    "SELECT \"line no\", \"größe\", [select], \"update\" FROM \"order line\" WHERE \"select\" = \"nothing\"",
    "SELECT title FROM active_project WHERE budget > 1e6 AND title <> x'00ff' AND budget <> .5",
    "SELECT DISTINCT p.status FROM project p, contract c WHERE p.project_code = c.project_code",
    "SELECT * FROM project NATURAL JOIN staff",
    "SELECT * FROM staff s RIGHT JOIN project USING (project_code)",
    "SELECT project_code FROM staff FULL JOIN contract USING (project_code)",
    "SELECT budget * 2 AS budget FROM project ORDER BY budget, project.budget, -budget",
    "SELECT upper(status) AS status FROM project GROUP BY status",
    "SELECT status, COUNT(*) c FROM project GROUP BY 1 HAVING c > 1 ORDER BY c",
    "SELECT budget - actual_cost AS margin FROM project WHERE margin > 5",
    "SELECT rowid, oid FROM staff",
    "VALUES (1, 'a'), (2, NULL)",
    "SELECT * FROM (VALUES (1, 2)) v WHERE v.column1 = 1",
    "SELECT julianday(end_date) - julianday(start_date), strftime('%Y', start_date), date('2024-01-01', '+1 month') FROM project",
    "SELECT EXISTS (SELECT * FROM staff) AS any_staff",
    "SELECT p.name FROM project p WHERE p.budget > (SELECT AVG(p2.budget) FROM project p2 WHERE p2.department = p.department)",
    "SELECT s.resource_name FROM (project p LEFT JOIN contract c ON c.project_code = p.project_code) JOIN staff s ON s.project_code = p.project_code",
    "SELECT p.name, c.amount FROM project p LEFT JOIN (contract c JOIN company k ON k.company_id = c.company_id) ON c.project_code = p.project_code",
    "SELECT NULL, TRUE, CURRENT_DATE, 9223372036854775807, -9223372036854775808, 1e400",
    "SELECT a.status, b.status FROM project a JOIN project b ON a.department = b.department AND a.project_code < b.project_code",
    "SELECT x.status FROM (SELECT status FROM project) x JOIN (SELECT status FROM contract) y ON x.status = y.status",
    "SELECT COUNT(*) FROM (SELECT p.name, c.name FROM project p, company c)",
    "SELECT name FROM project WHERE start_date >= '2024-01-01' AND start_date < '2025-01-01' ORDER BY end_date, 1",
    "SELECT s1.hours FROM staff s1 WHERE s1.hours = (SELECT MAX(s2.hours) FROM staff s2 WHERE s2.project_code IN (SELECT p.project_code FROM project p WHERE p.status = s1.resource_name))",
];

#[test]
fn printed_queries_read_back() {
    let (catalog, connection) = (catalog(), database(DDL));
    let mut problems = Vec::new();
    for text in QUERIES {
        let parsed = parse(text, &catalog, Dialect::Sqlite);
        let Some(query) = parsed.clone().ok() else {
            problems.push(format!("{text}\n{:?}", parsed.diagnostics));
            continue;
        };
        if let Some(refusal) = refusal(&connection, text) {
            problems.push(format!("SQLite refuses the original: {refusal}\n{text}"));
        }
        for printed in [print::readable(&query, &catalog), print::compact(&query, &catalog)] {
            if let Some(refusal) = refusal(&connection, &printed) {
                problems.push(format!("SQLite: {refusal}\n{text}\n{printed}"));
            }
            let again = parse(&printed, &catalog, Dialect::Sqlite);
            if !again.query.as_ref().is_some_and(|again| same_tree(again, &query)) {
                problems.push(format!("reads back otherwise {:?}\n{text}\n{printed}", again.diagnostics));
            }
        }
    }
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n\n"));
}

#[expect(clippy::needless_pass_by_value, reason = "expect! gives an owned value")]
fn check(text: &str, expected: Expect) {
    let catalog = catalog();
    let query = parse(text, &catalog, Dialect::Sqlite).query.expect("the text is a query");
    expected.assert_eq(&format!("{}\n-- {}\n", print::readable(&query, &catalog), print::compact(&query, &catalog)));
}

#[test]
fn reading_form_one_table() {
    check(
        "select count(*), sum(BUDGET) from Project where status='Active' and budget>1 group by department",
        expect![[r#"
        SELECT COUNT(*) AS project_count, SUM(budget) AS total_budget
        FROM project
        WHERE status = 'Active'
          AND budget > 1
        GROUP BY department
        -- SELECT COUNT(*), SUM(project.budget) FROM project WHERE project.status = 'Active' AND project.budget > 1 GROUP BY project.department
    "#]],
    );
}

#[test]
fn reading_form_joins_and_subqueries() {
    check(
        "select p.name, count(*) from project p join staff on staff.project_code=p.project_code left join contract on contract.project_code = p.project_code where p.budget > (select avg(budget) from project) group by p.name order by 2 desc limit 3",
        expect![[r#"
            SELECT p.name, COUNT(*) AS row_count
            FROM project AS p
            JOIN staff AS s ON s.project_code = p.project_code
            LEFT JOIN contract AS c ON c.project_code = p.project_code
            WHERE p.budget > (
                SELECT AVG(budget)
                FROM project
            )
            GROUP BY p.name
            ORDER BY row_count DESC
            LIMIT 3
            -- SELECT project.name, COUNT(*) FROM project JOIN staff ON staff.project_code = project.project_code LEFT JOIN contract ON contract.project_code = project.project_code WHERE project.budget > (SELECT AVG(project_2.budget) FROM project AS project_2) GROUP BY project.name ORDER BY 2 DESC LIMIT 3
        "#]],
    );
    check(
        "select name from project where not exists (select 1 from contract where contract.project_code = project.project_code)",
        expect![[r#"
            SELECT p.name
            FROM project AS p
            WHERE NOT EXISTS (
                SELECT 1
                FROM contract AS c
                WHERE c.project_code = p.project_code
            )
            -- SELECT project.name FROM project WHERE NOT EXISTS (SELECT 1 FROM contract WHERE contract.project_code = project.project_code)
        "#]],
    );
}

#[test]
fn reading_form_ctes_and_sets() {
    check(
        "with t as (select project_code, sum(amount) from contract group by 1) select * from t union all select name, 1 from company order by 1",
        expect![[r#"
            WITH t AS (
                SELECT project_code, SUM(amount) AS total_amount
                FROM contract
                GROUP BY project_code
            )
            SELECT *
            FROM t
            UNION ALL
            SELECT name, 1
            FROM company
            ORDER BY project_code
            -- WITH t AS (SELECT contract.project_code, SUM(contract.amount) AS c2 FROM contract GROUP BY contract.project_code) SELECT t.project_code, t.c2 FROM t UNION ALL SELECT company.name, 1 FROM company ORDER BY project_code
        "#]],
    );
}
