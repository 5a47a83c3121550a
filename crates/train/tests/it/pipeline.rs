//! From question files to a model that answers them, through every stage.

use std::ops::ControlFlow;
use std::sync::Arc;

use answer::confidence::Threshold;
use answer::engine::{Engine, LoadedModel, Writes, grammar, metadata};
use answer::orchestrator::{Options, ask};
use answer::pack::Pack;
use answer::plan::PlanOrder;
use answer::reply::{Answer, Cause};
use answer::vocabulary::Vocabulary;
use database::ProfileLimits;
use model::model_folder::{self, Loaded};
use model::parameters::Parameters;
use model::weights::Format;
use schema::normalize::Context;
use sql::matcher::Grammar;
use train::canonical::{Reader, example};
use train::config::{EvaluationConfig, OptimiserConfig, ScheduleConfig, SftConfig, ShapeConfig};
use train::dataset::Dataset;
use train::encode::{Encoder, encode, encode_reversed, learn_vocabulary};
use train::evaluate::{Exam, grade_weights, pipeline};
use train::example::{Example, Intent};
use train::export::{ModelCard, Sources, export};
use train::oracle::oracle;
use train::report::Tally;
use train::run::Origin;
use train::sft::{Job, sft};

use crate::folder::Folder;
use crate::pack::{databases, pack, questions};

pub(crate) const TODAY: jiff::civil::Date = jiff::civil::Date::constant(2026, 1, 15);

pub(crate) fn config() -> SftConfig {
    SftConfig {
        model: ShapeConfig {
            hidden_size: 48,
            num_hidden_layers: 2,
            num_attention_heads: 2,
            num_key_value_heads: 1,
            intermediate_size: 96,
            max_position_embeddings: 256,
            dropout: 0.0,
        },
        optimiser: OptimiserConfig { learning_rate: 1e-2, ema_decay: 0.9, ..OptimiserConfig::default() },
        schedule: ScheduleConfig { max_steps: 80, ..ScheduleConfig::default() },
        evaluation: EvaluationConfig { every_steps: 0, questions: 0, patience: 0 },
        ..SftConfig::default()
    }
}

/// The pack without a model, with the values of its first database.
pub(crate) fn modelless(pack: &Pack) -> Engine {
    let problem = answer::reply::Problem::new(answer::reply::Cause::ModelMissing, "none yet");
    let database = databases()[0].open().unwrap();
    Engine::new(pack.clone(), database, Err(problem), None, &ProfileLimits::default())
}

/// The questions as examples, which the grammar admits.
pub(crate) fn examples(context: Context<'_>, vocabulary: &Vocabulary, grammar: &Grammar) -> Vec<Example> {
    let reader = Reader { context, lexicon: &vocabulary.lexicon, grammar };
    questions().iter().map(|question| example(&reader, question).unwrap()).collect()
}

pub(crate) fn vocabulary(pack: &Pack) -> Vocabulary {
    let texts: Vec<String> = questions().iter().map(|question| question.question.to_lowercase()).collect();
    learn_vocabulary(pack, texts.iter().map(String::as_str), 100).unwrap()
}

#[test]
fn twenty_pairs_reach_100_percent_through_the_whole_pipeline() {
    learns_twenty_pairs(false);
}

#[test]
fn so_they_do_with_a_plan_before_each_query() {
    learns_twenty_pairs(true);
}

fn learns_twenty_pairs(plans: bool) {
    let (pack, databases, questions) = (pack(), databases(), questions());
    let vocabulary = vocabulary(&pack);
    let grammar = grammar(&pack, &vocabulary);
    let mut engine = modelless(&pack);
    let order = plans.then(|| PlanOrder::new(&vocabulary.lexicon));
    let encoder =
        Encoder { catalog: &pack.catalog, vocabulary: &vocabulary, grammar: Some(&grammar), plan: order.as_ref() };
    let mut data = Dataset::default();
    for example in examples(engine.context(TODAY), &vocabulary, &grammar) {
        let encoded = encode(encoder, &example).unwrap();
        data.push(&encoded, 1.0, true).unwrap();
    }
    let config = config();
    let writes = if plans { Writes::PlansAndQueries } else { Writes::Queries };
    let metadata = metadata(&pack, &vocabulary, writes);
    let parameters = Parameters::init(&config.shape(vocabulary.size()), 0).unwrap();
    let loaded =
        Loaded { parameters, tokenizer: Some(vocabulary.tokenizer.clone()), metadata: metadata.clone(), channel: None };
    engine.model = Ok(Arc::new(LoadedModel::new(loaded, &pack).unwrap()));

    let exam = Exam::new(&questions, &databases, 2).unwrap();
    let folder = Folder::new(if plans { "pipeline-plan" } else { "pipeline" });
    let options = Options { plan: plans, ..Options::on(TODAY) };
    let (run, shipped) = (folder.0.join("run"), folder.0.join("model"));
    let job = Job {
        config: &config,
        start: None,
        data: &data,
        tokenizer: &vocabulary.tokenizer,
        metadata: &metadata,
        origin: &Origin::default(),
        run: &run,
    };
    let mut evaluate = |parameters: &Parameters| grade_weights(&exam, &mut engine, (parameters, writes), &options);
    let outcome = sft(&job, false, &mut evaluate, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(outcome.best.unwrap().tally, Tally { right: 20, questions: 20 });

    let sources = Sources { model: std::slice::from_ref(&run), channel: &[] };
    export(sources, &shipped, Format::Int8, &vocabulary, &ModelCard::default()).unwrap();
    engine.model = Ok(Arc::new(LoadedModel::new(model_folder::load(&shipped).unwrap(), &pack).unwrap()));
    let report = exam.grade(&pipeline(&engine, &options));
    assert_eq!(report.all(), Tally { right: 20, questions: 20 });
    let reasoning = ask(&engine, "shops in Oslo", &options).reasoning.unwrap();
    assert_eq!(reasoning.starts_with("<think> tables shops; values <val1> </think> (the query agrees)"), plans);
    let asked_to_plan = ask(&engine, "shops in Oslo", &Options { plan: true, ..Options::on(TODAY) });
    assert_eq!(asked_to_plan.error.map(|problem| problem.cause), (!plans).then_some(Cause::ModelForAnother));
    // What a model is almost sure of is the result with the most probability too, and the same each time.
    let wanted = Options { threshold: Threshold::At(0.0), ..options.clone() };
    let alone = ask(&engine, "shops in Oslo", &wanted);
    let vote = || ask(&engine, "shops in Oslo", &Options { candidates: 6, ..wanted.clone() });
    let voted = vote();
    assert_eq!((voted.status, &voted.rows), (alone.status, &alone.rows));
    assert_eq!(Answer { elapsed_ms: voted.elapsed_ms, ..vote() }, voted);
    for file in ["config.json", "tokenizer.json", "tokenizer_config.json", "generation_config.json", "README.md"] {
        assert!(shipped.join(file).exists(), "{file}");
    }
}

#[test]
fn references_answer_themselves_and_can_be_written() {
    let (pack, databases, mut questions) = (pack(), databases(), questions());
    let unsaid = "SELECT name FROM shops WHERE city = 'Oslo'";
    questions.push(crate::pack::question("unsaid", "shops of the usual place", Some(unsaid)));
    let replaced = "SELECT REPLACE(name, 'a', 'b') FROM shops";
    questions.push(crate::pack::question("replaced", "shops with 'b' for every 'a'", Some(replaced)));
    let vocabulary = vocabulary(&pack);
    let (engine, grammar) = (modelless(&pack), grammar(&pack, &vocabulary));
    let exam = Exam::new(&questions, &databases, 2).unwrap();
    let reader = Reader { context: engine.context(TODAY), lexicon: &vocabulary.lexicon, grammar: &grammar };
    let found = oracle(&exam, &reader);
    assert_eq!(found.answers.all(), Tally { right: 22, questions: 22 });
    let unwritable: Vec<(&str, &str)> = found.unwritable.iter().map(|u| (u.id.as_str(), u.reason.as_str())).collect();
    assert_eq!(unwritable.iter().map(|u| u.0).collect::<Vec<_>>(), ["unsaid", "replaced"], "{unwritable:?}");
    assert_eq!(found.writable, Tally { right: 19, questions: 21 });
}

#[test]
fn examples_survive_a_new_vocabulary() {
    let pack = pack();
    let vocabulary = vocabulary(&pack);
    let (engine, grammar) = (modelless(&pack), grammar(&pack, &vocabulary));
    let examples = examples(engine.context(TODAY), &vocabulary, &grammar);
    let other = learn_vocabulary(&pack, ["quite other words"], 60).unwrap();
    let example = examples.iter().find(|example| example.question == "shops in Oslo").unwrap();
    assert_eq!((example.normalized.as_str(), example.intent), ("shops in <val1>", Intent::Answerable));
    for vocabulary in [&vocabulary, &other] {
        let encoder = Encoder { catalog: &pack.catalog, vocabulary, grammar: Some(&grammar), plan: None };
        let encoded = encode(encoder, example).unwrap();
        let read = vocabulary.tokenizer.decode(&encoded.prompt);
        assert!(read.contains("<val1>") && read.contains("shops.city") && read.ends_with("<sep>"), "{read}");
        let written = vocabulary.tokenizer.decode(&encoded.completion);
        assert!(
            written.starts_with("<answerable> SELECT shops.name FROM shops WHERE shops.city = <val1>"),
            "{written}"
        );
        assert_eq!(encoded.forced.len(), encoded.completion.len());
        assert!(!encoded.forced[0], "the intent is the model's to say");
    }
    let tied = examples.iter().find(|example| example.question == "shops with orders").unwrap();
    let encoder = Encoder { catalog: &pack.catalog, vocabulary: &vocabulary, grammar: Some(&grammar), plan: None };
    let encoded = encode(encoder, tied).unwrap();
    let tokens = encoded.completion.iter().zip(&encoded.forced);
    let forced: Vec<String> =
        tokens.filter(|(_, forced)| **forced).map(|(t, _)| vocabulary.tokenizer.decode(&[*t])).collect();
    assert_eq!(forced, ["orders.shop_id = shops.shop_id"]);
    let back = encode_reversed(encoder, example).unwrap().unwrap();
    let [given, said] = [&back.prompt, &back.completion].map(|tokens| vocabulary.tokenizer.decode(tokens));
    assert!(given.contains("SELECT shops.name FROM shops WHERE shops.city = <val1> <end>"), "{given}");
    assert_eq!(said.trim(), "shops in <val1> <sep>");
    let declined = Example { intent: Intent::Unanswerable, lexemes: vec![], ..example.clone() };
    assert!(encode_reversed(encoder, &declined).unwrap().is_none(), "there is no query to read");
    let mut broken = example.clone();
    broken.lexemes.push("shops.nothing".to_owned());
    let encoder = Encoder { catalog: &pack.catalog, vocabulary: &vocabulary, grammar: None, plan: None };
    let message = encode(encoder, &broken).unwrap_err().to_string();
    assert!(message.contains("shops.nothing"), "{message}");
}
