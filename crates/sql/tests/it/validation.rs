//! What is said of queries: one line a finding.

use expect_test::{Expect, expect};
use schema::Catalog;
use sql::diagnostic::caret;
use sql::validate::{BusinessRule, RuleKind};
use sql::{Dialect, Options, Severity, validate};

use crate::support::catalog;

fn render(text: &str, catalog: &Catalog, options: &Options) -> String {
    let report = validate(text, catalog, options);
    let mut out = String::new();
    for d in &report.diagnostics {
        let severity = format!("{:?}", d.severity).to_lowercase();
        let place = text.get(d.span[0]..d.span[1]).unwrap_or("");
        out += &format!("{} {severity} [{place}] {}", d.code, d.message);
        for label in &d.labels {
            out += &format!(" | at [{}] {}", text.get(label.span[0]..label.span[1]).unwrap_or(""), label.text);
        }
        for note in &d.notes {
            out += &format!(" | note: {note}");
        }
        if let Some(help) = &d.help {
            out += &format!(" | {help}");
        }
        for fix in &d.fixes {
            let edits: Vec<String> = fix.edits.iter().map(|e| format!("{:?}->{:?}", e.span, e.text)).collect();
            out += &format!(" | fix: {} {}{}", fix.title, edits.join(" "), if fix.safe { " (safe)" } else { "" });
        }
        out.push('\n');
    }
    if out.is_empty() {
        out.push_str("nothing\n");
    }
    out
}

#[expect(clippy::needless_pass_by_value, reason = "expect! gives an owned value")]
fn check(texts: &[&str], expected: Expect) {
    let catalog = catalog();
    let told = texts.iter().map(|text| format!("> {text}\n{}", render(text, &catalog, &Options::default())));
    expected.assert_eq(&told.collect::<String>());
}

#[test]
fn good_queries_are_silent() {
    check(
        &[
            "SELECT name FROM project WHERE status = 'Active' AND start_date >= '2024-01-01'",
            "SELECT p.name, COUNT(*) FROM project p JOIN staff s ON s.project_code = p.project_code GROUP BY p.project_code",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n",
            "SELECT \"update\" FROM \"order line\"",
        ],
        expect![[r#"
            > SELECT name FROM project WHERE status = 'Active' AND start_date >= '2024-01-01'
            nothing
            > SELECT p.name, COUNT(*) FROM project p JOIN staff s ON s.project_code = p.project_code GROUP BY p.project_code
            nothing
            > WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n
            nothing
            > SELECT "update" FROM "order line"
            nothing
        "#]],
    );
}

#[test]
fn syntax() {
    check(
        &[
            "",
            "  -- nothing\n",
            "SELECT 1; SELECT 2",
            "SELECT name FROM project WHERE",
            "SELECT name FORM project",
            "SELECT order FROM project",
            "SELECT 'open FROM project",
            "SELECT # FROM project",
            "```sql\nSELECT name FROM project\n```",
            "(SELECT 1) UNION SELECT 2",
        ],
        expect![[r##"
            > 
            SYN101 error [] There is no statement here.
            >   -- nothing

            SYN101 error [] There is no statement here.
            > SELECT 1; SELECT 2
            SYN102 error [SELECT] A second statement starts here; exactly one is allowed. | Ask for one thing at a time: keep the first statement.
            > SELECT name FROM project WHERE
            SYN103 error [] The query ends too early: an expression is missing.
            > SELECT name FORM project
            SYN104 error [project] Expected the end of the query, found "project".
            > SELECT order FROM project
            SYN104 error [order] Expected an expression, found "order". | If order is a name, write it in double quotes.
            > SELECT 'open FROM project
            SYN105 error ['open FROM project] This quote is never closed. | Close the text with another '.
            > SELECT # FROM project
            SYN106 error [#] "#" means nothing in SQL.
            > ```sql
            SELECT name FROM project
            ```
            SYN110 info [```sql] Only the SQL within the fence is read. | fix: Keep the SQL alone [0, 7]->"" [31, 35]->"" (safe)
            > (SELECT 1) UNION SELECT 2
            SYN104 error [(] Expected SELECT, found "(". | SQLite has no brackets around a whole query or an arm of UNION.
        "##]],
    );
}

#[test]
fn schema() {
    check(
        &[
            "SELECT name FROM projct",
            "SELECT budgt FROM project",
            "SELECT amount FROM project",
            "SELECT p.name, contract.amount FROM project p",
            "SELECT q.name FROM project p",
            "SELECT name FROM project JOIN company ON 1 = 1",
            "SELECT name FROM project WHERE COUNT(*) > 1",
            "SELECT name FROM project UNION SELECT name, budget FROM project",
            "SELECT uper(name), round() FROM project",
            "SELECT name FROM project WHERE status = \"Active\"",
            "SELECT department, name, SUM(budget) FROM project GROUP BY department",
            "SELECT p.name FROM project p JOIN company c ON p.name = c.name",
            "SELECT p.name FROM project p JOIN contract c ON p.name = c.status",
            "SELECT name FROM project WHERE budget > 'much' OR name = 5 OR start_date = 'soon'",
            "SELECT name FROM project ORDER BY 3",
            "SELECT p.name FROM project p, project p",
            "WITH t AS (SELECT nope FROM project) SELECT 1",
            "SELECT MAX(budget), name FROM project",
        ],
        expect![[r#"
            > SELECT name FROM projct
            SCH201 error [projct] There is no table projct. | Did you mean project? | fix: Use project [17, 23]->"project"
            > SELECT budgt FROM project
            SCH202 error [budgt] There is no column budgt in project. | Did you mean budget? | fix: Use budget [7, 12]->"budget"
            > SELECT amount FROM project
            SCH202 error [amount] There is no column amount in project. | It exists in contract: add JOIN contract ON contract.project_code = project.project_code. | fix: Add the join [26, 26]->" JOIN contract ON contract.project_code = project.project_code"
            > SELECT p.name, contract.amount FROM project p
            SCH201 error [contract] contract.amount is used, but contract is not in FROM. | at [project p] it is not among these | Add JOIN contract ON contract.project_code = p.project_code. | fix: Add the join [45, 45]->" JOIN contract ON contract.project_code = p.project_code"
            > SELECT q.name FROM project p
            SCH201 error [q] Nothing in FROM is called q. | FROM holds p.
            > SELECT name FROM project JOIN company ON 1 = 1
            SCH203 error [name] name may be a column of project or company. | Say which: project.name | fix: Use project.name [7, 11]->"project.name" | fix: Use company.name [7, 11]->"company.name"
            > SELECT name FROM project WHERE COUNT(*) > 1
            SCH205 error [COUNT(*)] The aggregate COUNT cannot stand here. | Conditions on groups belong in HAVING.
            > SELECT name FROM project UNION SELECT name, budget FROM project
            SCH209 error [SELECT name, budget FROM project] The first arm shows 1 column and this one 2 columns. | Both arms of a set operation must show the same number of columns.
            > SELECT uper(name), round() FROM project
            SCH207 error [uper] There is no function uper. | Did you mean UPPER? | fix: Use UPPER [7, 11]->"UPPER"
            SEC505 error [uper] UPER is not among the functions that may be called.
            SCH208 error [round] ROUND takes 1 to 2 arguments, not 0.
            > SELECT name FROM project WHERE status = "Active"
            SCH212 warning ["Active"] No column "Active": SQLite reads it as the text 'Active'. | Write texts in single quotes. | fix: Write 'Active' [40, 48]->"'Active'" (safe)
            > SELECT department, name, SUM(budget) FROM project GROUP BY department
            SCH216 warning [name] name is neither grouped by nor aggregated: some row's value is shown. | Add name to GROUP BY, or wrap it in MIN or MAX.
            > SELECT p.name FROM project p JOIN company c ON p.name = c.name
            SCH217 warning [p.name = c.name] This join of company follows no key of the catalog. | Check that both columns hold the same things.
            > SELECT p.name FROM project p JOIN contract c ON p.name = c.status
            SCH217 warning [p.name = c.status] This join of contract follows no key of the catalog. | The key is contract.project_code = project.project_code.
            > SELECT name FROM project WHERE budget > 'much' OR name = 5 OR start_date = 'soon'
            SCH218 warning [budget > 'much'] A number compared with a text. | Both sides should be of one kind.
            SCH218 warning [name = 5] A text compared with a number. | Both sides should be of one kind.
            SCH218 warning [start_date = 'soon'] A day compared with a text. | Both sides should be of one kind.
            > SELECT name FROM project ORDER BY 3
            SCH211 error [3] ORDER BY names output 3, but the query shows 1 column.
            > SELECT p.name FROM project p, project p
            SCH203 error [p.name] name may be a column of p. | Say which: p.name | fix: Use p.name [7, 13]->"p.name"
            SCH204 warning [project p] p names two sources of this FROM. | Give each its own alias.
            > WITH t AS (SELECT nope FROM project) SELECT 1
            SCH221 warning [t] t is defined but never used.
            SCH202 warning [nope] There is no column nope in project.
            > SELECT MAX(budget), name FROM project
            nothing
        "#]],
    );
}

#[test]
fn performance() {
    check(
        &[
            "SELECT * FROM project",
            "SELECT p.name FROM project p, company c",
            "SELECT name FROM project WHERE name LIKE '%x'",
            "SELECT name, (SELECT COUNT(*) FROM staff WHERE staff.project_code = project.project_code) FROM project",
            "SELECT name FROM project WHERE upper(project_code) = 'X'",
        ],
        expect![[r#"
            > SELECT * FROM project
            PRF403 warning [*] Every column is read. | Name the columns that are needed. | fix: Name the columns [7, 8]->"project_code, name, budget, actual_cost, status, department, start_date, end_date" (safe)
            > SELECT p.name FROM project p, company c
            PRF401 warning [company c] Nothing ties this table to the ones before it: every row meets every row. | Join it ON a condition.
            > SELECT name FROM project WHERE name LIKE '%x'
            PRF402 warning ['%x'] A pattern that starts with % can use no index.
            > SELECT name, (SELECT COUNT(*) FROM staff WHERE staff.project_code = project.project_code) FROM project
            PRF404 warning [(SELECT COUNT(*) FROM staff WHERE staff.project_code = project.project_code)] This subquery runs once for every row. | Join with the grouped subquery instead.
            > SELECT name FROM project WHERE upper(project_code) = 'X'
            PRF405 warning [upper(project_code)] A column within a function can use no index.
        "#]],
    );
}

#[test]
fn business() {
    let catalog = catalog();
    let column = |name: &str| catalog.find_qualified(name).expect("the column exists");
    let table = |name: &str| catalog.find_table(name).expect("the table exists");
    let values = vec!["Active".to_owned(), "Completed".to_owned(), "On Hold".to_owned()];
    let rule = BusinessRule::new;
    let rules = [
        rule(RuleKind::ValueInList { column: column("project.status"), values }),
        rule(RuleKind::RequiredFilter { column: column("contract.status") }),
        rule(RuleKind::DeprecatedTable { table: table("company"), instead: None }),
        rule(RuleKind::DeprecatedColumn {
            column: column("project.actual_cost"),
            instead: Some(column("project.budget")),
        }),
    ];
    let options = Options { rules: &rules, ..Options::default() };
    let texts = [
        "SELECT name FROM project WHERE status = 'active' OR status IN ('Completd', 'Active')",
        "SELECT amount FROM contract",
        "SELECT name FROM company",
        "SELECT actual_cost FROM project",
        "SELECT name FROM project WHERE start_date BETWEEN '2025-01-01' AND '2024-01-01'",
        "SELECT name FROM project WHERE start_date >= '2025-01-01' AND start_date < '2024-01-01'",
        "SELECT SUM(p.budget) FROM project p JOIN staff s ON s.project_code = p.project_code",
    ];
    let told = texts.iter().map(|text| format!("> {text}\n{}", render(text, &catalog, &options)));
    expect![[r#"
        > SELECT name FROM project WHERE status = 'active' OR status IN ('Completd', 'Active')
        BUS301 warning ['active'] project.status never holds 'active'. | Did you mean 'Active'? | fix: Use 'Active' [40, 48]->"'Active'"
        BUS301 warning ['Completd'] project.status never holds 'Completd'. | Did you mean 'Completed'? | fix: Use 'Completed' [63, 73]->"'Completed'"
        > SELECT amount FROM contract
        BUS303 warning [contract] Nothing is said of contract.status.
        > SELECT name FROM company
        BUS304 warning [company] company should no longer be used.
        > SELECT actual_cost FROM project
        BUS305 warning [actual_cost] project.actual_cost should no longer be used. | Use project.budget.
        > SELECT name FROM project WHERE start_date BETWEEN '2025-01-01' AND '2024-01-01'
        BUS302 warning [start_date BETWEEN '2025-01-01' AND '2024-01-01'] The range ends before it starts. | at ['2025-01-01'] it starts here | fix: Swap the ends [50, 62]->"'2024-01-01'" [67, 79]->"'2025-01-01'"
        > SELECT name FROM project WHERE start_date >= '2025-01-01' AND start_date < '2024-01-01'
        BUS302 warning ['2024-01-01'] The range ends before it starts. | at ['2025-01-01'] it starts here
        > SELECT SUM(p.budget) FROM project p JOIN staff s ON s.project_code = p.project_code
        BUS306 warning [SUM(p.budget)] Each row is counted once for every row joined to it. | at [staff s] several rows of this meet one row | Sum before joining, in a subquery.
    "#]].assert_eq(&told.collect::<String>());
}

#[test]
fn a_finding_as_people_and_scripts_read_it() {
    let text = "SELECT name,\n       budgt\nFROM project";
    let report = validate(text, &catalog(), &Options::default());
    let shown: String = report.diagnostics.iter().map(|d| caret(text, d)).collect();
    let json = serde_json::to_string(&report.diagnostics).expect("findings are plain data");
    expect![[r#"
        error[SCH202]: There is no column budgt in project.
          |
        2 |        budgt
          |        ^^^^^
          = help: Did you mean budget?
        [{"code":"SCH202","layer":"schema","severity":"error","span":[20,25],"message":"There is no column budgt in project.","help":"Did you mean budget?","fixes":[{"title":"Use budget","edits":[{"span":[20,25],"text":"budget"}],"safe":false}]}]
    "#]].assert_eq(&format!("{shown}{json}\n"));
}

#[test]
fn groups_by_the_rules_of_each_engine() {
    let catalog = catalog();
    let errors = |dialect: Dialect, text: &str| {
        let report = validate(text, &catalog, &Options { dialect, ..Options::default() });
        report.diagnostics.iter().filter(|found| found.code == "SCH216" && found.severity == Severity::Error).count()
    };
    for text in [
        "SELECT department, name, SUM(budget) FROM project GROUP BY department",
        "SELECT name, MAX(budget) FROM project",
        "SELECT department FROM project GROUP BY department ORDER BY name",
        "SELECT department FROM project GROUP BY department HAVING name > 'a'",
    ] {
        assert_eq!([errors(Dialect::Postgres, text), errors(Dialect::MySql, text)], [1, 1], "{text}");
        assert_eq!(errors(Dialect::Sqlite, text), 0, "{text}");
    }
    for text in [
        "SELECT project_code, name, COUNT(*) FROM project GROUP BY project_code ORDER BY budget",
        "SELECT department, SUM(budget) AS s FROM project GROUP BY department ORDER BY s",
    ] {
        assert_eq!([errors(Dialect::Postgres, text), errors(Dialect::MySql, text)], [0, 0], "{text}");
    }
    let silent = |text: &str| {
        let report = validate(text, &catalog, &Options::default());
        !report.diagnostics.iter().any(|found| found.code == "SCH216")
    };
    // The key of one table says nothing of another's columns, unless a join holds them equal.
    assert!(!silent(
        "SELECT p.project_code, s.rate, COUNT(*) FROM project p JOIN staff s ON s.project_code = p.project_code GROUP BY p.project_code"
    ));
    assert!(silent(
        "SELECT s.project_code, p.name, COUNT(*) FROM staff s JOIN project p ON p.project_code = s.project_code GROUP BY s.project_code"
    ));
}
