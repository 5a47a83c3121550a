//! Rules that need more than one example: what they find, and what they let be.

use rusqlite::Connection;
use rusqlite::types::Value;
use sql::diagnostic::Fix;
use sql::validate::{Access, BusinessRule, Limits, RuleKind, apply, fixed};
use sql::{Dialect, Options, validate, verify};

use crate::support::{DDL, catalog, database};

/// The codes found, in the order of the text.
fn codes(text: &str, options: &Options) -> Vec<&'static str> {
    validate(text, &catalog(), options).diagnostics.iter().map(|d| d.code).collect()
}

/// Each text with whether the code is found in it.
fn check(code: &str, options: &Options, cases: &[(&str, bool)]) {
    for (text, found) in cases {
        let codes = codes(text, options);
        assert_eq!(codes.contains(&code), *found, "{text}: {codes:?}");
    }
}

#[test]
fn sums_are_counted_once() {
    check(
        "BUS306",
        &Options::default(),
        &[
            ("SELECT SUM(p.budget) FROM project p JOIN staff s ON s.project_code = p.project_code", true),
            ("SELECT AVG(p.budget) FROM staff s LEFT JOIN project p ON s.project_code = p.project_code", true),
            ("SELECT SUM(p.budget) FROM project p, staff s WHERE s.project_code = p.project_code", true),
            ("SELECT SUM(p.budget) FROM project p JOIN staff s ON s.project_code IS p.project_code", true),
            (
                "SELECT p.department FROM project p JOIN staff s ON s.project_code = p.project_code \
                 GROUP BY p.department ORDER BY SUM(p.budget)",
                true,
            ),
            // Nothing ties the other table to the one that is summed.
            ("SELECT SUM(p.budget) FROM project p, staff s", true),
            ("SELECT SUM(p.budget) FROM project p CROSS JOIN staff s WHERE s.hours > 1", true),
            ("SELECT SUM(p.budget) FROM project p, staff s WHERE s.staff_id = 1", false),
            ("SELECT s.staff_id, SUM(p.budget) FROM project p, staff s GROUP BY s.staff_id", false),
            ("SELECT SUM(p.budget) FROM project p, (SELECT COUNT(*) AS n FROM staff) t", false),
            ("SELECT SUM(s.hours) FROM staff s JOIN project p ON LOWER(p.project_code) = LOWER(s.project_code)", false),
            // The join stands behind a CTE or a derived table.
            (
                "WITH j AS (SELECT p.budget AS b FROM project p JOIN staff s ON s.project_code = p.project_code) \
                 SELECT SUM(b) FROM j",
                true,
            ),
            (
                "SELECT SUM(b) FROM (SELECT b FROM (SELECT p.budget AS b FROM project p, staff s \
                 WHERE s.project_code = p.project_code))",
                true,
            ),
            (
                "WITH j AS (SELECT p.budget AS b, s.staff_id AS i FROM project p \
                 JOIN staff s ON s.project_code = p.project_code) SELECT i, SUM(b) FROM j GROUP BY i",
                false,
            ),
            (
                "WITH j AS (SELECT DISTINCT p.budget AS b FROM project p \
                 JOIN staff s ON s.project_code = p.project_code) SELECT SUM(b) FROM j",
                false,
            ),
            // The sum is of the many.
            ("SELECT SUM(s.hours) FROM project p JOIN staff s ON s.project_code = p.project_code", false),
            ("SELECT SUM(s.hours * p.budget) FROM project p JOIN staff s ON s.project_code = p.project_code", false),
            // Two tables that are many to one third.
            (
                "SELECT SUM(s.hours) FROM project p JOIN staff s ON s.project_code = p.project_code \
                 JOIN contract c ON c.project_code = p.project_code",
                true,
            ),
            // Each group is of one of the many.
            (
                "SELECT s.staff_id, SUM(p.budget) FROM project p JOIN staff s ON s.project_code = p.project_code \
                 GROUP BY s.staff_id",
                false,
            ),
            // Rows are counted, not summed.
            (
                "SELECT SUM(CASE WHEN p.status = 'Active' THEN 1 ELSE 0 END) FROM project p \
                 JOIN staff s ON s.project_code = p.project_code",
                false,
            ),
            ("SELECT SUM(p.budget > 1) FROM project p JOIN staff s ON s.project_code = p.project_code", false),
            (
                "SELECT SUM(CASE WHEN s.is_lead THEN p.budget END) FROM project p \
                 JOIN staff s ON s.project_code = p.project_code",
                true,
            ),
            ("SELECT SUM(DISTINCT p.budget) FROM project p JOIN staff s ON s.project_code = p.project_code", false),
            ("SELECT MAX(p.budget) FROM project p JOIN staff s ON s.project_code = p.project_code", false),
            (
                "SELECT SUM(p.budget) FROM project p JOIN (SELECT project_code AS k FROM staff GROUP BY 1) t \
                 ON t.k = p.project_code",
                false,
            ),
        ],
    );
}

/// A range ends before it starts as the column compares its ends.
#[test]
fn ranges_are_compared_as_their_column_does() {
    check(
        "BUS302",
        &Options::default(),
        &[
            ("SELECT name FROM project WHERE budget BETWEEN '9' AND '10'", false),
            ("SELECT name FROM project WHERE budget BETWEEN '10' AND '9'", true),
            ("SELECT name FROM project WHERE budget BETWEEN 100 AND 5.5", true),
            ("SELECT name FROM project WHERE budget >= 5.5 AND budget < 5", true),
            ("SELECT name FROM project WHERE budget BETWEEN 5 AND 5.5", false),
            ("SELECT name FROM project WHERE name BETWEEN 9 AND 10", true),
            ("SELECT name FROM project WHERE name BETWEEN '9' AND '10'", true),
        ],
    );
}

/// A value that a column never holds, however it is compared.
#[test]
fn values_are_looked_up_wherever_they_are_compared() {
    let column = catalog().find_qualified("project.status").expect("the column exists");
    let values = vec!["Active".to_owned(), "On Hold".to_owned()];
    let rules = [BusinessRule::new(RuleKind::ValueInList { column, values })];
    check(
        "BUS301",
        &Options { rules: &rules, ..Options::default() },
        &[
            ("SELECT name FROM project WHERE status IS 'Actve'", true),
            ("SELECT name FROM project WHERE 'Actve' IS NOT status", true),
            ("SELECT CASE status WHEN 'Active' THEN 1 WHEN 'Actve' THEN 2 END FROM project", true),
            ("SELECT CASE status WHEN 'Active' THEN 'Actve' END FROM project", false),
            ("SELECT name FROM project WHERE status IS 'Active'", false),
        ],
    );
}

#[test]
fn currencies_are_kept_apart() {
    let catalog = catalog();
    let column = |name: &str| catalog.find_qualified(name).expect("the column exists");
    let columns = vec![column("contract.amount")];
    let rules = [BusinessRule::new(RuleKind::SameCurrency { columns, currency: column("contract.status") })];
    check(
        "BUS307",
        &Options { rules: &rules, ..Options::default() },
        &[
            ("SELECT SUM(amount) FROM contract", true),
            ("SELECT SUM(ROUND(c.amount, 1)) FROM contract c WHERE c.status <> 'EUR'", true),
            ("SELECT SUM(amount) FROM contract WHERE status IN ('EUR', 'USD')", true),
            ("SELECT SUM(amount) FROM contract WHERE status = 'EUR' OR amount > 1", true),
            ("SELECT company_id, SUM(amount) FROM contract GROUP BY company_id", true),
            ("SELECT (SELECT AVG(amount) FROM contract) FROM project", true),
            ("SELECT SUM(amount) FROM contract WHERE status = 'EUR'", false),
            ("SELECT SUM(amount) FROM contract WHERE status IN ('EUR')", false),
            ("SELECT status, SUM(amount) FROM contract GROUP BY 1", false),
            ("SELECT SUM(amount) OVER (PARTITION BY status) FROM contract", false),
            ("SELECT SUM(amount) FILTER (WHERE status = 'EUR') FROM contract", false),
            ("SELECT SUM(CASE WHEN status = 'EUR' THEN amount END) FROM contract", false),
            ("SELECT contract_id, SUM(amount) FROM contract GROUP BY contract_id", false),
            ("SELECT MAX(amount), COUNT(amount) FROM contract", false),
            ("SELECT SUM(CASE WHEN amount IS NULL THEN 1 ELSE 0 END) FROM contract", false),
        ],
    );
}

#[test]
fn what_is_current_has_a_condition() {
    let catalog = catalog();
    let table = catalog.find_table("contract").expect("the table exists");
    let columns = vec![catalog.find_qualified("contract.signed_on").expect("the column exists")];
    let words = vec!["current".to_owned(), "in force".to_owned()];
    let rules = [BusinessRule::new(RuleKind::CurrentNeedsFilter { table, columns, words })];
    let asked = |question| Options { rules: &rules, question: Some(question), ..Options::default() };
    let all = "SELECT COUNT(*) FROM contract";
    check("BUS308", &Options { rules: &rules, ..Options::default() }, &[(all, false)]);
    check("BUS308", &asked("How many contracts are there?"), &[(all, false)]);
    check("BUS308", &asked("Currently and concurrent are other words"), &[(all, false)]);
    check(
        "BUS308",
        &asked("How many contracts are In Force?"),
        &[
            (all, true),
            ("SELECT signed_on FROM contract ORDER BY signed_on", true),
            ("SELECT name FROM project WHERE project_code IN (SELECT project_code FROM contract)", true),
            ("SELECT name FROM project", false),
            ("SELECT COUNT(*) FROM contract WHERE signed_on > '2024-01-01'", false),
            ("SELECT COUNT(*) FILTER (WHERE signed_on > '2024-01-01') FROM contract", false),
            ("SELECT SUM(CASE WHEN signed_on > '2024-01-01' THEN 1 END) FROM contract", false),
        ],
    );
}

#[test]
fn units_are_not_mixed() {
    let catalog = catalog();
    let column = |name: &str| catalog.find_qualified(name).expect("the column exists");
    let unit = |name: &str, unit: &str| {
        BusinessRule::new(RuleKind::Unit { columns: vec![column(name)], unit: unit.to_owned() })
    };
    let rules = [unit("staff.hours", "hours"), unit("staff.rate", "money")];
    check(
        "BUS309",
        &Options { rules: &rules, ..Options::default() },
        &[
            ("SELECT hours + rate FROM staff", true),
            ("SELECT name FROM project WHERE (SELECT 1 FROM staff WHERE -hours < rate)", true),
            ("SELECT project_code FROM staff GROUP BY project_code HAVING SUM(hours) > AVG(rate)", true),
            ("SELECT hours * rate FROM staff", false),
            ("SELECT hours FROM staff WHERE hours / 8 > rate", false),
            ("SELECT hours FROM staff WHERE hours > 8 AND rate > 1", false),
            ("SELECT hours FROM staff WHERE hours > staff_id", false),
        ],
    );
}

/// Every way to a column is found where the column is read.
#[test]
fn secrets_stay_secret() {
    let catalog = catalog();
    let secret = vec![catalog.find_qualified("staff.rate").expect("the column exists")];
    let access = Access { secret, ..Access::default() };
    let options = Options { access: Some(&access), ..Options::default() };
    let cases = [
        ("SELECT rate FROM staff", true),
        ("SELECT * FROM staff", true),
        ("SELECT s.* FROM project p JOIN staff s ON s.project_code = p.project_code", true),
        ("SELECT x FROM (SELECT rate AS x FROM staff)", true),
        ("WITH t(a) AS (SELECT rate FROM staff) SELECT a FROM t", true),
        ("WITH t AS (SELECT * FROM staff) SELECT resource_name FROM t", true),
        ("SELECT resource_name FROM staff WHERE rate > 100", true),
        ("SELECT resource_name FROM staff ORDER BY \"rate\"", true),
        ("SELECT COUNT(*) FROM staff GROUP BY [rate]", true),
        ("SELECT MAX(staff.rate) FROM staff", true),
        ("SELECT name FROM project WHERE 1 IN (SELECT RATE FROM staff)", true),
        ("SELECT a.staff_id FROM staff a JOIN staff b USING (rate)", true),
        ("SELECT a.staff_id FROM staff a NATURAL JOIN staff b", true),
        ("SELECT 1 FROM staff WHERE (1, 2, 3, 4, 5, 6) IN staff", true),
        ("SELECT name FROM company UNION SELECT rate FROM staff", true),
        ("SELECT SUM(hours) OVER (PARTITION BY rate) FROM staff", true),
        ("SELECT hours AS rate FROM staff ORDER BY rate", false),
        ("SELECT 'rate' FROM staff", false),
        ("SELECT COUNT(*) FROM staff", false),
    ];
    check("SEC510", &options, &cases);
    for (text, found) in cases {
        assert_eq!(verify(text, &catalog, &options).is_err(), found, "{text}");
    }
}

/// A row id is the key it stands for.
#[test]
fn a_secret_key_has_no_other_name() {
    let catalog = catalog();
    let secret = vec![catalog.find_qualified("staff.staff_id").expect("the column exists")];
    let access = Access { secret, ..Access::default() };
    check(
        "SEC510",
        &Options { access: Some(&access), ..Options::default() },
        &[
            ("SELECT rowid FROM staff", true),
            ("SELECT hours FROM staff ORDER BY _rowid_", true),
            ("SELECT s.oid FROM project p JOIN staff s ON s.project_code = p.project_code", true),
            ("SELECT rowid FROM company", false),
        ],
    );
}

/// A fence within a text or a comment of SQL is part of it; one around SQL is not.
#[test]
fn a_fence_within_a_text_fences_nothing() {
    for (text, fenced) in [
        ("SELECT name FROM project WHERE name = '\n```\nx\n```'", false),
        ("-- of all\nselect name AS \"\n```\n\" FROM project", false),
        ("WITH a AS (SELECT 1) /*\n```\n*/ SELECT * FROM a", false),
        ("With pleasure:\n```sql\nSELECT name FROM project\n```", true),
        ("Select the names:\n```\nSELECT name FROM project WHERE name = '```'\n```", true),
        ("```\nSELECT name FROM project\n```", true),
        ("Here's all of it\n```sql\nSELECT name FROM project\n```", true),
    ] {
        let codes = codes(text, &Options::default());
        assert_eq!(codes.contains(&"SYN110"), fenced, "{text}: {codes:?}");
    }
    let text = "SELECT name FROM project WHERE name = '\n```\nx\n```'";
    assert!(validate(text, &catalog(), &Options::default()).valid);
}

/// SQLite reads no text and no comment beyond a NUL.
#[test]
fn a_nul_means_nothing_anywhere() {
    for text in [
        "SELECT 'a\0b'",
        "SELECT \"a\0b\"",
        "SELECT [a\0b]",
        "SELECT `a\0b`",
        "SELECT 1 -- a\0b",
        "SELECT 1 /* a\0b */",
        "SELECT 1\0",
        "SELECT x'\0'",
    ] {
        assert_eq!(codes(text, &Options::default()), ["SYN106"], "{text:?}");
    }
}

#[test]
fn people_are_shown_only_where_they_are_shown() {
    let catalog = catalog();
    let personal = vec![catalog.find_qualified("staff.resource_name").expect("the column exists")];
    let access = Access { personal, ..Access::default() };
    check(
        "SEC511",
        &Options { access: Some(&access), ..Options::default() },
        &[
            ("SELECT resource_name FROM staff", true),
            ("SELECT * FROM staff", true),
            ("SELECT UPPER(s.resource_name) || '' FROM staff s", true),
            ("SELECT MAX(resource_name) FROM staff", true),
            ("WITH t AS (SELECT * FROM staff) SELECT x.resource_name FROM t x", true),
            ("WITH a(n) AS (SELECT resource_name FROM staff), b AS (SELECT n AS m FROM a) SELECT m FROM b", true),
            ("SELECT name FROM company UNION SELECT resource_name FROM staff", true),
            ("SELECT (SELECT resource_name FROM staff LIMIT 1) FROM project", true),
            (
                "WITH RECURSIVE r(n, i) AS (SELECT resource_name, 1 FROM staff UNION ALL \
                 SELECT n, i + 1 FROM r WHERE i < 3) SELECT n FROM r",
                true,
            ),
            ("WITH t AS (SELECT * FROM staff) SELECT hours FROM t", false),
            ("SELECT COUNT(resource_name), COUNT(*) FROM staff", false),
            ("SELECT hours FROM staff WHERE resource_name = 'Ann'", false),
            ("SELECT resource_name IS NULL FROM staff", false),
            ("VALUES ((SELECT resource_name FROM staff))", true),
            ("VALUES (1, 2), (1, (SELECT resource_name FROM staff))", true),
            ("WITH t(n) AS (VALUES ((SELECT MIN(resource_name) FROM staff))) SELECT n FROM t", true),
            ("VALUES ((SELECT COUNT(resource_name) FROM staff))", false),
            // The inner CTE of a name counts.
            (
                "WITH t AS (SELECT resource_name AS n FROM staff) SELECT n FROM \
                 (WITH t AS (SELECT name AS n FROM company) SELECT n FROM t), (SELECT COUNT(*) AS k FROM t)",
                false,
            ),
        ],
    );
}

#[test]
fn only_what_is_listed() {
    let catalog = catalog();
    let tables = Some(vec![catalog.find_table("project").expect("the table exists")]);
    let functions = Some(vec!["COUNT".to_owned()]);
    let access = Access { tables, functions, ..Access::default() };
    let options = Options { access: Some(&access), ..Options::default() };
    for (text, wanted) in [
        ("SELECT COUNT(*) FROM project", &[][..]),
        ("WITH staff AS (SELECT name FROM project) SELECT name FROM staff", &[]),
        ("SELECT name FROM company", &["SEC512"]),
        ("SELECT name FROM project WHERE EXISTS (SELECT 1 FROM staff)", &["SEC512"]),
        ("SELECT MAX(budget) FROM project ORDER BY ABS(1)", &["SEC513", "SEC513"]),
        ("SELECT CURRENT_DATE FROM project", &["SEC513"]),
    ] {
        assert_eq!(codes(text, &options), wanted, "{text}");
    }
}

/// What is not known is refused, not let through, whichever dialect is spoken.
#[test]
fn unknown_functions_and_dialects_are_refused() {
    for dialect in [Dialect::Sqlite, Dialect::Postgres, Dialect::MySql] {
        let options = Options { dialect, ..Options::default() };
        for function in ["no_such_function", "pg_no_such", "sys_eval", "xp_cmdshell"] {
            let text = format!("SELECT {function}(name) FROM project");
            assert!(codes(&text, &options).contains(&"SEC505"), "{text} in {dialect:?}");
            assert!(verify(&text, &catalog(), &options).is_err(), "{text} in {dialect:?}");
        }
    }
    for name in ["db2", "", "SQLite ", "duckdb"] {
        assert!(name.parse::<Dialect>().is_err(), "{name:?}");
    }
    assert!(Dialect::checked("oracle").is_err() && Dialect::checked("mysql").is_ok());
}

#[test]
fn depth_counts_queries_within_queries() {
    let nested = |levels: usize| format!("{}SELECT 1{}", "SELECT (".repeat(levels - 1), ")".repeat(levels - 1));
    let limits = Limits { depth: 4, ..Limits::default() };
    let options = Options { limits, ..Options::default() };
    let arms = vec!["SELECT 1"; 30].join(" UNION ALL ");
    check("SEC514", &options, &[(&nested(4), false), (&nested(5), true), (&arms, false)]);
    let few = Limits { columns: 2, sources: 1, ..Limits::default() };
    let options = Options { limits: few, ..Options::default() };
    check(
        "SEC507",
        &options,
        &[
            ("SELECT 1, 2 FROM project", false),
            ("SELECT 1, 2, 3", true),
            ("SELECT 1 FROM project WHERE EXISTS (SELECT 1 FROM staff)", true),
        ],
    );
}

/// What is more than the engine takes is said before it is asked.
#[test]
fn arms_arguments_and_calls_are_counted() {
    let arms = |count: usize| vec!["SELECT 1"; count].join(" UNION ALL ");
    let within = format!("SELECT COUNT(*) FROM ({})", arms(21));
    let call = |count: usize| format!("SELECT COALESCE({}) FROM project", vec!["name"; count].join(", "));
    let calls = |count: usize| format!("SELECT {} FROM project", vec!["ABS(1)"; count].join(" + "));
    let limits = Limits { calls: 30, ..Limits::default() };
    check(
        "SEC507",
        &Options { limits, ..Options::default() },
        &[
            (&arms(20), false),
            (&arms(21), true),
            (&within, true),
            (&call(16), false),
            (&call(17), true),
            (&calls(30), false),
            (&calls(31), true),
        ],
    );
}

/// A FULL JOIN merges what it joins by, and nothing that merely stands beside it.
#[test]
fn a_full_join_hides_no_ambiguity() {
    let merged = "SELECT status FROM project p FULL JOIN contract c USING (project_code, status)";
    check(
        "SCH203",
        &Options::default(),
        &[
            (merged, false),
            (&format!("{merged} FULL JOIN project d USING (project_code)"), true),
            (&format!("{merged} FULL JOIN project d USING (project_code, status)"), false),
            (&format!("{merged} JOIN project d ON d.project_code = p.project_code"), true),
        ],
    );
}

/// What a view reads is not known, and may be secret.
#[test]
fn a_view_is_no_way_around_a_secret() {
    let ddl = "CREATE TABLE staff (name TEXT, salary REAL); CREATE VIEW everyone AS SELECT name, salary FROM staff;";
    let catalog = sql::ddl::catalog_from_ddl(ddl).expect("the schema is readable");
    let secret = vec![catalog.find_qualified("staff.salary").expect("a column")];
    let codes = |sql: &str, access: &Access| -> Vec<&'static str> {
        let options = Options { access: Some(access), ..Options::default() };
        sql::validate(sql, &catalog, &options).diagnostics.iter().map(|d| d.code).collect()
    };
    let access = Access { secret, ..Access::default() };
    assert_eq!(codes("SELECT name FROM everyone", &access), ["SEC512"]);
    assert_eq!(codes("SELECT COUNT(*) FROM staff WHERE name IN (SELECT name FROM everyone)", &access), ["SEC512"]);
    assert!(codes("SELECT name FROM staff", &access).is_empty());
    let listed = Access { tables: catalog.find_table("everyone").map(|table| vec![table]), ..access };
    assert!(codes("SELECT name FROM everyone", &listed).is_empty());
    assert!(codes("SELECT name FROM everyone", &Access::default()).is_empty());
}

#[test]
fn a_total_may_stand_beside_anything() {
    check(
        "PRF401",
        &Options::default(),
        &[
            ("SELECT p.name FROM project p, company c", true),
            ("SELECT p.name FROM project p, (SELECT name FROM company) c", true),
            ("SELECT p.name FROM project p, (SELECT name, COUNT(*) AS n FROM company GROUP BY name) c", true),
            ("WITH c AS (SELECT name FROM company) SELECT p.name FROM project p CROSS JOIN c", true),
            ("SELECT p.name FROM project p, (SELECT COUNT(*) AS n FROM company) c", false),
            ("WITH c AS (SELECT COUNT(*) AS n FROM company) SELECT p.name, c.n FROM c CROSS JOIN project p", false),
            ("SELECT p.name FROM project p JOIN staff s ON s.project_code = p.project_code", false),
        ],
    );
}

#[test]
fn recursion_has_an_end() {
    check(
        "SEC506",
        &Options::default(),
        &[
            ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n", true),
            ("WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n) SELECT i FROM n", true),
            ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 9) SELECT i FROM n", false),
            ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n", false),
        ],
    );
    let text = "WITH a AS (SELECT 1 AS n), n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n, a";
    let report = validate(text, &catalog(), &Options::default());
    let found = report.diagnostics.iter().find(|d| d.code == "SEC506").expect("it is endless");
    assert_eq!(found.span, [27, 28]);
}

#[test]
fn indexes_are_not_defeated() {
    let options = Options::default();
    let cases = [
        ("SELECT name FROM project WHERE upper(project_code) = 'X'", "PRF405", true),
        ("SELECT name FROM project WHERE 'X' = upper(project_code)", "PRF405", true),
        ("SELECT name FROM project WHERE CAST(project_code AS TEXT) IN ('X')", "PRF405", true),
        ("SELECT p.name FROM project p JOIN staff s ON lower(p.project_code) = s.project_code", "PRF405", true),
        ("SELECT upper(project_code) FROM project", "PRF405", false),
        ("SELECT name FROM project WHERE upper(name) = 'X'", "PRF405", false),
        ("SELECT name FROM company WHERE company_id + 1 = 5", "PRF407", true),
        ("SELECT name FROM company WHERE -company_id BETWEEN 1 AND 5", "PRF407", true),
        ("SELECT name FROM company WHERE company_id = 5 - 1", "PRF407", false),
        ("SELECT name FROM project WHERE name GLOB '*x'", "PRF402", true),
        ("SELECT name FROM project WHERE name LIKE '_x'", "PRF402", true),
        ("SELECT name FROM project WHERE name LIKE 'x%'", "PRF402", false),
        ("SELECT DISTINCT company_id, name FROM company", "PRF408", true),
        ("SELECT DISTINCT name FROM company", "PRF408", false),
        ("SELECT DISTINCT c.company_id FROM company c JOIN contract k ON k.company_id = c.company_id", "PRF408", false),
        ("SELECT COUNT(DISTINCT company_id) FROM company", "PRF408", false),
    ];
    for (text, code, found) in cases {
        check(code, &options, &[(text, found)]);
    }
}

/// A row of most tables.
const ROWS: &str = "
    INSERT INTO project VALUES ('P1', 'b', 5, 3, 'Active', 'IT', '2024-01-01', NULL);
    INSERT INTO company VALUES (7, 'x', 'Trade', NULL);
    INSERT INTO staff VALUES (1, 'P1', 'Ada', 8.0, 90.0, 1);
";

fn rows(connection: &Connection, sql: &str) -> Vec<Vec<Value>> {
    let mut statement = connection.prepare(sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
    let width = statement.column_count();
    let rows = statement.query_map([], |row| (0..width).map(|i| row.get(i)).collect()).expect("it runs");
    rows.collect::<Result<_, _>>().expect("every value is read")
}

/// Every query with its safe fixes applied shows the same columns and rows, and has nothing left to fix.
#[test]
fn safe_fixes_change_no_meaning() {
    let (catalog, connection) = (catalog(), database(DDL));
    connection.execute_batch(ROWS).expect("the rows fit");
    for text in [
        "SELECT * FROM \"order line\"",
        "SELECT p.*, s.* FROM project p JOIN staff AS \"the staff\" ON 1 = 1 JOIN staff s ON s.staff_id = 1",
        "SELECT *, name FROM project WHERE status = \"é 'x'\" AND name <> \"b\"",
        "SELECT * FROM project JOIN staff USING (project_code)",
        "SELECT * FROM (SELECT name, name FROM project) AS t, company",
        "SELECT * FROM (SELECT name FROM project), company",
        "WITH t AS (SELECT * FROM project) SELECT * FROM t WHERE status = \"Active\"",
        "SELECT * FROM active_project ORDER BY 1",
        "SELECT*FROM project",
        "SELECT p.*FROM project p,company",
        "SELECT * FROM (SELECT \"abc\", name FROM project)",
        "SELECT abc FROM (SELECT \"abc\" FROM project WHERE name <> \"x\")",
        "SELECT * FROM (SELECT \"a b\" || name FROM project)",
        "SELECT * FROM (SELECT COUNT(*), TRUE FROM project) WHERE 'a' = \"a\"",
        "WITH c(x, x) AS (SELECT 1, 2) SELECT * FROM c",
        "WITH c(x, y) AS (SELECT 1, 2) SELECT*FROM c",
        "```sql\nSELECT * FROM company WHERE name = \"x\";\n```\nThat is all.",
    ] {
        let (after, report) = fixed(text, &catalog, &Options::default());
        assert!(report.valid, "{text}: {after}: {:?}", report.diagnostics);
        assert_eq!(apply(&after, &report.diagnostics), None, "{after}");
        let names = |sql: &str| -> Vec<String> {
            let statement = connection.prepare(sql).unwrap_or_else(|e| panic!("{e}: {sql}"));
            statement.column_names().map(str::to_owned).collect()
        };
        let before = text.trim_start_matches("```sql").split("```").next().expect("there is SQL");
        assert_eq!(names(before), names(&after), "{after}");
        assert_eq!(rows(&connection, before), rows(&connection, &after), "{after}");
    }
}

#[test]
fn edits_at_one_place_are_made_once() {
    let text = "SELECT name FROM project WHERE name = \"a\" OR name = \"a\"";
    let mut found = validate(text, &catalog(), &Options::default()).diagnostics;
    found.extend(found.clone());
    let after = apply(text, &found).expect("there is something to fix");
    assert_eq!(after, "SELECT name FROM project WHERE name = 'a' OR name = 'a'");
    assert_eq!(apply("short", &found), None);
}

/// The text after each fix by itself.
fn each_fixed(text: &str) -> Vec<String> {
    let found = validate(text, &catalog(), &Options::default()).diagnostics;
    let fixes = found.iter().flat_map(|d| d.fixes.iter().map(move |fix| (d, fix)));
    let alone = fixes.map(|(d, fix)| sql::Diagnostic { fixes: vec![Fix { safe: true, ..fix.clone() }], ..d.clone() });
    alone.filter_map(|only| apply(text, &[only])).collect()
}

#[test]
fn every_fix_leaves_a_query() {
    for text in include_str!("edges.sql").lines().filter(|line| !line.starts_with("--")) {
        if validate(text, &catalog(), &Options::default()).query.is_some() {
            for after in each_fixed(text) {
                let report = validate(&after, &catalog(), &Options::default());
                assert!(report.query.is_some(), "{text}\n{after}\n{:?}", report.diagnostics);
            }
        }
    }
}

#[test]
fn what_is_fixed_stays_apart_from_the_words_beside_it() {
    for (text, after) in [
        ("SELECT name FROM `projec`WHERE 1", "SELECT name FROM project WHERE 1"),
        ("SELECT p.\"nam\"FROM project p", "SELECT p.name FROM project p"),
        ("SELECT naem FROM project", "SELECT name FROM project"),
        (
            "SELECT amount FROM project p JOIN staff s USING ( project_code )",
            "SELECT amount FROM project p JOIN staff s USING ( project_code ) JOIN contract ON contract.project_code = p.project_code",
        ),
    ] {
        assert_eq!(each_fixed(text), [after]);
    }
}

#[test]
fn aggregates_of_other_engines_make_one_value_of_many_rows() {
    let postgres = Options { dialect: Dialect::Postgres, ..Options::default() };
    for call in [
        "STDDEV(budget)",
        "VARIANCE(budget)",
        "BOOL_AND(budget > 1)",
        "ARRAY_AGG(name)",
        "PERCENTILE_CONT(0.9) WITHIN GROUP (ORDER BY budget DESC)",
    ] {
        let found = |text: &str| validate(text, &catalog(), &postgres).diagnostics;
        let bare = |text: &str| found(text).iter().any(|d| d.code == "SCH216");
        assert!(!bare(&format!("SELECT status, {call} FROM project GROUP BY status")), "{call}");
        assert!(bare(&format!("SELECT status, name, {call} FROM project GROUP BY status")), "{call}");
    }
}

#[test]
fn conditions_that_exclude_each_other_are_told() {
    let where_ = |conditions: &str| format!("SELECT name FROM project WHERE {conditions}");
    let cases = [
        ("status = 'Active' AND status = 'Closed'", true),
        ("status = 'Active' AND budget > 1 AND status IN ('Closed', 'On Hold')", true),
        ("status = 'Active' AND status IN ('Active', 'On Hold')", false),
        ("status = 'Active' AND status <> 'Active'", true),
        ("status = 'Active' AND status <> 'Closed'", false),
        ("status = 'Active' AND status = 'ACTIVE'", false),
        ("status NOT IN ('Active', 'Closed') AND status IN ('Closed', 'Active')", true),
        ("status = 'Active' OR status = 'Closed'", false),
        ("status IS NULL AND status LIKE 'A%'", true),
        ("status IS NULL AND status IS NOT NULL", true),
        ("status IS NULL AND department IS NOT NULL", false),
        ("budget = 5 AND budget > 5", true),
        ("budget = 5 AND budget >= '5'", false),
        ("budget > 5 AND budget < 5", true),
        ("budget >= 5 AND budget <= 5", false),
        ("budget > 5 AND budget > 5.5", false),
        ("budget IN (3, 9) AND budget BETWEEN 1 AND 2", false),
    ];
    let cases = cases.map(|(conditions, told)| (where_(conditions), told));
    check("BUS310", &Options::default(), &cases.each_ref().map(|(sql, told)| (sql.as_str(), *told)));
    let groups = "SELECT status FROM project GROUP BY status HAVING COUNT(*) > 3 AND COUNT(*) = 2";
    let joined = "SELECT a.name FROM project a JOIN project b ON a.department = b.department \
                  WHERE a.status = 'Active' AND b.status = 'Closed'";
    check("BUS310", &Options::default(), &[(groups, true), (joined, false)]);
}

#[test]
fn what_is_said_twice_is_told() {
    check(
        "BUS311",
        &Options::default(),
        &[
            ("SELECT name, status, name FROM project", true),
            ("SELECT *, name FROM project", false),
            ("SELECT name, name AS root FROM project", false),
            ("SELECT name FROM project WHERE status IN ('Active', 'Closed', 'Active')", true),
            ("SELECT name FROM project WHERE status NOT IN ('Active', 'Closed')", false),
            ("SELECT name FROM project WHERE budget > 5 AND status = 'Active' AND budget > 5", true),
            ("SELECT name FROM project WHERE budget > 5 OR budget > 5", true),
            ("SELECT name FROM project WHERE budget > 5 OR budget > 6", false),
            ("SELECT COUNT(*), SUM(budget), SUM(budget) FROM project", true),
            ("SELECT a.name, b.name FROM project a JOIN project b ON a.department = b.department", false),
        ],
    );
}
