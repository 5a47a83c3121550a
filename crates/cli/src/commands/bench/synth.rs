//! Synthesis: checked pairs and query trees a second.

use std::convert::Infallible;
use std::time::Instant;

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
    let started = Instant::now();
    let made = generate(&studios, Split::Train, amount, &mut |example| {
        std::hint::black_box(example);
        Ok::<(), Infallible>(())
    });
    let seconds = started.elapsed().as_secs_f64();
    let Ok(made) = made;
    let name = |what: &str| format!("synth.{what}, {threads} threads, up to {voices} questions a tree");
    Ok(vec![
        Figure::new(name("pairs"), made.questions as f64 / seconds, "pairs/s"),
        Figure::new(name("trees"), made.trees as f64 / seconds, "trees/s"),
        Figure::new("synth.questions a tree", made.questions as f64 / made.trees.max(1) as f64, "questions"),
    ])
}
