//! AdamW: m = β₁m + (1−β₁)g, v = β₂v + (1−β₂)g², p = keep·p − lr · m̂ / (√v̂ + ε), with m̂ = m/(1−β₁ᵗ), v̂ = v/(1−β₂ᵗ)
//! and keep = 1 − lr · decay (Loshchilov and Hutter 2019, algorithm 2).

use super::Settings;
use crate::simd::{fma, vectorised};

/// Constants of one update, with the bias corrections folded in.
#[derive(Clone, Copy)]
pub(super) struct Constants {
    beta1: f32,
    beta2: f32,
    epsilon: f32,
    clip: f32,
    keep: f32,
    /// lr / (1 − β₁ᵗ).
    rate: f32,
    /// 1 / √(1 − β₂ᵗ).
    root: f32,
}

impl Constants {
    pub(super) fn new(settings: &Settings, learning_rate: f32, clip: f32, keep: f32, step: u64) -> Constants {
        let t = step.min(i32::MAX as u64) as i32;
        let correction = |beta: f32| 1.0 - f64::from(beta).powi(t);
        Constants {
            beta1: settings.beta1,
            beta2: settings.beta2,
            epsilon: settings.epsilon,
            clip,
            keep,
            rate: (f64::from(learning_rate) / correction(settings.beta1)) as f32,
            root: (1.0 / correction(settings.beta2).sqrt()) as f32,
        }
    }
}

vectorised! {
    /// Updates one tensor and its moments.
    pub(super) fn update(values: &mut [f32], exp_avg: &mut [f32], exp_avg_sq: &mut [f32], grads: &[f32], c: Constants) {
        for (((p, m), v), g) in values.iter_mut().zip(exp_avg).zip(exp_avg_sq).zip(grads) {
            let g = *g * c.clip;
            *m = fma::<FMA>(c.beta1, *m, (1.0 - c.beta1) * g);
            *v = fma::<FMA>(c.beta2, *v, (1.0 - c.beta2) * g * g);
            *p = *p * c.keep - c.rate * *m / (v.sqrt() * c.root + c.epsilon);
        }
    }
}
