//! Two evaluations of the same questions: whether one model is better, or was lucky.

use std::collections::HashMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::report::Report;

/// Resamples of the bootstrap.
const RESAMPLES: usize = 10_000;

/// What a paired comparison found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Questions that both were asked.
    pub questions: usize,
    /// Right in A.
    pub right_a: usize,
    /// Right in B.
    pub right_b: usize,
    /// Right in A alone.
    pub only_a: Vec<String>,
    /// Right in B alone.
    pub only_b: Vec<String>,
    /// McNemar's test, exact and two-sided: how likely a difference of this size is where both are equally good (McNemar 1947).
    pub p_value: f64,
    /// Accuracy of B less that of A.
    pub difference: f64,
    /// 95 % of the differences between resampled sets of questions (the bootstrap, Efron 1979).
    pub interval: (f64, f64),
}

/// Compares what two reports say of the questions that both have.
pub fn compare(a: &Report, b: &Report, seed: u64) -> Comparison {
    let of_b: HashMap<&str, bool> = b.graded.iter().map(|graded| (graded.id.as_str(), graded.right)).collect();
    let both = a.graded.iter().filter_map(|graded| Some((&graded.id, graded.right, *of_b.get(graded.id.as_str())?)));
    let pairs: Vec<(&String, bool, bool)> = both.collect();
    let only = |of_a: bool| {
        let differ = pairs.iter().filter(|(_, a, b)| *a == of_a && *b != of_a);
        differ.map(|(id, ..)| (*id).clone()).collect::<Vec<_>>()
    };
    let (only_a, only_b) = (only(true), only(false));
    let steps: Vec<i8> = pairs.iter().map(|(_, a, b)| i8::from(*b) - i8::from(*a)).collect();
    Comparison {
        questions: pairs.len(),
        right_a: pairs.iter().filter(|(_, a, _)| *a).count(),
        right_b: pairs.iter().filter(|(_, _, b)| *b).count(),
        p_value: mcnemar(only_a.len(), only_b.len()),
        difference: mean(&steps),
        interval: bootstrap(&steps, seed),
        only_a,
        only_b,
    }
}

fn mean(steps: &[i8]) -> f64 {
    steps.iter().map(|step| f64::from(*step)).sum::<f64>() / steps.len().max(1) as f64
}

/// The probability that a fair coin falls at least as unevenly.
fn mcnemar(only_a: usize, only_b: usize) -> f64 {
    let (n, less) = (only_a + only_b, only_a.min(only_b));
    // Σ C(n, k) / 2ⁿ for k up to the smaller count, by logarithms so that no term overflows.
    let mut log_term = -(n as f64) * std::f64::consts::LN_2;
    let mut sum = log_term.exp();
    for k in 1..=less {
        log_term += ((n - k + 1) as f64 / k as f64).ln();
        sum += log_term.exp();
    }
    (2.0 * sum).min(1.0)
}

fn bootstrap(steps: &[i8], seed: u64) -> (f64, f64) {
    if steps.is_empty() {
        return (0.0, 0.0);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut resampled: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let sum: i64 = (0..steps.len()).map(|_| i64::from(steps[random.random_range(0..steps.len())])).sum();
            sum as f64 / steps.len() as f64
        })
        .collect();
    resampled.sort_by(f64::total_cmp);
    (resampled[RESAMPLES / 40], resampled[RESAMPLES - 1 - RESAMPLES / 40])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Graded;

    fn report(right: impl Iterator<Item = bool>) -> Report {
        let graded = right.enumerate().map(|(i, right)| Graded { id: i.to_string(), right, ..Graded::default() });
        Report { graded: graded.collect(), ..Report::default() }
    }

    #[test]
    fn a_fair_coin_is_no_difference() {
        // C(10, 0..=2) = 1 + 10 + 45 of 1024, both ways.
        assert!((mcnemar(2, 8) - 2.0 * 56.0 / 1024.0).abs() < 1e-12);
        assert_eq!((mcnemar(0, 0), mcnemar(5, 5)), (1.0, 1.0));
        assert!(mcnemar(0, 2000) < 1e-300 && mcnemar(900, 1100) < 1e-4);
    }

    #[test]
    fn pairs_are_told_apart() {
        let (a, b) = (report((0..200).map(|i| i % 2 == 0)), report((0..250).map(|i| i % 2 == 0 || i % 10 == 1)));
        let found = compare(&a, &b, 1);
        assert_eq!((found.questions, found.right_a, found.right_b), (200, 100, 120));
        assert!(found.only_a.is_empty() && found.only_b.len() == 20 && found.only_b[0] == "1");
        assert!((found.difference - 0.1).abs() < 1e-12 && found.p_value < 1e-5);
        let (low, high) = found.interval;
        assert!(low > 0.05 && low < 0.1 && high > 0.1 && high < 0.16, "{low} {high}");
        assert_eq!(compare(&a, &b, 1), found, "the same seed gives the same interval");
        assert_eq!(compare(&a, &a, 1).interval, (0.0, 0.0));
    }
}
