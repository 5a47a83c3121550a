//! `data synth`: train, dev and test files of a pack.
//!
//! The pack's hand-written questions go into the training file with the tag "hand", as far as one SELECT can say them;
//! those of files whose names begin with `test` never do.

use std::path::{Path, PathBuf};

use sql::dialect::Dialect;

use super::generate::{Amount, Generated, generate};
use super::pair::Drops;
use super::split::Split;
use super::studio::{Studio, Workshop};
use super::vary::{Draft, variants};
use crate::canonical::{self, Reader};
use crate::error::{Result, TrainError, io};
use crate::example::{Example, ExampleWriter, Intent};
use crate::question::{Question, Trouble, read_lines};

/// The tag of hand-written examples.
pub const HAND: &str = "hand";
/// How the names of files begin that are not learnt from: `test…` judges, on `dev…` choices are made, and `quarantine…`
/// holds what an import put aside.
const APART: [&str; 3] = ["test", "dev", "quarantine"];

/// Whether a file of questions is learnt from, by its name.
pub fn is_learnt_from(name: &str) -> bool {
    !APART.iter().any(|apart| name.starts_with(apart))
}

/// How many questions each file holds.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    /// Questions of `train.jsonl`, hand-written ones apart.
    pub train: usize,
    /// Questions of `dev.jsonl`.
    pub dev: usize,
    /// Questions of `test.jsonl`.
    pub test: usize,
    /// Pairs made from each hand-written one, at most.
    pub variants: usize,
}

/// What was written.
#[derive(Debug, Default)]
pub struct Written {
    /// Per split, in the order of [`Split::ALL`].
    pub splits: Vec<(Split, Generated)>,
    /// Hand-written questions taken.
    pub hand: usize,
    /// Pairs made from them.
    pub varied: usize,
    /// Hand-written questions left out, by reason.
    pub hand_drops: Drops,
}

/// Writes `train.jsonl`, `dev.jsonl` and `test.jsonl` into a folder that exists; `progress` hears of every 1,000th
/// question.
///
/// # Errors
/// When a file cannot be written, or a hand-written one cannot be read.
pub fn write_sets(
    workshop: &Workshop<'_>,
    sizes: Sizes,
    amount: Amount,
    (hand_folders, out): (&[PathBuf], &Path),
    progress: &dyn Fn(Split, usize),
) -> Result<Written> {
    let mut written = Written::default();
    for split in Split::ALL {
        let mut writer = ExampleWriter::create(&out.join(format!("{}.jsonl", split.name())))?;
        let questions = match split {
            Split::Train => sizes.train,
            Split::Dev => sizes.dev,
            Split::Test => sizes.test,
        };
        if split == Split::Train && !hand_folders.is_empty() {
            let hand = hand_examples(&workshop.studio(0, None), hand_folders, &mut written)?;
            let studio = workshop.studio(0, Some(Split::Train));
            let varied = vary_all(&studio, &hand, sizes.variants, amount, &mut written.hand_drops);
            written.varied = varied.len();
            hand.iter().chain(&varied).try_for_each(|example| writer.write(example))?;
        }
        // Each split has a stream of its own, so that its size changes no other.
        let amount = Amount { questions, seed: amount.seed.wrapping_mul(4).wrapping_add(split as u64), ..amount };
        let mut n = 0;
        let mut each = |example: Example| {
            n += 1;
            if n % 1000 == 0 {
                progress(split, n);
            }
            writer.write(&example)
        };
        // A question is asked of one database, which must hold the values it names. Training sees all of them; dev and
        // test are asked of the first, and their rows are compared on all.
        let studios = workshop.studios(split);
        let asked = if split == Split::Train { &studios[..] } else { &studios[..1.min(studios.len())] };
        let generated = generate(asked, split, amount, &mut each)?;
        writer.finish()?;
        written.splits.push((split, generated));
    }
    Ok(written)
}

/// The hand-written questions of the folders' `.jsonl` files, each wording an example of its own, except the test.
fn hand_examples(studio: &Studio<'_>, folders: &[PathBuf], written: &mut Written) -> Result<Vec<Example>> {
    let (mut examples, mut known): (Vec<Example>, Vec<Question>) = (vec![], vec![]);
    for path in hand_files(folders)? {
        for line in read_lines(&path, &known)? {
            let question = match line.question {
                Ok(question) => question,
                Err((Trouble::After, _)) => {
                    written.hand_drops.add("follows no question");
                    continue;
                }
                Err((Trouble::Reference, _)) => {
                    written.hand_drops.add("neither SQL nor intent");
                    continue;
                }
                Err((_, reason)) => return Err(TrainError::Line { path, line: line.number, reason }),
            };
            known.push(question.clone());
            for wording in question.wordings() {
                match hand_example(studio, wording) {
                    Ok(example) => {
                        written.hand += 1;
                        examples.push(example);
                    }
                    Err(reason) => written.hand_drops.add(reason),
                }
            }
        }
    }
    Ok(examples)
}

/// The files of the folders that are learnt from, folder by folder, in the order of their names.
fn hand_files(folders: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = vec![];
    for folder in folders {
        let mut paths: Vec<_> = std::fs::read_dir(folder).map_err(io(folder))?.flatten().map(|e| e.path()).collect();
        let apart = |path: &Path| path.file_name().is_some_and(|n| !is_learnt_from(&n.to_string_lossy()));
        paths.retain(|path| path.extension().is_some_and(|e| e == "jsonl") && !apart(path));
        paths.sort();
        files.extend(paths);
    }
    Ok(files)
}

/// Pairs like the hand-written ones, in the order of those; threads take turns.
fn vary_all(studio: &Studio<'_>, hand: &[Example], wanted: usize, amount: Amount, drops: &mut Drops) -> Vec<Example> {
    let threads = amount.threads.max(1);
    let share = |thread: usize| {
        let mut drops = Drops::default();
        let mine = hand.iter().enumerate().skip(thread).step_by(threads);
        let varied = |(index, example): (usize, &Example), drops: &mut Drops| {
            (index, variants_of(studio, example, (amount.seed, index as u64), wanted, drops))
        };
        (mine.map(|one| varied(one, &mut drops)).collect::<Vec<_>>(), drops)
    };
    let shares: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|t| scope.spawn(move || share(t))).collect();
        workers.into_iter().map(|w| w.join().expect("a worker that panics is a bug")).collect()
    });
    let mut all = vec![];
    for (found, dropped) in shares {
        drops.merge(&dropped);
        all.extend(found);
    }
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().flat_map(|(_, examples)| examples).collect()
}

fn variants_of(
    studio: &Studio<'_>,
    example: &Example,
    stream: (u64, u64),
    wanted: usize,
    drops: &mut Drops,
) -> Vec<Example> {
    // The words of a question that follows another say only what changes.
    let Some(sql) = example.sql.as_ref().filter(|_| example.previous.is_empty()) else { return vec![] };
    let parsed = sql::resolve::parse(sql, studio.world.catalog, Dialect::Sqlite);
    let Some(query) = parsed.query else { return vec![] };
    let original = Draft { question: example.question.clone(), query, ordered: example.ordered };
    let mut found = variants(studio, &original, stream, wanted, drops);
    for (n, variant) in found.iter_mut().enumerate() {
        variant.id = format!("{}~{n}", example.id);
    }
    found
}

fn hand_example(studio: &Studio<'_>, question: Question) -> std::result::Result<Example, String> {
    let declined = question.declined_intent();
    if question.sql.is_none() && declined.is_none() {
        return Err("neither SQL nor intent".into());
    }
    // What the file says of difficulty is for its readers; what is learnt by, the query says.
    let question = Question { difficulty: String::new(), ..question };
    let reader = Reader { context: studio.context, lexicon: studio.lexicon, grammar: studio.grammar };
    let example = canonical::example(&reader, &question).map_err(|obstacle| obstacle.brief())?;
    let intent = if question.sql.is_none() { declined.unwrap_or_default() } else { Intent::Answerable };
    Ok(Example { intent, ..example })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_judge_or_were_put_aside_are_not_learnt_from() {
        assert!(is_learnt_from("examples.jsonl") && is_learnt_from("questions.jsonl"));
        for name in ["test.jsonl", "test-personas.jsonl", "dev.jsonl", "quarantine.jsonl"] {
            assert!(!is_learnt_from(name), "{name}");
        }
    }
}
