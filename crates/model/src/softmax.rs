//! Softmax of attention scores, with a causal limit.

use crate::simd::{LANES, exp, fma, tree, vectorised};

/// Differences below this are zero probability: e⁻⁸⁷ is the edge of what f32 holds.
pub(crate) const FLUSH: f32 = -87.0;

/// Largest element, in fixed lanes (the maximum is exact in any order).
#[inline(always)]
pub(crate) fn maximum(x: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = x.as_chunks::<LANES>();
    for chunk in chunks {
        for i in 0..LANES {
            lanes[i] = if chunk[i] > lanes[i] { chunk[i] } else { lanes[i] };
        }
    }
    let max = |a: f32, b: f32| if b > a { b } else { a };
    rest.iter().copied().fold(lanes.into_iter().fold(f32::NEG_INFINITY, max), max)
}

/// Replaces x by e^(scale · (x − max)) and returns the sum.
#[inline(always)]
pub(crate) fn exponentials<const FMA: bool>(x: &mut [f32], max: f32, scale: f32) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (chunks, rest) = x.as_chunks_mut::<LANES>();
    let one = |x: f32| {
        let power = (x - max) * scale;
        if power < FLUSH { 0.0 } else { exp::<FMA>(power) }
    };
    for chunk in chunks {
        for i in 0..LANES {
            chunk[i] = one(chunk[i]);
            lanes[i] += chunk[i];
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *x = one(*x);
        *lane += *x;
    }
    tree(lanes)
}

vectorised! {
    /// p_j = e^(scale · s_j) / Σ over the first `valid` scores, in place; 0 after them. The lane of a score depends on
    /// its index alone, so trailing zeros leave the sum as it is.
    pub(crate) fn forward(scores: &mut [f32], valid: usize, scale: f32) {
        let (seen, unseen) = scores.split_at_mut(valid);
        let max = maximum(seen);
        let sum = exponentials::<FMA>(seen, max, scale);
        let factor = 1.0 / sum;
        for p in seen.iter_mut() {
            *p *= factor;
        }
        unseen.fill(0.0);
    }
}

vectorised! {
    /// ds = scale · p · (dp − Σ dp · p), in place over `dp`; 0 after the first `valid`.
    pub(crate) fn backward(p: &[f32], dp: &mut [f32], valid: usize, scale: f32) {
        let (seen, unseen) = dp.split_at_mut(valid);
        let sum = crate::simd::dot::<FMA>(seen, &p[..valid]);
        for (d, p) in seen.iter_mut().zip(p) {
            *d = *p * fma::<FMA>(*d, scale, -(sum * scale));
        }
        unseen.fill(0.0);
    }
}
