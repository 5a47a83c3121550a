//! Which of several candidates answers, with the shipped weights over the demo database.

use std::path::Path;

use answer::channel::answerable_given;
use answer::engine::{Engine, LoadedModel};
use answer::orchestrator::{Asking, Options, Step, ask, begin};
use answer::query_generator::{Candidate, Draw, Excluded, Request, generate};
use answer::reply::{Answer, Cause, Problem, Status};
use answer::{Threshold, channel};
use database::fill::Recipe;
use database::{DemoSpec, ProfileLimits, demo_database};
use model::inference::Weights;
use model::model_folder::{Loaded, load};
use model::sampling::{Sampling, Source};
use serde_json::Value;

use crate::tools::{TODAY, pack};

/// The engine, with the second network or without.
fn engine(compares: bool) -> Engine {
    let pack = pack();
    let spec = DemoSpec::from_toml(&pack.files.demo).unwrap();
    let recipe = Recipe { catalog: &pack.catalog, ddl: &pack.files.schema, spec: &spec, seed: 1 };
    let database = demo_database(None, &recipe).unwrap();
    let loaded = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/gl-compact")).unwrap();
    let channel = loaded.channel.filter(|_| compares);
    let model = LoadedModel::with_weights(Loaded { channel, ..loaded }, &pack, Weights::Int8).unwrap();
    Engine::new(pack, database, Ok(model), None, &ProfileLimits::default())
}

fn options() -> Options {
    Options { threshold: Threshold::At(0.0), execute: false, ..Options::on(TODAY) }
}

/// A few of the pack's questions, easy and hard ones.
fn questions(engine: &Engine) -> Vec<String> {
    let lines = engine.pack.files.examples.lines().step_by(9);
    lines.map(|line| serde_json::from_str::<Value>(line).unwrap()["question"].as_str().unwrap().to_owned()).collect()
}

fn write(engine: &Engine, asking: &Asking) -> Vec<Candidate> {
    let model = engine.model.as_ref().unwrap();
    let request = asking.request(model.least_answerable);
    generate(model.generator(1, false), &[request]).unwrap().remove(0)
}

/// The questions of which the model is not sure, once their likeliest queries are written: what they ask for then.
fn all_unsure(engine: &Engine) -> impl Iterator<Item = (String, Box<Asking>)> {
    questions(engine).into_iter().filter_map(move |question| {
        let Step::Write(asking) = begin(engine, &question, &options()) else { return None };
        let written = write(engine, &asking);
        match asking.go_on(engine, Ok(written)) {
            Step::Write(asking) => Some((question, asking)).filter(|(_, asking)| asking.has_candidate()),
            _ => None,
        }
    })
}

fn unsure(engine: &Engine) -> (String, Box<Asking>) {
    all_unsure(engine).next().expect("a question that is not easy for the model")
}

#[test]
fn others_are_weighed_where_the_likeliest_is_not_sure() {
    let engine = engine(true);
    let mut compared = 0;
    for (question, asking) in all_unsure(&engine) {
        assert_eq!(asking.request(0.0).draws.len(), 15, "{question}");
        let written = write(&engine, &asking);
        let answer = match asking.go_on(&engine, Ok(written)) {
            Step::Weigh(mut asking) => {
                compared += 1;
                let weighed = asking.weigh(&engine);
                asking.answer(&engine, weighed)
            }
            Step::Done(answer) => *answer,
            Step::Write(_) => panic!("others are drawn once: {question}"),
        };
        assert_eq!(answer.status, Status::Answered, "{question}");
        assert_eq!(answer.sql, ask(&engine, &question, &options()).sql, "{question}: the same steps");
    }
    assert!(compared > 0, "nothing was compared");
}

#[test]
fn the_likeliest_answers_where_no_other_is_written() {
    let (with, without) = (engine(true), engine(false));
    let (question, asking) = unsure(&with);
    let Step::Done(answer) = asking.go_on(&with, Ok(vec![])) else { panic!("{question}") };
    assert_eq!(answer.sql, ask(&without, &question, &options()).sql, "{question}");
}

#[test]
fn words_that_no_query_explains_make_a_question_less_likely_to_be_answerable() {
    let question = "Which departments have people who cycle to work?";
    let mut engine = engine(true);
    let usual = engine.model.as_ref().unwrap().channel.as_ref().unwrap().usual;
    let mut ask_at = |least: f64| {
        let model = std::sync::Arc::get_mut(engine.model.as_mut().unwrap()).unwrap();
        model.least_answerable = least;
        ask(&engine, question, &options())
    };
    let answered = ask_at(0.0);
    let before = answered.answerable.unwrap();
    let likely = answerable_given(before, answered.explained.unwrap(), usual);
    assert!(likely < before, "{likely} of {before}: the query explains the words");
    let still = ask_at(likely);
    assert_eq!((still.status, &still.sql), (Status::Answered, &answered.sql));
    let doubted = ask_at((likely + before) / 2.0);
    assert_eq!((doubted.status, doubted.sql), (Status::Abstained, None));
    assert_eq!(doubted.error.unwrap().cause, Cause::LowConfidence);
    assert_eq!(Some(&doubted.alternatives[0].sql), answered.sql.as_ref());
    assert_eq!(doubted.confidence_score, answered.confidence_score);
    let declined = ask_at((1.0 + before) / 2.0);
    assert_eq!((declined.status, declined.alternatives.len()), (Status::Refused, 0), "no query was written");
}

#[test]
fn without_a_query_the_others_are_as_likely_as_they_are_beside_each_other() {
    let engine = engine(true);
    let model = engine.model.as_ref().unwrap();
    let mut compared = 0;
    for (question, asking) in all_unsure(&engine).take(6) {
        let points = |count: usize| -> Vec<Draw> {
            let at = |n: usize| Source::Point((n as f64 + 0.5) / count as f64);
            (0..count).map(|n| Draw { sampling: Sampling::at_temperature(1.0), source: at(n) }).collect()
        };
        let drawn = |draws: &[Draw], excluded: Option<&Excluded>| {
            let request = Request { draws, excluded, least_log_likelihood: f64::NEG_INFINITY, ..asking.request(0.0) };
            generate(model.generator(1, false), &[request]).unwrap().remove(0)
        };
        let likeliest = drawn(&[Draw::GREEDY], None).remove(0);
        let lexemes = likeliest.lexemes.as_slice().into();
        let excluded = Excluded { lexemes, log_likelihood: likeliest.log_likelihood };
        let others = drawn(&points(16), Some(&excluded));
        assert!(others.iter().all(|other| other.lexemes != likeliest.lexemes), "{question}");
        // The intent is chosen before.
        let left = (-likeliest.log_likelihood.exp_m1()).ln();
        for one in drawn(&points(64), None) {
            let Some(other) = others.iter().find(|other| other.lexemes == one.lexemes) else { continue };
            let expected = one.log_likelihood - left;
            assert!((other.log_likelihood - expected).abs() < 0.02, "{question}: {} {expected}", other.log_likelihood);
            compared += 1;
        }
    }
    assert!(compared > 10, "{compared}");
}

#[test]
fn a_turn_of_a_conversation_is_not_answered_with_the_last_query_again() {
    let engine = engine(true);
    let sql = "SELECT Company_Name FROM SRM_COMPANIES WHERE Industry = 'Construction' AND Status = 'Active'";
    let mut answered = 0;
    for turn in ["big to small", "the other way round", "scratch that, the whole bunch again", "all of them", "by name"]
    {
        let previous = sql::verify(sql, &engine.pack.catalog, &Default::default()).unwrap();
        let last = previous.sql().to_owned();
        let answer = ask(&engine, turn, &Options { previous: Some(previous), ..options() });
        assert_ne!(answer.sql, Some(last), "{turn}");
        answered += usize::from(answer.status == Status::Answered);
    }
    assert!(answered > 0, "none was answered");
}

#[test]
fn a_problem_with_them_is_told() {
    let engine = engine(true);
    let problem = || Problem::new(Cause::ModelDamaged, "broken");
    let cause = |answer: Answer| answer.error.map(|problem| problem.cause);
    let (_, asking) = unsure(&engine);
    let Step::Done(answer) = asking.go_on(&engine, Err(problem())) else { panic!("more is asked of a broken model") };
    assert_eq!(cause(*answer), Some(Cause::ModelDamaged));
    let (_, asking) = unsure(&engine);
    assert_eq!(cause(asking.answer(&engine, Err(problem()))), Some(Cause::ModelDamaged));
}

#[test]
fn listing_others_changes_no_answer() {
    let (with, without) = (engine(true), engine(false));
    let mut differ = 0;
    for question in questions(&with) {
        let listing = Options { alternatives: 2, ..options() };
        let [compared, likeliest] = [&with, &without].map(|engine| {
            let [alone, listed] = [options(), listing.clone()].map(|options| ask(engine, &question, &options));
            assert_eq!((&alone.sql, alone.confidence_score), (&listed.sql, listed.confidence_score), "{question}");
            alone.sql
        });
        differ += usize::from(compared != likeliest);
    }
    assert!(differ > 0, "comparing makes no difference");
}

#[test]
fn without_further_draws_nothing_is_compared() {
    let (with, without) = (engine(true), engine(false));
    for question in questions(&with) {
        let alone = Options { samples: 0, ..options() };
        assert_eq!(ask(&with, &question, &alone).sql, ask(&without, &question, &alone).sql, "{question}");
    }
}

#[test]
fn a_weight_of_nothing_is_no_comparison() {
    let (mut with, without) = (engine(true), engine(false));
    let model = std::sync::Arc::get_mut(with.model.as_mut().unwrap()).unwrap();
    let channel: &mut channel::Channel = model.channel.as_mut().unwrap();
    channel.weight = 0.0;
    for question in questions(&with) {
        assert_eq!(ask(&with, &question, &options()).sql, ask(&without, &question, &options()).sql, "{question}");
    }
}
