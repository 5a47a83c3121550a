//! The output head over the positions in the loss: logits = hidden · Eᵀ, cross-entropy, and back, a few rows at a time
//! so that the logits never leave the cache.

use crate::aligned::Aligned;
use crate::gemm::Packed;
use crate::linear;
use crate::loss;
use crate::network::{Activations, Network, Tokens};
use crate::sequences::Sequences;
use crate::simd::scale;
use crate::training::Loss;

/// Rows of logits computed at once.
const ROWS: usize = 128;

/// What the head reads.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) network: Network<'a>,
    pub(crate) sequences: &'a Sequences,
    pub(crate) tokens: &'a Tokens,
    /// Divides the logits.
    pub(crate) temperature: f32,
    /// Weight of a position from its place in the batch and log p(target); none for the loss alone.
    pub(crate) weight: Option<&'a (dyn Fn(usize, f32) -> f32 + Sync)>,
}

/// Results of a shard's positions.
#[derive(Default)]
pub(crate) struct Results {
    /// (place in the batch, log p(target)).
    pub(crate) log_probs: Vec<(u32, f32)>,
    pub(crate) loss: Loss,
}

/// Memory reused between chunks.
pub(crate) struct Scratch {
    /// Local rows in the loss.
    rows: Vec<usize>,
    /// (ROWS, D).
    hidden: Aligned,
    d_hidden: Aligned,
    /// (ROWS, V).
    logits: Aligned,
    panels: Packed,
}

impl Scratch {
    pub(crate) fn new(panels: Packed) -> Scratch {
        Scratch {
            rows: Vec::new(),
            hidden: Aligned::default(),
            d_hidden: Aligned::default(),
            logits: Aligned::default(),
            panels,
        }
    }
}

/// Adds the losses of the micro-batch to `results`; for gradients fills `activations.d_hidden` and adds to `d_head`,
/// the head's part of the gradients.
pub(crate) fn run(
    head: Head<'_>,
    activations: &mut Activations,
    d_head: &mut [f32],
    scratch: &mut Scratch,
    results: &mut Results,
) {
    let mut rows = std::mem::take(&mut scratch.rows);
    rows.clear();
    let in_loss = |i: &usize| head.sequences.targets[head.tokens.places[*i] as usize] >= 0;
    rows.extend((0..head.tokens.ids.len()).filter(in_loss));
    if head.weight.is_some() {
        activations.d_hidden.fill(0.0);
    }
    for rows in rows.chunks(ROWS) {
        chunk_logits(head, rows, &activations.hidden, scratch);
        chunk_losses(head, rows, scratch, results);
        if head.weight.is_some() {
            chunk_backward(head, rows, &mut activations.d_hidden, d_head, scratch);
        }
    }
    scratch.rows = rows;
}

/// `scratch.logits` (rows, V) = hidden · Eᵀ of the chosen rows.
fn chunk_logits(head: Head<'_>, rows: &[usize], hidden: &[f32], scratch: &mut Scratch) {
    let config = &head.network.parameters.config;
    let (d, v) = (config.hidden_size, config.vocab_size);
    scratch.hidden.resize(rows.len() * d);
    scratch.logits.resize(rows.len() * v);
    for (row, to) in rows.iter().zip(scratch.hidden.chunks_exact_mut(d)) {
        to.copy_from_slice(&hidden[row * d..][..d]);
    }
    linear::forward(rows.len(), &scratch.hidden, head.network.forward.head.view(), &mut scratch.logits, false);
}

/// Losses of the chunk; for gradients the logits become their own gradient.
fn chunk_losses(head: Head<'_>, rows: &[usize], scratch: &mut Scratch, results: &mut Results) {
    let v = head.network.parameters.config.vocab_size;
    for (row, logits) in rows.iter().zip(scratch.logits.chunks_exact_mut(v)) {
        let place = head.tokens.places[*row] as usize;
        let target = head.sequences.targets[place] as usize;
        if head.temperature != 1.0 {
            scale(logits, 1.0 / head.temperature);
        }
        if let Some(Some(mask)) = head.sequences.masks.as_ref().map(|m| &m[place]) {
            loss::apply_mask(logits, mask);
        }
        let row = loss::forward(logits, target);
        let loss_weight = head.sequences.weights.as_ref().map_or(1.0, |w| w[place]);
        results.log_probs.push((place as u32, row.log_prob));
        results.loss.sum -= f64::from(loss_weight) * f64::from(row.log_prob);
        results.loss.count += 1;
        results.loss.correct += usize::from(row.correct);
        results.loss.entropy += f64::from(row.entropy);
        if let Some(weight) = head.weight {
            loss::backward(logits, target, weight(place, row.log_prob) / head.temperature, &row);
        }
    }
}

/// d_hidden = d_logits · E, dE += d_logitsᵀ · hidden.
fn chunk_backward(head: Head<'_>, rows: &[usize], d_hidden: &mut [f32], d_head: &mut [f32], scratch: &mut Scratch) {
    let d = head.network.parameters.config.hidden_size;
    let Scratch { hidden, d_hidden: d_chunk, logits, panels, .. } = scratch;
    d_chunk.resize(rows.len() * d);
    linear::backward_weight(rows.len(), logits, hidden, d_head, panels);
    linear::backward_input(rows.len(), logits, head.network.backward.head.view(), d_chunk, false);
    for (row, from) in rows.iter().zip(d_chunk.chunks_exact(d)) {
        d_hidden[row * d..][..d].copy_from_slice(from);
    }
}
