//! Causal grouped-query attention over one sequence: P = softmax(Q·Kᵀ / √d), O = P·V (Vaswani et al. 2017; groups of
//! query heads share a key and value head, Ainslie et al. 2023).
//!
//! Rows of queries are taken in blocks and see only the keys up to the end of their block, which saves nearly half the
//! work. W = (H + 2·KV)·d is the width of a fused row of queries, keys and values. Of the T rows of a sequence the first
//! F may be those of a prefix that several sequences share: they are keys and values only, and Q = T − F rows ask.

use crate::aligned::Aligned;
use crate::config::Config;
use crate::cpu::Cpu;
use crate::gemm::{Out, Packed, View, multiply};
use crate::softmax;

/// Query rows in one block.
const BLOCK: usize = 64;

/// Numbers of heads and their width.
#[derive(Clone, Copy)]
pub(crate) struct Heads {
    pub(crate) queries: usize,
    pub(crate) keys: usize,
    pub(crate) width: usize,
}

impl Heads {
    pub(crate) fn new(config: &Config) -> Heads {
        Heads { queries: config.num_attention_heads, keys: config.num_key_value_heads, width: config.head_dim() }
    }

    /// Width of a fused row.
    pub(crate) fn row(self) -> usize {
        (self.queries + 2 * self.keys) * self.width
    }

    /// Query heads that share one key head.
    pub(crate) fn group(self) -> usize {
        self.queries / self.keys
    }

    /// Where query head `h` starts in a fused row.
    pub(crate) fn query(self, h: usize) -> usize {
        h * self.width
    }

    /// Where key head `g` starts in a fused row.
    pub(crate) fn key(self, g: usize) -> usize {
        (self.queries + g) * self.width
    }

    /// Where value head `g` starts in a fused row.
    pub(crate) fn value(self, g: usize) -> usize {
        (self.queries + self.keys + g) * self.width
    }

    /// 1 / √d.
    pub(crate) fn scale(self) -> f32 {
        (1.0 / (self.width as f64).sqrt()) as f32
    }
}

/// Panels and scores reused between sequences.
pub(crate) struct Scratch {
    keys: Packed,
    values: Packed,
    queries: Packed,
    d_out: Packed,
    d_scores: Aligned,
}

impl Scratch {
    pub(crate) fn new(cpu: Cpu) -> Scratch {
        Scratch {
            keys: Packed::empty(cpu),
            values: Packed::empty(cpu),
            queries: Packed::empty(cpu),
            d_out: Packed::empty(cpu),
            d_scores: Aligned::default(),
        }
    }
}

/// Floats needed to keep P of one sequence of `rows` tokens behind `first` shared ones.
pub(crate) fn probability_len(heads: Heads, first: usize, rows: usize) -> usize {
    heads.queries * rows * (first + rows)
}

/// `qkv`: (T, W), rotated, of which rows from `first` on ask; `p`: (H, Q, T), kept for the backward pass; `out`: (Q, H·d).
pub(crate) fn forward(heads: Heads, first: usize, qkv: &[f32], p: &mut [f32], out: &mut [f32], scratch: &mut Scratch) {
    let (w, d) = (heads.row(), heads.width);
    let t = qkv.len() / w;
    let asking = t - first;
    let out_width = heads.queries * d;
    for g in 0..heads.keys {
        scratch.keys.pack_columns(d, t, &qkv[heads.key(g)..], w);
        scratch.values.pack_rows(t, d, &qkv[heads.value(g)..], w);
        for h in g * heads.group()..(g + 1) * heads.group() {
            let p = &mut p[h * asking * t..][..asking * t];
            for start in (first..t).step_by(BLOCK) {
                let end = (start + BLOCK).min(t);
                let p = &mut p[(start - first) * t..][..(end - start) * t];
                let q = View::rows(&qkv[start * w + heads.query(h)..], w);
                let scores = Out { data: &mut *p, stride: t, accumulate: false };
                multiply(end - start, q, scratch.keys.part(d, end), scores);
                for i in start..end {
                    softmax::forward(&mut p[(i - start) * t..][..end], i + 1, heads.scale());
                }
                let out = &mut out[(start - first) * out_width + heads.query(h)..];
                let out = Out { data: out, stride: out_width, accumulate: false };
                multiply(end - start, View::rows(p, t), scratch.values.part(end, d), out);
            }
        }
    }
}

/// What the backward pass of one sequence reads.
pub(crate) struct Kept<'a> {
    /// Shared rows.
    pub(crate) first: usize,
    /// (T, W), rotated.
    pub(crate) qkv: &'a [f32],
    /// (H, Q, T).
    pub(crate) p: &'a [f32],
    /// (Q, H·d).
    pub(crate) d_out: &'a [f32],
}

/// dV = Pᵀ·dO, dP = dO·Vᵀ, dS from the softmax, dQ = dS·K, dK = dSᵀ·Q, into `d_qkv` (T, W).
pub(crate) fn backward(heads: Heads, kept: Kept<'_>, d_qkv: &mut [f32], scratch: &mut Scratch) {
    let (w, d) = (heads.row(), heads.width);
    let t = kept.qkv.len() / w;
    d_qkv.fill(0.0);
    for g in 0..heads.keys {
        scratch.keys.pack_rows(t, d, &kept.qkv[heads.key(g)..], w);
        scratch.values.pack_columns(d, t, &kept.qkv[heads.value(g)..], w);
        for h in g * heads.group()..(g + 1) * heads.group() {
            scratch.queries.pack_rows(t - kept.first, d, &kept.qkv[kept.first * w + heads.query(h)..], w);
            scratch.d_out.pack_rows(t - kept.first, d, &kept.d_out[heads.query(h)..], heads.queries * d);
            for start in (kept.first..t).step_by(BLOCK) {
                backward_block(heads, (g, h, start), &kept, d_qkv, scratch);
            }
        }
    }
}

/// One block of query rows, from `start`, of key head `g` and query head `h`.
fn backward_block(
    heads: Heads,
    (g, h, start): (usize, usize, usize),
    kept: &Kept<'_>,
    d_qkv: &mut [f32],
    scratch: &mut Scratch,
) {
    let (w, d, out_width) = (heads.row(), heads.width, heads.queries * heads.width);
    let t = kept.qkv.len() / w;
    let end = (start + BLOCK).min(t);
    let rows = end - start;
    // Places among the rows that ask.
    let asking = start - kept.first..end - kept.first;
    let p = &kept.p[(h * (t - kept.first) + asking.start) * t..][..rows * t];
    scratch.d_scores.resize(rows * end);
    let d_scores = &mut *scratch.d_scores;

    let d_out = View::rows(&kept.d_out[asking.start * out_width + heads.query(h)..], out_width);
    let d_p = Out { data: d_scores, stride: end, accumulate: false };
    multiply(rows, d_out, scratch.values.part(d, end), d_p);
    for i in 0..rows {
        softmax::backward(&p[i * t..][..end], &mut d_scores[i * end..][..end], start + i + 1, heads.scale());
    }
    let mut into = |offset: usize, rows, a, b| {
        multiply(rows, a, b, Out { data: &mut d_qkv[offset..], stride: w, accumulate: true });
    };
    into(start * w + heads.query(h), rows, View::rows(d_scores, end), scratch.keys.part(end, d));
    into(heads.key(g), end, View::transposed(d_scores, end), scratch.queries.row_range(asking.clone()));
    into(heads.value(g), end, View::transposed(p, t), scratch.d_out.row_range(asking));
}
