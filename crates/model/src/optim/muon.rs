//! Muon (Jordan et al. 2024): the momentum of a matrix, made nearly orthogonal by five Newton–Schulz steps.
//!
//! m = μ·m + g, u = g + μ·m (Nesterov), X = u / ‖u‖; then five times A = X·Xᵀ, X = aX + (bA + cA²)·X with
//! (a, b, c) = (3.4445, −4.7750, 2.0315). The update is lr · 0.2 · √max(out, in) · X, whose elements are about as large
//! as AdamW's (Liu et al. 2025, "Muon is scalable for LLM training", equation 4). The steps bear products in bf16, as Jordan et
//! al. compute them.

use crate::aligned::Aligned;
use crate::gemm::{Out, Packed, View, multiply};
use crate::simd::{fma, sum_of_squares, vectorised};
use crate::training::Precision;

const STEPS: usize = 5;
const A: f32 = 3.4445;
const B: f32 = -4.7750;
const C: f32 = 2.0315;

/// Constants of one update.
#[derive(Clone, Copy)]
pub(super) struct Constants {
    pub(super) learning_rate: f32,
    pub(super) clip: f32,
    pub(super) momentum: f32,
    /// 1 − lr · decay.
    pub(super) keep: f32,
    pub(super) precision: Precision,
}

/// Matrices reused between tensors; r is the smaller side, n the larger.
#[derive(Clone, Default)]
pub(super) struct Scratch {
    /// (r, n).
    x: Aligned,
    next: Aligned,
    /// (r, r).
    gram: Aligned,
    polynomial: Aligned,
    panels: Option<(Precision, Packed)>,
}

/// Updates one matrix (out, in) and its momentum.
pub(super) fn update(
    (rows, columns): (usize, usize),
    values: &mut [f32],
    momentum: &mut [f32],
    grads: &[f32],
    (constants, scratch): (Constants, &mut Scratch),
) {
    scratch.x.resize(grads.len());
    nesterov(&mut scratch.x, momentum, grads, constants.momentum, constants.clip);
    let wide = rows <= columns;
    if !wide {
        transpose(rows, columns, &mut scratch.x, &mut scratch.next);
    }
    let (r, n) = (rows.min(columns), rows.max(columns));
    orthogonalise(r, n, constants.precision, scratch);
    if !wide {
        transpose(r, n, &mut scratch.x, &mut scratch.next);
    }
    let rate = constants.learning_rate * 0.2 * (n as f32).sqrt();
    descend(values, &scratch.x, rate, constants.keep);
}

vectorised! {
    fn nesterov(u: &mut [f32], momentum: &mut [f32], grads: &[f32], mu: f32, clip: f32) {
        for ((u, m), g) in u.iter_mut().zip(momentum).zip(grads) {
            let g = *g * clip;
            *m = fma::<FMA>(mu, *m, g);
            *u = fma::<FMA>(mu, *m, g);
        }
    }
}

vectorised! {
    fn descend(values: &mut [f32], x: &[f32], rate: f32, keep: f32) {
        for (p, x) in values.iter_mut().zip(x) {
            *p = *p * keep - rate * *x;
        }
    }
}

vectorised! {
    /// y = a·x + b·y.
    fn blend(y: &mut [f32], x: &[f32], a: f32, b: f32) {
        for (y, x) in y.iter_mut().zip(x) {
            *y = fma::<FMA>(a, *x, b * *y);
        }
    }
}

/// `x` (rows, columns) becomes its transpose; `other` is the space it is built in.
fn transpose(rows: usize, columns: usize, x: &mut Aligned, other: &mut Aligned) {
    other.resize(rows * columns);
    for (i, row) in x.chunks_exact(columns).enumerate() {
        for (j, value) in row.iter().enumerate() {
            other[j * rows + i] = *value;
        }
    }
    std::mem::swap(x, other);
}

/// Newton–Schulz steps on `scratch.x` (r, n), r <= n.
fn orthogonalise(r: usize, n: usize, precision: Precision, scratch: &mut Scratch) {
    let Scratch { x, next, gram, polynomial, panels } = scratch;
    if panels.as_ref().is_some_and(|(known, _)| *known != precision) {
        *panels = None;
    }
    let (_, panels) = panels.get_or_insert_with(|| (precision, precision.panels()));
    let norm = sum_of_squares(x).sqrt() + 1e-7;
    crate::simd::scale(x, 1.0 / norm);
    next.resize(r * n);
    gram.resize(r * r);
    polynomial.resize(r * r);
    for _ in 0..STEPS {
        panels.pack_columns(n, r, x, n);
        multiply(r, View::rows(x, n), panels.view(), Out { data: gram, stride: r, accumulate: false });
        panels.pack_rows(r, r, gram, r);
        multiply(r, View::rows(gram, r), panels.view(), Out { data: polynomial, stride: r, accumulate: false });
        blend(polynomial, gram, B, C);
        panels.pack_rows(r, n, x, n);
        multiply(r, View::rows(polynomial, r), panels.view(), Out { data: next, stride: n, accumulate: false });
        blend(next, x, A, 1.0);
        std::mem::swap(x, next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Singular values of the update lie near 1, so its Gram matrix is near the identity.
    #[test]
    fn the_update_is_nearly_orthogonal_for_both_orientations() {
        let both = [(24, 40), (40, 24)].into_iter();
        for ((rows, columns), precision) in both.flat_map(|shape| Precision::ALL.map(|precision| (shape, precision))) {
            let grads: Vec<f32> = (0..960).map(|i| ((i * i * 31 + i * 7) % 97) as f32 / 97.0 - 0.5).collect();
            let (mut values, mut momentum) = (vec![0.0; 960], vec![0.0; 960]);
            let constants = Constants { learning_rate: 1.0, clip: 1.0, momentum: 0.95, keep: 1.0, precision };
            update((rows, columns), &mut values, &mut momentum, &grads, (constants, &mut Scratch::default()));
            let unit = -1.0 / (0.2 * 40f32.sqrt());
            let at = |i: usize, j: usize| unit * values[if rows < columns { i * 40 + j } else { j * 24 + i }];
            for i in 0..24 {
                let square: f32 = (0..40).map(|j| at(i, j) * at(i, j)).sum();
                assert!((0.4..1.6).contains(&square), "{rows}x{columns}, {precision}: row {i} has length² {square}");
            }
            let aligned: f32 = values.iter().zip(&grads).map(|(v, g)| -v * g).sum();
            assert!(aligned > 0.0);
        }
    }
}
