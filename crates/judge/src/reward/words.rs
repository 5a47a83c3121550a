//! What is said of a completion: why it is worth what it is, with the first rows that differ.

use super::settings::{Profile, Settings};
use super::trial::{Outcome, Trial, Wrong};
use crate::apart::{Apart, shown};
use crate::same_answer::Difference;

/// The feedback in words.
pub fn feedback(trial: &Trial, settings: &Settings) -> String {
    let mut words = match (&trial.outcome, trial.must_decline) {
        (Outcome::Declined, true) => "Declined, and it must be declined.".to_owned(),
        (Outcome::Declined, false) => "Declined, though it can be answered.".to_owned(),
        (Outcome::Writes, _) => "It would change data or tables: only queries are run.".to_owned(),
        (_, true) => "Answered, though it must be declined.".to_owned(),
        (Outcome::Unfinished, _) => "It never comes to an answer.".to_owned(),
        (Outcome::Refused(reason), _) => format!("It does not pass validation: {reason}"),
        (Outcome::Fails(reason), _) => format!("It cannot be run: {reason}."),
        (Outcome::Constant, _) => "It returns the same whatever the tables hold.".to_owned(),
        (Outcome::Runs, _) => "It runs; there is no reference to compare its rows with.".to_owned(),
        (Outcome::Right(databases), _) => format!("The rows are right on all {databases} databases."),
        (Outcome::Wrong(wrong), _) => wrong_rows(wrong),
    };
    for remark in &trial.remarks {
        words += &format!(" {remark}");
    }
    let reasoning = trial.components.reasoning;
    if is_query(&trial.outcome) && reasoning < 1.0 {
        words += &format!(" The plan that was said agrees with the query in {:.0} %.", 100.0 * reasoning);
    }
    if settings.profile == Profile::Seed && matches!(trial.outcome, Outcome::Wrong(_)) {
        words += " Under the profile \"seed\" the other components count all the same.";
    }
    words
}

fn is_query(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Runs | Outcome::Constant | Outcome::Right(_) | Outcome::Wrong(_) | Outcome::Fails(_))
}

fn wrong_rows(wrong: &Wrong) -> String {
    let what = match wrong.difference {
        Difference::Truncated => "more rows than can be compared".to_owned(),
        Difference::ColumnCount { expected, given } => format!("{} instead of {expected}", count(given, "column")),
        Difference::RowCount { expected, given } => format!("{} instead of {expected}", count(given, "row")),
        Difference::Rows => "other rows than expected".to_owned(),
        Difference::Order => "the expected rows in another order".to_owned(),
    };
    let rows = wrong.apart.as_ref().map(apart).unwrap_or_default();
    match wrong.is_witness {
        true => format!("Wrong on a database made for this question, right on the others: {what}.{rows}"),
        false => format!("Wrong on database {}: {what}.{rows}", wrong.database + 1),
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn apart(apart: &Apart) -> String {
    let list = |title: &str, rows: &[Vec<schema::Value>]| {
        let rows: Vec<String> = rows.iter().map(|row| shown(row)).collect();
        if rows.is_empty() { String::new() } else { format!(" {title}: {}.", rows.join(", ")) }
    };
    list("Missing", &apart.only_expected) + &list("Not expected", &apart.only_got)
}
