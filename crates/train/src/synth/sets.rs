//! `data synth`: train, dev and test files of a pack.
//!
//! The pack's hand-written questions go into the training file with the tag "hand", as far as one SELECT can say them;
//! those of files whose names begin with `test` never do.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use sql::dialect::Dialect;

use super::generate::{Amount, Generated, generate};
use super::pair::Drops;
use super::split::Split;
use super::studio::{Studio, Workshop};
use super::vary::{Draft, variants};
use crate::canonical::{self, Reader};
use crate::error::{Result, TrainError};
use crate::example::{Example, ExampleWriter, Intent};
use crate::question::Question;

/// The tag of hand-written examples.
pub const HAND: &str = "hand";
/// Whether a file of the pack's questions is learnt from, by its name: `test…` judges, and on `dev…` choices are made.
pub fn is_learnt_from(name: &str) -> bool {
    !name.starts_with("test") && !name.starts_with("dev")
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

/// A line of a hand-written file; other keys are for its writers.
#[derive(Debug, Clone, Deserialize)]
struct HandLine {
    id: String,
    question: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    sql: Option<String>,
    #[serde(default)]
    ordered: bool,
    #[serde(default)]
    intent: Option<Intent>,
    #[serde(default)]
    tags: Vec<String>,
    /// The question that it follows.
    #[serde(default)]
    after: Option<String>,
}

impl HandLine {
    /// The question as a line of its own in each of its wordings: `id`, `id+1`, `id+2` …
    fn wordings(self) -> Vec<HandLine> {
        let also = self.also.iter().enumerate();
        let others = also.map(|(n, question)| HandLine {
            id: format!("{}+{}", self.id, n + 1),
            question: question.clone(),
            also: vec![],
            ..self.clone()
        });
        let others: Vec<HandLine> = others.collect();
        std::iter::once(self).chain(others).collect()
    }
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
    (hand_folder, out): (Option<&Path>, &Path),
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
        if let (Split::Train, Some(folder)) = (split, hand_folder) {
            let hand = hand_examples(&workshop.studio(0, None), folder, &mut written)?;
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

/// The hand-written questions of a folder's `.jsonl` files, each wording an example of its own, except the test.
fn hand_examples(studio: &Studio<'_>, folder: &Path, written: &mut Written) -> Result<Vec<Example>> {
    let io = |e: std::io::Error| TrainError::Io { path: folder.to_owned(), source: e };
    let mut paths: Vec<_> = std::fs::read_dir(folder).map_err(io)?.flatten().map(|e| e.path()).collect();
    let apart = |path: &Path| path.file_name().is_some_and(|n| !is_learnt_from(&n.to_string_lossy()));
    paths.retain(|path| path.extension().is_some_and(|e| e == "jsonl") && !apart(path));
    paths.sort();
    let mut examples = vec![];
    let mut references: BTreeMap<String, String> = BTreeMap::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|source| TrainError::Io { path: path.clone(), source })?;
        for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let hand: HandLine = serde_json::from_str(line).map_err(|e| TrainError::Line {
                path: path.clone(),
                line: i + 1,
                reason: e.to_string(),
            })?;
            references.extend(hand.sql.iter().map(|sql| (hand.id.clone(), sql.clone())));
            let previous = hand.after.as_ref().and_then(|id| references.get(id)).cloned();
            if hand.after.is_some() && previous.is_none() {
                written.hand_drops.add("follows no question");
                continue;
            }
            for wording in hand.wordings() {
                match hand_example(studio, wording, previous.clone()) {
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

fn hand_example(studio: &Studio<'_>, hand: HandLine, previous: Option<String>) -> std::result::Result<Example, String> {
    let declined = intent(&hand);
    if hand.sql.is_none() && declined.is_none() {
        return Err("neither SQL nor intent".into());
    }
    let question = Question {
        id: hand.id,
        question: hand.question,
        ordered: hand.ordered,
        tags: hand.tags,
        sql: hand.sql,
        previous,
        ..Question::default()
    };
    let reader = Reader { context: studio.context, lexicon: studio.lexicon, grammar: studio.grammar };
    let example = canonical::example(&reader, &question).map_err(|obstacle| obstacle.brief())?;
    let intent = if question.sql.is_none() { declined.unwrap_or_default() } else { Intent::Answerable };
    Ok(Example { intent, ..example })
}

/// Why a question must not be answered: said outright, or by one of the tags that question files use.
fn intent(hand: &HandLine) -> Option<Intent> {
    let tagged = |tag: &String| match tag.as_str() {
        "unanswerable" => Some(Intent::Unanswerable),
        "ambiguous" => Some(Intent::Ambiguous),
        "write" => Some(Intent::Write),
        "chitchat" | "chat" => Some(Intent::Chat),
        _ => None,
    };
    hand.intent.or_else(|| hand.tags.iter().find_map(tagged))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wording_is_a_line_of_its_own() {
        let line = r#"{"id":"a","question":"How many?","also":["Count?","Number?"],"sql":"SELECT 1","tags":["t"]}"#;
        let lines = serde_json::from_str::<HandLine>(line).unwrap().wordings();
        let said: Vec<(&str, &str)> = lines.iter().map(|l| (l.id.as_str(), l.question.as_str())).collect();
        assert_eq!(said, [("a", "How many?"), ("a+1", "Count?"), ("a+2", "Number?")]);
        assert!(lines.iter().all(|l| l.sql.as_deref() == Some("SELECT 1") && l.tags == ["t"]));
    }
}
