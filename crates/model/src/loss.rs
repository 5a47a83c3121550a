//! Cross-entropy of the next token, over all tokens or over those a mask allows, with its gradient in place.

use crate::simd::{LANES, exp, tree, vectorised};
use crate::softmax::{FLUSH, maximum};

/// What one row of logits says about its target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowLoss {
    /// log p(target), at most 0.
    pub(crate) log_prob: f32,
    /// −Σ p log p in nats.
    pub(crate) entropy: f32,
    /// Whether the target has the highest logit (the first of equals).
    pub(crate) correct: bool,
    /// Largest logit.
    max: f32,
    /// Σ e^(logit − max).
    mass: f32,
}

/// Puts −∞ at the tokens the mask does not allow.
pub(crate) fn apply_mask(logits: &mut [f32], mask: &[u64]) {
    for (word, logits) in mask.iter().zip(logits.chunks_mut(64)) {
        if *word == u64::MAX {
            continue;
        }
        for (bit, logit) in logits.iter_mut().enumerate() {
            if word >> bit & 1 == 0 {
                *logit = f32::NEG_INFINITY;
            }
        }
    }
}

vectorised! {
    /// Σ e^(x − max) and Σ e^(x − max) · (x − max).
    fn sums(x: &[f32], max: f32) -> (f32, f32) {
        let (mut mass, mut energy) = ([0.0f32; LANES], [0.0f32; LANES]);
        let (chunks, rest) = x.as_chunks::<LANES>();
        let one = |x: f32| {
            let power = x - max;
            if power < FLUSH { (0.0, 0.0) } else { (exp::<FMA>(power), power) }
        };
        for chunk in chunks {
            for i in 0..LANES {
                let (e, power) = one(chunk[i]);
                mass[i] += e;
                energy[i] += e * power;
            }
        }
        for (i, x) in rest.iter().enumerate() {
            let (e, power) = one(*x);
            mass[i] += e;
            energy[i] += e * power;
        }
        (tree(mass), tree(energy))
    }
}

vectorised! {
    /// x becomes factor · e^(x − shift).
    fn probabilities(x: &mut [f32], shift: f32, factor: f32) {
        for x in x.iter_mut() {
            let power = *x - shift;
            *x = if power < FLUSH { 0.0 } else { exp::<FMA>(power) * factor };
        }
    }
}

vectorised! {
    fn largest(x: &[f32]) -> f32 {
        maximum(x)
    }
}

/// log p(target), entropy and whether the target is the most likely; the logits are left as they are.
pub(crate) fn forward(logits: &[f32], target: usize) -> RowLoss {
    let max = largest(logits);
    let (mass, energy) = sums(logits, max);
    let log_mass = mass.ln();
    let log_prob = (logits[target] - max - log_mass).min(0.0);
    let correct = logits[target] == max && !logits[..target].contains(&max);
    RowLoss { log_prob, entropy: (log_mass - energy / mass).max(0.0), correct, max, mass }
}

/// Replaces the logits by d/d_logits of weight · (−log p(target)) = weight · (p − 1[target]); `row` is what
/// [`forward`] said of them.
pub(crate) fn backward(logits: &mut [f32], target: usize, weight: f32, row: &RowLoss) {
    probabilities(logits, row.max, weight / row.mass);
    logits[target] -= weight;
}
