//! Linear layers: y = x · Wᵀ (+ b), dx = dy · W, dW += dyᵀ · x, with W (out, in) as in the files.

use crate::gemm::{Out, Packed, PanelView, View, multiply};
use crate::simd::{add_assign, vectorised};

/// Y (N, out) = X (N, in) · Wᵀ, or Y += …; `weight` is W packed by its rows, `rows` is N.
pub(crate) fn forward(rows: usize, x: &[f32], weight: PanelView<'_>, y: &mut [f32], accumulate: bool) {
    let (inputs, outputs) = (weight.k, weight.n);
    multiply(rows, View::rows(x, inputs), weight, Out { data: y, stride: outputs, accumulate });
}

/// Y = b + X · Wᵀ: each chain starts from the bias.
pub(crate) fn forward_bias(rows: usize, x: &[f32], weight: PanelView<'_>, bias: &[f32], y: &mut [f32]) {
    for row in y[..rows * bias.len()].chunks_exact_mut(bias.len()) {
        row.copy_from_slice(bias);
    }
    forward(rows, x, weight, y, true);
}

/// dX (N, in) = dY (N, out) · W, or dX += …; `weight` is W packed by its columns.
pub(crate) fn backward_input(rows: usize, dy: &[f32], weight: PanelView<'_>, dx: &mut [f32], accumulate: bool) {
    let (outputs, inputs) = (weight.k, weight.n);
    multiply(rows, View::rows(dy, outputs), weight, Out { data: dx, stride: inputs, accumulate });
}

/// dW (out, in) += dYᵀ · X; `scratch` takes the panels of X.
pub(crate) fn backward_weight(rows: usize, dy: &[f32], x: &[f32], d_weight: &mut [f32], scratch: &mut Packed) {
    if rows == 0 {
        return;
    }
    let (outputs, inputs) = (dy.len() / rows, x.len() / rows);
    scratch.pack_rows(rows, inputs, x, inputs);
    let out = Out { data: d_weight, stride: inputs, accumulate: true };
    multiply(outputs, View::transposed(dy, outputs), scratch.view(), out);
}

/// db += Σ_rows dY.
pub(crate) fn backward_bias(dy: &[f32], d_bias: &mut [f32]) {
    column_sums(dy, d_bias);
}

vectorised! {
    fn column_sums(rows: &[f32], sums: &mut [f32]) {
        for row in rows.chunks_exact(sums.len()) {
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += *x;
            }
        }
    }
}

/// y += x where a branch joins the residual stream.
pub(crate) fn join(x: &[f32], y: &mut [f32]) {
    add_assign(y, x);
}
