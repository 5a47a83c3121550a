//! How likely a question is, given a query.

use answer::channel::{answerable_given, log_likelihoods};
use answer::prompt::{ModelQuestion, reversed};
use model::config::Config;
use model::inference::{Logits, Model, Options, prefill};
use model::parameters::Parameters;
use model::sampling::log_prob;
use schema::link::Links;
use sql::lexeme::{Lexeme, TableRef, Word};

use crate::tools::{pack, read, vocabulary};

#[test]
fn the_query_comes_first_and_then_the_words() {
    let pack = pack();
    let vocabulary = vocabulary(&pack);
    let question = ModelQuestion::new(&read(&pack, "active projects over 100k"), &Links::default());
    let id = |word| vocabulary.lexicon.id(Lexeme::Word(word)).unwrap();
    let (given, said) = reversed(&vocabulary, &question, &[id(Word::Select)]);
    let select = vocabulary.token(id(Word::Select));
    assert_eq!(given, [vocabulary.bos(), select, vocabulary.end(), vocabulary.sep()]);
    assert_eq!(reversed(&vocabulary, &question, &[id(Word::Select), id(Word::End)]).0, given, "the end is there once");
    assert_eq!(said.last(), Some(&vocabulary.sep()));
    let slots = question.values.iter().map(|(slot, _)| vocabulary.slot(*slot).unwrap());
    assert!(slots.into_iter().all(|slot| said.contains(&slot)), "{said:?}");

    let table = pack.catalog.find_table("PAC_MNT_PROJECTS").unwrap();
    let previous = vec![Lexeme::Table(TableRef { table, instance: 1 }), Lexeme::Word(Word::End)];
    let (after, same) = reversed(&vocabulary, &question.after(previous), &[id(Word::Select)]);
    assert_eq!((after.len(), same), (given.len() + 2, said));
}

#[test]
fn words_count_one_after_the_other() {
    let pack = pack();
    let vocabulary = vocabulary(&pack);
    let config =
        Config { hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1, ..Config::compact(vocabulary.size()) };
    let model = Model::new(Parameters::init(&config, 1).unwrap()).unwrap();
    let question = ModelQuestion::new(&read(&pack, "active projects over 100k"), &Links::default());
    let queries: Vec<Vec<u32>> = [3, 7].map(|n| (n..n + 9).collect()).to_vec();
    let queries: Vec<&[u32]> = queries.iter().map(|query| &query[..]).collect();
    let found = log_likelihoods(&model, &vocabulary, &question, &queries).unwrap();
    for (query, found) in queries.iter().zip(&found) {
        let (mut read, said) = reversed(&vocabulary, &question, query);
        let mut expected = 0.0;
        for token in said {
            let mut logits = Logits::default();
            prefill(&model, &[&read], Options::default(), &mut logits).unwrap();
            expected += f64::from(log_prob(logits.last(0), None, token).unwrap());
            read.push(token);
        }
        assert!((found - expected).abs() < 1e-4 * expected.abs(), "{found} {expected}");
    }
    assert!((found[0] - found[1]).abs() > 1e-6, "the query matters");

    let small = Config { max_position_embeddings: 16, ..config };
    let small = Model::new(Parameters::init(&small, 1).unwrap()).unwrap();
    assert!(log_likelihoods(&small, &vocabulary, &question, &queries).is_err(), "too long for this network");
}

#[test]
fn a_question_is_as_likely_to_be_answerable_as_its_words_are_explained() {
    assert_eq!(answerable_given(0.9, 0.1, 0.0), 0.9, "a model that nobody fitted says nothing of it");
    assert!((answerable_given(0.9, 0.2, 0.2) - 0.9).abs() < 1e-12);
    // Odds of 9 to 1 times a quarter.
    assert!((answerable_given(0.9, 0.1, 0.2) - 9.0 / 13.0).abs() < 1e-12);
    assert_eq!([(1.0, 1e-9), (0.0, 1.0), (1.0, 0.0)].map(|(p, q)| answerable_given(p, q, 0.2)), [1.0, 0.0, 0.0]);
}
