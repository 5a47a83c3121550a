//! Questions that follow others: the earlier query in the prompt, and its values as slots of the new question.

use answer::conversation::continued;
use answer::prompt::{ModelQuestion, prompt};
use schema::link::Links;
use sql::canonical::fill_from;
use sql::lexeme::Lexeme;

use crate::tools::{pack, read, vocabulary};

/// The question, the earlier query in its prompt, and its slots with what they stand for; none where nothing is kept.
fn after(sql: &str, question: &str) -> Option<(String, Vec<String>)> {
    let pack = pack();
    let vocabulary = vocabulary(&pack);
    let lexicon = &vocabulary.lexicon;
    let mut asked = read(&pack, question);
    let text = asked.text();
    let previous = sql::parse(sql, &pack.catalog, sql::Dialect::Sqlite).query.unwrap();
    let lexemes = continued(&previous, &mut asked, &pack.catalog, lexicon)?;
    assert_eq!(asked.text(), text, "the question's own words stay");
    let names: Vec<String> = lexemes.iter().map(|l| lexicon.name(&pack.catalog, *l)).collect();
    let fill = fill_from(&asked, &[]);
    let said = lexemes.iter().enumerate().filter_map(|(at, lexeme)| match lexeme {
        Lexeme::Slot(slot) => {
            let beside = lexemes[..at].iter().rev().find_map(|l| match l {
                Lexeme::Column(column) => Some(column.column),
                _ => None,
            });
            Some(format!("{} = {}", lexicon.name(&pack.catalog, *lexeme), fill(*slot, beside)?))
        }
        _ => None,
    });
    let tokens = prompt(&vocabulary, &ModelQuestion::new(&asked, &Links::default()).after(lexemes.clone()));
    assert!(tokens.len() > lexemes.len() && vocabulary.lexeme(lexemes[0]) == Some(tokens[1]));
    Some((names.join(" "), said.collect()))
}

#[test]
fn values_of_the_earlier_query_stand_after_those_of_the_question() {
    let sql = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Status = 'Closed' AND Budget > 5000 LIMIT 7";
    let (names, said) = after(sql, "only the active ones over 100k").unwrap();
    assert_eq!(
        names,
        "SELECT PAC_MNT_PROJECTS.Project_Name FROM PAC_MNT_PROJECTS WHERE PAC_MNT_PROJECTS.Budget > <num2> \
         AND PAC_MNT_PROJECTS.Status = <val2> LIMIT <num3> <end>"
    );
    assert_eq!(said, ["<num2> = 5000", "<val2> = Closed", "<num3> = 7"]);
}

#[test]
fn a_value_said_again_keeps_its_slot() {
    let sql = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Status = 'Active'";
    let (names, _) = after(sql, "active ones in IT").unwrap();
    assert!(names.contains("Status = <val1>"), "{names}");
}

#[test]
fn days_become_ranges_where_they_were() {
    let year = "Start_Date >= '2024-01-01' AND Start_Date < '2025-01-01'";
    let (names, said) =
        after(&format!("SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE {year}"), "and by department?").unwrap();
    assert!(names.contains("Start_Date >= <range1.start>") || names.contains("<range1"), "{names}");
    assert_eq!(said, ["<range1.start> = 2024-01-01", "<range1.end> = 2025-01-01"]);
    let between = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Start_Date BETWEEN '2024-01-01' AND '2024-12-31'";
    let (_, said) = after(between, "and by department?").unwrap();
    assert_eq!(said, ["<date1> = 2024-01-01", "<date2> = 2024-12-31"]);
    let within =
        "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Start_Date > '2024-01-01' AND Start_Date < '2025-01-01'";
    let (_, said) = after(within, "and by department?").unwrap();
    assert_eq!(said, ["<date1> = 2024-01-01", "<date2> = 2025-01-01"], "no range of whole days");
    let overdue = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE End_Date < '2026-11-20'";
    assert_eq!(after(overdue, "how many?").unwrap().1, Vec::<String>::new(), "today is no value");
}

#[test]
fn constants_and_patterns() {
    let sql = "SELECT 100.0 * SUM(Revenue) / SUM(Budget) FROM PAC_MNT_PROJECTS WHERE Project_Name LIKE '%Upgrade%'";
    let (names, said) = after(sql, "per department").unwrap();
    assert!(names.contains("=100.0 *"), "{names}");
    assert_eq!(said, ["<str1.contains> = %Upgrade%"]);
}

#[test]
fn what_has_more_values_than_a_question_is_not_kept() {
    for last in [30, 400] {
        let many: Vec<String> = (11..last).map(|n| n.to_string()).collect();
        let sql = format!("SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Budget IN ({})", many.join(", "));
        assert_eq!(after(&sql, "only active"), None);
    }
}

#[test]
fn a_number_in_quotes_is_a_number_beside_a_number() {
    let sql = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Budget > '5000'";
    assert_eq!(after(sql, "how many?").unwrap().1, ["<num1> = 5000"]);
}
