//! Candidates that return the same rows speak for each other: the answer is the result with the most weight, whatever queries
//! say it ("Natural Language to Code Translation with Execution", Shi et al. 2022, with the model's own probabilities in place
//! of counts).

use std::time::Instant;

use database::{Database, Limits, Rows};
use judge::{Expected, same_answer};
use sql::verify::VerifiedQuery;

use crate::stop::{Stop, run_until};

/// A candidate.
#[derive(Debug, Clone, Copy)]
pub struct Weighed<'a> {
    /// Its query.
    pub query: &'a VerifiedQuery,
    /// Logarithm of its probability.
    pub log_likelihood: f64,
    /// Logarithm of its weight in the choice.
    pub score: f64,
}

/// A result that candidates agree on.
#[derive(Debug, Clone, PartialEq)]
pub struct Agreement {
    /// The candidates that return it, the best first.
    pub candidates: Vec<usize>,
    /// Logarithm of the sum of their probabilities.
    pub log_mass: f64,
    /// Logarithm of the sum of their weights.
    pub score: f64,
}

/// Runs every candidate (each query once) and gathers those with the same rows, the result with the most weight first.
/// Results without rows say little, and of those with more rows than `limits` allow nobody knows the rest, so each of them
/// stands alone. Candidates that cannot be run come last. The deadline of `limits` is that of all runs together.
pub fn agreements(
    database: &Database,
    candidates: &[Weighed<'_>],
    limits: &Limits,
    stop: Option<&Stop>,
) -> Vec<Agreement> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|a, b| candidates[*b].score.total_cmp(&candidates[*a].score));
    let mut found: Vec<(Expected, Agreement)> = vec![];
    let mut failed: Vec<Agreement> = vec![];
    let started = Instant::now();
    for i in order {
        let Weighed { query, log_likelihood, score } = candidates[i];
        let alone = Agreement { candidates: vec![i], log_mass: log_likelihood, score };
        let deadline = limits.deadline.saturating_sub(started.elapsed());
        let limits = Limits { deadline, ..limits.clone() };
        let Ok(rows) = run_until(stop, database, query, &limits) else {
            failed.push(alone);
            continue;
        };
        match found.iter_mut().find(|(expected, _)| agrees(expected, &rows)) {
            Some((_, known)) => {
                known.candidates.push(i);
                // Rounding must not make a probability of more than 1.
                known.log_mass = log_sum(known.log_mass, log_likelihood).min(0.0);
                known.score = log_sum(known.score, score);
            }
            None => found.push((Expected::unordered(rows), alone)),
        }
    }
    found.sort_by(|(_, a), (_, b)| b.score.total_cmp(&a.score));
    found.into_iter().map(|(_, agreement)| agreement).chain(failed).collect()
}

fn agrees(expected: &Expected, rows: &Rows) -> bool {
    !expected.is_empty() && same_answer(expected, rows).is_same()
}

/// ln(exp(a) + exp(b)).
fn log_sum(a: f64, b: f64) -> f64 {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    high + (low - high).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::log_sum;

    #[test]
    fn probabilities_are_added() {
        assert!((log_sum(0.25f64.ln(), 0.5f64.ln()) - 0.75f64.ln()).abs() < 1e-12);
        assert!((log_sum(-800.0, -3.0) + 3.0).abs() < 1e-12);
    }
}
