//! Tokenised examples in memory, and the order in which training sees them.
//!
//! Sequences are packed end to end without padding, so a batch need not hold sequences of like lengths: it takes the
//! examples of a shuffled epoch as they come until its token budget is full. The whole order follows from a seed and a
//! [`Cursor`] of three numbers, which is all that an exact resume needs.

use model::sequences::Sequences;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Result, TrainError};

/// One example as tokens.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Encoded {
    /// What the model reads.
    pub prompt: Vec<u32>,
    /// What it is to write, its end token included.
    pub completion: Vec<u32>,
    /// For each token of `completion`, whether the grammar leaves no other choice there; empty where that is not known.
    pub forced: Vec<bool>,
}

/// All examples of a training set, tokens end to end.
#[derive(Debug, Clone, Default)]
pub struct Dataset {
    tokens: Vec<u32>,
    /// Whether the token is one to be learnt: of a completion, and not left out.
    learnt: Vec<bool>,
    /// Where each example ends in `tokens`.
    ends: Vec<usize>,
    /// How often each example stands in one epoch; a fraction is drawn anew each epoch.
    copies: Vec<f32>,
}

impl Dataset {
    /// Appends an example that stands `copies` times in an epoch. With `skip_forced`, tokens that the grammar forces
    /// are left out of the loss.
    ///
    /// # Errors
    /// When prompt or completion is empty, or `copies` is not a number from 0 to 1,000.
    pub fn push(&mut self, example: &Encoded, copies: f32, skip_forced: bool) -> Result<()> {
        if example.prompt.is_empty() || example.completion.is_empty() {
            return Err(TrainError::Data(format!("example {} has an empty prompt or completion", self.len())));
        }
        if !(0.0..=1000.0).contains(&copies) {
            return Err(TrainError::Data(format!("copies of an example: expected 0 to 1000, got {copies}")));
        }
        self.tokens.extend_from_slice(&example.prompt);
        self.tokens.extend_from_slice(&example.completion);
        self.learnt.resize(self.learnt.len() + example.prompt.len(), false);
        let forced = |i: usize| skip_forced && example.forced.get(i).copied().unwrap_or(false);
        self.learnt.extend((0..example.completion.len()).map(|i| !forced(i)));
        self.ends.push(self.tokens.len());
        self.copies.push(copies);
        Ok(())
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Tokens of one epoch on average, copies counted.
    pub fn epoch_tokens(&self) -> f64 {
        (0..self.len()).map(|i| f64::from(self.copies[i]) * self.range(i).len() as f64).sum()
    }

    /// The most tokens that one example has.
    pub fn longest(&self) -> usize {
        (0..self.len()).map(|i| self.range(i).len()).max().unwrap_or(0)
    }

    /// The largest token id.
    pub fn largest_token(&self) -> Option<u32> {
        self.tokens.iter().max().copied()
    }

    /// SHA-256 over all tokens, what is learnt of them, and copies, in hexadecimal: names the data a run was begun with.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        let mut bytes = Vec::new();
        for example in 0..self.len() {
            let range = self.range(example);
            bytes.clear();
            bytes.extend((range.len() as u64).to_le_bytes());
            bytes.extend(self.copies[example].to_le_bytes());
            bytes.extend(self.tokens[range.clone()].iter().flat_map(|token| token.to_le_bytes()));
            bytes.extend(self.learnt[range].iter().map(|learnt| u8::from(*learnt)));
            hash.update(&bytes);
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn range(&self, example: usize) -> std::ops::Range<usize> {
        let start = if example == 0 { 0 } else { self.ends[example - 1] };
        start..self.ends[example]
    }

    /// Appends an example to a batch: position i predicts token i + 1, where that token is to be learnt.
    fn append(&self, example: usize, batch: &mut Sequences) -> usize {
        let range = self.range(example);
        let (tokens, learnt) = (&self.tokens[range.clone()], &self.learnt[range]);
        let targets: Vec<i32> = tokens[1..]
            .iter()
            .zip(&learnt[1..])
            .map(|(token, learnt)| if *learnt { *token as i32 } else { -1 })
            .collect();
        batch.push(&tokens[..targets.len()], &targets);
        targets.len()
    }

    /// The order of one epoch: each example as often as its copies say, shuffled.
    fn order(&self, seed: u64, epoch: u64) -> Vec<u32> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(epoch);
        let mut order = Vec::with_capacity(self.len());
        for (example, copies) in self.copies.iter().enumerate() {
            let whole = copies.floor();
            let fraction = f64::from(copies - whole);
            let drawn = fraction > 0.0 && (random.next_u32() as f64) < fraction * 4_294_967_296.0;
            order.extend(std::iter::repeat_n(example as u32, whole as usize + usize::from(drawn)));
        }
        shuffle(&mut order, &mut random);
        order
    }
}

/// Puts an epoch into a random order (Fisher and Yates).
pub(crate) fn shuffle(order: &mut [u32], random: &mut ChaCha8Rng) {
    for i in (1..order.len()).rev() {
        let j = (u128::from(random.next_u64()) * (i as u128 + 1)) >> 64;
        order.swap(i, j as usize);
    }
}

/// Where training stands in the data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// Seed of every epoch's order.
    pub seed: u64,
    /// Epochs begun before the current one.
    pub epoch: u64,
    /// Examples taken from the current epoch.
    pub position: usize,
}

impl Cursor {
    /// The beginning of the first epoch.
    pub fn new(seed: u64) -> Self {
        Cursor { seed, epoch: 0, position: 0 }
    }
}

/// The endless stream of batches over a data set.
pub struct Batches<'d> {
    data: &'d Dataset,
    cursor: Cursor,
    order: Vec<u32>,
    budget: usize,
}

impl<'d> Batches<'d> {
    /// Batches of about `budget` tokens, from the cursor on.
    ///
    /// # Errors
    /// When the set has no example to give, or the cursor is from a larger one.
    pub fn new(data: &'d Dataset, cursor: Cursor, budget: usize) -> Result<Self> {
        if !data.copies.iter().any(|copies| *copies > 0.0) {
            return Err(TrainError::Data("the training set has no examples".to_owned()));
        }
        let order = data.order(cursor.seed, cursor.epoch);
        if cursor.position > order.len() {
            let given = format!("{} of {} examples", cursor.position, order.len());
            return Err(TrainError::Data(format!("the checkpoint is from other training data: it stands at {given}")));
        }
        Ok(Batches { data, cursor, order, budget })
    }

    /// Where the next batch begins.
    pub fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// Epochs done, with the current one's share.
    pub fn epochs(&self) -> f64 {
        self.cursor.epoch as f64 + self.cursor.position as f64 / self.order.len().max(1) as f64
    }

    /// The next batch: at least one example, then as many as fit the token budget. It runs on into the next epoch
    /// unless it already holds the whole one, so that no batch is a small remainder.
    pub fn next_batch(&mut self) -> Sequences {
        let mut batch = Sequences::new();
        let (mut tokens, mut epoch_ends) = (0, 0);
        let began_at_start = self.cursor.position == 0;
        loop {
            if self.cursor.position == self.order.len() {
                epoch_ends += 1;
                self.cursor = Cursor { epoch: self.cursor.epoch + 1, position: 0, ..self.cursor };
                self.order = self.data.order(self.cursor.seed, self.cursor.epoch);
                if !batch.is_empty() && (began_at_start || epoch_ends > 1) {
                    return batch;
                }
                continue;
            }
            let example = self.order[self.cursor.position] as usize;
            let length = self.data.range(example).len() - 1;
            if !batch.is_empty() && tokens + length > self.budget {
                return batch;
            }
            tokens += self.data.append(example, &mut batch);
            self.cursor.position += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Examples of two prompt tokens and `n` completion tokens, all equal to the example's number.
    fn numbered(lengths: &[usize], copies: f32) -> Dataset {
        let mut data = Dataset::default();
        for (i, n) in lengths.iter().enumerate() {
            let example = Encoded { prompt: vec![i as u32; 2], completion: vec![i as u32; *n], forced: vec![] };
            data.push(&example, copies, false).unwrap();
        }
        data
    }

    #[test]
    fn only_free_completion_tokens_are_targets() {
        let mut data = Dataset::default();
        let example = Encoded { prompt: vec![1, 2], completion: vec![3, 4, 5], forced: vec![false, true, false] };
        data.push(&example, 1.0, true).unwrap();
        data.push(&example, 1.0, false).unwrap();
        let mut batch = Sequences::new();
        data.append(0, &mut batch);
        data.append(1, &mut batch);
        assert_eq!(batch.tokens, [1, 2, 3, 4, 1, 2, 3, 4]);
        assert_eq!(batch.targets, [-1, 3, -1, 5, -1, 3, 4, 5]);
        assert_eq!(batch.offsets, [0, 4, 8]);
    }

    #[test]
    fn an_epoch_shows_each_example_as_often_as_asked() {
        let data = numbered(&[3; 100], 1.5);
        let order = data.order(7, 0);
        let times = |i: u32| order.iter().filter(|o| **o == i).count();
        assert!((0..100).all(|i| (1..=2).contains(&times(i))));
        assert!((125..=175).contains(&order.len()), "{}", order.len());
        assert_ne!(order, data.order(7, 1));
        assert_ne!(order, data.order(8, 0));
        assert_eq!(order, data.order(7, 0));
    }

    #[test]
    fn batches_keep_to_the_budget_and_cross_epochs() {
        let data = numbered(&[4, 9, 2, 6, 3, 7, 5], 1.0);
        let mut batches = Batches::new(&data, Cursor::new(1), 20).unwrap();
        let mut seen = vec![0; 7];
        while batches.cursor().epoch < 50 {
            let batch = batches.next_batch();
            assert!(batch.tokens.len() <= 20 && batch.tokens.len() > 8, "{}", batch.tokens.len());
            batch.offsets.windows(2).for_each(|w| seen[batch.tokens[w[0]] as usize] += 1);
        }
        assert!(seen.iter().all(|n| (50..=51).contains(n)), "{seen:?}");
    }

    #[test]
    fn a_small_set_is_one_batch_an_epoch() {
        let data = numbered(&[3; 5], 1.0);
        let mut batches = Batches::new(&data, Cursor::new(1), 4096).unwrap();
        for epoch in 1..4 {
            assert_eq!(batches.next_batch().len(), 5);
            assert_eq!(batches.cursor(), Cursor { seed: 1, epoch, position: 0 });
        }
    }

    #[test]
    fn a_cursor_resumes_exactly() {
        let data = numbered(&[4, 9, 2, 6, 3, 7, 5], 1.3);
        let mut whole = Batches::new(&data, Cursor::new(3), 24).unwrap();
        for _ in 0..17 {
            whole.next_batch();
        }
        let text = serde_json::to_string(&whole.cursor()).unwrap();
        let mut resumed = Batches::new(&data, serde_json::from_str(&text).unwrap(), 24).unwrap();
        for _ in 0..40 {
            assert_eq!(whole.next_batch().tokens, resumed.next_batch().tokens);
        }
    }

    #[test]
    fn impossible_sets_are_refused() {
        assert!(Batches::new(&Dataset::default(), Cursor::new(1), 10).is_err());
        assert!(Batches::new(&numbered(&[3], 0.0), Cursor::new(1), 10).is_err());
        let beyond = Cursor { seed: 1, epoch: 0, position: 9 };
        assert!(Batches::new(&numbered(&[3], 1.0), beyond, 10).is_err());
        let mut data = Dataset::default();
        assert!(data.push(&Encoded::default(), 1.0, false).is_err());
    }
}
