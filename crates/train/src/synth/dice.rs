//! A seeded source of choices.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Choices from one seed: the same seed and stream make the same choices everywhere.
#[derive(Debug, Clone)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Choices of one stream of a seed.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Dice(rng)
    }

    /// A number below `n`; 0 when `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        // The bias of a 64-bit product is far below anything a sample could show.
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }

    /// A number from `low` to `high`, both included; `low` where `high` is below it.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        // Counted in 128 bits: the whole range of `i64` holds one number more than a `u64` can count.
        let count = (i128::from(high) - i128::from(low) + 1).max(1) as u128;
        let above = match u64::try_from(count) {
            Ok(count) => (u128::from(self.0.next_u64()) * u128::from(count)) >> 64,
            Err(_) => u128::from(self.0.next_u64()),
        };
        (i128::from(low) + above as i128) as i64
    }

    /// A seed for other dice: any 64-bit number.
    pub fn seed(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64 <= probability && probability > 0.0
    }

    /// One of the items; none of an empty list.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }

    /// The position of one of the weights, in proportion.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let total: f64 = weights.iter().sum();
        let mut left = (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64 * total;
        for (i, weight) in weights.iter().enumerate() {
            left -= weight;
            if left < 0.0 {
                return i;
            }
        }
        weights.len().saturating_sub(1)
    }

    /// One of the items by a geometric preference for the first ones.
    pub fn early<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let weights: Vec<f64> = (0..items.len()).map(|i| 1.0 / (1.0 + 0.35 * i as f64)).collect();
        items.get(self.weighted(&weights))
    }

    /// Puts the items in a random order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_may_be_as_wide_as_the_type() {
        let mut dice = Dice::new(7, 0);
        let drawn: Vec<i64> = (0..64).map(|_| dice.between(i64::MIN, i64::MAX)).collect();
        assert!(drawn.iter().any(|n| *n < i64::MIN / 2) && drawn.iter().any(|n| *n > i64::MAX / 2), "{drawn:?}");
        assert!((0..64).all(|_| dice.between(0, i64::MAX) >= 0));
        assert!((0..64).all(|_| dice.between(i64::MIN, -1) < 0));
        assert_eq!(dice.between(i64::MAX, i64::MAX), i64::MAX);
        assert_eq!(dice.between(i64::MIN, i64::MIN), i64::MIN);
    }

    #[test]
    fn both_ends_of_a_range_are_drawn() {
        let mut dice = Dice::new(7, 1);
        let drawn: std::collections::BTreeSet<i64> = (0..200).map(|_| dice.between(-2, 2)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [-2, -1, 0, 1, 2]);
    }
}
