//! The Qwen2 network over packed sequences, forward and backward side by side, layer by layer.
//!
//! Letters: N tokens of all sequences end to end, D hidden_size, F intermediate_size, W the fused width of queries,
//! keys and values. One layer is
//!
//! ```text
//! x  = x + O · attention(rope(QKV · norm(x) + b))
//! x  = x + Down · (silu(Gate · norm(x)) ∘ (Up · norm(x)))
//! ```
//!
//! All activations the backward pass needs stay in [`Activations`], which is reused from step to step.

use std::ops::Range;

use crate::aligned::Aligned;
use crate::attention::{self, Heads};
use crate::cpu::Cpu;
use crate::dropout::{self, Stream};
use crate::gemm::Packed;
use crate::packed_weights::{LayerWeights, PackedWeights};
use crate::parameters::{LayerRanges, Parameters};
use crate::rope::Rope;
use crate::simd::add_assign;
use crate::{embedding, linear, rms_norm, swiglu};

/// What a pass over the network reads: parameters, their panels and the rotary tables.
#[derive(Clone, Copy)]
pub(crate) struct Network<'a> {
    pub(crate) parameters: &'a Parameters,
    /// Panels for y = x · Wᵀ.
    pub(crate) forward: &'a PackedWeights,
    /// Panels for dx = dy · W.
    pub(crate) backward: &'a PackedWeights,
    pub(crate) rope: &'a Rope,
    pub(crate) dropout: Stream,
}

impl Network<'_> {
    fn at(&self, range: &Range<usize>) -> &[f32] {
        &self.parameters.data[range.clone()]
    }

    fn epsilon(&self) -> f32 {
        self.parameters.config.rms_norm_eps as f32
    }
}

/// The tokens of one pass.
#[derive(Default)]
pub(crate) struct Tokens {
    /// (N), sequences end to end.
    pub(crate) ids: Vec<u32>,
    /// (N), the index of each in the whole batch.
    pub(crate) places: Vec<u32>,
    /// The sequences in `ids`, end to end; a prefix stands before those that go on from it.
    pub(crate) parts: Vec<Part>,
}

/// The rows of one sequence.
#[derive(Clone, Default)]
pub(crate) struct Part {
    pub(crate) rows: Range<usize>,
    /// The rows of its prefix; empty where it has none.
    pub(crate) prefix: Range<usize>,
}

impl Part {
    fn probability_len(&self, heads: Heads) -> usize {
        attention::probability_len(heads, self.prefix.len(), self.rows.len())
    }
}

/// What one layer keeps for its backward pass.
#[derive(Default)]
struct LayerActivations {
    /// (N, D) and (N): input and its 1 / rms.
    input: Aligned,
    input_inverse: Vec<f32>,
    /// (N, D).
    input_normed: Aligned,
    /// (N, W), rotated.
    qkv: Aligned,
    /// (H, Q, T) of each sequence, end to end: Q rows of its own, T with those of its prefix.
    p: Aligned,
    /// (N, D).
    attended: Aligned,
    /// (N, D) and (N): after attention, and its 1 / rms.
    middle: Aligned,
    middle_inverse: Vec<f32>,
    /// (N, D).
    middle_normed: Aligned,
    /// (N, 2F).
    gate_up: Aligned,
    /// (N, F).
    gated: Aligned,
}

/// Activations and scratch of one thread.
pub(crate) struct Activations {
    layers: Vec<LayerActivations>,
    /// (N, D) and (N): output of the last layer and its 1 / rms.
    last: Aligned,
    last_inverse: Vec<f32>,
    /// (N, D): the final norm's output, which the head multiplies.
    pub(crate) hidden: Aligned,
    /// (N, D): the gradient of `hidden`, to be filled before [`backward`].
    pub(crate) d_hidden: Aligned,
    /// (N, D): the gradient of the residual stream.
    d_stream: Aligned,
    /// (N, D): the gradient of one branch, or its output before dropout.
    branch: Aligned,
    /// (N, D).
    d_normed: Aligned,
    /// (N, W).
    d_qkv: Aligned,
    /// (N, F).
    d_gated: Aligned,
    /// (N, 2F).
    d_gate_up: Aligned,
    attention: attention::Scratch,
    joined: Joined,
    panels: Packed,
}

/// The rows of a prefix and of a sequence that goes on from it, one behind the other.
#[derive(Default)]
struct Joined {
    /// (T, W).
    qkv: Aligned,
    /// (T, W).
    d_qkv: Aligned,
}

impl Joined {
    /// Gathers the rows of a part, of width `w`.
    fn gather(&mut self, part: &Part, qkv: &[f32], w: usize) {
        let (prefix, own) =
            (&qkv[part.prefix.start * w..part.prefix.end * w], &qkv[part.rows.start * w..part.rows.end * w]);
        self.qkv.resize(prefix.len() + own.len());
        self.qkv[..prefix.len()].copy_from_slice(prefix);
        self.qkv[prefix.len()..].copy_from_slice(own);
    }
}

impl Activations {
    pub(crate) fn new(cpu: Cpu, layers: usize, panels: Packed) -> Activations {
        Activations {
            layers: (0..layers).map(|_| LayerActivations::default()).collect(),
            last: Aligned::default(),
            last_inverse: Vec::new(),
            hidden: Aligned::default(),
            d_hidden: Aligned::default(),
            d_stream: Aligned::default(),
            branch: Aligned::default(),
            d_normed: Aligned::default(),
            d_qkv: Aligned::default(),
            d_gated: Aligned::default(),
            d_gate_up: Aligned::default(),
            attention: attention::Scratch::new(cpu),
            joined: Joined::default(),
            panels,
        }
    }

    /// Sets every buffer to the sizes of these tokens, keeping allocations.
    fn resize(&mut self, network: &Network<'_>, tokens: &Tokens) {
        let config = &network.parameters.config;
        let heads = Heads::new(config);
        let (n, d, f) = (tokens.ids.len(), config.hidden_size, config.intermediate_size);
        let p = tokens.parts.iter().map(|part| part.probability_len(heads)).sum();
        for layer in &mut self.layers {
            for buffer in [&mut layer.input, &mut layer.input_normed, &mut layer.attended] {
                buffer.resize(n * d);
            }
            layer.middle.resize(n * d);
            layer.middle_normed.resize(n * d);
            layer.qkv.resize(n * heads.row());
            layer.p.resize(p);
            layer.gate_up.resize(n * 2 * f);
            layer.gated.resize(n * f);
            layer.input_inverse.resize(n, 0.0);
            layer.middle_inverse.resize(n, 0.0);
        }
        self.last_inverse.resize(n, 0.0);
        for buffer in [&mut self.last, &mut self.hidden, &mut self.d_hidden, &mut self.d_stream] {
            buffer.resize(n * d);
        }
        self.branch.resize(n * d);
        self.d_normed.resize(n * d);
        self.d_qkv.resize(n * heads.row());
        self.d_gated.resize(n * f);
        self.d_gate_up.resize(n * 2 * f);
    }
}

/// Fills `activations.hidden` (N, D) from the tokens.
pub(crate) fn forward(network: Network<'_>, tokens: &Tokens, activations: &mut Activations) {
    activations.resize(&network, tokens);
    let layout = &network.parameters.layout;
    let d = network.parameters.config.hidden_size;
    let Activations { layers, last, last_inverse, hidden, branch, attention, joined, .. } = activations;
    embedding::forward(&tokens.ids, network.at(&layout.embedding), d, &mut layers[0].input);
    dropout::apply(network.dropout.at(0), &tokens.places, &mut layers[0].input);
    for i in 0..layers.len() {
        let (done, rest) = layers.split_at_mut(i + 1);
        let layer = &mut done[i];
        let next = rest.first_mut().map_or(&mut *last, |next| &mut next.input);
        let (ranges, weights) = (&layout.layers[i], &network.forward.layers[i]);
        attention_forward(&network, (ranges, weights), tokens, layer, (attention, joined));
        layer.middle.copy_from_slice(&layer.input);
        let output = Branch { place: 2 * i + 1, x: &layer.attended, weight: &weights.o };
        add_branch(&network, output, tokens, &mut layer.middle, branch);
        mlp_forward(&network, (ranges, weights), layer);
        next.copy_from_slice(&layer.middle);
        let output = Branch { place: 2 * i + 2, x: &layer.gated, weight: &weights.down };
        add_branch(&network, output, tokens, next, branch);
    }
    rms_norm::forward(last, network.at(&layout.norm), network.epsilon(), hidden, last_inverse);
}

fn attention_forward(
    network: &Network<'_>,
    (ranges, weights): (&LayerRanges, &LayerWeights),
    tokens: &Tokens,
    layer: &mut LayerActivations,
    (scratch, joined): (&mut attention::Scratch, &mut Joined),
) {
    let heads = Heads::new(&network.parameters.config);
    let (w, out) = (heads.row(), heads.queries * heads.width);
    let scale = network.at(&ranges.input_norm);
    rms_norm::forward(&layer.input, scale, network.epsilon(), &mut layer.input_normed, &mut layer.input_inverse);
    let bias = network.at(&ranges.qkv_bias);
    linear::forward_bias(tokens.ids.len(), &layer.input_normed, weights.qkv.view(), bias, &mut layer.qkv);
    let mut p_start = 0;
    for part in &tokens.parts {
        let (first, rows) = (part.prefix.len(), part.rows.clone());
        for (position, row) in layer.qkv[rows.start * w..rows.end * w].chunks_exact_mut(w).enumerate() {
            network.rope.forward(first + position, &mut row[..heads.value(0)]);
        }
        let p = &mut layer.p[p_start..][..part.probability_len(heads)];
        p_start += p.len();
        let attended = &mut layer.attended[rows.start * out..rows.end * out];
        if first == 0 {
            attention::forward(heads, 0, &layer.qkv[rows.start * w..rows.end * w], p, attended, scratch);
        } else {
            joined.gather(part, &layer.qkv, w);
            attention::forward(heads, first, &joined.qkv, p, attended, scratch);
        }
    }
}

fn mlp_forward(network: &Network<'_>, (ranges, weights): (&LayerRanges, &LayerWeights), layer: &mut LayerActivations) {
    let scale = network.at(&ranges.post_norm);
    rms_norm::forward(&layer.middle, scale, network.epsilon(), &mut layer.middle_normed, &mut layer.middle_inverse);
    let n = layer.middle_inverse.len();
    linear::forward(n, &layer.middle_normed, weights.gate_up.view(), &mut layer.gate_up, false);
    swiglu::forward(network.parameters.config.intermediate_size, &layer.gate_up, &mut layer.gated);
}

/// The end of a branch: its last product and the place of its dropout.
struct Branch<'a> {
    place: usize,
    x: &'a [f32],
    weight: &'a Packed,
}

/// stream += dropout(x · Wᵀ). Without dropout each chain starts from the stream, as in inference.
fn add_branch(network: &Network<'_>, output: Branch<'_>, tokens: &Tokens, stream: &mut [f32], scratch: &mut [f32]) {
    let n = tokens.ids.len();
    if network.dropout.rate == 0.0 {
        return linear::forward(n, output.x, output.weight.view(), stream, true);
    }
    linear::forward(n, output.x, output.weight.view(), scratch, false);
    dropout::apply(network.dropout.at(output.place), &tokens.places, scratch);
    linear::join(scratch, stream);
}

/// Adds the gradients of all parameters but the head to `grads`, from `activations.d_hidden`.
pub(crate) fn backward(network: Network<'_>, tokens: &Tokens, activations: &mut Activations, grads: &mut [f32]) {
    let layout = &network.parameters.layout;
    let a = activations;
    a.d_stream.fill(0.0);
    let (scale, d_scale) = (network.at(&layout.norm), &mut grads[layout.norm.clone()]);
    rms_norm::backward(&a.last, scale, &a.last_inverse, &a.d_hidden, &mut a.d_stream, d_scale);
    for i in (0..a.layers.len()).rev() {
        branch_gradient(&network, 2 * i + 2, tokens, a);
        mlp_backward(&network, i, a, grads);
        branch_gradient(&network, 2 * i + 1, tokens, a);
        attention_backward(&network, i, tokens, a, grads);
    }
    dropout::apply(network.dropout.at(0), &tokens.places, &mut a.d_stream);
    let d = network.parameters.config.hidden_size;
    embedding::backward(&tokens.ids, &a.d_stream, d, &mut grads[layout.embedding.clone()]);
}

/// branch = dropout(d_stream): the gradient of what a branch put out.
fn branch_gradient(network: &Network<'_>, place: usize, tokens: &Tokens, a: &mut Activations) {
    a.branch.copy_from_slice(&a.d_stream);
    dropout::apply(network.dropout.at(place), &tokens.places, &mut a.branch);
}

fn mlp_backward(network: &Network<'_>, i: usize, a: &mut Activations, grads: &mut [f32]) {
    let (ranges, weights) = (&network.parameters.layout.layers[i], &network.backward.layers[i]);
    let (layer, panels) = (&a.layers[i], &mut a.panels);
    let n = layer.middle_inverse.len();
    linear::backward_weight(n, &a.branch, &layer.gated, &mut grads[ranges.down_weight.clone()], panels);
    linear::backward_input(n, &a.branch, weights.down.view(), &mut a.d_gated, false);
    let inner = network.parameters.config.intermediate_size;
    swiglu::backward(inner, &layer.gate_up, &a.d_gated, &mut a.d_gate_up);
    let d_weight = &mut grads[ranges.gate_up_weight.clone()];
    linear::backward_weight(n, &a.d_gate_up, &layer.middle_normed, d_weight, panels);
    linear::backward_input(n, &a.d_gate_up, weights.gate_up.view(), &mut a.d_normed, false);
    let (scale, d_scale) = (network.at(&ranges.post_norm), &mut grads[ranges.post_norm.clone()]);
    rms_norm::backward(&layer.middle, scale, &layer.middle_inverse, &a.d_normed, &mut a.d_stream, d_scale);
}

fn attention_backward(network: &Network<'_>, i: usize, tokens: &Tokens, a: &mut Activations, grads: &mut [f32]) {
    let (ranges, weights) = (&network.parameters.layout.layers[i], &network.backward.layers[i]);
    let n = tokens.ids.len();
    let d_weight = &mut grads[ranges.o_weight.clone()];
    linear::backward_weight(n, &a.branch, &a.layers[i].attended, d_weight, &mut a.panels);
    // The gradient of what attention put out takes the place of `d_normed`, which is free until the end.
    linear::backward_input(n, &a.branch, weights.o.view(), &mut a.d_normed, false);
    sequences_backward(network, i, tokens, a);
    let (layer, panels) = (&a.layers[i], &mut a.panels);
    linear::backward_bias(&a.d_qkv, &mut grads[ranges.qkv_bias.clone()]);
    linear::backward_weight(n, &a.d_qkv, &layer.input_normed, &mut grads[ranges.qkv_weight.clone()], panels);
    linear::backward_input(n, &a.d_qkv, weights.qkv.view(), &mut a.d_normed, false);
    let (scale, d_scale) = (network.at(&ranges.input_norm), &mut grads[ranges.input_norm.clone()]);
    rms_norm::backward(&layer.input, scale, &layer.input_inverse, &a.d_normed, &mut a.d_stream, d_scale);
}

/// The gradients of queries, keys and values of layer `i` (`d_qkv`), from those of what attention put out (`d_normed`).
fn sequences_backward(network: &Network<'_>, i: usize, tokens: &Tokens, a: &mut Activations) {
    let heads = Heads::new(&network.parameters.config);
    let (w, out) = (heads.row(), heads.queries * heads.width);
    let layer = &a.layers[i];
    let mut p_start = 0;
    for part in &tokens.parts {
        let own = part.rows.start * w..part.rows.end * w;
        let p = &layer.p[p_start..][..part.probability_len(heads)];
        p_start += p.len();
        let d_out = &a.d_normed[part.rows.start * out..part.rows.end * out];
        if part.prefix.is_empty() {
            let kept = attention::Kept { first: 0, qkv: &layer.qkv[own.clone()], p, d_out };
            sequence_backward(network, kept, &mut a.d_qkv[own], &mut a.attention);
            continue;
        }
        a.joined.gather(part, &layer.qkv, w);
        let Joined { qkv, d_qkv } = &mut a.joined;
        d_qkv.resize(qkv.len());
        let kept = attention::Kept { first: part.prefix.len(), qkv, p, d_out };
        sequence_backward(network, kept, d_qkv, &mut a.attention);
        // A prefix stands before what goes on from it, so its rows hold their own gradient already.
        let (prefix, rows) = d_qkv.split_at(part.prefix.len() * w);
        a.d_qkv[own].copy_from_slice(rows);
        add_assign(&mut a.d_qkv[part.prefix.start * w..part.prefix.end * w], prefix);
    }
}

/// The same of one sequence, with its prefix.
fn sequence_backward(
    network: &Network<'_>,
    kept: attention::Kept<'_>,
    d_qkv: &mut [f32],
    scratch: &mut attention::Scratch,
) {
    let heads = Heads::new(&network.parameters.config);
    attention::backward(heads, kept, d_qkv, scratch);
    for (position, row) in d_qkv.chunks_exact_mut(heads.row()).enumerate() {
        network.rope.backward(position, &mut row[..heads.value(0)]);
    }
}
