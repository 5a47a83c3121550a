//! Each query under a policy returns what it returns of a copy with the rows deleted and the columns dropped.

use expect_test::{Expect, expect};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use schema::{Catalog, Value};

use super::{Access, AttributeType, Policy, PolicyFile, TablePolicy, verify_for};
use crate::ddl::catalog_from_ddl;
use crate::{Options, VerifiedQuery};

const DDL: &str = "
    CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, dept TEXT, salary REAL, boss INTEGER REFERENCES staff(id));
    CREATE TABLE dept (code TEXT PRIMARY KEY, title TEXT, budget REAL, salary REAL);
    CREATE TABLE task (no INTEGER PRIMARY KEY, owner INTEGER REFERENCES staff(id), hours REAL, secret TEXT, rowid TEXT);
    CREATE VIEW everyone AS SELECT name, salary FROM staff;
    CREATE VIEW titles AS SELECT title FROM dept;
";

const ROWS: &str = "
    INSERT INTO staff VALUES (1, 'Ada', 'IT', 900, NULL), (2, 'Bob', 'HR', 500, 1), (3, 'Cyd', 'IT', 700, 1),
        (4, 'Dan', NULL, 100, 2), (5, 'Eve', 'HR', 9e18, 3), (6, 'Fay', 'it', 300, 3);
    INSERT INTO dept VALUES ('IT', 'Machines', 10, 1), ('HR', 'People', 20, 2), ('PR', 'Press', 30, 3);
    INSERT INTO task VALUES (1, 1, 8, 'x', 'r'), (2, 2, 5, 'y', 'r'), (3, 3, 2, 'z', 'r'), (4, 5, 9, 'x', 'r'), (5, 9, 1, 'y', 'r');
";

/// The same, as a user from IT may see it.
const FILTERED: &str = "
    DROP VIEW everyone;
    DELETE FROM staff WHERE (dept = 'IT') IS NOT TRUE;
    ALTER TABLE staff DROP COLUMN salary;
    DELETE FROM task WHERE (hours < 9) IS NOT TRUE;
    ALTER TABLE task DROP COLUMN secret;
";

fn catalog() -> Catalog {
    catalog_from_ddl(DDL).expect("the schema is readable")
}

fn entry(name: &str, rows: Option<&str>, hide: &[&str]) -> TablePolicy {
    let hide = hide.iter().map(|&column| column.to_owned()).collect();
    TablePolicy { name: name.to_owned(), rows: rows.map(str::to_owned), hide }
}

fn file(table: Vec<TablePolicy>) -> PolicyFile {
    let attribute = |name: &str, ty| (name.to_owned(), ty);
    let attributes = [attribute("user_department", AttributeType::Text), attribute("most", AttributeType::Real)];
    PolicyFile { attributes: attributes.into(), table }
}

fn usual() -> PolicyFile {
    file(vec![
        entry("staff", Some("dept = :user_department"), &["salary"]),
        entry("TASK", Some("hours < :most"), &["Secret"]),
        entry("titles", None, &[]),
    ])
}

fn access(file: &PolicyFile, user: &[(&str, &str)]) -> Access {
    let policy = Policy::new(file, &catalog()).expect("the policy fits");
    Access::new(policy, user.iter().copied()).expect("the user's attributes fit")
}

fn from_it() -> Access {
    access(&usual(), &[("user_department", "IT"), ("most", "9")])
}

fn database(scripts: &[&str]) -> Connection {
    let connection = Connection::open_in_memory().expect("SQLite opens in memory");
    connection.pragma_update(None, "foreign_keys", false).expect("keys need not hold");
    scripts.iter().for_each(|script| connection.execute_batch(script).expect("SQLite reads the script"));
    connection
}

fn rows(connection: &Connection, sql: &str, parameters: &[(String, Value)]) -> Result<Vec<Vec<Cell>>, rusqlite::Error> {
    let mut statement = connection.prepare(sql)?;
    for (name, value) in parameters {
        let index = statement.parameter_index(&format!(":{name}"))?.expect("the text has the parameter");
        match value {
            Value::Text(text) => statement.raw_bind_parameter(index, text)?,
            Value::Real(real) => statement.raw_bind_parameter(index, real)?,
            other => panic!("no such attribute: {other:?}"),
        }
    }
    let width = statement.column_count();
    let mut cursor = statement.raw_query();
    let mut found = vec![];
    while let Some(row) = cursor.next()? {
        found.push((0..width).map(|i| row.get(i)).collect::<Result<Vec<Cell>, _>>()?);
    }
    Ok(found)
}

fn verified(sql: &str, access: &Access) -> Result<VerifiedQuery, Vec<&'static str>> {
    verify_for(sql, &catalog(), &Options::default(), access).map_err(|report| {
        assert!(!report.valid && report.query.is_none(), "{sql}");
        let errors = report.diagnostics.iter().filter(|d| d.severity == crate::Severity::Error);
        errors.map(|d| d.code).collect()
    })
}

#[test]
fn a_types_name_in_quotes_brings_no_sql_of_its_own() {
    let (whole, access) = (database(&[DDL, ROWS]), from_it());
    for sql in [
        r#"SELECT CAST(1 AS "INTEGER), (SELECT MAX(salary) FROM staff), CAST(1 AS INTEGER")"#,
        "SELECT CAST(1 AS 'INTEGER), (SELECT MAX(salary) FROM staff), CAST(1 AS INTEGER')",
        "SELECT CAST(1 AS [INTEGER), (SELECT MAX(salary) FROM staff), CAST(1 AS INTEGER])",
    ] {
        let verified = verified(sql, &access).expect("it reads nothing");
        let rows = rows(&whole, verified.sql(), verified.parameters()).expect("it runs");
        assert_eq!(rows, [[Cell::Integer(1)]], "{}", verified.sql());
    }
}

#[test]
fn a_query_sees_what_a_filtered_copy_holds() {
    let (whole, copy) = (database(&[DDL, ROWS]), database(&[DDL, ROWS, FILTERED]));
    let access = from_it();
    for sql in [
        "SELECT * FROM staff ORDER BY id",
        "SELECT s.* FROM staff AS s ORDER BY s.name DESC",
        "SELECT COUNT(*), COUNT(dept), MAX(id) FROM staff",
        "SELECT name FROM main.staff ORDER BY 1",
        "SELECT rowid, _rowid_, name FROM staff ORDER BY rowid",
        "SELECT a.name, b.name FROM staff a LEFT JOIN staff b ON b.id = a.boss ORDER BY 1",
        "SELECT a.name, b.name FROM staff a RIGHT JOIN staff b ON b.boss = a.id AND a.id > 1 ORDER BY 2",
        "SELECT a.name, b.name FROM staff a FULL JOIN staff b ON b.id = a.boss ORDER BY 1, 2",
        "SELECT d.title, s.name, t.hours FROM dept d LEFT JOIN staff s ON s.dept = d.code LEFT JOIN task t ON t.owner = s.id ORDER BY 1, 2, 3",
        "SELECT * FROM dept NATURAL JOIN staff ORDER BY id",
        "SELECT * FROM dept NATURAL LEFT JOIN staff ORDER BY id, code",
        "SELECT name FROM staff WHERE id IN (SELECT owner FROM task) ORDER BY 1",
        "SELECT code FROM dept d WHERE EXISTS (SELECT 1 FROM staff WHERE dept = d.code) ORDER BY 1",
        "SELECT code, (SELECT COUNT(*) FROM staff s WHERE s.dept = d.code) FROM dept d ORDER BY 1",
        "SELECT name FROM staff s WHERE id > (SELECT AVG(owner) FROM task t WHERE t.owner = s.id) ORDER BY 1",
        "WITH c AS (SELECT * FROM staff) SELECT * FROM c ORDER BY id",
        "WITH c (a, b) AS (SELECT id, name FROM staff), e AS (SELECT * FROM c WHERE a > 1) SELECT * FROM e, c ORDER BY 1, 3",
        "WITH RECURSIVE up (id, boss) AS (SELECT id, boss FROM staff WHERE boss IS NULL UNION ALL SELECT s.id, s.boss FROM staff s JOIN up ON s.boss = up.id) SELECT * FROM up ORDER BY 1",
        "SELECT * FROM (SELECT name, dept FROM staff WHERE dept IS NOT NULL) AS staff ORDER BY 1",
        "SELECT name FROM staff UNION SELECT title FROM dept ORDER BY 1",
        "SELECT owner FROM task EXCEPT SELECT id FROM staff ORDER BY 1",
        "SELECT id FROM staff INTERSECT SELECT owner FROM task ORDER BY 1",
        "SELECT dept, COUNT(*) AS n FROM staff GROUP BY dept HAVING n > 0 ORDER BY n DESC, dept",
        "SELECT name, ROW_NUMBER() OVER (PARTITION BY dept ORDER BY id) FROM staff ORDER BY 1",
        "SELECT name FROM staff WHERE dept LIKE 'i%' OR dept IS NULL ORDER BY 1",
        "SELECT name AS dept FROM staff ORDER BY dept",
        "SELECT code FROM dept WHERE 'People' IN titles ORDER BY 1",
        "SELECT hours FROM task WHERE owner IN (SELECT id FROM staff) ORDER BY 1 LIMIT 1 OFFSET 1",
        "SELECT * FROM titles ORDER BY 1",
        "SELECT UPPER(name) || '!' FROM staff WHERE name || dept <> '' ORDER BY 1",
        "VALUES ((SELECT COUNT(*) FROM staff))",
        "SELECT s.*, 1 FROM (SELECT id AS a, name AS a FROM staff) s ORDER BY 1",
        "SELECT * FROM (SELECT id AS a, name AS A, dept AS a FROM staff ORDER BY 2 DESC) s",
        "WITH c(x, x) AS (SELECT id, name FROM staff) SELECT c.*, 5 FROM c ORDER BY 1",
        "WITH c(x, x) AS (SELECT 1, 2) SELECT c.*, 5 FROM c, staff",
        "SELECT * FROM (SELECT id AS a, name AS a FROM staff UNION SELECT 1, 2) s ORDER BY 1, 2",
    ] {
        let query = verified(sql, &access).unwrap_or_else(|found| panic!("{sql}: {found:?}"));
        let given = rows(&whole, query.sql(), query.parameters());
        let given = given.unwrap_or_else(|error| panic!("{sql}\n{}\n{error}", query.sql()));
        let expected = rows(&copy, sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(given, expected, "{sql}\n{}", query.sql());
    }
}

#[test]
fn what_may_not_be_seen_is_refused() {
    let access = from_it();
    for (sql, code) in [
        ("SELECT salary FROM staff", "SEC515"),
        ("SELECT s.SALARY FROM staff s", "SEC515"),
        ("SELECT \"salary\" FROM staff", "SEC515"),
        ("SELECT [salary], `salary` FROM staff", "SEC515"),
        ("SELECT main.staff.salary FROM staff", "SEC515"),
        ("SELECT name FROM staff ORDER BY salary", "SEC515"),
        ("SELECT name FROM staff WHERE salary > 1", "SEC515"),
        ("SELECT COUNT(*) FROM staff GROUP BY salary", "SEC515"),
        ("SELECT name AS salary FROM staff WHERE salary > 'A'", "SEC515"),
        ("SELECT SUM(x) FROM (SELECT salary AS x FROM staff)", "SEC515"),
        ("SELECT salary FROM (SELECT * FROM staff)", "SEC515"),
        ("WITH c AS (SELECT * FROM staff) SELECT c.salary FROM c", "SEC515"),
        ("SELECT name FROM staff s WHERE EXISTS (SELECT 1 FROM dept WHERE s.salary > 1)", "SEC515"),
        ("SELECT * FROM dept JOIN staff USING (salary)", "SEC515"),
        ("SELECT ROW_NUMBER() OVER (ORDER BY secret) FROM task", "SEC515"),
        ("SELECT oid FROM task", "SEC515"),
        ("SELECT salary FROM everyone", "SEC516"),
        ("SELECT name FROM staff WHERE dept = :user_department", "SEC508"),
        ("SELECT name FROM staff; DROP TABLE staff", "SYN102"),
        ("DELETE FROM staff", "SEC501"),
        ("SELECT nme FROM staff", "SCH202"),
    ] {
        let codes = verified(sql, &access).map(|query| query.sql().to_owned()).expect_err(sql);
        assert!(codes.contains(&code), "{sql}: {codes:?}");
    }
}

/// Names and values that would change what a policy written as text means.
#[test]
fn nothing_a_user_writes_changes_the_policy() {
    let managed = "dept IN (SELECT code FROM dept WHERE title = :user_department)";
    let file = file(vec![entry("staff", Some(managed), &[])]);
    let whole = database(&[DDL, ROWS]);
    let names = |sql: &str, department: &str| {
        let access = access(&file, &[("user_department", department)]);
        let query = verified(sql, &access).unwrap_or_else(|found| panic!("{sql}: {found:?}"));
        let rows = rows(&whole, query.sql(), query.parameters()).unwrap_or_else(|e| panic!("{e}\n{}", query.sql()));
        rows.into_iter().map(|row| format!("{:?}", row[0])).collect::<Vec<_>>().join(" ")
    };
    let caught = "WITH dept AS (SELECT 'HR' AS code, 'Machines' AS title) SELECT name FROM staff, dept ORDER BY 1";
    assert_eq!(names(caught, "Machines"), r#"Text("Ada") Text("Cyd")"#);
    let both = "WITH staff AS (SELECT name FROM main.staff) SELECT name FROM staff ORDER BY 1";
    assert_eq!(names(both, "Machines"), r#"Text("Ada") Text("Cyd")"#);
    for value in ["' OR 1 = 1 --", "Machines' --", "x\0y", ""] {
        assert_eq!(names("SELECT name FROM staff", value), "", "{value:?}");
    }
}

/// A condition that fails on a row must not be asked of rows that are filtered away.
#[test]
fn failures_tell_nothing_of_hidden_rows() {
    let file = file(vec![entry("staff", Some("dept IN (SELECT code FROM dept WHERE title = :user_department)"), &[])]);
    let access = access(&file, &[("user_department", "Machines")]);
    let whole = database(&[DDL, ROWS]);
    for condition in [
        "CASE WHEN name = 'Eve' THEN abs(-9223372036854775807 - 1) ELSE 1 END",
        "CASE WHEN name = 'Eve' THEN json_extract('{', '$') ELSE 1 END",
        "name = 'Ada' OR name LIKE 'x' ESCAPE CASE WHEN name = 'Eve' THEN 'xx' ELSE '!' END OR name <> ''",
        "name <> 'Eve' OR name LIKE 'x' ESCAPE 'ab'",
        "name <> 'Eve' OR name LIKE '~'",
        "name <> 'Eve' OR name GLOB '~'",
        "name <> 'Eve' OR id IN (SELECT 1 FROM dept WHERE dept.budget <> staff.id LIMIT 'x')",
        "name <> 'Eve' OR id IN (SELECT 1 FROM dept WHERE dept.budget <> staff.id LIMIT 1 OFFSET 'x')",
        "name <> 'Eve' OR (SELECT COUNT(*) OVER (ROWS 'x' PRECEDING) FROM dept WHERE dept.budget <> staff.id)",
    ] {
        let condition = condition.replace('~', &"ab%".repeat(20_000));
        let sql = format!("SELECT name FROM staff WHERE {condition} ORDER BY 1");
        assert!(rows(&whole, &sql, &[]).is_err(), "the trap is set: {sql}");
        let query = verified(&sql, &access).unwrap_or_else(|found| panic!("{sql}: {found:?}"));
        let found = rows(&whole, query.sql(), query.parameters());
        assert_eq!(found.unwrap_or_else(|e| panic!("{e}\n{}", query.sql())).len(), 2, "{}", query.sql());
    }
}

#[test]
fn a_missing_attribute_refuses_only_what_needs_it() {
    let access = access(&usual(), &[("most", "9")]);
    assert_eq!(verified("SELECT name FROM staff", &access).map(|_| ()), Err(vec!["SEC517"]));
    assert_eq!(
        verified("SELECT title FROM dept WHERE code IN (SELECT dept FROM staff)", &access).map(|_| ()),
        Err(vec!["SEC517"])
    );
    assert!(verified("SELECT hours FROM task", &access).is_ok());
    assert!(verified("SELECT title FROM dept", &access).is_ok());
}

#[test]
fn the_text_that_runs_holds_no_attribute() {
    let query = verified("SELECT name FROM staff AS s", &from_it()).expect("it may be asked");
    let expected = expect![[r#"
        SELECT name
        FROM (
            SELECT id, name, dept, boss
            FROM staff
            WHERE dept = :user_department
        ) AS s"#]];
    expected.assert_eq(query.sql());
    assert_eq!(query.parameters(), [("user_department".to_owned(), Value::Text("IT".to_owned()))]);
}

#[test]
fn of_two_policies_both_count() {
    let first = file(vec![
        entry("staff", Some("dept = :user_department"), &["salary"]),
        entry("titles", None, &[]),
        entry("everyone", None, &[]),
    ]);
    let attributes = [("least".to_owned(), AttributeType::Integer)].into();
    let table = vec![
        entry("staff", Some("id >= :least AND EXISTS (SELECT 1 FROM dept WHERE code = staff.dept)"), &["boss"]),
        entry("titles", None, &[]),
    ];
    let second = PolicyFile { attributes, table };
    let policy = |file: &PolicyFile| Policy::new(file, &catalog()).expect("the policy fits");
    let (first, second) = (policy(&first), policy(&second));
    for both in [first.and(&second, &catalog()), second.and(&first, &catalog())] {
        let user = [("user_department", "IT"), ("least", "2")];
        let access = Access::new(both.expect("they fit together"), user).expect("the user's attributes fit");
        let names = verified("SELECT name FROM staff", &access).expect("it may be asked");
        let found: Vec<Vec<Cell>> = {
            let parameters: Vec<(String, Value)> = names.parameters().to_vec();
            let bound: Vec<(String, Value)> = parameters
                .into_iter()
                .map(|(name, value)| if name == "least" { (name, Value::Real(2.0)) } else { (name, value) })
                .collect();
            rows(&database(&[DDL, ROWS]), names.sql(), &bound).expect("it runs")
        };
        assert_eq!(found, [[Cell::Text("Cyd".to_owned())]], "{}", names.sql());
        for hidden in ["SELECT salary FROM staff", "SELECT boss FROM staff"] {
            assert_eq!(verified(hidden, &access).map(|_| ()), Err(vec!["SEC515"]), "{hidden}");
        }
        assert_eq!(verified("SELECT name FROM everyone", &access).map(|_| ()), Err(vec!["SEC516"]));
        assert!(verified("SELECT title FROM titles", &access).is_ok());
    }
    let none = policy(&PolicyFile::default());
    for kept in [first.and(&none, &catalog()), none.and(&first, &catalog())] {
        let access = Access::new(kept.expect("they fit together"), [("user_department", "IT")]).expect("a user");
        assert!(verified("SELECT salary FROM staff", &access).is_err());
        assert!(verified("SELECT name FROM everyone", &access).is_ok());
    }
    let other = PolicyFile { attributes: [("least".to_owned(), AttributeType::Text)].into(), table: vec![] };
    let error = second.and(&policy(&other), &catalog()).expect_err("a number and a text");
    assert_eq!(error.to_string(), "two policies apply, and declare least with different types");
}

#[test]
fn a_policy_is_read_with_clear_errors() {
    let check = |file: &PolicyFile, expected: Expect| {
        let error = Policy::new(file, &catalog()).expect_err("it does not fit");
        expected.assert_eq(&error.to_string());
    };
    let one = |rows: &str| file(vec![entry("staff", Some(rows), &[])]);
    check(
        &file(vec![entry("staf", None, &[])]),
        expect!["the policy names a table staf, which does not exist; did you mean staff?"],
    );
    check(
        &file(vec![entry("staff", None, &["salry"])]),
        expect!["the policy hides staff.salry, which does not exist; did you mean salary?"],
    );
    check(
        &file(vec![entry("staff", None, &[]), entry("STAFF", None, &[])]),
        expect!["the policy speaks of staff twice"],
    );
    check(
        &file(vec![entry("titles", None, &["title"])]),
        expect![[r#"the policy hides every column of titles; to show none of its rows, say rows = "FALSE""#]],
    );
    check(
        &one("department = :user_department"),
        expect!["the policy's rows of staff: There is no column department in staff."],
    );
    check(
        &one("\"departmnt\" = :user_department"),
        expect![[r#"the policy's rows of staff: No column "departmnt": SQLite reads it as the text 'departmnt'."#]],
    );
    check(&one("dept = :user"), expect!["the policy's rows of staff use :user, which [attributes] does not declare"]);
    check(
        &one("dept = :most"),
        expect!["the policy's rows of staff compare dept, which holds texts, with :most, which is a number"],
    );
    check(
        &one("salary IN (1, :user_department)"),
        expect![
            "the policy's rows of staff compare salary, which holds numbers, with :user_department, which is a text"
        ],
    );
    check(
        &one("dept = ?"),
        expect!["the policy's rows of staff: A parameter has no value here: write the value itself."],
    );
    check(
        &one("dept = 'IT') OR (1"),
        expect![[r#"the policy's rows of staff: Expected the end of the condition, found ")"."#]],
    );
    check(&one("COUNT(*) > 1"), expect!["the policy's rows of staff: The aggregate COUNT cannot stand here."]);
    check(&one(""), expect!["the policy's rows of staff: The query ends too early: an expression is missing."]);
}

#[test]
fn a_users_attributes_are_typed() {
    let check = |user: (&str, &str), expected: Expect| {
        let policy = Policy::new(&usual(), &catalog()).expect("the policy fits");
        expected.assert_eq(&Access::new(policy, [user]).expect_err("it does not fit").to_string());
    };
    check(("most", "9 OR 1"), expect![[r#"the user's most is "9 OR 1", which is not a number"#]]);
    let policy = Policy::new(&usual(), &catalog()).expect("the policy fits");
    let twice = Access::new(policy, [("most", "9"), ("most", "8")]).expect_err("which of them?");
    assert_eq!(twice.to_string(), "the user's most is given twice");
    let attributes = (0..17).map(|i| (format!("a{i}"), AttributeType::Text)).collect();
    let many = Policy::new(&PolicyFile { attributes, table: vec![] }, &catalog()).expect_err("too many");
    assert_eq!(many.to_string(), "the policy declares 17 attributes; at most 16 can be");
    check(("most", "inf"), expect![[r#"the user's most is "inf", which is not a number"#]]);
    check(
        ("user_departmant", "IT"),
        expect!["the policy declares no attribute user_departmant; did you mean user_department?"],
    );
}

#[test]
fn a_secret_column_stays_secret_where_its_namesake_is_hidden() {
    let catalog = catalog();
    let secret = vec![catalog.find_qualified("dept.salary").expect("it exists")];
    let lists = crate::validate::Access { secret, ..Default::default() };
    let options = Options { access: Some(&lists), ..Options::default() };
    let access = access(&usual(), &[("user_department", "IT"), ("most", "9")]);
    for sql in [
        "SELECT staff.name, salary FROM staff JOIN dept ON dept.code = staff.dept",
        "SELECT x.name, salary FROM staff x JOIN dept y ON y.code = x.dept ORDER BY salary",
        "SELECT salary FROM dept",
    ] {
        let report = verify_for(sql, &catalog, &options, &access).expect_err("it reads a secret column");
        assert!(report.diagnostics.iter().any(|finding| finding.code == "SEC510"), "{sql}: {report:?}");
    }
}
