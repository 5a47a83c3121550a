//! Rewards a second, from the text of a completion to its worth.

use std::time::Instant;

use judge::mutants;
use judge::reward::{Court, Settings, is_right, reward};
use sql::print::readable;
use sql::{Options, verify};
use train::evaluate::{in_parallel, limits};

use super::{Args, Docket, Ground};
use crate::commands::bench::{Even, Figure, quantile};

/// Completions of one question, as many as GRPO draws: half of them may be right.
const GROUP: usize = 16;
/// Rewards that are measured without `--count`.
const COUNT: u32 = 10_000;

/// What one reward took, in seconds.
#[derive(Clone, Copy)]
struct Took {
    whole: f64,
    is_right: bool,
}

/// Rewards a second, their times, and where those go.
pub(super) fn measure(ground: &Ground<'_>, args: &Args) -> Vec<Figure> {
    let (threads, groups) = (usize::from(args.threads), args.count(COUNT).div_ceil(GROUP));
    let mut even = Even::of(args.seed, 0);
    let drawn: Vec<(&Docket, Vec<String>)> = (0..groups)
        .map(|_| {
            let docket = &ground.dockets[even.below(ground.dockets.len())];
            (docket, completions(docket, ground, &mut even))
        })
        .collect();
    // Databases are opened once a thread.
    in_parallel(threads * 4, threads, &|_| group(drawn[0].0, &drawn[0].1, ground));
    let began = Instant::now();
    let took = in_parallel(drawn.len(), threads, &|i| group(drawn[i].0, &drawn[i].1, ground)).concat();
    let seconds = began.elapsed().as_secs_f64();
    let began = Instant::now();
    in_parallel(drawn.len(), threads, &|i| drawn[i].1.iter().for_each(|text| validate(text, drawn[i].0, ground)));
    figures(&took, (seconds, began.elapsed().as_secs_f64()), ground)
}

/// Checks a completion alone, to see what of a reward that takes.
fn validate(text: &str, docket: &Docket, ground: &Ground<'_>) {
    let options = Options { question: Some(&docket.question.question), ..ground.pack.validation() };
    std::hint::black_box(verify(text, &ground.pack.catalog, &options).is_ok());
}

fn figures(took: &[Took], (seconds, validation): (f64, f64), ground: &Ground<'_>) -> Vec<Figure> {
    let count = took.len() as f64;
    let mut whole: Vec<f64> = took.iter().map(|one| 1e3 * one.whole).collect();
    whole.sort_by(f64::total_cmp);
    let right = took.iter().filter(|one| one.is_right).count() as f64;
    let of = |name: &str, value: f64, unit| Figure::new(format!("reward.{name}"), value, unit);
    vec![
        of("questions", ground.dockets.len() as f64, ""),
        of("databases", ground.images.len() as f64, ""),
        of("rewards", count / seconds, "rewards/s"),
        of("p50", quantile(&whole, 0.5), "ms"),
        of("p99", quantile(&whole, 0.99), "ms"),
        of("longest", quantile(&whole, 1.0), "ms"),
        of("right", 100.0 * right / count, "%"),
        of("validation, share of the time", 100.0 * validation / seconds, "%"),
    ]
}

/// Completions of one question, all different: the reference and alternatives, then queries with one mistake.
fn completions(docket: &Docket, ground: &Ground<'_>, even: &mut Even) -> Vec<String> {
    let catalog = &ground.pack.catalog;
    let mut texts = vec![docket.text.clone()];
    texts.extend(docket.question.alternatives.iter().take(GROUP / 2 - 1).cloned());
    let mut wrong: Vec<_> = mutants(docket.reference.query(), catalog).collect();
    while texts.len() < GROUP && !wrong.is_empty() {
        let mutant = wrong.swap_remove(even.below(wrong.len()));
        let text = readable(&mutant.query, catalog);
        if verify(&text, catalog, &Options::default()).is_ok() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// Rewards a group, completion by completion.
fn group(docket: &Docket, texts: &[String], ground: &Ground<'_>) -> Vec<Took> {
    let court = Court { images: ground.images, limits: limits(), in_words: false };
    let options = Options { question: Some(&docket.question.question), ..ground.pack.validation() };
    let settings = Settings::default();
    let one = |text: &String| {
        let began = Instant::now();
        let trial = court.text(&docket.case, text, &options);
        let worth = reward(&trial, &settings);
        Took { whole: began.elapsed().as_secs_f64(), is_right: is_right(worth) }
    };
    texts.iter().map(one).collect()
}
