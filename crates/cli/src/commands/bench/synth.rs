//! Synthesis: checked pairs and query trees a second, and the constructs in their queries.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::time::Instant;

use sql::lexeme::Lexeme;
use sql::matcher::walk::{CONSTRUCTS, constructs};
use train::example::Example;
use train::synth::generate::{Amount, generate};
use train::synth::split::Split;
use train::synth::studio::Workshop;

use super::{Args, Figure, Measured};
use crate::commands::eval::{FILL_SEED, TODAY, databases, fixed_day};
use crate::context::Context;
use crate::exit::Failure;

/// Questions for training, each run, normalised, aligned and admitted. Filling the databases does not count.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let pack = context.pack()?;
    let images = databases(&pack, FILL_SEED)?;
    let workshop = Workshop::new(&pack, images, fixed_day(TODAY)?).map_err(Failure::data)?;
    let studios = workshop.studios(Split::Train);
    let (voices, threads) = (usize::from(args.voices), usize::from(args.threads));
    let amount = Amount { questions: args.count(20_000), voices, seed: args.seed, threads };
    let mut examples: Vec<Example> = Vec::with_capacity(amount.questions);
    let started = Instant::now();
    let made = generate(&studios, Split::Train, amount, &mut |example| {
        examples.push(example);
        Ok::<(), Infallible>(())
    });
    let seconds = started.elapsed().as_secs_f64();
    let shares = shares(&examples, &workshop);
    let rarest = shares.iter().min_by(|a, b| a.1.total_cmp(b.1)).map_or((&"none", &0.0), |found| found);
    let lacking = shares.values().filter(|share| **share == 0.0).count();
    let Ok(made) = made;
    let name = |what: &str| format!("synth.{what}, {threads} threads, up to {voices} questions a tree");
    Ok(vec![
        Figure::new(name("pairs"), made.questions as f64 / seconds, "pairs/s"),
        Figure::new(name("trees"), made.trees as f64 / seconds, "trees/s"),
        Figure::new(format!("synth.rarest construct ({})", rarest.0), *rarest.1, "%"),
        Figure::new("synth.constructs that are lacking", lacking as f64, ""),
        Figure::new("synth.questions a tree", made.questions as f64 / made.trees.max(1) as f64, "questions"),
    ])
}

/// The share of answerable questions whose query has each construct, in percent.
fn shares(examples: &[Example], workshop: &Workshop<'_>) -> BTreeMap<&'static str, f64> {
    let (lexicon, catalog) = (&workshop.lexicon, &workshop.pack.catalog);
    let lexemes = (0..lexicon.len() as u32).filter_map(|id| lexicon.lexeme(id));
    let by_name: HashMap<String, Lexeme> = lexemes.map(|lexeme| (lexicon.name(catalog, lexeme), lexeme)).collect();
    let mut counts: BTreeMap<&str, usize> = CONSTRUCTS.iter().map(|(name, _)| (*name, 0)).collect();
    let mut queries = 0u32;
    for example in examples.iter().filter(|example| !example.lexemes.is_empty()) {
        let lexemes: Vec<Lexeme> = example.lexemes.iter().filter_map(|name| by_name.get(name).copied()).collect();
        constructs(&lexemes).into_iter().for_each(|name| *counts.entry(name).or_default() += 1);
        queries += 1;
    }
    counts.into_iter().map(|(name, n)| (name, 100.0 * n as f64 / f64::from(queries.max(1)))).collect()
}
