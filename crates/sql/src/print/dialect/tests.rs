//! One query in the words of every engine, and what each refuses.

use expect_test::{Expect, expect};
use schema::Catalog;

use super::{Target, Texts, emit};
use crate::dialect::Dialect;
use crate::resolve::parse;
use crate::testing::one_line;

const SCHEMA: &str = "CREATE TABLE project (code VARCHAR(20) PRIMARY KEY, name VARCHAR(80), budget DECIMAL(15,2), cost REAL, \
    priority INTEGER, active BOOLEAN, started DATE, changed TIMESTAMP, \"order\" INTEGER); \
    CREATE TABLE staff (id INTEGER PRIMARY KEY, code VARCHAR(20) REFERENCES project (code), role TEXT, hours INTEGER)";

fn catalog() -> Catalog {
    crate::ddl::catalog_from_ddl(SCHEMA).expect("the schema is right")
}

fn said(sql: &str, target: Target) -> String {
    let catalog = catalog();
    let query = parse(sql, &catalog, Dialect::Sqlite).ok().expect("the query is right");
    one_line(emit(&query, &catalog, target))
}

/// The query in the words of each engine, one line each.
fn check(sql: &str, expected: Expect) {
    let lines = Dialect::ALL.into_iter().skip(1).map(|dialect| {
        let target = Target { texts: Texts::AsServer, ..Target::from(dialect) };
        format!("{}: {}\n", dialect.name(), said(sql, target))
    });
    expected.assert_eq(&lines.collect::<String>());
}

#[test]
fn rows_are_limited() {
    check(
        "SELECT name FROM project ORDER BY budget DESC LIMIT 5",
        expect![[r#"
        postgres: SELECT name FROM project ORDER BY budget DESC NULLS LAST LIMIT 5
        mysql: SELECT name FROM project ORDER BY budget DESC LIMIT 5
        sqlserver: SELECT TOP (5) name FROM project ORDER BY budget DESC
        oracle: SELECT name FROM project ORDER BY budget DESC NULLS LAST FETCH FIRST 5 ROWS ONLY
    "#]],
    );
    check(
        "SELECT name FROM project ORDER BY name LIMIT 5 OFFSET 10",
        expect![[r#"
        postgres: SELECT name FROM project ORDER BY name NULLS FIRST LIMIT 5 OFFSET 10
        mysql: SELECT name FROM project ORDER BY name LIMIT 5 OFFSET 10
        sqlserver: SELECT name FROM project ORDER BY name OFFSET 10 ROWS FETCH NEXT 5 ROWS ONLY
        oracle: SELECT name FROM project ORDER BY name NULLS FIRST OFFSET 10 ROWS FETCH NEXT 5 ROWS ONLY
    "#]],
    );
    check(
        "SELECT name FROM project LIMIT -1 OFFSET 10",
        expect![[r#"
        postgres: SELECT name FROM project OFFSET 10
        mysql: SELECT name FROM project LIMIT 18446744073709551615 OFFSET 10
        sqlserver: SELECT name FROM project ORDER BY (SELECT NULL) OFFSET 10 ROWS
        oracle: SELECT name FROM project OFFSET 10 ROWS
    "#]],
    );
}

#[test]
fn texts_are_joined() {
    check(
        "SELECT name || ' (' || priority || ')' AS label FROM project",
        expect![[r#"
            postgres: SELECT (((name || ' (') || CAST(priority AS TEXT)) || ')') AS label FROM project
            mysql: SELECT CONCAT(CONCAT(CONCAT(name, ' ('), CAST(priority AS CHAR)), ')') AS label FROM project
            sqlserver: SELECT (((name + ' (') + CAST(priority AS VARCHAR(30))) + ')') AS label FROM project
            oracle: SELECT CASE WHEN name IS NOT NULL AND TO_CHAR(priority) IS NOT NULL THEN (((name || ' (') || TO_CHAR(priority)) || ')') END AS label FROM project
        "#]],
    );
}

#[test]
fn days_are_reckoned() {
    check(
        "SELECT strftime('%Y-%m', started), COUNT(*) FROM project GROUP BY 1",
        expect![[r#"
        postgres: SELECT TO_CHAR(started, 'YYYY-MM') AS strftime_value, COUNT(*) AS project_count FROM project GROUP BY TO_CHAR(started, 'YYYY-MM')
        mysql: SELECT DATE_FORMAT(started, '%Y-%m') AS strftime_value, COUNT(*) AS project_count FROM project GROUP BY DATE_FORMAT(started, '%Y-%m')
        sqlserver: SELECT FORMAT(started, 'yyyy-MM', 'en-US') AS strftime_value, COUNT(*) AS project_count FROM project GROUP BY FORMAT(started, 'yyyy-MM', 'en-US')
        oracle: SELECT TO_CHAR(started, 'YYYY-MM') AS strftime_value, COUNT(*) AS project_count FROM project GROUP BY TO_CHAR(started, 'YYYY-MM')
    "#]],
    );
    check(
        "SELECT julianday(changed) - julianday(started) FROM project WHERE started >= '2026-01-01'",
        expect![[r#"
        postgres: SELECT (EXTRACT(EPOCH FROM changed - CAST(started AS TIMESTAMP)) / 86400) AS difference FROM project WHERE started >= DATE '2026-01-01'
        mysql: SELECT (TIMESTAMPDIFF(SECOND, CAST(started AS DATETIME), changed) / 86400e0) AS difference FROM project WHERE started >= DATE '2026-01-01'
        sqlserver: SELECT (DATEDIFF_BIG(SECOND, CAST(started AS DATETIME2), changed) / 86400E0) AS difference FROM project WHERE started >= CAST('2026-01-01' AS DATE)
        oracle: SELECT (CAST(changed AS DATE) - CAST(CAST(started AS TIMESTAMP) AS DATE)) AS difference FROM project WHERE started >= DATE '2026-01-01'
    "#]],
    );
    check(
        "SELECT (CAST(strftime('%m', started) AS INTEGER) + 2) / 3 AS quarter FROM project",
        expect![[r#"
        postgres: SELECT ((CAST(EXTRACT(MONTH FROM started) AS INTEGER) + 2) / 3) AS quarter FROM project
        mysql: SELECT ((MONTH(started) + 2) DIV 3) AS quarter FROM project
        sqlserver: SELECT ((MONTH(started) + 2) / 3) AS quarter FROM project
        oracle: SELECT TRUNC((EXTRACT(MONTH FROM started) + 2) / 3) AS quarter FROM project
    "#]],
    );
    check(
        "SELECT date(started, '+1 month'), date(started, 'start of month', '+1 month'), date(started, '-3 days') FROM project",
        expect![[r#"
        postgres: SELECT (CAST(CAST(DATE_TRUNC('month', started) AS DATE) + INTERVAL '1 months' AS DATE) + (CAST(EXTRACT(DAY FROM started) AS INTEGER) - 1)) AS date_started, CAST(CAST(DATE_TRUNC('month', started) AS DATE) + INTERVAL '1 months' AS DATE) AS date_started_2, (started + (-3)) AS date_started_3 FROM project
        mysql: SELECT DATE_ADD(DATE_ADD(CAST(DATE_FORMAT(started, '%Y-%m-01') AS DATE), INTERVAL 1 MONTH), INTERVAL DAYOFMONTH(started) - 1 DAY) AS date_started, DATE_ADD(CAST(DATE_FORMAT(started, '%Y-%m-01') AS DATE), INTERVAL 1 MONTH) AS date_started_2, DATE_ADD(started, INTERVAL -3 DAY) AS date_started_3 FROM project
        sqlserver: SELECT DATEADD(DAY, DAY(started) - 1, DATEADD(MONTH, 1, DATEFROMPARTS(YEAR(started), MONTH(started), 1))) AS date_started, DATEADD(MONTH, 1, DATEFROMPARTS(YEAR(started), MONTH(started), 1)) AS date_started_2, DATEADD(DAY, -3, started) AS date_started_3 FROM project
        oracle: SELECT ((TRUNC(started, 'MM') + NUMTOYMINTERVAL(1, 'MONTH')) + (EXTRACT(DAY FROM started) - 1)) AS date_started, (TRUNC(started, 'MM') + NUMTOYMINTERVAL(1, 'MONTH')) AS date_started_2, (started + (-3)) AS date_started_3 FROM project
    "#]],
    );
    check(
        "SELECT code FROM project WHERE changed > '2026-01-01' AND started LIKE '2026-%'",
        expect![[r#"
        postgres: SELECT code FROM project WHERE changed >= TIMESTAMP '2026-01-01 00:00:00' AND (TO_CHAR(started, 'YYYY-MM-DD') ILIKE '2026-%')
        mysql: SELECT code FROM project WHERE changed >= TIMESTAMP '2026-01-01 00:00:00' AND (LOWER(DATE_FORMAT(started, '%Y-%m-%d')) LIKE '2026-%')
        sqlserver: SELECT code FROM project WHERE changed >= CAST('2026-01-01 00:00:00' AS DATETIME2) AND (LOWER(FORMAT(started, 'yyyy-MM-dd', 'en-US')) LIKE '2026-%')
        oracle: SELECT code FROM project WHERE changed >= TIMESTAMP '2026-01-01 00:00:00' AND (LOWER(TO_CHAR(started, 'YYYY-MM-DD')) LIKE '2026-%')
    "#]],
    );
}

#[test]
fn a_calendar_is_recursive() {
    check(
        "WITH RECURSIVE m AS (SELECT '2026-01-01' AS d UNION ALL SELECT date(d, '+1 month') FROM m WHERE d < '2026-12-01') \
         SELECT m.d, COUNT(p.code) FROM m LEFT JOIN project p ON p.started >= m.d GROUP BY m.d",
        expect![[r#"
            postgres: WITH RECURSIVE m (d) AS ( SELECT DATE '2026-01-01' AS d UNION ALL SELECT CAST(d + INTERVAL '1 months' AS DATE) FROM m WHERE d < DATE '2026-12-01' ) SELECT m.d, COUNT(p.code) AS code_count FROM m LEFT JOIN project AS p ON p.started >= m.d GROUP BY m.d
            mysql: WITH RECURSIVE m (d) AS ( SELECT DATE '2026-01-01' AS d UNION ALL SELECT DATE_ADD(d, INTERVAL 1 MONTH) FROM m WHERE d < DATE '2026-12-01' ) SELECT m.d, COUNT(p.code) AS code_count FROM m LEFT JOIN project AS p ON p.started >= m.d GROUP BY m.d
            sqlserver: WITH m (d) AS ( SELECT CAST('2026-01-01' AS DATE) AS d UNION ALL SELECT DATEADD(MONTH, 1, d) FROM m WHERE d < CAST('2026-12-01' AS DATE) ) SELECT m.d, COUNT(p.code) AS code_count FROM m LEFT JOIN project AS p ON p.started >= m.d GROUP BY m.d OPTION (MAXRECURSION 0)
            oracle: WITH m (d) AS ( SELECT DATE '2026-01-01' AS d FROM DUAL UNION ALL SELECT (d + NUMTOYMINTERVAL(1, 'MONTH')) FROM m WHERE d < DATE '2026-12-01' ) SELECT m.d, COUNT(p.code) AS code_count FROM m LEFT JOIN project p ON p.started >= m.d GROUP BY m.d
        "#]],
    );
}

#[test]
fn numbers_divide_as_in_sqlite() {
    check(
        "SELECT hours / 7, 100.0 * hours / id, AVG(hours) FROM staff GROUP BY hours, id",
        expect![[r#"
        postgres: SELECT (hours / 7) AS hours_value, 100.0 * hours / NULLIF(id, 0) AS percent, AVG(hours) AS average_hours FROM staff GROUP BY hours, id
        mysql: SELECT (hours DIV 7) AS hours_value, 100.0e0 * hours / id AS percent, AVG(CAST(hours AS DOUBLE)) AS average_hours FROM staff GROUP BY hours, id
        sqlserver: SELECT (hours / 7) AS hours_value, 100.0e0 * hours / NULLIF(id, 0) AS [percent], AVG(CAST(hours AS FLOAT)) AS average_hours FROM staff GROUP BY hours, id
        oracle: SELECT TRUNC(hours / 7) AS hours_value, 100.0 * hours / NULLIF(id, 0) AS percent, AVG(hours) AS average_hours FROM staff GROUP BY hours, id
    "#]],
    );
    check(
        "SELECT SUM(hours) / 2, s.n / 2 FROM staff, (SELECT COUNT(*) AS n FROM staff) AS s GROUP BY s.n",
        expect![[r#"
            postgres: SELECT CAST(DIV(SUM(s.hours), 2) AS BIGINT) AS total_hours, CAST(DIV(s_2.n, 2) AS BIGINT) AS n_value FROM staff AS s CROSS JOIN ( SELECT COUNT(*) AS n FROM staff ) AS s_2 GROUP BY s_2.n
            mysql: SELECT (SUM(s.hours) DIV 2) AS total_hours, (s_2.n DIV 2) AS n_value FROM staff AS s CROSS JOIN ( SELECT COUNT(*) AS n FROM staff ) AS s_2 GROUP BY s_2.n
            sqlserver: SELECT (SUM(s.hours) / 2) AS total_hours, (s_2.n / 2) AS n_value FROM staff AS s CROSS JOIN ( SELECT COUNT(*) AS n FROM staff ) AS s_2 GROUP BY s_2.n
            oracle: SELECT TRUNC(SUM(s.hours) / 2) AS total_hours, TRUNC(s_2.n / 2) AS n_value FROM staff s CROSS JOIN ( SELECT COUNT(*) AS n FROM staff ) s_2 GROUP BY s_2.n
        "#]],
    );
    check(
        "SELECT budget / priority FROM project",
        expect![[r#"
        postgres: PostgreSQL cannot say a quotient of decimals that is a whole number where both are (multiply by 1.0 first)
        mysql: MySQL cannot say a quotient of decimals that is a whole number where both are (multiply by 1.0 first)
        sqlserver: SQL Server cannot say a quotient of decimals that is a whole number where both are (multiply by 1.0 first)
        oracle: Oracle cannot say a quotient of decimals that is a whole number where both are (multiply by 1.0 first)
    "#]],
    );
    check(
        "SELECT ROUND(AVG(cost), 2), CAST(cost AS INTEGER), MAX(priority, 3) FROM project GROUP BY cost, priority",
        expect![[r#"
        postgres: SELECT ROUND(CAST(AVG(cost) AS NUMERIC), 2) AS average_cost, CAST(TRUNC(cost) AS BIGINT) AS cost_value, CASE WHEN priority IS NOT NULL THEN GREATEST(priority, 3) END AS max_priority FROM project GROUP BY cost, priority
        mysql: SELECT ROUND(CAST(AVG(CAST(cost AS DOUBLE)) AS DECIMAL(65, 15)), 2) AS average_cost, CAST(TRUNCATE(cost, 0) AS SIGNED) AS cost_value, GREATEST(priority, 3) AS max_priority FROM project GROUP BY cost, priority
        sqlserver: SELECT ROUND(AVG(CAST(cost AS FLOAT)), 2) AS average_cost, CAST(cost AS BIGINT) AS cost_value, CASE WHEN priority IS NOT NULL THEN GREATEST(priority, 3) END AS max_priority FROM project GROUP BY cost, priority
        oracle: SELECT ROUND(AVG(cost), 2) AS average_cost, TRUNC(cost) AS cost_value, GREATEST(priority, 3) AS max_priority FROM project GROUP BY cost, priority
    "#]],
    );
}

#[test]
fn truth_is_a_value_or_not() {
    check(
        "SELECT priority > 3 AS urgent, SUM(active) FROM project WHERE active = 1 GROUP BY priority > 3",
        expect![[r#"
        postgres: SELECT priority > 3 AS urgent, SUM(CAST(active AS INTEGER)) AS total_active FROM project WHERE active = TRUE GROUP BY priority > 3
        mysql: SELECT priority > 3 AS urgent, SUM(active) AS total_active FROM project WHERE active = 1 GROUP BY priority > 3
        sqlserver: SELECT CASE WHEN priority > 3 THEN 1 WHEN NOT (priority > 3) THEN 0 END AS urgent, SUM(CAST(active AS INTEGER)) AS total_active FROM project WHERE active = 1 GROUP BY CASE WHEN priority > 3 THEN 1 WHEN NOT (priority > 3) THEN 0 END
        oracle: SELECT CASE WHEN priority > 3 THEN 1 WHEN NOT (priority > 3) THEN 0 END AS urgent, SUM(active) AS total_active FROM project WHERE active = 1 GROUP BY CASE WHEN priority > 3 THEN 1 WHEN NOT (priority > 3) THEN 0 END
    "#]],
    );
    check(
        "SELECT code FROM project WHERE active AND NOT priority IS 2",
        expect![[r#"
        postgres: SELECT code FROM project WHERE active AND NOT (priority IS NOT DISTINCT FROM 2)
        mysql: SELECT code FROM project WHERE active AND NOT (priority <=> 2)
        sqlserver: SELECT code FROM project WHERE active <> 0 AND NOT (priority IS NOT DISTINCT FROM 2)
        oracle: SELECT code FROM project WHERE active <> 0 AND NOT (DECODE(priority, 2, 1, 0) = 1)
    "#]],
    );
}

#[test]
fn aggregates_and_windows() {
    check(
        "SELECT COUNT(*) FILTER (WHERE priority > 1), GROUP_CONCAT(name, '; ') FROM project",
        expect![[r#"
        postgres: SELECT COUNT(*) FILTER (WHERE priority > 1) AS project_count, STRING_AGG(name, '; ') AS name_list FROM project
        mysql: SELECT COUNT(CASE WHEN priority > 1 THEN 1 END) AS project_count, GROUP_CONCAT(name SEPARATOR '; ') AS name_list FROM project
        sqlserver: SELECT COUNT(CASE WHEN priority > 1 THEN 1 END) AS project_count, STRING_AGG(name, '; ') AS name_list FROM project
        oracle: SELECT COUNT(CASE WHEN priority > 1 THEN 1 END) AS project_count, LISTAGG(name, '; ') WITHIN GROUP (ORDER BY NULL) AS name_list FROM project
    "#]],
    );
    check(
        "SELECT name, RANK() OVER (ORDER BY budget), LAG(priority, 1, 0) OVER (ORDER BY code) FROM project",
        expect![[r#"
            postgres: SELECT name, RANK() OVER (ORDER BY budget NULLS FIRST) AS rank, LAG(priority, 1, 0) OVER (ORDER BY code NULLS FIRST) AS previous_priority FROM project
            mysql: MySQL cannot say the function LAG with a default as it stands
            sqlserver: SELECT name, RANK() OVER (ORDER BY budget) AS rank, LAG(priority, 1, 0) OVER (ORDER BY code) AS previous_priority FROM project
            oracle: SELECT name, RANK() OVER (ORDER BY budget NULLS FIRST) AS rank, LAG(priority, 1, 0) OVER (ORDER BY code NULLS FIRST) AS previous_priority FROM project
        "#]],
    );
    check(
        "SELECT code, name, COUNT(*) FROM project GROUP BY code",
        expect![[r#"
            postgres: SELECT code, name, COUNT(*) AS project_count FROM project GROUP BY code
            mysql: SELECT code, name, COUNT(*) AS project_count FROM project GROUP BY code
            sqlserver: SELECT code, name, COUNT(*) AS project_count FROM project GROUP BY code, name
            oracle: SELECT code, name, COUNT(*) AS project_count FROM project GROUP BY code, name
        "#]],
    );
    check(
        "SELECT name, MAX(budget) FROM project",
        expect![[r#"
        postgres: PostgreSQL cannot say the column name, which is neither grouped by nor aggregated
        mysql: MySQL cannot say the column name, which is neither grouped by nor aggregated
        sqlserver: SQL Server cannot say the column name, which is neither grouped by nor aggregated
        oracle: Oracle cannot say the column name, which is neither grouped by nor aggregated
    "#]],
    );
}

#[test]
fn columns_that_groups_settle_are_grouped_by() {
    check(
        "SELECT p.name, COUNT(*) FROM staff s JOIN project p ON p.code = s.code GROUP BY s.code ORDER BY p.budget",
        expect![[r#"
            postgres: SELECT p.name, COUNT(*) AS row_count FROM staff AS s JOIN project AS p ON p.code = s.code GROUP BY s.code, p.name, p.budget ORDER BY p.budget NULLS FIRST
            mysql: SELECT p.name, COUNT(*) AS row_count FROM staff AS s JOIN project AS p ON p.code = s.code GROUP BY s.code, p.name, p.budget ORDER BY p.budget
            sqlserver: SELECT p.name, COUNT(*) AS row_count FROM staff AS s JOIN project AS p ON p.code = s.code GROUP BY s.code, p.name, p.budget ORDER BY p.budget
            oracle: SELECT p.name, COUNT(*) AS row_count FROM staff s JOIN project p ON p.code = s.code GROUP BY s.code, p.name, p.budget ORDER BY p.budget NULLS FIRST
        "#]],
    );
    let of_text = "SELECT s.role, COUNT(*) FROM staff s JOIN project p ON p.code = s.id GROUP BY p.code";
    assert!(said(of_text, Target::from(Dialect::Postgres)).ends_with("GROUP BY p.code, s.role"));
    // Rows without a partner, a column that is no key, a number of many texts, and one group of all rows.
    let refused = [
        "SELECT p.name, COUNT(*) FROM staff s LEFT JOIN project p ON p.code = s.code GROUP BY s.code",
        "SELECT p.code, COUNT(*) FROM staff s JOIN project p ON p.name = s.role GROUP BY s.role",
        "SELECT s.role, COUNT(*) FROM staff s JOIN project p ON p.code = s.code GROUP BY s.code",
        "SELECT p.name, COUNT(*) FROM staff s JOIN project p ON p.code = s.hours GROUP BY s.hours",
        "SELECT name, COUNT(*) FROM project WHERE code = 'x'",
    ];
    let found: Vec<String> = refused.iter().map(|sql| said(sql, Target::from(Dialect::Postgres))).collect();
    expect![[r#"
        PostgreSQL cannot say the column name, which is neither grouped by nor aggregated
        PostgreSQL cannot say the column code, which is neither grouped by nor aggregated
        PostgreSQL cannot say the column role, which is neither grouped by nor aggregated
        PostgreSQL cannot say the column name, which is neither grouped by nor aggregated
        PostgreSQL cannot say the column name, which is neither grouped by nor aggregated"#]]
    .assert_eq(&found.join("\n"));
}

#[test]
fn texts_beside_numbers_are_numbers_where_they_are() {
    let found = [
        "SELECT id FROM staff JOIN project ON hours = name",
        "SELECT id FROM staff JOIN project ON role < priority",
        "SELECT id FROM staff WHERE hours NOT IN (SELECT name FROM project)",
        "SELECT id FROM staff WHERE role IN (SELECT priority FROM project)",
        "SELECT id FROM staff WHERE role = (SELECT priority FROM project ORDER BY code LIMIT 1)",
        "SELECT id FROM staff WHERE hours = role || '1'",
        "SELECT id FROM staff WHERE role IN (SELECT priority + 1 FROM project)",
    ];
    let found: Vec<String> = found.iter().map(|sql| said(sql, Target::from(Dialect::Postgres))).collect();
    expect![[r#"
        SELECT s.id FROM staff AS s JOIN project AS p ON s.hours = CASE WHEN p.name ~ '^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$' THEN CAST(p.name AS NUMERIC) WHEN p.name IS NOT NULL THEN 'NaN' END
        SELECT s.id FROM staff AS s JOIN project AS p ON CASE WHEN s.role ~ '^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$' THEN CAST(s.role AS NUMERIC) WHEN s.role IS NOT NULL THEN 'NaN' END < p.priority
        SELECT id FROM staff WHERE hours NOT IN ( SELECT CASE WHEN name ~ '^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$' THEN CAST(name AS NUMERIC) WHEN name IS NOT NULL THEN 'NaN' END FROM project )
        SELECT id FROM staff WHERE CASE WHEN role ~ '^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$' THEN CAST(role AS NUMERIC) WHEN role IS NOT NULL THEN 'NaN' END IN ( SELECT priority FROM project )
        SELECT id FROM staff WHERE CASE WHEN role ~ '^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$' THEN CAST(role AS NUMERIC) WHEN role IS NOT NULL THEN 'NaN' END = ( SELECT priority FROM project ORDER BY code COLLATE "C" NULLS FIRST LIMIT 1 )
        PostgreSQL cannot say values of several types in one column or comparison
        PostgreSQL cannot say values of several types in one column or comparison"#]].assert_eq(&found.join("\n"));
    expect!["MySQL cannot say values of several types in one column or comparison"]
        .assert_eq(&said("SELECT id FROM staff JOIN project ON hours = name", Target::from(Dialect::MySql)));
}

#[test]
fn sets_and_subqueries() {
    check(
        "SELECT code FROM project EXCEPT SELECT code FROM staff",
        expect![[r#"
        postgres: SELECT code FROM project EXCEPT SELECT code FROM staff
        mysql: SELECT code FROM project EXCEPT SELECT code FROM staff
        sqlserver: SELECT code FROM project EXCEPT SELECT code FROM staff
        oracle: SELECT code FROM project MINUS SELECT code FROM staff
    "#]],
    );
    check(
        "SELECT (SELECT role FROM staff s WHERE s.code = p.code) FROM project p",
        expect![[r#"
        postgres: SELECT ( SELECT s.role FROM staff AS s WHERE s.code = p.code LIMIT 1 ) AS role FROM project AS p
        mysql: SELECT ( SELECT s.role FROM staff AS s WHERE s.code = p.code LIMIT 1 ) AS role FROM project AS p
        sqlserver: SELECT ( SELECT TOP (1) s.role FROM staff AS s WHERE s.code = p.code ) AS role FROM project AS p
        oracle: SELECT ( SELECT s.role FROM staff s WHERE s.code = p.code FETCH FIRST 1 ROWS ONLY ) AS role FROM project p
    "#]],
    );
    check(
        "SELECT code FROM project WHERE code IN (SELECT code FROM staff ORDER BY hours LIMIT 3)",
        expect![[r#"
        postgres: SELECT code FROM project WHERE code IN ( SELECT code FROM staff ORDER BY hours NULLS FIRST LIMIT 3 )
        mysql: SELECT code FROM project WHERE code IN ( SELECT code FROM ( SELECT code FROM staff ORDER BY hours LIMIT 3 ) AS sub )
        sqlserver: SELECT code FROM project WHERE code IN ( SELECT TOP (3) code FROM staff ORDER BY hours )
        oracle: SELECT code FROM project WHERE code IN ( SELECT code FROM staff ORDER BY hours NULLS FIRST FETCH FIRST 3 ROWS ONLY )
    "#]],
    );
    check(
        "SELECT p.code FROM project p FULL JOIN staff s ON s.code = p.code",
        expect![[r#"
        postgres: SELECT p.code FROM project AS p FULL JOIN staff AS s ON s.code = p.code
        mysql: MySQL cannot say FULL JOIN
        sqlserver: SELECT p.code FROM project AS p FULL JOIN staff AS s ON s.code = p.code
        oracle: SELECT p.code FROM project p FULL JOIN staff s ON s.code = p.code
    "#]],
    );
    check(
        "SELECT 1 WHERE '' = 'a'",
        expect![[r#"
        postgres: SELECT 1 AS value WHERE '' = 'a'
        mysql: SELECT 1 AS value WHERE '' = 'a'
        sqlserver: SELECT 1 AS value WHERE '' = 'a'
        oracle: Oracle cannot say an empty text, which it takes for NULL
    "#]],
    );
}

#[test]
fn names_are_quoted_and_texts_escaped() {
    check(
        "SELECT \"order\" AS rank FROM project WHERE name = 'O''Brien\\'",
        expect![[r#"
        postgres: SELECT "order" AS rank FROM project WHERE name = 'O''Brien\'
        mysql: SELECT `order` AS `rank` FROM project WHERE name = 'O''Brien\\'
        sqlserver: SELECT [order] AS rank FROM project WHERE name = 'O''Brien\'
        oracle: SELECT "order" AS rank FROM project WHERE name = 'O''Brien\'
    "#]],
    );
}

#[test]
fn texts_count_by_their_codes() {
    let all = |sql: &str| -> String {
        Dialect::ALL.into_iter().skip(1).map(|dialect| said(sql, Target::from(dialect)) + "\n").collect()
    };
    expect![[r#"
        SELECT p.name, COUNT(DISTINCT s.role) AS role_count FROM project AS p JOIN staff AS s ON p.code = s.code WHERE p.name <> 'a' GROUP BY p.name ORDER BY p.name COLLATE "C" NULLS FIRST
        SELECT p.name COLLATE utf8mb4_bin AS name, COUNT(DISTINCT s.role COLLATE utf8mb4_bin) AS role_count FROM project AS p JOIN staff AS s ON p.code = s.code AND p.code COLLATE utf8mb4_bin = s.code WHERE p.name COLLATE utf8mb4_bin <> 'a' GROUP BY p.name COLLATE utf8mb4_bin ORDER BY p.name COLLATE utf8mb4_bin
        SELECT p.name COLLATE Latin1_General_100_BIN2 AS name, COUNT(DISTINCT s.role COLLATE Latin1_General_100_BIN2) AS role_count FROM project AS p JOIN staff AS s ON p.code = s.code AND p.code COLLATE Latin1_General_100_BIN2 = s.code WHERE p.name COLLATE Latin1_General_100_BIN2 <> 'a' GROUP BY p.name COLLATE Latin1_General_100_BIN2 ORDER BY p.name COLLATE Latin1_General_100_BIN2
        SELECT p.name, COUNT(DISTINCT s.role) AS role_count FROM project p JOIN staff s ON p.code = s.code WHERE p.name <> 'a' GROUP BY p.name ORDER BY p.name NULLS FIRST
    "#]].assert_eq(&all("SELECT name, COUNT(DISTINCT role) FROM project JOIN staff USING (code) WHERE name <> 'a' GROUP BY name ORDER BY name"));
    expect![[r#"
        SELECT DISTINCT role COLLATE "C" AS role FROM staff WHERE (role ILIKE 'A%') ORDER BY role NULLS FIRST
        SELECT DISTINCT role COLLATE utf8mb4_bin AS role FROM staff WHERE (LOWER(role) LIKE 'a%') ORDER BY role
        SELECT DISTINCT role COLLATE Latin1_General_100_BIN2 AS role FROM staff WHERE (LOWER(role) LIKE 'a%') ORDER BY role
        SELECT DISTINCT role AS role FROM staff WHERE (LOWER(role) LIKE 'a%') ORDER BY role NULLS FIRST
    "#]].assert_eq(&all("SELECT DISTINCT role FROM staff WHERE role LIKE 'A%' ORDER BY role"));
}

#[test]
fn nothing_is_written_that_means_something_else() {
    let refused = |sql: &str, dialect: Dialect| said(sql, Target::from(dialect));
    let found = [
        refused("SELECT json_extract(name, '$.a') FROM project", Dialect::Postgres),
        refused("SELECT budget || 'x' FROM project", Dialect::Postgres),
        refused("SELECT julianday(name) FROM project", Dialect::Postgres),
        refused("SELECT COALESCE(budget, 'none') FROM project", Dialect::Postgres),
        refused("SELECT DISTINCT name FROM project ORDER BY budget", Dialect::Postgres),
        refused("SELECT rowid FROM project", Dialect::Postgres),
        refused("SELECT SUM(hours) OVER (ORDER BY id GROUPS 2 PRECEDING) FROM staff", Dialect::MySql),
        refused("SELECT name FROM project WHERE (code, name) IN (SELECT code, role FROM staff)", Dialect::SqlServer),
        refused("SELECT DATE(started, '+2000000000000000000 years') FROM project", Dialect::Postgres),
        refused("SELECT DATE(started, 'weekday 9223372036854775807') FROM project", Dialect::Postgres),
        refused("SELECT SUBSTR(name, -9223372036854775808) FROM project", Dialect::Postgres),
    ];
    expect![[r#"
        PostgreSQL cannot say the function JSON_EXTRACT as it stands
        PostgreSQL cannot say a decimal number as SQLite writes it as a text
        PostgreSQL cannot say a text that is read as a day, whatever stands in it
        PostgreSQL cannot say values of several types in one column or comparison
        PostgreSQL cannot say DISTINCT with an order by what is not shown
        PostgreSQL cannot say the row id of a table without a whole key
        MySQL cannot say the window frame GROUPS 2 PRECEDING
        SQL Server cannot say a row of several values
        PostgreSQL cannot say the date format or modifier '+2000000000000000000 years'
        PostgreSQL cannot say the date format or modifier 'weekday 9223372036854775807'
        PostgreSQL cannot say the function SUBSTR as it stands"#]]
    .assert_eq(&found.join("\n"));
}
