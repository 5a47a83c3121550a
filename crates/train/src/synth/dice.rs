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
        if high <= low {
            return low;
        }
        // Counted without overflow: the whole range of `i64` has one number more than fits.
        let steps = high.abs_diff(low).saturating_add(1);
        low.wrapping_add_unsigned(self.below(steps as usize) as u64)
    }

    /// A seed for other dice.
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
    fn numbers_of_any_range() {
        let mut dice = Dice::new(1, 0);
        for (low, high) in [(0, i64::MAX), (i64::MIN, i64::MAX), (-3, 3), (5, 5), (5, 4)] {
            let seen: std::collections::BTreeSet<i64> = (0..100).map(|_| dice.between(low, high)).collect();
            assert!(seen.iter().all(|n| (low..=high.max(low)).contains(n)), "{low} to {high}: {seen:?}");
            assert_eq!(seen.len() > 1, high > low, "{low} to {high}: {seen:?}");
        }
    }
}
