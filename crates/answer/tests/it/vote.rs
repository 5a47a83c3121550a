//! Candidates that return the same rows, over a filled database.

use answer::vote::{Weighed, agreements};
use database::fill::Recipe;
use database::{DemoSpec, Limits, fill};
use sql::verify::{VerifiedQuery, verify};

use crate::tools::{pack, pack_folder};

/// For each result the candidates that return it, and its probability.
fn voted(candidates: &[(&str, f64)], limits: &Limits) -> Vec<(Vec<usize>, f64)> {
    weighed(
        &candidates.iter().map(|(text, probability)| (*text, *probability, *probability)).collect::<Vec<_>>(),
        limits,
    )
}

/// The same where weights are not probabilities.
fn weighed(candidates: &[(&str, f64, f64)], limits: &Limits) -> Vec<(Vec<usize>, f64)> {
    let read = |name: &str| std::fs::read_to_string(pack_folder().join(name)).unwrap();
    let (catalog, ddl) = (pack().catalog, read("schema.sql"));
    let spec = DemoSpec::from_toml(&read("demo.toml")).unwrap();
    let database = fill(&Recipe { catalog: &catalog, ddl: &ddl, spec: &spec, seed: 1 }).unwrap();
    let database = database::Image::of(&mut { database }, &catalog).unwrap().open().unwrap();
    let queries: Vec<VerifiedQuery> =
        candidates.iter().map(|(text, ..)| verify(text, &catalog, &Default::default()).unwrap()).collect();
    let given: Vec<_> = candidates
        .iter()
        .zip(&queries)
        .map(|((_, p, weight), query)| Weighed { query, log_likelihood: p.ln(), score: weight.ln() })
        .collect();
    let found = agreements(&database, &given, limits, None);
    found.into_iter().map(|found| (found.candidates, (found.log_mass.exp() * 100.0).round() / 100.0)).collect()
}

const ALL: &str = "SELECT COUNT(*) FROM PAC_MNT_PROJECTS";
const KEYS: &str = "SELECT COUNT(Project_Code) FROM PAC_MNT_PROJECTS";
const ACTIVE: &str = "SELECT COUNT(*) FROM PAC_MNT_PROJECTS WHERE Status = 'Active'";

#[test]
fn a_result_has_the_probability_of_all_that_return_it() {
    let found = voted(&[(ACTIVE, 0.4), (KEYS, 0.2), (ALL, 0.3)], &Limits::default());
    assert_eq!(found, [(vec![2, 1], 0.5), (vec![0], 0.4)]);
}

#[test]
fn the_weight_decides_and_the_probability_is_told() {
    let found = weighed(&[(ACTIVE, 0.6, 0.1), (KEYS, 0.1, 0.2), (ALL, 0.2, 0.3)], &Limits::default());
    assert_eq!(found, [(vec![2, 1], 0.3), (vec![0], 0.6)]);
}

#[test]
fn results_without_rows_do_not_agree() {
    let none = |n: u32| format!("SELECT Project_Name FROM PAC_MNT_PROJECTS WHERE Budget < -{n}000000000");
    let (a, b) = (none(1), none(2));
    let found = voted(&[(&a, 0.3), (&b, 0.3), (ACTIVE, 0.4)], &Limits::default());
    assert_eq!(found, [(vec![2], 0.4), (vec![0], 0.3), (vec![1], 0.3)]);
}

#[test]
fn what_has_too_many_rows_stands_alone() {
    let limits = Limits { max_rows: 10, ..Limits::default() };
    let found = voted(&[("SELECT Project_Name FROM PAC_MNT_PROJECTS", 0.7), (ALL, 0.1)], &limits);
    assert_eq!(found, [(vec![0], 0.7), (vec![1], 0.1)]);
    let none = Limits { deadline: std::time::Duration::ZERO, ..Limits::default() };
    assert_eq!(voted(&[(ALL, 0.1), (ACTIVE, 0.7)], &none), [(vec![1], 0.7), (vec![0], 0.1)], "nothing could be run");
}
