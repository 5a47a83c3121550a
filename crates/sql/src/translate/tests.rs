//! Queries of other engines, said in SQLite's words, and what is refused.

use expect_test::{Expect, expect};

use super::translate;
use crate::ddl::catalog_from_ddl;
use crate::dialect::Dialect;
use crate::testing::one_line;

const SCHEMA: &str = "CREATE TABLE project (code VARCHAR(20) PRIMARY KEY, name VARCHAR(80), budget DECIMAL(15,2), hours INTEGER, \
    started DATE, changed TIMESTAMP)";

fn check(from: Dialect, sql: &str, expected: Expect) {
    let catalog = catalog_from_ddl(SCHEMA).expect("the schema is right");
    expected.assert_eq(&one_line(translate(sql, &catalog, from, Dialect::Sqlite)));
}

#[test]
fn postgres_is_read() {
    let check = |sql, expected| check(Dialect::Postgres, sql, expected);
    check(
        "SELECT name FROM public.project WHERE name ILIKE 'a%' ORDER BY started",
        expect!["SELECT name FROM project WHERE name LIKE 'a%' ORDER BY started NULLS LAST"],
    );
    check(
        "SELECT name FROM project WHERE name LIKE 'A_%' OFFSET 3",
        expect!["SELECT name FROM project WHERE name GLOB 'A?*' LIMIT -1 OFFSET 3"],
    );
    check(
        "SELECT EXTRACT(YEAR FROM started), started::text FROM project",
        expect![
            "SELECT CAST(STRFTIME('%Y', started) AS INTEGER) AS strftime_value, CAST(started AS TEXT) AS started_value FROM project"
        ],
    );
    check(
        "SELECT started + INTERVAL '1 month', started - DATE '2026-01-01', started + 7 FROM project",
        expect![
            "SELECT DATETIME(started, '+1 months', 'floor') AS datetime_started, CAST(JULIANDAY(DATE(started)) - JULIANDAY(DATE(DATE('2026-01-01'))) AS INTEGER) AS difference, DATE(started, '+7 days') AS date_started FROM project"
        ],
    );
    check(
        "SELECT DATE_TRUNC('month', changed) FROM project FETCH FIRST 2 ROWS ONLY",
        expect!["SELECT DATETIME(changed, 'start of month') AS datetime_changed FROM project LIMIT 2"],
    );
    check(
        "SELECT GREATEST(hours, 3), NOW() FROM project",
        expect![[
            r#"SELECT COALESCE(MAX(hours, 3), hours, 3) AS max_hours, CURRENT_TIMESTAMP AS "current_timestamp" FROM project"#
        ]],
    );
    check("SELECT DISTINCT ON (name) name FROM project", expect!["the query cannot be read: DISTINCT ON is not read."]);
    check(
        "SELECT SPLIT_PART(name, '-', 1) FROM project",
        expect!["the function SPLIT_PART of PostgreSQL is not translated"],
    );
}

#[test]
fn days_are_reckoned_or_refused() {
    let of_postgres = |sql, expected| check(Dialect::Postgres, sql, expected);
    of_postgres(
        "SELECT started + hours, started - hours, 1 + started, started + (-2) FROM project",
        expect![
            "SELECT DATE(started, hours || ' days') AS date_started, DATE(started, -hours || ' days') AS date_started_2, DATE(started, '+1 days') AS date_started_3, DATE(started, '-2 days') AS date_started_4 FROM project"
        ],
    );
    of_postgres(
        "SELECT INTERVAL '1 day' + started FROM project",
        expect!["SELECT DATETIME(started, '+1 days') AS datetime_started FROM project"],
    );
    of_postgres(
        "SELECT changed - changed FROM project",
        expect!["this arithmetic of days of PostgreSQL is not translated"],
    );
    of_postgres(
        "SELECT changed - started FROM project",
        expect!["this arithmetic of days of PostgreSQL is not translated"],
    );
    of_postgres(
        "SELECT started - changed FROM project",
        expect!["this arithmetic of days of PostgreSQL is not translated"],
    );
    of_postgres(
        "SELECT started + budget FROM project",
        expect!["this arithmetic of days of PostgreSQL is not translated"],
    );
    of_postgres("SELECT started * 2 FROM project", expect!["this arithmetic of days of PostgreSQL is not translated"]);
    check(
        Dialect::MySql,
        "SELECT started + 1 FROM project",
        expect!["this arithmetic of days of MySQL is not translated"],
    );
    check(
        Dialect::SqlServer,
        "SELECT changed + 1 FROM project",
        expect!["this arithmetic of days of SQL Server is not translated"],
    );
    check(
        Dialect::Oracle,
        "SELECT started + 1 FROM project",
        expect!["SELECT DATE(started, '+1 days') AS date_started FROM project"],
    );
}

#[test]
fn patterns_mean_what_they_mean_there() {
    for (from, condition, expected) in [
        (
            Dialect::Postgres,
            r"name ILIKE 'a\_b'",
            expect![[r#"SELECT 1 AS value FROM project WHERE name LIKE 'a\_b' ESCAPE '\'"#]],
        ),
        (
            Dialect::Postgres,
            r"name ILIKE '%' || code || '%'",
            expect![[r#"SELECT 1 AS value FROM project WHERE name LIKE '%' || code || '%' ESCAPE '\'"#]],
        ),
        (
            Dialect::Postgres,
            r"name ILIKE 'a!_b' ESCAPE '!'",
            expect!["SELECT 1 AS value FROM project WHERE name LIKE 'a!_b' ESCAPE '!'"],
        ),
        (
            Dialect::Postgres,
            r"name ILIKE 'a\_b' ESCAPE ''",
            expect![[r#"SELECT 1 AS value FROM project WHERE name LIKE 'a\_b'"#]],
        ),
        (Dialect::Postgres, r"name ILIKE 'Ä%'", expect!["ILIKE with this pattern of PostgreSQL is not translated"]),
        (Dialect::Postgres, r"name LIKE 'a\_b*%'", expect!["SELECT 1 AS value FROM project WHERE name GLOB 'a_b[*]*'"]),
        (Dialect::Postgres, r"name LIKE 'ab\'", expect!["LIKE with this pattern of PostgreSQL is not translated"]),
        (
            Dialect::Postgres,
            r"name LIKE code || '%'",
            expect!["LIKE with this pattern of PostgreSQL is not translated"],
        ),
        (
            Dialect::MySql,
            r"name LIKE 'a\_b'",
            expect![[r#"SELECT 1 AS value FROM project WHERE name LIKE 'a\_b' ESCAPE '\'"#]],
        ),
        (
            Dialect::MySql,
            r"name LIKE code",
            expect![[r#"SELECT 1 AS value FROM project WHERE name LIKE code ESCAPE '\'"#]],
        ),
        (Dialect::MySql, r"name LIKE 'a%'", expect!["SELECT 1 AS value FROM project WHERE name LIKE 'a%'"]),
        (Dialect::SqlServer, r"name LIKE '[AC]%'", expect!["LIKE with this pattern of SQL Server is not translated"]),
        (Dialect::SqlServer, r"name LIKE code", expect!["LIKE with this pattern of SQL Server is not translated"]),
        (
            Dialect::SqlServer,
            r"name LIKE 'a\_%'",
            expect![[r#"SELECT 1 AS value FROM project WHERE name LIKE 'a\_%'"#]],
        ),
        (
            Dialect::Oracle,
            r"name LIKE 'a!_%' ESCAPE '!'",
            expect!["SELECT 1 AS value FROM project WHERE name GLOB 'a_*'"],
        ),
    ] {
        check(from, &format!("SELECT 1 FROM project WHERE {condition}"), expected);
    }
}

#[test]
fn parts_of_texts_are_counted_alike() {
    for (from, part, expected) in [
        (Dialect::Postgres, "LEFT(name, 2)", expect!["SELECT SUBSTR(name, 1, 2) AS substr_name FROM project"]),
        (Dialect::Postgres, "LEFT(name, -2)", expect!["LEFT with this count of PostgreSQL is not translated"]),
        (Dialect::Postgres, "LEFT(name, hours)", expect!["LEFT with this count of PostgreSQL is not translated"]),
        (Dialect::Postgres, "RIGHT(name, 2)", expect!["SELECT SUBSTR(name, -2) AS substr_name FROM project"]),
        (Dialect::Postgres, "RIGHT(name, -2)", expect!["RIGHT with this count of PostgreSQL is not translated"]),
        (
            Dialect::Postgres,
            "SUBSTR(name, -2, 3)",
            expect!["SUBSTR with this start or length of PostgreSQL is not translated"],
        ),
        (Dialect::MySql, "SUBSTR(name, -2, 3)", expect!["SUBSTR with this start or length of MySQL is not translated"]),
        (Dialect::MySql, "SUBSTR(name, 0, 3)", expect!["SUBSTR with this start or length of MySQL is not translated"]),
        (Dialect::Oracle, "SUBSTR(name, -2)", expect!["SUBSTR with this start or length of Oracle is not translated"]),
        (Dialect::MySql, "SUBSTR(name, 4, -2)", expect!["SUBSTR with this start or length of MySQL is not translated"]),
        (
            Dialect::MySql,
            "SUBSTR(name, 4, hours)",
            expect!["SUBSTR with this start or length of MySQL is not translated"],
        ),
        (Dialect::MySql, "SUBSTR(name, 4, 2)", expect!["SELECT SUBSTR(name, 4, 2) AS substr_name FROM project"]),
        (
            Dialect::MySql,
            "SUBSTR(name, 1, INSTR(name, '-') - 1)",
            expect!["SELECT SUBSTR(name, 1, INSTR(name, '-') - 1) AS substr_name FROM project"],
        ),
        (
            Dialect::MySql,
            "LENGTH(name)",
            expect!["LENGTH in bytes (CHAR_LENGTH counts letters) of MySQL is not translated"],
        ),
        (Dialect::MySql, "CHAR_LENGTH(name)", expect!["SELECT LENGTH(name) AS length_name FROM project"]),
        (Dialect::Postgres, "LENGTH(name)", expect!["SELECT LENGTH(name) AS length_name FROM project"]),
        (
            Dialect::Postgres,
            "SUBSTR(name, STRPOS(name, '-') + 1)",
            expect!["SELECT SUBSTR(name, INSTR(name, '-') + 1) AS substr_name FROM project"],
        ),
    ] {
        check(from, &format!("SELECT {part} FROM project"), expected);
    }
}

#[test]
fn days_beside_moments_are_moments() {
    for (from, condition, expected) in [
        (
            Dialect::Postgres,
            "started >= DATE '2026-01-01' + INTERVAL '1 month'",
            expect![
                "SELECT 1 AS value FROM project WHERE DATETIME(started) >= DATETIME(DATE('2026-01-01'), '+1 months', 'floor')"
            ],
        ),
        (
            Dialect::Postgres,
            "DATE_TRUNC('month', CURRENT_DATE) <= started",
            expect![
                "SELECT 1 AS value FROM project WHERE DATETIME(CURRENT_DATE, 'start of month') <= DATETIME(started)"
            ],
        ),
        (
            Dialect::Postgres,
            "changed = '2026-01-01'",
            expect!["SELECT 1 AS value FROM project WHERE changed = '2026-01-01 00:00:00'"],
        ),
        (
            Dialect::Postgres,
            "changed > DATE '2026-01-01'",
            expect!["SELECT 1 AS value FROM project WHERE changed > DATETIME(DATE('2026-01-01'))"],
        ),
        (
            Dialect::MySql,
            "changed >= CURDATE()",
            expect!["SELECT 1 AS value FROM project WHERE changed >= DATETIME(CURRENT_DATE)"],
        ),
        (
            Dialect::Oracle,
            "started < SYSDATE",
            expect!["SELECT 1 AS value FROM project WHERE DATETIME(started) < CURRENT_TIMESTAMP"],
        ),
        (
            Dialect::Postgres,
            "changed BETWEEN '2026-01-01' AND '2026-01-31 12:00:00'",
            expect![
                "SELECT 1 AS value FROM project WHERE changed BETWEEN '2026-01-01 00:00:00' AND '2026-01-31 12:00:00'"
            ],
        ),
        (
            Dialect::Postgres,
            "started BETWEEN DATE_TRUNC('year', CURRENT_DATE) AND CURRENT_DATE",
            expect![
                "SELECT 1 AS value FROM project WHERE DATETIME(started) BETWEEN DATETIME(CURRENT_DATE, 'start of year') AND DATETIME(CURRENT_DATE)"
            ],
        ),
        (
            Dialect::Postgres,
            "started IN (changed, '2026-01-01')",
            expect!["SELECT 1 AS value FROM project WHERE DATETIME(started) IN (changed, '2026-01-01 00:00:00')"],
        ),
        (
            Dialect::Postgres,
            "started IS DISTINCT FROM changed",
            expect!["SELECT 1 AS value FROM project WHERE DATETIME(started) IS NOT changed"],
        ),
        (
            Dialect::Postgres,
            "CASE started WHEN changed THEN 1 ELSE 0 END = 1",
            expect!["SELECT 1 AS value FROM project WHERE CASE DATETIME(started) WHEN changed THEN 1 ELSE 0 END = 1"],
        ),
        (
            Dialect::Postgres,
            "(code, started) = (name, changed)",
            expect!["SELECT 1 AS value FROM project WHERE (code, DATETIME(started)) = (name, changed)"],
        ),
        (
            Dialect::Postgres,
            "changed >= (SELECT MAX(started) FROM project)",
            expect!["SELECT 1 AS value FROM project WHERE changed >= DATETIME(( SELECT MAX(started) FROM project ))"],
        ),
        (
            Dialect::Postgres,
            "(code, started) IN (SELECT code, changed FROM project)",
            expect![
                "SELECT 1 AS value FROM project WHERE (code, DATETIME(started)) IN ( SELECT code, changed FROM project )"
            ],
        ),
        (
            Dialect::Postgres,
            "changed IN (SELECT started FROM project)",
            expect!["a moment looked for among days of PostgreSQL is not translated"],
        ),
    ] {
        check(from, &format!("SELECT 1 FROM project WHERE {condition}"), expected);
    }
}

#[test]
fn a_text_beside_a_day_is_one() {
    for (from, condition, expected) in [
        (
            Dialect::Postgres,
            "started >= '2026-01-01' AND changed < '2026-01-01 10:00:00'",
            expect!["SELECT 1 AS value FROM project WHERE started >= '2026-01-01' AND changed < '2026-01-01 10:00:00'"],
        ),
        (
            Dialect::Postgres,
            "'2026-01-01' IN (SELECT changed FROM project)",
            expect!["SELECT 1 AS value FROM project WHERE '2026-01-01 00:00:00' IN ( SELECT changed FROM project )"],
        ),
        (
            Dialect::Postgres,
            "started = '2026-01-01 00:00:00'",
            expect!["'2026-01-01 00:00:00' beside a day or moment of PostgreSQL is not translated"],
        ),
        (
            Dialect::Postgres,
            "started > 'yesterday'",
            expect!["'yesterday' beside a day or moment of PostgreSQL is not translated"],
        ),
        (
            Dialect::Postgres,
            "changed > '2026-01-01 10:00'",
            expect!["'2026-01-01 10:00' beside a day or moment of PostgreSQL is not translated"],
        ),
        (
            Dialect::SqlServer,
            "started IN ('20260101', '20260102')",
            expect!["'20260101' beside a day or moment of SQL Server is not translated"],
        ),
    ] {
        check(from, &format!("SELECT 1 FROM project WHERE {condition}"), expected);
    }
}

#[test]
fn columns_of_inner_queries_are_what_they_are_once_settled() {
    check(
        Dialect::Postgres,
        "WITH late AS (SELECT started + INTERVAL '1 month' AS due FROM project) SELECT due + INTERVAL '1 day' FROM late WHERE due <= CURRENT_DATE",
        expect![
            "WITH late AS ( SELECT DATETIME(started, '+1 months', 'floor') AS due FROM project ) SELECT DATETIME(due, '+1 days') AS datetime_due FROM late WHERE due <= DATETIME(CURRENT_DATE)"
        ],
    );
    check(
        Dialect::MySql,
        "SELECT share % 2 FROM (SELECT hours / 2 AS share FROM project) AS shares",
        expect!["the remainder of a division of decimals of MySQL is not translated"],
    );
}

#[test]
fn decimals_are_divided_as_decimals() {
    for (from, value, expected) in [
        (Dialect::Postgres, "budget / 2", expect!["SELECT CAST(budget AS REAL) / 2 AS x FROM project"]),
        (Dialect::Postgres, "hours / budget", expect!["SELECT CAST(hours AS REAL) / budget AS x FROM project"]),
        (
            Dialect::Postgres,
            "SUM(budget) / COUNT(*)",
            expect!["SELECT CAST(SUM(budget) AS REAL) / COUNT(*) AS x FROM project"],
        ),
        (Dialect::SqlServer, "budget / hours", expect!["SELECT CAST(budget AS REAL) / hours AS x FROM project"]),
        (Dialect::Postgres, "hours / 2", expect!["SELECT hours / 2 AS x FROM project"]),
        (Dialect::Postgres, "100.0 * hours / 7", expect!["SELECT 100.0 * hours / 7 AS x FROM project"]),
        (Dialect::Postgres, "AVG(hours) / 2", expect!["SELECT AVG(hours) / 2 AS x FROM project"]),
        (Dialect::MySql, "hours / 2", expect!["SELECT CAST(hours AS REAL) / 2 AS x FROM project"]),
        (
            Dialect::Oracle,
            "SUM(hours) / COUNT(*)",
            expect!["SELECT CAST(SUM(hours) AS REAL) / COUNT(*) AS x FROM project"],
        ),
        (Dialect::Postgres, "hours % 7", expect!["SELECT hours % 7 AS x FROM project"]),
        (Dialect::Postgres, "MOD(hours, 7)", expect!["SELECT hours % 7 AS x FROM project"]),
        (
            Dialect::Postgres,
            "budget % 7",
            expect!["the remainder of a division of decimals of PostgreSQL is not translated"],
        ),
        (
            Dialect::Postgres,
            "5.5 % 2",
            expect!["the remainder of a division of decimals of PostgreSQL is not translated"],
        ),
        (
            Dialect::MySql,
            "MOD(budget, 7)",
            expect!["the remainder of a division of decimals of MySQL is not translated"],
        ),
        (
            Dialect::Oracle,
            "MOD(hours, 2.5)",
            expect!["the remainder of a division of decimals of Oracle is not translated"],
        ),
    ] {
        check(from, &format!("SELECT {value} AS x FROM project"), expected);
    }
}

#[test]
fn counts_of_units_do_not_wrap() {
    for (from, value, expected) in [
        (
            Dialect::Postgres,
            "started + INTERVAL '9223372036854775807 weeks'",
            expect!["this arithmetic of days of PostgreSQL is not translated"],
        ),
        (
            Dialect::MySql,
            "DATE_SUB(started, INTERVAL 2000000000000000000 WEEK)",
            expect!["DATE_SUB with this interval of MySQL is not translated"],
        ),
        (
            Dialect::MySql,
            "DATE_SUB(started, INTERVAL '-9223372036854775808' DAY)",
            expect!["DATE_SUB with this interval of MySQL is not translated"],
        ),
        (
            Dialect::Postgres,
            "started - INTERVAL '-9223372036854775808 days'",
            expect!["this arithmetic of days of PostgreSQL is not translated"],
        ),
        (
            Dialect::Postgres,
            "started - INTERVAL '-2 weeks'",
            expect!["SELECT DATETIME(started, '+14 days') AS x FROM project"],
        ),
    ] {
        check(from, &format!("SELECT {value} AS x FROM project"), expected);
    }
}

#[test]
fn formats_of_words_are_read_or_refused() {
    for (from, value, expected) in [
        (
            Dialect::Postgres,
            "TO_CHAR(started, 'YYYY-MM.DD')",
            expect!["SELECT STRFTIME('%Y-%m.%d', started) AS x FROM project"],
        ),
        (Dialect::Postgres, "TO_CHAR(started, 'YYYY%MM')", expect!["this format of PostgreSQL is not translated"]),
        (Dialect::Postgres, "TO_CHAR(changed, 'SSSS')", expect!["this format of PostgreSQL is not translated"]),
    ] {
        check(from, &format!("SELECT {value} AS x FROM project"), expected);
    }
}

#[test]
fn backslashes_of_mysql_are_signs() {
    let check = |sql, expected| check(Dialect::MySql, sql, expected);
    check(
        r"SELECT 'it\'s', 'a\\b', 'a\%', 'x\ty'",
        expect![[r#"SELECT 'it''s' AS value, 'a\b' AS value_2, 'a\%' AS value_3, 'x y' AS value_4"#]],
    );
}

#[test]
fn mysql_is_read() {
    let check = |sql, expected| check(Dialect::MySql, sql, expected);
    check(
        "SELECT DATE_ADD(started, INTERVAL 1 MONTH), DATEDIFF(changed, started) FROM project LIMIT 2, 5",
        expect![
            "SELECT DATE(started, '+1 months', 'floor') AS date_started, CAST(JULIANDAY(DATE(changed)) - JULIANDAY(DATE(started)) AS INTEGER) AS difference FROM project LIMIT 5 OFFSET 2"
        ],
    );
    check(
        "SELECT CONCAT(code, '-', name), hours / 2, IFNULL(name, 'x') FROM `project`",
        expect![
            "SELECT code || '-' || name AS text, CAST(hours AS REAL) / 2 AS hours_value, IFNULL(name, 'x') AS name_value FROM project"
        ],
    );
    check(
        "SELECT DATE_FORMAT(changed, '%Y-%m %H:%i') FROM project WHERE YEAR(started) = 2026",
        expect![
            "SELECT STRFTIME('%Y-%m %H:%M', changed) AS strftime_value FROM project WHERE CAST(STRFTIME('%Y', started) AS INTEGER) = 2026"
        ],
    );
}

#[test]
fn a_subset_of_sql_server_and_oracle_is_read() {
    check(
        Dialect::SqlServer,
        "SELECT TOP (3) [name] + N' x' FROM dbo.project ORDER BY hours",
        expect!["SELECT name || ' x' AS text FROM project ORDER BY hours LIMIT 3"],
    );
    check(
        Dialect::SqlServer,
        "SELECT ISNULL(name, ''), GETDATE() FROM project ORDER BY code OFFSET 5 ROWS FETCH NEXT 2 ROWS ONLY",
        expect![[
            r#"SELECT COALESCE(name, '') AS name_value, CURRENT_TIMESTAMP AS "current_timestamp" FROM project ORDER BY code LIMIT 2 OFFSET 5"#
        ]],
    );
    check(
        Dialect::SqlServer,
        "SELECT TOP 10 PERCENT name FROM project",
        expect![[r#"the query cannot be read: Expected the first output, found "PERCENT"."#]],
    );
    check(
        Dialect::Oracle,
        "SELECT NVL(NULL, 'x'), SYSDATE FROM dual",
        expect![[r#"SELECT COALESCE(NULL, 'x') AS value, CURRENT_TIMESTAMP AS "current_timestamp""#]],
    );
    check(
        Dialect::Oracle,
        "SELECT code FROM project MINUS SELECT name FROM project",
        expect!["SELECT code FROM project EXCEPT SELECT name FROM project"],
    );
    check(
        Dialect::Oracle,
        "SELECT name FROM project ORDER BY hours FETCH FIRST 3 ROWS ONLY",
        expect!["SELECT name FROM project ORDER BY hours NULLS LAST LIMIT 3"],
    );
}

#[test]
fn there_and_back_is_the_same() {
    let catalog = catalog_from_ddl(SCHEMA).expect("the schema is right");
    for sql in [
        "SELECT name FROM project WHERE started >= '2026-01-01' ORDER BY hours DESC LIMIT 3",
        "SELECT name, SUM(hours) AS total FROM project GROUP BY name HAVING SUM(hours) > 3",
        "SELECT code FROM project WHERE budget > 5 EXCEPT SELECT code FROM project WHERE hours IS NULL",
    ] {
        let here = translate(sql, &catalog, Dialect::Sqlite, Dialect::Sqlite).expect("it is read");
        let there = translate(sql, &catalog, Dialect::Sqlite, Dialect::Postgres).expect("it is said");
        let back = translate(&there, &catalog, Dialect::Postgres, Dialect::Sqlite).expect("it is read back");
        let plain = |text: &str| text.replace(" NULLS LAST", "").replace("DATE('2026-01-01')", "'2026-01-01'");
        assert_eq!(plain(&back), plain(&here), "{there}");
    }
}
