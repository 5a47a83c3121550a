//! Whatever an untrained model writes under the matcher is a whole query.

use answer::engine::grammar;
use answer::intent::Intent;
use answer::plan::{MAX_PARTS, PlanOrder};
use answer::prompt::{ModelQuestion, prompt};
use answer::query_generator::{Candidate, Draw, GenerateError, Generator, Request, generate};
use model::config::Config;
use model::inference::Model;
use model::parameters::Parameters;
use model::sampling::{Sampling, Source};
use schema::link::Links;
use sql::canonical::{fill_from, text};
use sql::lexeme::Lexeme;
use sql::matcher::SlotTable;

use crate::tools::{pack, read, vocabulary};

#[test]
fn untrained_weights_write_whole_queries() {
    write_whole_queries(false);
}

#[test]
fn so_they_do_after_a_plan() {
    write_whole_queries(true);
}

fn write_whole_queries(plans: bool) {
    let pack = pack();
    let vocabulary = vocabulary(&pack);
    let grammar = grammar(&pack, &vocabulary);
    let config =
        Config { hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1, ..Config::compact(vocabulary.size()) };
    let model = Model::new(Parameters::init(&config, 1).unwrap()).unwrap();
    let order = plans.then(|| PlanOrder::new(&vocabulary.lexicon));
    let generator = Generator {
        model: &model,
        vocabulary: &vocabulary,
        grammar: &grammar,
        plan: order.as_ref(),
        threads: 1,
        constrained: true,
    };
    let question = read(&pack, "active projects over 100k started in 2024 at \"Initech\"");
    let (slots, prompt) =
        (SlotTable::of(&question), prompt(&vocabulary, &ModelQuestion::new(&question, &Links::default())));
    let source =
        |n: u32| if n.is_multiple_of(2) { Source::seeded(n.into()) } else { Source::Point(f64::from(n) / 60.0) };
    let draws: Vec<Draw> =
        (0..60).map(|n| Draw { sampling: Sampling::at_temperature(2.0), source: source(n) }).collect();
    let all = Request::new(&prompt, &slots, &draws);
    let greedy = Request { draws: &[Draw::GREEDY], ..all };

    let whole = generate(generator, &[all]).unwrap();
    let alone = |draw: &Draw| {
        generate(generator, &[Request { draws: std::slice::from_ref(draw), ..all }]).unwrap().remove(0).remove(0)
    };
    assert!(draws.iter().map(alone).eq(whole[0].iter().cloned()), "side by side they are what each is alone");
    let answerable = |c: &&Candidate| c.intent == Intent::Answerable;
    let mut likely: Vec<f64> = whole[0].iter().filter(answerable).map(|c| c.log_likelihood).collect();
    likely.sort_by(f64::total_cmp);
    // What is given up is that alone: the others are written as before.
    let least = likely[likely.len() / 2];
    let some = generate(generator, &[Request { least_log_likelihood: least, ..all }]).unwrap();
    let finished = some[0].iter().filter(answerable).filter(|c| c.finished).count();
    assert_eq!(finished, likely.iter().filter(|one| **one >= least).count());
    for (cut, whole) in some[0].iter().zip(&whole[0]) {
        match cut.finished {
            true => assert_eq!(cut, whole),
            false => assert!(cut.log_likelihood < least && whole.log_likelihood <= cut.log_likelihood, "{cut:?}"),
        }
    }

    let together = generate(generator, &[all, greedy]).unwrap();
    let written: Vec<&Candidate> = together[0].iter().filter(|c| c.intent == Intent::Answerable).collect();
    assert!(written.len() > 5, "{}", written.len());
    for candidate in &written {
        assert!(candidate.finished, "{candidate:?}");
        let lexemes: Vec<Lexeme> = candidate.lexemes.iter().map(|id| vocabulary.lexicon.lexeme(*id).unwrap()).collect();
        let fill = fill_from(&question, &[]);
        let sql = text(&lexemes, &pack.catalog, &vocabulary.lexicon, &fill, "2026-11-20").unwrap();
        let parsed = sql::parse(&sql, &pack.catalog, sql::Dialect::Sqlite);
        assert!(parsed.clone().ok().is_some(), "{sql}: {:?}", parsed.diagnostics);
        let said = candidate.plan.as_ref().map(|plan| plan.parts.len());
        assert!(said.is_some() == plans && said.is_none_or(|parts| (1..=MAX_PARTS).contains(&parts)), "{said:?}");
        assert!(candidate.log_likelihood < 0.0 && candidate.forced > 0);
    }
    // Alone, a candidate is the same as beside others.
    let alone = generate(generator, &[Request { draws: &draws[7..8], ..all }]).unwrap();
    assert_eq!(alone[0][0], together[0][7]);
}

#[test]
fn a_question_longer_than_the_model_reads_is_refused() {
    let pack = pack();
    let vocabulary = vocabulary(&pack);
    let grammar = grammar(&pack, &vocabulary);
    let small = Config {
        max_position_embeddings: 20,
        hidden_size: 32,
        num_hidden_layers: 1,
        ..Config::compact(vocabulary.size())
    };
    let model = Model::new(Parameters::init(&small, 1).unwrap()).unwrap();
    let generator = Generator {
        model: &model,
        vocabulary: &vocabulary,
        grammar: &grammar,
        plan: None,
        threads: 1,
        constrained: true,
    };
    let slots = SlotTable::new();
    let prompt = [vocabulary.bos(); 15];
    let request = Request::new(&prompt, &slots, &[Draw::GREEDY]);
    assert!(matches!(generate(generator, &[request]), Err(GenerateError::TooLong { given: 15, .. })));
}
