//! Linking: what a question speaks of, with reasons.

use std::fmt::Write;

use expect_test::{Expect, expect};
use schema::link::{Links, link};
use schema::{Context, Glossary, Lexicon, ValueIndex, normalize};

use crate::fixture::{TODAY, catalog_of, fixture};

fn check(questions: &[&str], expected: Expect) {
    let fixture = fixture();
    let mut out = String::new();
    for question in questions {
        let links = link(&normalize(question, &fixture.context()), &fixture.context());
        writeln!(out, "{question}\n{}", describe(&links, &fixture.context())).expect("strings take text");
    }
    expected.assert_eq(&out);
}

fn describe(links: &Links, context: &Context<'_>) -> String {
    let catalog = context.catalog;
    let mut out = String::new();
    for t in &links.tables {
        writeln!(out, "    {:.2} {}", t.score, t.reason).expect("strings take text");
    }
    for c in &links.columns {
        let slot = c.slot.map(|s| format!(" {s}")).unwrap_or_default();
        writeln!(out, "    {:.2} {} \"{}\"{slot}", c.score, catalog.qualified(c.column), c.words)
            .expect("strings take text");
    }
    for (kind, list, named) in [
        ("measure", &links.measures, &context.lexicon.measures),
        ("condition", &links.conditions, &context.lexicon.conditions),
    ] {
        for n in list {
            writeln!(out, "    {kind} {} \"{}\"", named[n.index as usize].name, n.words).expect("strings take text");
        }
    }
    for key in &links.joins {
        let (from, to) = catalog.key_pairs(*key).next().expect("a key has columns");
        writeln!(out, "    join {} = {}", catalog.qualified(from), catalog.qualified(to)).expect("strings take text");
    }
    out
}

#[test]
fn links_with_reasons() {
    check(
        &[
            "names of active jobs in the it department",
            "total margin of over-budget projects",
            "which clients do our developers work for",
            "open positions by role",
            "status of contracts with Northwind Traders",
            "value per contract",
            "hello there",
        ],
        expect![[r#"
            names of active jobs in the it department
                0.98 "jobs" names projects
                1.00 projects.Status "active" <val1>
                1.00 projects.Department "it" <val2>
                1.00 projects.Department "department"
                0.50 companies.Status "active" <val1>
                0.50 contracts.Status "active" <val1>
                0.50 people.Department "it" <val2>
                0.20 projects.Project_Name "names"

            total margin of over-budget projects
                1.00 "projects" names projects
                0.70 projects.Budget "margin"
                0.70 projects.Actual_Cost "margin"
                measure margin "margin"
                condition over_budget "over budget"

            which clients do our developers work for
                0.98 "clients" names companies
                0.60 "developers" is a value of assignments.Role
                0.30 on the way from contracts
                0.30 on the way from companies
                0.47 assignments.Role "developers" <val1>
                join contracts.Company_ID = companies.Company_ID
                join contracts.Project_Code = projects.Code
                join assignments.Project_Code = projects.Code

            open positions by role
                0.70 "open positions" is said of assignments
                0.80 assignments.Role "role"
                0.70 assignments.Person_Code "open positions"
                condition open_position "open positions"

            status of contracts with Northwind Traders
                1.00 "contracts" names contracts
                0.60 "Northwind Traders" is a value of companies.Company_Name
                1.00 contracts.Status "status"
                0.50 companies.Company_Name "Northwind Traders" <val1>
                join contracts.Company_ID = companies.Company_ID

            value per contract
                1.00 "contract" names contracts
                0.20 contracts.Contract_Value "value"

            hello there

        "#]],
    );
}

/// Tables of ten columns each in a long chain, with the same column names everywhere.
#[test]
fn a_thousand_tables_are_linked() {
    let mut tables = String::new();
    let mut keys = String::new();
    for n in 0..1000 {
        let columns =
            "name text, status text, start_date date, end_date date, amount real, owner_name text, region_code text";
        tables += &format!("Big_Table{n}: id int!, parent_id int, kind{n} text, {columns}\n");
        if n > 0 {
            keys += &format!("Big_Table{n}.parent_id -> Big_Table{}.id\n", n / 3);
        }
    }
    let catalog = catalog_of(&tables, &keys);
    let (glossary, values) = (Glossary::default(), ValueIndex::default());
    let lexicon = Lexicon::new(&catalog, &glossary);
    let context = Context {
        catalog: &catalog,
        glossary: &glossary,
        lexicon: &lexicon,
        values: &values,
        vocabulary: None,
        today: TODAY,
    };
    let question = normalize("names and status of Big_Table7 with the kind840 and amount of Big_Table999", &context);
    let links = link(&question, &context);
    assert!(links.tables.len() >= 3 && !links.joins.is_empty(), "{links:?}");
}
