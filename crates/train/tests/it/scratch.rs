//! scratch
use train::*;
#[test]
#[ignore]
fn oracle_gl() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/gl");
    let pack = answer::pack::Pack::from_folder(&root).unwrap();
    let databases = synth::studio::databases(&pack, 1).unwrap();
    let today = jiff::civil::Date::constant(2026, 1, 15);
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
