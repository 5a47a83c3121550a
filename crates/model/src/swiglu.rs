//! SwiGLU (Shazeer 2020): y = silu(gate) · up, with silu(x) = x · σ(x).

use crate::simd::{sigmoid, vectorised};

vectorised! {
    /// `gate_up`: (N, 2F), gate then up in each row; `y`: (N, F).
    pub(crate) fn forward(inner: usize, gate_up: &[f32], y: &mut [f32]) {
        for (row, y) in gate_up.chunks_exact(2 * inner).zip(y.chunks_exact_mut(inner)) {
            let (gate, up) = row.split_at(inner);
            for ((y, g), u) in y.iter_mut().zip(gate).zip(up) {
                *y = *g * sigmoid::<FMA>(*g) * *u;
            }
        }
    }
}

vectorised! {
    /// d_gate = dy · up · σ(g) · (1 + g · (1 − σ(g))), d_up = dy · silu(g).
    ///
    /// `gate_up`, `d_gate_up`: (N, 2F); `dy`: (N, F).
    pub(crate) fn backward(inner: usize, gate_up: &[f32], dy: &[f32], d_gate_up: &mut [f32]) {
        let rows = gate_up.chunks_exact(2 * inner).zip(dy.chunks_exact(inner)).zip(d_gate_up.chunks_exact_mut(2 * inner));
        for ((row, dy), d_row) in rows {
            let (gate, up) = row.split_at(inner);
            let (d_gate, d_up) = d_row.split_at_mut(inner);
            for ((((dg, du), dy), g), u) in d_gate.iter_mut().zip(d_up).zip(dy).zip(gate).zip(up) {
                let s = sigmoid::<FMA>(*g);
                *dg = *dy * *u * s * (1.0 + *g * (1.0 - s));
                *du = *dy * *g * s;
            }
        }
    }
}
