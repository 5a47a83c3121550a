//! Literals of a query traced to the words of the question.

use answer::slots::align;
use sql::tree::ExprKind;
use sql::visit::each_expr_of_query;

use crate::tools::{pack, read};

/// The slots of a query's literals in order, or what could not be traced.
fn traced(question: &str, sql: &str) -> Result<Vec<String>, String> {
    let pack = pack();
    let lexicon = pack.lexicon().unwrap();
    let parsed = sql::parse(sql, &pack.catalog, sql::Dialect::Sqlite);
    let mut query = parsed.clone().ok().unwrap_or_else(|| panic!("{sql}: {:?}", parsed.diagnostics));
    align(&mut query, &read(&pack, question), &lexicon).map_err(|e| e.to_string())?;
    let mut found = vec![];
    each_expr_of_query(&query, &mut |expr| {
        if let ExprKind::Literal(literal) = &expr.kind {
            found.push(literal.slot.map_or_else(|| "-".to_owned(), |s| format!("{} {:?}", s.slot, s.part)));
        }
    });
    Ok(found)
}

#[test]
fn numbers_and_values() {
    let sql = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Status = 'Active' AND Budget > 100000";
    assert_eq!(traced("active projects over 100k", sql).unwrap(), ["<val1> Whole", "<num1> Whole"]);
    let same = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Budget > 5 AND Revenue > 5 LIMIT 5";
    let found = traced("top 5 projects with budget over 5 and revenue over 5", same).unwrap();
    assert_eq!(found, ["<num1> Whole", "<num1> Whole", "<num1> Whole"]);
}

#[test]
fn ranges_and_days() {
    let sql =
        "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Start_Date >= '2024-01-01' AND Start_Date < '2025-01-01'";
    assert_eq!(traced("projects started in 2024", sql).unwrap(), ["<range1> Start", "<range1> End"]);
    let overdue = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE End_Date < '2026-11-20'";
    assert_eq!(traced("projects that should have ended", overdue).unwrap(), ["-"]);
}

#[test]
fn patterns() {
    let sql = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Project_Name LIKE '%Cloud%'";
    assert_eq!(traced("projects with \"Cloud\" in the name", sql).unwrap(), ["<str1> Contains"]);
}

#[test]
fn patterns_of_words_within_a_known_value() {
    let sql = "SELECT Company_Name FROM SRM_COMPANIES WHERE Company_Name LIKE 'Blue%'";
    assert_eq!(traced("companies whose name begins with Blue", sql).unwrap(), ["<val1> Prefix"]);
    let sql = "SELECT Company_Name FROM SRM_COMPANIES WHERE Company_Name LIKE '%Blue Harbor Ltd%'";
    assert!(traced("companies whose name begins with Blue", sql).is_err(), "nobody said Harbor");
}

#[test]
fn days_beside_what_was_said() {
    let sql =
        "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Start_Date >= '2025-07-01' AND Start_Date <= '2025-12-31'";
    let found = traced("projects that started between 1 July 2025 and 31 December 2025", sql).unwrap();
    assert_eq!(found, ["<range1> Start", "<range1> Last"]);
    let sql = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Start_Date < '2025-01-01' AND End_Date > '2024-12-31'";
    let found = traced("projects that started before the end of 2024 and ended after 31 December 2024", sql).unwrap();
    assert_eq!(found, ["<date1> End", "<date1> Whole"]);
}

#[test]
fn letters_and_sorts() {
    let sql = "SELECT Supplier_ID FROM BIZ_COM_SUP_PROPERTIES WHERE Rating IN ('C', 'D')";
    assert_eq!(traced("suppliers rated C or D", sql).unwrap(), ["<val1> Whole", "<val2> Whole"]);
    let sql = "SELECT Revision_Number FROM PROJEVISION WHERE Revision_Type = 'Budget'";
    assert_eq!(traced("numbers of the budget revisions", sql).unwrap(), ["<val1> Whole"]);
    let sql = "SELECT Contact_Name FROM SRM_CONTACTS WHERE Contact_Name LIKE 'S%' AND Email NOT LIKE '%@%'";
    let question = "contacts whose name starts with the letter s and whose email has no @";
    assert_eq!(traced(question, sql).unwrap(), ["<str1> Prefix", "<str2> Contains"]);
}

#[test]
fn texts_that_outputs_are_made_of_are_what_was_said() {
    for made in ["COALESCE(Department, 'Active')", "Department || 'Active'"] {
        let sql = format!("SELECT {made} FROM PAC_MNT_PROJECTS");
        assert_eq!(traced("departments or else Active", &sql).unwrap(), ["<val1> Said"]);
    }
}

#[test]
fn percentages_as_fractions() {
    let sql = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Actual_Cost > 0.9 * Budget";
    assert_eq!(traced("projects that used more than 90 percent of their budget", sql).unwrap(), ["<num1> Fraction"]);
    let compared = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Actual_Cost > 0.9";
    assert!(traced("projects that used more than 90 percent of their budget", compared).is_err());
}

#[test]
fn constants_stay_without_a_slot() {
    let sql = "SELECT 100.0 * Revenue / Budget FROM PAC_MNT_PROJECTS WHERE Budget > 500000";
    assert_eq!(traced("revenue as a percentage of budget, high budget projects", sql).unwrap(), ["-", "-"]);
    let percent = "SELECT 100.0 * Revenue / Budget FROM PAC_MNT_PROJECTS WHERE Budget > 100";
    assert_eq!(
        traced("revenue as a percentage of budget where budget is over 100", percent).unwrap(),
        ["-", "<num1> Whole"]
    );
    let exists = "SELECT Project_Name FROM PAC_MNT_PROJECTS p WHERE EXISTS (SELECT 1 FROM PROJSTAFF s WHERE s.Project_Code = p.Project_Code)";
    assert_eq!(traced("the 1 project with staff", exists).unwrap(), ["-"]);
}

#[test]
fn what_nobody_said_is_named() {
    let sql = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Department = 'IT' AND Budget > 77";
    let message = traced("projects of Finance", sql).unwrap_err();
    assert_eq!(message, "nothing in the question stands for 'IT', 77");
}
