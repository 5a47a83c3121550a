//! RMSNorm (Zhang and Sennrich 2019): y = w · x / √(mean(x²) + ε), over the last axis.

use crate::simd::{LANES, dot, fma, tree, vectorised};

vectorised! {
    /// y = w · x · r for each row, where r = 1 / √(mean(x²) + ε) is kept for the backward pass.
    ///
    /// `x`, `y`: (N, D); `weight`: (D); `inverse`: (N).
    pub(crate) fn forward(x: &[f32], weight: &[f32], epsilon: f32, y: &mut [f32], inverse: &mut [f32]) {
        let d = weight.len();
        for ((x, y), inverse) in x.chunks_exact(d).zip(y.chunks_exact_mut(d)).zip(inverse) {
            let r = 1.0 / (dot::<FMA>(x, x) / d as f32 + epsilon).sqrt();
            for ((y, x), w) in y.iter_mut().zip(x).zip(weight) {
                *y = *x * r * *w;
            }
            *inverse = r;
        }
    }
}

vectorised! {
    /// With g = dy · w: dx += r · g − x · r³ · mean(g · x), and dw += Σ_rows dy · x · r.
    ///
    /// `x`, `dy`, `dx`: (N, D); `weight`, `d_weight`: (D); `inverse`: (N).
    pub(crate) fn backward(x: &[f32], weight: &[f32], inverse: &[f32], dy: &[f32], dx: &mut [f32], d_weight: &mut [f32]) {
        let d = weight.len();
        let rows = x.chunks_exact(d).zip(dy.chunks_exact(d)).zip(dx.chunks_exact_mut(d)).zip(inverse);
        for (((x, dy), dx), r) in rows {
            let mean = weighted_dot::<FMA>(dy, weight, x) / d as f32;
            let (r, c) = (*r, *r * *r * *r * mean);
            for (((dx, dy), w), x) in dx.iter_mut().zip(dy).zip(weight).zip(x) {
                *dx += fma::<FMA>(*dy * *w, r, -(*x * c));
            }
            for ((dw, dy), x) in d_weight.iter_mut().zip(dy).zip(x) {
                *dw = fma::<FMA>(*dy * r, *x, *dw);
            }
        }
    }
}

/// Σ a · b · c.
#[inline(always)]
fn weighted_dot<const FMA: bool>(a: &[f32], b: &[f32], c: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    let (c_chunks, c_rest) = c.as_chunks::<LANES>();
    for ((x, y), z) in a_chunks.iter().zip(b_chunks).zip(c_chunks) {
        for i in 0..LANES {
            lanes[i] = fma::<FMA>(x[i] * y[i], z[i], lanes[i]);
        }
    }
    for (i, ((x, y), z)) in a_rest.iter().zip(b_rest).zip(c_rest).enumerate() {
        lanes[i] = fma::<FMA>(*x * *y, *z, lanes[i]);
    }
    tree(lanes)
}
