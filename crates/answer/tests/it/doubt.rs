//! What speaks against a query: findings that nobody means, and values left out.

use answer::conversation::continued;
use answer::doubt::doubts;
use answer::slots::align;
use sql::Options;
use sql::canonical::{CanonicalOptions, lexemes};
use sql::verify::verify;

use crate::tools::{TODAY, pack, read};

/// How much speaks against a query as the answer to a question, which may go on from another query.
fn doubts_of(question: &str, sql: &str, previous: Option<&str>) -> usize {
    let pack = pack();
    let lexicon = pack.lexicon().unwrap();
    let mut asked = read(&pack, question);
    if let Some(previous) = previous {
        let previous = sql::parse(previous, &pack.catalog, sql::Dialect::Sqlite).query.unwrap();
        continued(&previous, &mut asked, &pack.catalog, &lexicon).unwrap();
    }
    let verified = verify(sql, &pack.catalog, &Options::default()).unwrap();
    let mut query = verified.query().clone();
    align(&mut query, &asked, &lexicon).unwrap();
    let today = TODAY.to_string();
    let lexemes = lexemes(&query, &pack.catalog, &lexicon, CanonicalOptions { today: Some(&today) }).unwrap();
    doubts(verified.report(), &asked, &lexemes, &lexicon)
}

const PROJECTS: &str = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE";

#[test]
fn a_value_of_the_question_is_left_out() {
    let question = "IT projects that started in 2024 with budget over 100k";
    let days = "Start_Date >= '2024-01-01' AND Start_Date < '2025-01-01'";
    assert_eq!(doubts_of(question, &format!("{PROJECTS} Department = 'IT' AND {days}"), None), 0);
    assert_eq!(doubts_of(question, &format!("{PROJECTS} Budget > 100000 AND {days}"), None), 1);
    assert_eq!(doubts_of(question, "SELECT Project_Name FROM PAC_MNT_PROJECTS", None), 2);
}

#[test]
fn numbers_may_be_said_for_nothing() {
    assert_eq!(
        doubts_of("we have room for 10 names: the IT projects", &format!("{PROJECTS} Department = 'IT'"), None),
        0
    );
}

#[test]
fn what_an_earlier_query_says_may_be_left_out() {
    let previous = format!("{PROJECTS} Department = 'Finance'");
    let sql = format!("{PROJECTS} Department = 'IT'");
    assert_eq!(doubts_of("the same for IT", &sql, Some(&previous)), 0);
}

#[test]
fn nobody_means_it() {
    let sql = format!("{PROJECTS} Department = 'IT' AND Department = 'Finance'");
    assert_eq!(doubts_of("projects of IT and Finance", &sql, None), 1);
}
