//! Token embeddings: a row of the matrix for each token.

use crate::simd::add_assign;

/// Y (N, D): row i is the embedding of `tokens[i]`.
pub(crate) fn forward(tokens: &[u32], matrix: &[f32], width: usize, y: &mut [f32]) {
    for (token, row) in tokens.iter().zip(y.chunks_exact_mut(width)) {
        row.copy_from_slice(&matrix[*token as usize * width..][..width]);
    }
}

/// dE[token] += dY of its rows, in the order of the rows.
pub(crate) fn backward(tokens: &[u32], dy: &[f32], width: usize, d_matrix: &mut [f32]) {
    for (token, row) in tokens.iter().zip(dy.chunks_exact(width)) {
        add_assign(&mut d_matrix[*token as usize * width..][..width], row);
    }
}
