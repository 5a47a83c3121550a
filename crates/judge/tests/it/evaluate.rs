//! Candidates run beside their reference, on three filled databases of the GL pack.

use std::path::Path;

use database::fill::Recipe;
use database::{DemoSpec, Image, Limits, ValuesOverride, fill};
use judge::{Tally, expect_on, judge_on, mutants};
use schema::Catalog;
use sql::{Options, VerifiedQuery, verify};

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)).expect(path)
}

fn databases() -> (Catalog, Vec<Image>) {
    let ddl = read("packs/gl/schema.sql");
    let catalog = sql::ddl::catalog_from_ddl(&ddl).expect("the pack's script");
    let spec = DemoSpec::from_toml(&read("packs/gl/demo.toml")).expect("the pack's demo.toml");
    let apac = ValuesOverride::from_toml(&read("packs/gl/values/apac.toml")).expect("other values");
    let specs = [(spec.clone(), 1), (spec.clone(), 2), (spec.with_values(&apac).expect("other values"), 3)];
    let images = specs.iter().map(|(spec, seed)| {
        let recipe = Recipe { catalog: &catalog, ddl: &ddl, spec, seed: *seed };
        Image::of(&mut fill(&recipe).expect("a filled database"), &catalog).expect("an image")
    });
    let images = images.collect();
    (catalog, images)
}

fn verified(text: &str, catalog: &Catalog) -> Option<VerifiedQuery> {
    verify(text, catalog, &Options::default()).ok()
}

#[test]
fn candidates_are_right_or_wrong_on_every_database() {
    let (catalog, images) = databases();
    let limits = Limits::default();
    let judged = |reference: &str, in_order: bool, candidate: &str| -> Tally {
        let reference = verified(reference, &catalog).expect(reference);
        let expected = expect_on(&images, &reference, in_order, &limits).expect("the reference runs");
        judge_on(&images, &verified(candidate, &catalog).expect(candidate), &expected, &limits)
    };
    let by_status = "SELECT Status, COUNT(*) FROM PAC_MNT_PROJECTS GROUP BY Status";
    let swapped = "SELECT COUNT(p.Project_Code) AS n, p.Status FROM PAC_MNT_PROJECTS AS p GROUP BY 2 ORDER BY n";
    assert_eq!(judged(by_status, false, swapped), Tally { same: 3, ..Tally::default() });
    assert!(!judged(by_status, true, "SELECT Status, COUNT(*) + 1 FROM PAC_MNT_PROJECTS GROUP BY Status").is_right());
    let top = "SELECT Project_Name FROM PAC_MNT_PROJECTS ORDER BY Budget DESC LIMIT 5";
    let limited = "SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Budget IS NOT NULL ORDER BY Budget DESC, Project_Code DESC LIMIT 5";
    assert!(judged(top, true, limited).is_right(), "rows that tie at the limit stand for each other");
    assert!(!judged(top, true, "SELECT Project_Name FROM PAC_MNT_PROJECTS ORDER BY Budget LIMIT 5").is_right());
    let nobody = "SELECT Resource_Name FROM PAC_MNT_RESOURCES WHERE Cost_Rate > 1000000";
    let tally = judged(nobody, false, "SELECT Resource_Name FROM PAC_MNT_RESOURCES WHERE Cost_Rate > 2000000");
    assert!(tally.is_right_by_emptiness());
}

/// Three databases tell nearly all mistakes from the reference: what stays is equivalent, or nearly so.
#[test]
fn mistakes_show_on_the_packs_databases() {
    let (catalog, images) = databases();
    let limits = Limits::default();
    let references = [
        "SELECT Project_Code, Project_Name FROM PAC_MNT_PROJECTS WHERE Budget > 500000 AND Status = 'Active'",
        "SELECT Department, AVG(Budget) FROM PAC_MNT_PROJECTS WHERE Start_Date >= '2024-01-01' GROUP BY Department",
        "SELECT p.Project_Name, COUNT(s.Staff_ID) FROM PAC_MNT_PROJECTS AS p LEFT JOIN PROJSTAFF AS s
           ON s.Project_Code = p.Project_Code GROUP BY p.Project_Code, p.Project_Name",
        "SELECT c.Company_Name, SUM(k.Contract_Value) FROM SRM_COMPANIES AS c JOIN PROJCNTRTS AS k
           ON k.Company_Code = c.Company_Code GROUP BY c.Company_Code, c.Company_Name HAVING SUM(k.Contract_Value) >= 1000000",
        "SELECT Resource_Name FROM PAC_MNT_RESOURCES WHERE Resource_Code NOT IN
           (SELECT Resource_Code FROM PROJSTAFF WHERE Resource_Code IS NOT NULL) ORDER BY Resource_Name",
    ];
    let (mut told, mut all) = (0, 0);
    let mut survivors = Vec::new();
    for text in references {
        let reference = verified(text, &catalog).expect(text);
        let in_order = !reference.query().order_by.is_empty();
        let expected = expect_on(&images, &reference, in_order, &limits).expect("the reference runs");
        assert!(judge_on(&images, &reference, &expected, &limits).is_right(), "{text}");
        for mutant in mutants(reference.query(), &catalog) {
            let text = sql::print::compact(&mutant.query, &catalog);
            let Some(candidate) = verified(&text, &catalog) else { continue };
            all += 1;
            if judge_on(&images, &candidate, &expected, &limits).is_right() {
                survivors.push(format!("{}: {text}", mutant.edit));
            } else {
                told += 1;
            }
        }
    }
    assert!(told * 100 >= all * 82, "{told} of {all} told apart; not:\n{}", survivors.join("\n"));
}
