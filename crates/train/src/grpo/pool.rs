//! The questions that a model practises on, and when each is asked again.
//!
//! A group whose completions are all right, or all wrong, teaches nothing; its question rests for some epochs and is then
//! tried anew, since the model has changed. (DAPO's dynamic sampling, Yu et al. 2025, with a memory.)

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::dataset::{Cursor, shuffle};

/// The endless stream of questions.
#[derive(Debug)]
pub(crate) struct Pool {
    /// The epoch from which each question is asked again.
    resting: Vec<u32>,
    cursor: Cursor,
    order: Vec<u32>,
}

impl Pool {
    /// The stream over `count` questions from a place on; `resting` may be empty for a fresh one.
    pub(crate) fn new(count: usize, cursor: Cursor, resting: Vec<u32>) -> Self {
        let mut resting = resting;
        resting.resize(count, 0);
        Pool { order: order(count, cursor), resting, cursor }
    }

    /// The next question that does not rest; none of an empty pool.
    pub(crate) fn next(&mut self) -> Option<usize> {
        if self.resting.is_empty() {
            return None;
        }
        loop {
            if self.cursor.position == self.order.len() {
                self.cursor = Cursor { epoch: self.cursor.epoch + 1, position: 0, ..self.cursor };
                self.order = order(self.resting.len(), self.cursor);
            }
            let question = self.order[self.cursor.position] as usize;
            self.cursor.position += 1;
            if u64::from(self.resting[question]) <= self.cursor.epoch {
                return Some(question);
            }
        }
    }

    /// Lets a question rest for so many epochs.
    pub(crate) fn rest(&mut self, question: usize, epochs: u32) {
        self.resting[question] = self.cursor.epoch as u32 + 1 + epochs;
    }

    /// Where the stream stands.
    pub(crate) fn cursor(&self) -> Cursor {
        self.cursor
    }

    /// When each question is asked again.
    pub(crate) fn resting(&self) -> &[u32] {
        &self.resting
    }

    /// Passes over the questions, with the current one's share.
    pub(crate) fn epochs(&self) -> f64 {
        self.cursor.epoch as f64 + self.cursor.position as f64 / self.order.len().max(1) as f64
    }
}

/// The order of one epoch.
fn order(count: usize, cursor: Cursor) -> Vec<u32> {
    let mut random = ChaCha8Rng::seed_from_u64(cursor.seed);
    random.set_stream(cursor.epoch);
    let mut order: Vec<u32> = (0..count as u32).collect();
    shuffle(&mut order, &mut random);
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_comes_once_an_epoch_unless_it_rests() {
        let mut pool = Pool::new(5, Cursor::new(7), vec![]);
        let mut first: Vec<usize> = (0..5).filter_map(|_| pool.next()).collect();
        first.sort_unstable();
        assert_eq!(first, [0, 1, 2, 3, 4]);
        pool.rest(3, 1);
        let later: Vec<usize> = (0..9).filter_map(|_| pool.next()).collect();
        assert_eq!(later[..4].iter().filter(|q| **q == 3).count(), 0, "{later:?}");
        assert_eq!(later[4..].iter().filter(|q| **q == 3).count(), 1, "{later:?}");
    }

    #[test]
    fn a_resumed_stream_goes_on() {
        let mut whole = Pool::new(9, Cursor::new(7), vec![]);
        (0..7).for_each(|_| whole.rest(whole.cursor.position, 2));
        (0..12).for_each(|_| assert!(whole.next().is_some()));
        let mut resumed = Pool::new(9, whole.cursor(), whole.resting().to_vec());
        (0..20).for_each(|_| assert_eq!(whole.next(), resumed.next()));
        assert_eq!(Pool::new(0, Cursor::new(7), vec![]).next(), None);
    }

    #[test]
    fn where_all_rest_epochs_pass() {
        let mut pool = Pool::new(2, Cursor::new(1), vec![]);
        (0..2).for_each(|question| pool.rest(question, 5));
        assert!(pool.next().is_some());
        assert_eq!(pool.cursor().epoch, 6);
    }
}
