//! Many trees at once: in blocks, each tree by its number, so that any number of threads writes the same data.

use std::collections::BTreeSet;

use super::mix::Mix;
use super::pair::{self, Drops};
use super::shapes::count::Counts;
use super::split::Split;
use super::studio::Studio;
use crate::example::Example;

/// Trees drawn before their examples are written.
const BLOCK: u64 = 1024;

/// How much to generate.
#[derive(Debug, Clone, Copy)]
pub struct Amount {
    /// Questions wanted.
    pub questions: usize,
    /// Questions asked of one tree, at most.
    pub voices: usize,
    /// The seed.
    pub seed: u64,
    /// Threads; the examples do not depend on it.
    pub threads: usize,
}

/// What was generated.
#[derive(Debug, Clone, Default)]
pub struct Generated {
    /// Questions handed on.
    pub questions: usize,
    /// Trees they belong to.
    pub trees: usize,
    /// Trees and questions dropped, by reason.
    pub drops: Drops,
    /// What became of each shape.
    pub shapes: Counts,
}

/// Generates one split, handing each example on in the order of its number. The studios take turns, tree by tree.
///
/// # Errors
/// Whatever `each` returns stops it.
pub fn generate<E>(
    studios: &[Studio<'_>],
    split: Split,
    amount: Amount,
    each: &mut dyn FnMut(Example) -> Result<(), E>,
) -> Result<Generated, E> {
    let mut generated = Generated::default();
    let mut seen = BTreeSet::new();
    let mut mix = Mix::default();
    // A stream that yields nothing for so long is dry.
    let most_blocks = 4 + 400 * amount.questions as u64 / BLOCK;
    for block in 0..most_blocks {
        let found =
            block_of(studios, split, (amount, mix.odds()), block, (&mut generated.drops, &mut generated.shapes));
        let of_tree = |examples: Vec<Example>| examples.into_iter().filter(|e| seen.insert(fingerprint(e))).collect();
        let found: Vec<Vec<Example>> = found.into_iter().map(of_tree).collect();
        mix.learn(BLOCK, found.iter().flatten());
        for new in found {
            generated.trees += usize::from(!new.is_empty());
            for example in new {
                if generated.questions == amount.questions {
                    return Ok(generated);
                }
                generated.questions += 1;
                each(example)?;
            }
        }
    }
    Ok(generated)
}

/// The question as the model sees it: the same words with the same slots are one question.
fn fingerprint(example: &Example) -> u64 {
    let text = example.normalized.bytes().chain(example.lexemes.iter().flat_map(|l| l.bytes()));
    text.fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

fn block_of(
    studios: &[Studio<'_>],
    split: Split,
    (amount, odds): (Amount, [f64; 3]),
    block: u64,
    (drops, counts): (&mut Drops, &mut Counts),
) -> Vec<Vec<Example>> {
    let threads = amount.threads.max(1) as u64;
    let first = block * BLOCK;
    let share = |thread: u64| {
        let (mut drops, mut counts) = (Drops::default(), Counts::default());
        let indexes = (first..first + BLOCK).filter(|i| i % threads == thread);
        let found: Vec<(u64, Vec<Example>)> = indexes
            .map(|index| {
                let studio = &studios[index as usize % studios.len()];
                (
                    index,
                    pair::examples(
                        studio,
                        split,
                        (amount.seed, index),
                        (odds, amount.voices),
                        (&mut drops, &mut counts),
                    ),
                )
            })
            .collect();
        (found, drops, counts)
    };
    let shares: Vec<_> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|t| scope.spawn(move || share(t))).collect();
        workers.into_iter().map(|w| w.join().expect("a worker that panics is a bug")).collect()
    });
    let mut all = vec![];
    for (found, dropped, counted) in shares {
        drops.merge(&dropped);
        counts.merge(&counted);
        all.extend(found);
    }
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, examples)| examples).collect()
}
