//! The hand-written questions of the product's pack, apart from those it is tested with: no wording twice, and every value
//! of a reference found in each wording.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use train::canonical::{Reader, Stage, read};
use train::question::{Question, read_questions};
use train::synth::sets::is_learnt_from;

use crate::synth::with_gl;

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/gl/questions");
    let is_learnt = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.ends_with(".jsonl") && is_learnt_from(&name) && !name.starts_with("declined")
    };
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(is_learnt);
    paths.sort();
    paths
}

fn questions() -> Vec<Question> {
    files().iter().flat_map(|path| read_questions(path).unwrap()).collect()
}

/// Letters and figures alone: what is typed differently is not yet worded differently.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[test]
fn no_wording_stands_twice() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    let mut twice = vec![];
    // "How many?" may follow many a question.
    for question in questions().into_iter().filter(|question| question.after.is_none()) {
        for wording in std::iter::once(&question.question).chain(&question.also) {
            if let Some(other) = seen.insert(plain(wording), question.id.clone()) {
                twice.push(format!("{other} and {}: {wording}", question.id));
            }
        }
    }
    assert!(seen.len() > 3000 && twice.is_empty(), "{} wordings stand twice: {twice:#?}", twice.len());
}

#[test]
fn every_wording_says_the_values_of_its_reference() {
    with_gl(|workshop| {
        let studio = workshop.studio(0, None);
        let reader = Reader { context: studio.context, lexicon: studio.lexicon, grammar: studio.grammar };
        let unsaid = |wording: &str, previous: Option<&str>, sql: &str| {
            read(&reader, wording, previous, sql).err().filter(|obstacle| obstacle.stage == Stage::Literals)
        };
        let mut found = vec![];
        for question in questions() {
            let Some(sql) = &question.sql else { continue };
            let previous = question.previous.as_deref();
            // Where not even the question says a value, its wordings are not to blame.
            if unsaid(&question.question, previous, sql).is_some() {
                continue;
            }
            for wording in &question.also {
                found.extend(
                    unsaid(wording, previous, sql).map(|o| format!("{}: {}: {wording}", question.id, o.reason)),
                );
            }
        }
        assert!(found.is_empty(), "{} wordings lack a value: {found:#?}", found.len());
    });
}
