//! Random numbers by name: each column of each table has a stream of its own, so a change to one leaves the others.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use sha2::{Digest, Sha256};

/// A stream of random numbers.
pub(super) struct Random(ChaCha8Rng);

impl Random {
    /// The stream of this name under this seed.
    pub(super) fn named(seed: u64, name: &[&str]) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        for part in name {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        Random(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// A number in `[0, 1)`.
    pub(super) fn share(&mut self) -> f64 {
        const STEPS: f64 = (1_u64 << 53) as f64;
        (self.0.next_u64() >> 11) as f64 / STEPS
    }

    /// Whether something that happens with this probability happens.
    pub(super) fn happens(&mut self, probability: f64) -> bool {
        self.share() < probability
    }

    /// A whole number in `[0, n)`; 0 where `n` is 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.0.next_u64()) * n as u128) >> 64) as usize
    }

    /// A whole number in `[low, high]`.
    pub(super) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below(usize::try_from(high - low + 1).unwrap_or(0)) as i64
    }

    /// A number in `[low, high)`.
    pub(super) fn within(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }

    /// Nearly normal, mean 0 and deviation 1: the sum of twelve shares less six. Free of the platform's logarithms, so
    /// the same on every machine.
    pub(super) fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.share()).sum::<f64>() - 6.0
    }

    /// A position drawn by weights given as running totals.
    pub(super) fn weighted(&mut self, totals: &[f64]) -> usize {
        let Some(whole) = totals.last() else { return 0 };
        let point = self.share() * whole;
        totals.partition_point(|total| *total <= point).min(totals.len() - 1)
    }

    /// Puts items into random order.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

/// Running totals of weights.
pub(super) fn running_totals(weights: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let add = |total: &mut f64, weight: f64| {
        *total += weight.max(0.0);
        Some(*total)
    };
    weights.into_iter().scan(0.0, add).collect()
}
