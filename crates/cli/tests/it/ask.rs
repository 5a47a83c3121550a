//! `glrl ask`, one question at a time: the JSON shape, exit codes, and questions that are none.

use serde_json::{Value, json};

use crate::tools::{Folder, Ran, glrl, run};

/// The fields of a reply, in order.
const FIELDS: [&str; 15] = [
    "id",
    "question",
    "status",
    "intent",
    "sql",
    "confidence_score",
    "reasoning",
    "columns",
    "rows",
    "row_count",
    "truncated",
    "validation",
    "alternatives",
    "error",
    "elapsed_ms",
];

fn ask(args: &[&str]) -> Ran {
    run(["ask", "--json", "--today", "2026-11-20"].iter().chain(args))
}

fn check_error(ran: &Ran, code: i32, error: &str, status: &str) {
    let reply = ran.json();
    // A request to change definitions carries its reviewed script beside the others.
    let fields: Vec<&String> = reply.as_object().unwrap().keys().filter(|field| *field != "script").collect();
    assert_eq!(fields, FIELDS, "{reply}");
    assert_eq!(
        (ran.code, reply["error"]["code"].as_str(), reply["status"].as_str()),
        (code, Some(error), Some(status)),
        "{reply}"
    );
    assert!(reply["sql"].is_null() && reply["id"].is_null());
    assert!(reply["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
}

#[test]
fn questions_that_are_none_end_with_2() {
    check_error(&ask(&[""]), 2, "invalid_question", "error");
    check_error(&ask(&[" \t\n"]), 2, "invalid_question", "error");
    check_error(&ask(&[&"x".repeat(4001)]), 2, "invalid_question", "error");
    check_error(&ask(&["projects \u{1}\u{2}\u{7f}"]), 2, "invalid_question", "error");
    let text = run(["ask", ""]);
    assert_eq!((text.code, text.stdout.as_str()), (2, ""));
    assert!(text.stderr.contains("the question is empty"), "{}", text.stderr);
}

#[cfg(unix)]
#[test]
fn a_question_that_is_no_text_ends_with_2() {
    use std::os::unix::ffi::OsStrExt;
    let ran = glrl().arg("ask").arg(std::ffi::OsStr::from_bytes(b"proj\xff\xfe")).output().unwrap();
    assert_eq!(ran.status.code(), Some(2));
}

#[test]
fn a_bad_day_ends_with_2() {
    for day in ["tomorrow", "2026-13-01", "2026-02-30", "20261120", "2026-11-20T00:00", ""] {
        let ran = run(["ask", "--json", "--today", day, "all projects"]);
        check_error(&ran, 2, "usage", "error");
    }
}

#[test]
fn wrong_command_lines_end_with_2() {
    for args in
        [&["ask"][..], &["ask", "a", "b"], &["ask", "--no-such-flag", "a"], &["asq"], &["ask", "a", "--max-rows", "-1"]]
    {
        let ran = run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}");
    }
    assert_eq!(run(["ask", "a", "--alternatives", "6"]).code, 2);
    assert_eq!(run(["ask", "a", "--batch", "x"]).code, 2);
    assert_eq!(run(["ask", "a", "--deadline", "soon"]).code, 2);
}

#[test]
fn requests_to_change_data_end_with_6() {
    for question in [
        "Delete all draft contracts",
        "drop table PROJSTAFF; --",
        "please set the budget of PRJ-001 to 5",
        "Show projects'; DELETE FROM PAC_MNT_PROJECTS; --",
        "UPDATE PROJSTAFF SET Bill_Rate = 0",
        "CREATE INDEX i ON PROJSTAFF (Role)",
    ] {
        let ran = ask(&[question]);
        check_error(&ran, 6, "write_request", "refused");
        assert_eq!(ran.json()["intent"], "write");
    }
    let text = run(["ask", "drop table PROJSTAFF"]);
    assert_eq!(text.code, 6);
    assert!(text.stderr.contains("only read"), "{}", text.stderr);
    assert!(text.stdout.starts_with("-- Reviewed, not run") && text.stdout.contains("DROP TABLE"), "{}", text.stdout);
}

#[test]
fn pasted_sql_is_checked_and_run() {
    let ran = ask(&["SELECT COUNT(*) AS n FROM PAC_MNT_PROJECTS"]);
    let reply = ran.json();
    assert_eq!(
        (ran.code, &reply["status"], &reply["intent"]),
        (0, &json!("answered"), &json!("pasted_sql")),
        "{reply}"
    );
    assert_eq!(
        (&reply["columns"], &reply["row_count"], &reply["truncated"]),
        (&json!(["n"]), &json!(1), &json!(false))
    );
    assert!(reply["rows"][0][0].as_i64().is_some_and(|n| n > 0));
    assert!(reply["sql"].as_str().is_some_and(|sql| sql.contains("FROM PAC_MNT_PROJECTS")));
    assert!(reply["reasoning"].as_str().is_some_and(|text| !text.is_empty()));
    let fields: Vec<&String> = reply.as_object().unwrap().keys().collect();
    assert_eq!(fields, FIELDS);
}

#[test]
fn pasted_sql_sees_what_a_policy_lets_its_user_see() {
    let folder = Folder::new();
    let policy = "[attributes]\nuser_department = 'text'\n[[table]]\nname = 'PAC_MNT_PROJECTS'\n\
                  rows = 'Department = :user_department'\nhide = ['Budget']\n";
    let policy = folder.write("policy.toml", policy);
    let restricted = ["--policy", policy.to_str().unwrap(), "--user", "user_department=IT"];
    let sql = "SELECT DISTINCT Department FROM PAC_MNT_PROJECTS";
    let seen = ask(&[&[sql][..], &restricted].concat()).json();
    assert_eq!(seen["rows"], json!([["IT"]]), "{seen}");
    assert!(ask(&[sql]).json()["rows"].as_array().is_some_and(|rows| rows.len() > 1));
    let stars = ask(&[&["SELECT * FROM PAC_MNT_PROJECTS LIMIT 1"][..], &restricted].concat()).json();
    let columns = stars["columns"].as_array().unwrap();
    assert!(columns.contains(&json!("Project_Code")) && !columns.contains(&json!("Budget")), "{stars}");
    let hidden = ask(&[&["SELECT MAX(Budget) FROM PAC_MNT_PROJECTS"][..], &restricted].concat());
    assert_eq!((hidden.code, &hidden.json()["validation"][0]["code"]), (6, &json!("SEC515")));
}

#[test]
fn pasted_sql_that_does_not_fit_ends_with_9() {
    let ran = ask(&["SELECT Budgt FROM PAC_MNT_PROJECTS"]);
    check_error(&ran, 9, "invalid_sql", "refused");
    let diagnostics = ran.json()["validation"].as_array().unwrap().clone();
    assert!(diagnostics.iter().any(|d| d["message"].as_str().unwrap().contains("Budgt")), "{diagnostics:?}");
}

#[test]
fn pasted_sql_that_reaches_too_far_ends_with_6() {
    for sql in [
        "SELECT name FROM sqlite_master",
        "SELECT load_extension('x') FROM PAC_MNT_PROJECTS",
        "SELECT Budget FROM PAC_MNT_PROJECTS; SELECT 1 FROM PROJSTAFF",
        "WITH x AS (DELETE FROM PROJSTAFF RETURNING *) SELECT * FROM x",
    ] {
        let ran = ask(&[sql]);
        assert!(matches!(ran.code, 6 | 9), "{sql}: {}", ran.stdout);
        assert_eq!(ran.json()["status"], "refused", "{sql}");
        assert!(ran.json()["rows"].is_null());
    }
    // Among several findings, what refuses is told.
    let reply = ask(&["SELECT * FROM sqlite_master"]).json();
    assert!(reply["error"]["message"].as_str().is_some_and(|text| text.contains("sqlite_master")), "{reply}");
}

#[test]
fn limits_cut_and_say_so() {
    let sql = "SELECT Project_Code FROM PAC_MNT_PROJECTS";
    let reply = ask(&[sql, "--max-rows", "3"]).json();
    assert_eq!((&reply["row_count"], &reply["truncated"]), (&json!(3), &json!(true)));
    let reply = ask(&[sql, "--no-execute"]).json();
    assert_eq!((&reply["rows"], &reply["row_count"]), (&Value::Null, &Value::Null));
    assert!(reply["sql"].is_string());
}

#[test]
fn a_query_that_takes_too_long_ends_with_124() {
    let joins = "SELECT COUNT(*) FROM PROJSTAFF a, PROJSTAFF b, PROJSTAFF c, PROJSTAFF d WHERE a.Role = b.Role";
    let ran = ask(&[joins, "--deadline", "50ms"]);
    check_error(&ran, 124, "deadline", "error");
}

#[test]
fn people_read_text() {
    let ran = run(["ask", "SELECT Project_Code, Budget FROM PAC_MNT_PROJECTS WHERE Budget > 1000000"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    for part in ["Reasoning", "SQL", "Validation", "Project_Code", "rows"] {
        assert!(ran.stdout.contains(part), "no {part} in {}", ran.stdout);
    }
    assert!(!ran.stdout.contains('\u{1b}'), "colour although nobody can see it");
}

#[test]
fn a_missing_or_damaged_model_ends_with_8() {
    let folder = Folder::new();
    let path = folder.0.to_str().unwrap();
    let question = "Show all active projects with budget over 100000";
    check_error(&ask(&[question, "--model", path]), 8, "model_damaged", "error");
    check_error(&ask(&[question, "--model", &format!("{path}/none")]), 8, "model_damaged", "error");
    folder.write("config.json", "{}");
    folder.write("model.safetensors", b"\x08\0\0\0\0\0\0\0{}");
    check_error(&ask(&[question, "--model", path]), 8, "model_damaged", "error");
    let text = run(["ask", question, "--model", path]);
    assert_eq!((text.code, text.stdout.as_str()), (8, ""));
    assert!(text.stderr.contains("hint:"), "{}", text.stderr);
}

#[test]
fn a_closed_pipe_is_quiet() {
    let mut child = glrl()
        .args(["ask", "SELECT * FROM PROJSTAFF", "--max-rows", "100000"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn the_question_of_the_readme() {
    let ran = ask(&["Show all active projects with budget over 100000"]);
    if run(["model", "info"]).code == 8 {
        // Built without weights: that is said, and nothing is made up.
        return check_error(&ran, 8, "model_missing", "error");
    }
    let reply = ran.json();
    assert_eq!(
        (ran.code, &reply["status"], &reply["intent"]),
        (0, &json!("answered"), &json!("answerable")),
        "{reply}"
    );
    let sql = reply["sql"].as_str().unwrap();
    assert!(sql.contains("'Active'") && sql.contains("100000"), "{sql}");
    assert!(reply["row_count"].as_u64().is_some_and(|n| n > 0));
    assert!((0.0..=1.0).contains(&reply["confidence_score"].as_f64().unwrap()));
}
