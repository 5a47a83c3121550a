//! scratch
use train::*;
#[test]
#[ignore]
fn oracle_gl() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/gl");
    let pack = answer::pack::Pack::from_folder(&root).unwrap();
    let databases = synth::studio::databases(&pack, 1).unwrap();
    let today = jiff::civil::Date::constant(2026, 11, 20);
    let workshop = synth::studio::Workshop::new(&pack, databases, today).unwrap();
    let studio = workshop.studio(0, None);
    for file in ["questions/examples.jsonl", "questions/test.jsonl"] {
        let questions = question::read_questions(&root.join(file)).unwrap();
        let t = std::time::Instant::now();
        let exam = match evaluate::Exam::new(&questions, &workshop.images, 2) { Ok(e) => e, Err(e) => { println!("{file}: {e}"); continue; } };
        println!("{file}: exam {:?}", t.elapsed());
        let reader = canonical::Reader { context: studio.context, lexicon: &workshop.lexicon, grammar: &workshop.grammar };
        let t = std::time::Instant::now();
        let found = oracle::oracle(&exam, &reader);
        println!("oracle {:?} answers {:?} writable {:?} by {:?}", t.elapsed(), found.answers.all(), found.writable, found.answers.by_difficulty);
        for m in &found.answers.misses { println!("MISS {m:?}"); }
        let mut by: std::collections::BTreeMap<_, Vec<_>> = Default::default();
        for u in &found.unwritable { by.entry(u.stage).or_default().push(u); }
        for (stage, us) in by { println!("== {stage:?} {}", us.len()); for u in us.iter() { println!("  {} | {} | {} | {}", u.id, u.normalized, u.sql, u.reason); } }
    }
}
#[test]
#[ignore]
fn synth_gl() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/gl");
    let pack = answer::pack::Pack::from_folder(&root).unwrap();
    let databases = synth::studio::databases(&pack, 1).unwrap();
    let today = jiff::civil::Date::constant(2026, 11, 20);
    let workshop = synth::studio::Workshop::new(&pack, databases, today).unwrap();
    let n: usize = std::env::var("N").unwrap().parse().unwrap();
    let sizes = synth::sets::Sizes { train: n, dev: 600, test: 1000 };
    let amount = synth::generate::Amount { questions: 0, voices: 4, seed: 1, threads: 2 };
    let out = std::path::Path::new("/tmp/gldata");
    std::fs::create_dir_all(out).unwrap();
    let t = std::time::Instant::now();
    let w = synth::sets::write_sets(&workshop, sizes, amount, (Some(&root.join("questions")), out), &|s, n| if n % 10000 == 0 { println!("{s:?} {n} {:?}", t.elapsed()) }).unwrap();
    println!("{:?} hand {} drops {:?}", t.elapsed(), w.hand, w.hand_drops);
    for (s, g) in &w.splits { println!("{s:?} {} questions {} trees", g.questions, g.trees); let mut d: Vec<_> = g.drops.0.iter().collect(); d.sort_by_key(|d| std::cmp::Reverse(*d.1)); println!("{:?}", &d[..d.len().min(15)]); }
}
#[test]
#[ignore]
fn sweep_gl() {
    use std::ops::ControlFlow;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/gl");
    let pack = answer::pack::Pack::from_folder(&root).unwrap();
    let databases = synth::studio::databases(&pack, 1).unwrap();
    let today = jiff::civil::Date::constant(2026, 11, 20);
    let files = [std::path::PathBuf::from("/tmp/gldata/train.jsonl")];
    let config = config::SftConfig::from_toml(&std::env::var("TOML").unwrap()).unwrap();
    let t = std::time::Instant::now();
    let vocabulary = encode::vocabulary_of(&pack, &files, &config).unwrap();
    println!("vocabulary {} in {:?}", vocabulary.size(), t.elapsed());
    let t = std::time::Instant::now();
    let data = encode::load_dataset(&files, &pack, &vocabulary, &config).unwrap();
    println!("{} examples {} tokens longest {} in {:?}", data.len(), data.epoch_tokens(), data.longest(), t.elapsed());
    let dev = question::read_questions(std::path::Path::new("/tmp/gldata/dev.jsonl")).unwrap();
    let dev: Vec<_> = dev.into_iter().step_by(3).collect();
    let t = std::time::Instant::now();
    let exam = evaluate::Exam::new(&dev, &databases, 2).unwrap();
    println!("exam {} in {:?}", dev.len(), t.elapsed());
    let metadata = answer::engine::metadata(&pack, &vocabulary);
    let parameters = model::parameters::Parameters::init(&config.shape(vocabulary.size()), 0).unwrap();
    println!("{} parameters", parameters.data.len());
    let loaded = model::model_folder::Loaded { parameters, tokenizer: Some(vocabulary.tokenizer.clone()), metadata: metadata.clone() };
    let model = answer::engine::LoadedModel::new(loaded, &pack).unwrap();
    let mut engine = answer::engine::Engine::new(pack.clone(), databases[0].open().unwrap(), Ok(model), None, &database::ProfileLimits::default());
    let options = answer::orchestrator::Options { samples: 0, ..answer::orchestrator::Options::on(today) };
    let run = std::path::PathBuf::from(format!("/tmp/sweep/{}", std::env::var("NAME").unwrap()));
    let origin = sft::Origin::default();
    let job = sft::Job { config: &config, data: &data, tokenizer: &vocabulary.tokenizer, metadata: &metadata, origin: &origin, run: &run };
    let mut evaluate = |p: &model::parameters::Parameters| evaluate::grade_weights(&exam, &mut engine, p, &options);
    let mut watch = |e: &sft::Event<'_>| {
        match e { sft::Event::Step(m) if m.step % 50 == 0 || m.step < 3 => println!("{} loss {:.3} acc {:.3} norm {:.2} lr {:.5} {:.0} tok/s", m.step, m.loss.unwrap(), m.mean_token_accuracy.unwrap(), m.grad_norm.unwrap(), m.learning_rate.unwrap(), m.tokens_per_second.unwrap()), sft::Event::Evaluated(m) => println!("EVAL {:?} of {:?} = {:.3} in {:.1}s", m.eval_right, m.eval_questions, m.eval_accuracy.unwrap(), m.eval_seconds.unwrap()), _ => {} }
        ControlFlow::Continue(())
    };
    let t = std::time::Instant::now();
    sft::sft(&job, false, &mut evaluate, &mut watch).unwrap();
    println!("{:?}", t.elapsed());
}
