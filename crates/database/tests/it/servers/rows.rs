//! The same rows in SQLite, PostgreSQL and MariaDB.

use std::time::{Duration, Instant};

use database::profile::row_counts;
use database::{Limits, Rows, RunError, open_any_at, run};
use schema::Value;
use sql::{VerifiedQuery, verify};

use super::demo::{demo, open};
use super::harness::Engine;
use crate::read;

/// Queries asked of each server.
const QUERIES: usize = 100;

fn verified(text: &str) -> VerifiedQuery {
    verify(text, &demo().catalog, &Default::default())
        .unwrap_or_else(|report| panic!("{text}: {:?}", report.diagnostics))
}

fn limits() -> Limits {
    Limits { deadline: Duration::from_secs(20), max_rows: 100_000, ..Limits::default() }
}

/// References of the pack's examples that say their whole order or none, evenly over the file.
fn references() -> Vec<String> {
    let file = read("packs/gl/questions/examples.jsonl");
    let lines: Vec<serde_json::Value> = file.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let answered = lines.iter().filter_map(|line| line["sql"].as_str()).filter(|sql| !sql.is_empty());
    let mut texts: Vec<String> = answered.map(str::to_owned).collect();
    texts.dedup();
    let step = (texts.len() / (2 * QUERIES)).max(1);
    texts.into_iter().step_by(step).collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "figures are read from what this prints")]
fn a_hundred_queries_return_the_same_rows() {
    for engine in Engine::ALL {
        let server = open(engine, "reader");
        let (mut same, mut unsayable, mut different) = (0, 0, Vec::new());
        for text in references() {
            if same + different.len() == QUERIES {
                break;
            }
            let query = verified(&text);
            let expected = demo().image.with(|sqlite| run(sqlite, &query, &limits())).expect("SQLite");
            match run(&server, &query, &limits()) {
                Ok(found) if is_same(&expected.expect("rows"), &found, &text) => same += 1,
                Ok(_) => different.push(text),
                Err(RunError::Unsayable { .. }) => unsayable += 1,
                Err(e) => different.push(format!("{text}\n  {e}")),
            }
        }
        println!("servers: {engine:?} same rows {same}, different {}, unsayable {unsayable}", different.len());
        assert!(different.is_empty(), "{engine:?}:\n{}", different.join("\n"));
        assert!(same >= QUERIES, "{engine:?}: only {same} queries");
    }
}

/// Equal as multisets where the query says no order. Rows that an order leaves tied may come in any order, and those that
/// a LIMIT cuts may be any of the tied ones.
fn is_same(expected: &Rows, found: &Rows, text: &str) -> bool {
    if text.contains("LIMIT") {
        return expected.rows.len() == found.rows.len();
    }
    let key = |row: &Vec<Value>| row.iter().map(rounded).collect::<Vec<_>>();
    let (mut a, mut b): (Vec<_>, Vec<_>) =
        (expected.rows.iter().map(key).collect(), found.rows.iter().map(key).collect());
    a.sort();
    b.sort();
    a == b
}

/// A value as text, numbers to nine digits.
fn rounded(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(whole) => format!("{:.9e}", *whole as f64),
        // No zero has a sign.
        Value::Real(number) => format!("{:.9e}", number + 0.0),
        Value::Text(text) => format!("'{text}'"),
        Value::Blob(bytes) => format!("{bytes:?}"),
    }
}

#[test]
fn values_are_those_of_sqlite() {
    let text = "SELECT Project_Code, Budget, Start_Date, Created_Date FROM PAC_MNT_PROJECTS ORDER BY Project_Code";
    let contacts = "SELECT Contact_ID, Is_Primary, Email FROM SRM_CONTACTS ORDER BY Contact_ID";
    for engine in Engine::ALL {
        let server = open(engine, "reader");
        for text in [text, contacts] {
            let query = verified(text);
            let expected = demo().image.with(|sqlite| run(sqlite, &query, &limits())).expect("memory").expect("SQLite");
            let found = run(&server, &query, &limits()).expect("rows");
            assert!(found.rows.len() > 10 && found.columns.len() == expected.columns.len());
            for (a, b) in expected.rows.iter().zip(&found.rows) {
                let plain = |row: &Vec<Value>| row.iter().map(rounded).collect::<Vec<_>>();
                assert_eq!(plain(a), plain(b), "{engine:?}");
            }
        }
    }
}

#[test]
fn limits_cut_a_result() {
    let query = verified("SELECT Project_Code, Project_Name FROM PAC_MNT_PROJECTS");
    for engine in Engine::ALL {
        let server = open(engine, "reader");
        let all = run(&server, &query, &limits()).expect("rows");
        assert!(!all.truncated);
        let few = run(&server, &query, &Limits { max_rows: 3, ..limits() }).expect("rows");
        assert!(few.truncated && few.rows.len() == 3);
        let exact = run(&server, &query, &Limits { max_rows: all.rows.len(), ..limits() }).expect("rows");
        assert!(!exact.truncated && exact.rows.len() == all.rows.len(), "{engine:?}");
        let small = run(&server, &query, &Limits { max_bytes: 100, ..limits() }).expect("rows");
        assert!(small.truncated && !small.rows.is_empty() && small.rows.len() < 10);
        assert_eq!(run(&server, &query, &limits()).expect("the next query works"), all);
    }
}

#[test]
fn an_attribute_is_a_value_not_a_text() {
    use sql::policy::{Access, AttributeType, Policy, PolicyFile, TablePolicy};
    let table =
        TablePolicy { name: "PAC_MNT_PROJECTS".to_owned(), rows: Some("Department = :mine".to_owned()), hide: vec![] };
    let file = PolicyFile { attributes: [("mine".to_owned(), AttributeType::Text)].into(), table: vec![table] };
    let policy = Policy::new(&file, &demo().catalog).expect("a policy");
    for engine in Engine::ALL {
        let server = open(engine, "reader");
        let seen_by = |mine: &str| {
            let access = Access::new(policy.clone(), [("mine", mine)]).expect("a user");
            let text = "SELECT Project_Code FROM PAC_MNT_PROJECTS";
            let query = sql::verify_for(text, &demo().catalog, &Default::default(), &access).expect("a query");
            let rows = run(&server, &query, &limits()).expect("rows").rows.len();
            let expected = demo().image.with(|sqlite| run(sqlite, &query, &limits())).expect("memory").expect("SQLite");
            assert_eq!(rows, expected.rows.len(), "{engine:?}");
            rows
        };
        assert!(seen_by("IT") > 0);
        for hostile in ["' OR '1' = '1", "\\' OR 1 = 1 -- ", "x'; DROP TABLE SRM_CONTACTS; --", "\\"] {
            assert_eq!(seen_by(hostile), 0, "{engine:?} {hostile}");
        }
    }
}

#[test]
fn a_recursive_query_is_run_to_its_end() {
    let query = verified(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT COUNT(*) FROM n",
    );
    for engine in Engine::ALL {
        let rows = run(&open(engine, "reader"), &query, &limits()).expect("rows").rows;
        assert_eq!(rows, [[Value::Integer(5000)]], "{engine:?}");
    }
}

#[test]
fn a_long_text_is_whole_or_refused() {
    let server = Engine::MariaDb.server();
    server.create("pieces");
    let script = "CREATE TABLE pieces (n INTEGER, t LONGTEXT); \
                  INSERT INTO pieces SELECT seq, REPEAT('x', 1000000) FROM seq_1_to_17;";
    server.script("pieces", script);
    let (database, live) = open_any_at(&server.place("reader", "pieces")).expect("a database");
    let ask = |text: &str| run(&database, &verify(text, &live.catalog, &Default::default()).expect(text), &limits());
    let whole = ask("SELECT LENGTH(GROUP_CONCAT(t)) FROM pieces WHERE n <= 16").expect("rows").rows;
    assert_eq!(whole, [[Value::Integer(16_000_015)]]);
    let cut = ask("SELECT LENGTH(GROUP_CONCAT(t)) FROM pieces").expect_err("a text that is cut");
    assert!(
        matches!(&cut, RunError::RejectedBy { reason, .. } if reason.to_lowercase().contains("group_concat")),
        "{cut}"
    );
    let long = ask("SELECT GROUP_CONCAT(t) FROM pieces").expect_err("a long text");
    assert!(matches!(long, RunError::ValueTooLarge { .. }), "{long}");
    assert_eq!(ask("SELECT COUNT(*) FROM pieces").expect("the next query works").rows, [[Value::Integer(17)]]);
}

#[test]
fn rows_are_counted_while_there_is_time() {
    for engine in Engine::ALL {
        let server = open(engine, "reader");
        let counts = row_counts(&server, 1_000_000, Duration::from_secs(10));
        assert!(
            counts.iter().all(Option::is_some) && counts.iter().flatten().sum::<u64>() > 100,
            "{engine:?} {counts:?}"
        );
        let begun = Instant::now();
        assert!(row_counts(&server, 1_000_000, Duration::ZERO).iter().all(Option::is_none), "{engine:?}");
        assert!(begun.elapsed() < Duration::from_millis(50), "{engine:?} {:?}", begun.elapsed());
    }
}
