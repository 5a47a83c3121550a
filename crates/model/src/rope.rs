//! Rotary position embeddings (Su et al. 2021) in the layout of Hugging Face's `rotate_half`: element i of a head is
//! paired with element i + head_dim / 2 and turned by position · θ^(−2i / head_dim).

use crate::simd::{fma, vectorised};

/// Cosines and sines, (positions, head_dim / 2) each.
#[derive(Clone, Default)]
pub(crate) struct Rope {
    half: usize,
    theta: f64,
    cos: Vec<f32>,
    sin: Vec<f32>,
}

impl Rope {
    /// Tables for the given number of positions.
    pub(crate) fn new(head_dim: usize, theta: f64, positions: usize) -> Rope {
        let mut rope = Rope { half: head_dim / 2, theta, cos: Vec::new(), sin: Vec::new() };
        rope.grow(positions);
        rope
    }

    /// Makes room for at least that many positions.
    pub(crate) fn grow(&mut self, positions: usize) {
        for position in self.cos.len() / self.half..positions {
            for i in 0..self.half {
                let angle = position as f64 * self.theta.powf(-(i as f64) / self.half as f64);
                self.cos.push(angle.cos() as f32);
                self.sin.push(angle.sin() as f32);
            }
        }
    }

    fn at(&self, position: usize) -> (&[f32], &[f32]) {
        let range = position * self.half..(position + 1) * self.half;
        (&self.cos[range.clone()], &self.sin[range])
    }

    /// Turns every head of `heads` (a whole number of heads of one token) to its position.
    pub(crate) fn forward(&self, position: usize, heads: &mut [f32]) {
        let (cos, sin) = self.at(position);
        rotate(heads, cos, sin, 1.0);
    }

    /// The gradient turns back: the rotation is orthogonal.
    pub(crate) fn backward(&self, position: usize, heads: &mut [f32]) {
        let (cos, sin) = self.at(position);
        rotate(heads, cos, sin, -1.0);
    }
}

vectorised! {
    /// Rotates each pair by the angle times `direction`.
    fn rotate(heads: &mut [f32], cos: &[f32], sin: &[f32], direction: f32) {
        for head in heads.chunks_exact_mut(2 * cos.len()) {
            let (first, second) = head.split_at_mut(cos.len());
            for (((a, b), c), s) in first.iter_mut().zip(second).zip(cos).zip(sin) {
                let s = *s * direction;
                let (x, y) = (*a, *b);
                *a = fma::<FMA>(x, *c, -(y * s));
                *b = fma::<FMA>(y, *c, x * s);
            }
        }
    }
}
