//! Hand-made answers judged by their rows.

use std::collections::HashMap;

use train::consistency::{Consistency, consistency};
use train::evaluate::{Exam, Reply};
use train::question::{Question, Status};
use train::report::{Fault, Report, Tally};

use crate::pack::{self, databases};

fn question(id: &str, sql: Option<&str>, difficulty: &str) -> Question {
    Question { difficulty: difficulty.to_owned(), ordered: false, ..pack::question(id, &format!("question {id}"), sql) }
}

fn questions() -> Vec<Question> {
    let mut alternative = question("alternative", Some("SELECT name FROM shops WHERE city = 'Oslo'"), "easy");
    alternative.alternatives = vec!["SELECT name, city FROM shops WHERE city = 'Oslo'".to_owned()];
    let mut ordered = question("ordered", Some("SELECT name FROM shops ORDER BY sales DESC"), "easy");
    ordered.ordered = true;
    let join = "SELECT shops.name FROM shops JOIN orders ON orders.shop_id = shops.shop_id WHERE orders.amount > 4";
    vec![
        question("same", Some("SELECT name FROM shops"), "easy"),
        alternative,
        ordered,
        question("join", Some(join), "medium"),
        question("one database", Some("SELECT COUNT(*) FROM shops WHERE sales > 10"), "easy"),
        question("declined", Some("SELECT COUNT(*) FROM orders"), "easy"),
        question("fails", Some("SELECT COUNT(*) FROM orders"), "easy"),
        question("empty", Some("SELECT name FROM shops WHERE sales > 1000"), "easy"),
        question("refused", None, "easy"),
        question("should refuse", None, "easy"),
        question("broken", None, "easy"),
    ]
}

fn replies() -> HashMap<&'static str, Reply> {
    let answered = |sql: &str| Reply { status: Status::Answered, sql: Some(sql.to_owned()), ..Reply::default() };
    let plain = |status: Status| Reply { status, reason: Some("no".to_owned()), ..Reply::default() };
    HashMap::from([
        ("same", answered("SELECT shops.name FROM shops ORDER BY shops.name")),
        ("alternative", answered("SELECT city, name FROM shops WHERE city = 'Oslo'")),
        ("ordered", answered("SELECT name FROM shops ORDER BY sales")),
        ("join", answered("SELECT name FROM shops WHERE shop_id IN (SELECT shop_id FROM orders WHERE amount > 4)")),
        ("one database", answered("SELECT COUNT(*) FROM shops WHERE city = 'Rome'")),
        ("declined", plain(Status::Abstained)),
        ("fails", answered("SELECT COUNT(*) FROM nowhere")),
        ("empty", answered("SELECT name FROM shops WHERE city = 'Paris'")),
        ("refused", plain(Status::Refused)),
        ("should refuse", answered("SELECT name FROM shops")),
        ("broken", plain(Status::Error)),
    ])
}

fn report(threads: usize) -> Report {
    let (questions, databases, replies) = (questions(), databases(), replies());
    let exam = Exam::new(&questions, &databases, threads).unwrap();
    Report { seconds: 0.0, ..exam.grade(&|question, _| replies[question.id.as_str()].clone()) }
}

#[test]
fn answers_are_judged_by_their_rows() {
    let report = report(1);
    let misses: Vec<(&str, Fault)> = report.misses.iter().map(|miss| (miss.id.as_str(), miss.fault)).collect();
    let expected = [
        ("ordered", Fault::Rows),
        ("join", Fault::Rows),
        ("one database", Fault::Rows),
        ("declined", Fault::Declined),
        ("fails", Fault::Fails),
        ("should refuse", Fault::Answered),
        ("broken", Fault::Error),
    ];
    assert_eq!(misses, expected);
    assert_eq!(report.answerable, Tally { right: 3, questions: 8 });
    assert_eq!(report.must_decline, Tally { right: 1, questions: 3 });
    assert_eq!(report.by_tables[&2], Tally { right: 0, questions: 1 });
    assert_eq!((report.declined, report.both_empty, report.databases), (1, 1, 2));
}

#[test]
fn a_miss_shows_the_first_rows_that_differ() {
    let report = report(1);
    let of =
        |id: &str| report.misses.iter().find(|miss| miss.id == id).and_then(|miss| miss.difference.clone()).unwrap();
    // One row on the first database answers both; the second tells them apart.
    assert_eq!(of("one database").database, 1);
    let join = of("join");
    assert_eq!((join.database, join.expected_shape, join.got_shape), (0, (3, 1), (2, 1)));
    assert_eq!(join.only_expected, [[schema::Value::Text("North".to_owned())]]);
    assert!(join.only_got.is_empty());
}

#[test]
fn threads_do_not_change_a_report() {
    assert_eq!(report(1), report(2));
}

#[test]
fn a_reference_that_cannot_run_is_named() {
    let questions = [question("bad", Some("SELECT nothing FROM shops"), "easy")];
    let databases = databases();
    let message = Exam::new(&questions, &databases, 1).err().unwrap().to_string();
    assert!(message.contains("bad") && message.contains("nothing"), "{message}");
    assert!(Exam::new(&questions, &[], 1).is_err());
}

#[test]
fn a_conversation_goes_on_from_the_models_own_answers() {
    let mut questions = vec![
        question("first", Some("SELECT name FROM shops"), "easy"),
        question("second", Some("SELECT name FROM shops WHERE city = 'Oslo'"), "easy"),
        question("third", Some("SELECT COUNT(*) FROM shops WHERE city = 'Oslo'"), "easy"),
    ];
    questions[1].after = Some("first".into());
    questions[2].after = Some("second".into());
    let databases = databases();
    let exam = Exam::new(&questions, &databases, 2).unwrap();
    let answered = |sql: String| Reply { status: Status::Answered, sql: Some(sql), ..Reply::default() };
    let report = exam.grade(&|question, previous| match (question.id.as_str(), previous) {
        ("first", None) => answered("SELECT name FROM shops".into()),
        ("second", Some("SELECT name FROM shops")) => answered("SELECT name FROM shops WHERE city = 'Rome'".into()),
        ("third", Some(wrong)) if wrong.contains("Rome") => answered(wrong.replace("name", "COUNT(*)")),
        (id, previous) => panic!("{id} was asked after {previous:?}"),
    });
    assert_eq!(report.answerable, Tally { right: 1, questions: 3 });
}

#[test]
fn one_thing_asked_twice_agrees_or_not() {
    let all = "SELECT COUNT(*) FROM shops";
    let ids = ["a", "b", "c", "declined"];
    let mut questions: Vec<Question> = ids.iter().map(|id| question(id, Some(all), "easy")).collect();
    questions.push(question("alone", Some("SELECT name FROM shops"), "easy"));
    let databases = databases();
    let exam = Exam::new(&questions, &databases, 2).unwrap();
    let found = consistency(&exam, &|question, _| match question.id.as_str() {
        "declined" => Reply { status: Status::Abstained, ..Reply::default() },
        "c" => Reply { sql: Some("SELECT 0".into()), ..Reply::default() },
        _ => Reply { sql: Some("SELECT COUNT(shop_id) FROM shops".into()), ..Reply::default() },
    });
    assert_eq!(found, Consistency { references: 1, pairs: 6, same: 1 });
}
