//! Many trees at once: each by its number and handed on in their order, so that any number of threads writes the same
//! data.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use super::pair::{self, Drops};
use super::shapes::count::Counts;
use super::split::Split;
use super::studio::Studio;
use crate::example::Example;

/// Trees whose examples may wait to be handed on.
const AHEAD: usize = 256;

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

/// What became of one tree.
type Done = (u64, Vec<Example>, Drops, Counts);

/// Generates one split, handing each example on in the order of its number while the next trees are under way. The
/// studios take turns, tree by tree.
///
/// # Errors
/// Whatever `each` returns stops it.
pub fn generate<E>(
    studios: &[Studio<'_>],
    split: Split,
    amount: Amount,
    each: &mut dyn FnMut(Example) -> Result<(), E>,
) -> Result<Generated, E> {
    if studios.is_empty() || amount.questions == 0 {
        return Ok(Generated::default());
    }
    // A stream that yields nothing for so long is dry.
    let last = 8192 + 400 * amount.questions as u64;
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(AHEAD);
        for _ in 0..amount.threads.max(1) {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || work(studios, split, amount, (next, last), &sender));
        }
        drop(sender);
        // The receiver goes when enough is taken, and the workers stop with it.
        take(receiver, amount.questions, each)
    })
}

/// Draws one tree after another until there are no more, or nobody wants them.
fn work(
    studios: &[Studio<'_>],
    split: Split,
    amount: Amount,
    (next, last): (&AtomicU64, u64),
    sender: &SyncSender<Done>,
) {
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= last {
            return;
        }
        let studio = &studios[index as usize % studios.len()];
        let (mut drops, mut counts) = (Drops::default(), Counts::default());
        let found = pair::examples(studio, split, (amount.seed, index), amount.voices, (&mut drops, &mut counts));
        if sender.send((index, found, drops, counts)).is_err() {
            return;
        }
    }
}

/// Hands on what comes, by its number.
fn take<E>(
    receiver: Receiver<Done>,
    questions: usize,
    each: &mut dyn FnMut(Example) -> Result<(), E>,
) -> Result<Generated, E> {
    let mut taken = Taken { questions, generated: Generated::default(), seen: BTreeSet::new() };
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for (index, examples, drops, counts) in receiver {
        waiting.insert(index, (examples, drops, counts));
        while let Some((examples, drops, counts)) = waiting.remove(&next) {
            next += 1;
            taken.generated.shapes.merge(&counts);
            taken.tree(examples, &drops, each)?;
            if taken.generated.questions == questions {
                return Ok(taken.generated);
            }
        }
    }
    Ok(taken.generated)
}

struct Taken {
    questions: usize,
    generated: Generated,
    seen: BTreeSet<u64>,
}

impl Taken {
    fn tree<E>(
        &mut self,
        examples: Vec<Example>,
        drops: &Drops,
        each: &mut dyn FnMut(Example) -> Result<(), E>,
    ) -> Result<(), E> {
        let generated = &mut self.generated;
        generated.drops.merge(drops);
        let mut new: Vec<Example> = examples.into_iter().filter(|e| self.seen.insert(fingerprint(e))).collect();
        new.truncate(self.questions - generated.questions);
        generated.trees += usize::from(!new.is_empty());
        generated.questions += new.len();
        new.into_iter().try_for_each(each)
    }
}

/// The question as the model sees it: the same words with the same slots are one question.
fn fingerprint(example: &Example) -> u64 {
    let text = example.normalized.bytes().chain(example.lexemes.iter().flat_map(|l| l.bytes()));
    text.fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}
