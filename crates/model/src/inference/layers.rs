//! What one thread computes of a call: the layers over its rows' new tokens, and the logits wanted of them.

use super::{Model, Want};
use crate::aligned::Aligned;
use crate::gemm::{Out, Packed, View, multiply};
use crate::kv_cache::{PAGE, PageShape, Row};
use crate::parameters::LayerRanges;
use crate::{embedding, linear, loss, rms_norm, softmax, swiglu};

/// Query rows of a long prompt taken at once.
const BLOCK: usize = 64;

/// Working memory of one thread; M is the number of its new tokens.
#[derive(Default)]
pub(crate) struct Scratch {
    ids: Vec<u32>,
    /// (M, D): the residual stream.
    stream: Aligned,
    /// (M, D).
    normed: Aligned,
    inverse: Vec<f32>,
    /// (M, W).
    qkv: Aligned,
    /// (M, D).
    attended: Aligned,
    /// (M, 2F).
    gate_up: Aligned,
    /// (M, F).
    gated: Aligned,
    /// (rows of a block, positions).
    scores: Aligned,
    /// The rows that have new tokens.
    masked: Vec<usize>,
}

/// What one thread runs.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) model: &'a Model,
    pub(super) shape: PageShape,
    pub(super) tokens: &'a [&'a [u32]],
    pub(super) want: Want<'a>,
}

/// Feeds the part's tokens to its rows, and computes the wanted logits.
pub(super) fn run(part: Part<'_>, rows: &mut [Row], logits: &mut [f32], s: &mut Scratch) {
    s.ids.clear();
    part.tokens.iter().for_each(|t| s.ids.extend_from_slice(t));
    if s.ids.is_empty() {
        return;
    }
    let (model, layout) = (part.model, &part.model.parameters.layout);
    let config = model.config();
    let (m, d, f) = (s.ids.len(), config.hidden_size, config.intermediate_size);
    s.stream.resize(m * d);
    s.normed.resize(m * d);
    s.inverse.resize(m, 0.0);
    s.qkv.resize(m * config.qkv_size());
    s.attended.resize(m * d);
    s.gate_up.resize(m * 2 * f);
    s.gated.resize(m * f);
    let epsilon = config.rms_norm_eps as f32;
    embedding::forward(&s.ids, model.at(&layout.embedding), d, &mut s.stream);
    for (i, (ranges, weights)) in layout.layers.iter().zip(&model.weights.layers).enumerate() {
        rms_norm::forward(&s.stream, model.at(&ranges.input_norm), epsilon, &mut s.normed, &mut s.inverse);
        attend(part, i, ranges, rows, s);
        linear::forward(m, &s.attended, weights.o.view(), &mut s.stream, true);
        rms_norm::forward(&s.stream, model.at(&ranges.post_norm), epsilon, &mut s.normed, &mut s.inverse);
        linear::forward(m, &s.normed, weights.gate_up.view(), &mut s.gate_up, false);
        swiglu::forward(f, &s.gate_up, &mut s.gated);
        linear::forward(m, &s.gated, weights.down.view(), &mut s.stream, true);
    }
    for (row, tokens) in rows.iter_mut().zip(part.tokens) {
        row.len += tokens.len();
    }
    rms_norm::forward(&s.stream, model.at(&layout.norm), epsilon, &mut s.normed, &mut s.inverse);
    output(part, logits, s);
}

/// The head over the wanted positions.
fn output(part: Part<'_>, logits: &mut [f32], s: &mut Scratch) {
    let d = part.model.config().hidden_size;
    let mut count = s.ids.len();
    if part.want != Want::All {
        // Moves the last position of each row to the front.
        let mut end = 0;
        count = 0;
        for tokens in part.tokens.iter().filter(|t| !t.is_empty()) {
            end += tokens.len();
            s.normed.copy_within((end - 1) * d..end * d, count * d);
            count += 1;
        }
    }
    let head = &part.model.weights.head;
    match part.want {
        Want::Allowed(masks) => {
            s.masked.clear();
            s.masked.extend((0..masks.len()).filter(|row| !part.tokens[*row].is_empty()));
            allowed(head, &s.normed, masks, &s.masked, logits);
        }
        _ => linear::forward(count, &s.normed, head.view(), logits, false),
    }
}

/// The head for the tokens that masks allow: panels that no row needs are left out.
fn allowed(head: &Packed, x: &[f32], masks: &[&[u64]], rows: &[usize], logits: &mut [f32]) {
    let v = head.view().n;
    let needed = |word: &usize| rows.iter().any(|row| masks[*row][*word] != 0);
    let mut words = 0..v.div_ceil(64);
    while let Some(first) = words.find(needed) {
        let end = words.find(|word| !needed(word)).unwrap_or(v.div_ceil(64));
        let columns = 64 * first..v.min(64 * end);
        let out = Out { data: &mut logits[columns.start..], stride: v, accumulate: false };
        let panels = head.columns(columns);
        multiply(rows.len(), View::rows(x, panels.k), panels, out);
    }
    for (row, logits) in rows.iter().zip(logits.chunks_exact_mut(v)) {
        loss::apply_mask(logits, masks[*row]);
    }
}

/// Queries, keys and values of the new tokens, into the cache, and attention over all positions of each row.
fn attend(part: Part<'_>, layer: usize, ranges: &LayerRanges, rows: &mut [Row], s: &mut Scratch) {
    let heads = part.shape.heads;
    let w = heads.row();
    let weights = &part.model.weights.layers[layer];
    linear::forward_bias(s.ids.len(), &s.normed, weights.qkv.view(), part.model.at(&ranges.qkv_bias), &mut s.qkv);
    let mut start = 0;
    for (row, tokens) in rows.iter_mut().zip(part.tokens) {
        let qkv = &mut s.qkv[start * w..(start + tokens.len()) * w];
        for (i, token) in qkv.chunks_exact_mut(w).enumerate() {
            part.model.rope.forward(row.len + i, &mut token[..heads.value(0)]);
            row.write(part.shape, layer, row.len + i, token);
        }
        let out_width = heads.queries * heads.width;
        let attended = &mut s.attended[start * out_width..][..tokens.len() * out_width];
        for block in (0..tokens.len()).step_by(BLOCK) {
            let end = (block + BLOCK).min(tokens.len());
            let queries = &qkv[block * w..end * w];
            let span = Span { shape: part.shape, layer, row, first: row.len + block, queries };
            attend_span(span, &mut attended[block * out_width..end * out_width], &mut s.scores);
        }
        start += tokens.len();
    }
}

/// Consecutive new tokens of one row.
struct Span<'a> {
    shape: PageShape,
    layer: usize,
    row: &'a Row,
    /// Position of the first.
    first: usize,
    /// (tokens, W), rotated.
    queries: &'a [f32],
}

fn attend_span(span: Span<'_>, out: &mut [f32], scores: &mut Aligned) {
    let heads = span.shape.heads;
    let tokens = span.queries.len() / heads.row();
    // One token's query heads of a group stand side by side, so they can be the rows of one product.
    let single = tokens == 1;
    let (rows, stride, out_stride) = if single {
        (heads.group(), heads.width, heads.width)
    } else {
        (tokens, heads.row(), heads.queries * heads.width)
    };
    for h in (0..heads.queries).step_by(if single { heads.group() } else { 1 }) {
        let g = h / heads.group();
        let q = View::rows(&span.queries[heads.query(h)..], stride);
        let out = Out { data: &mut out[heads.query(h)..], stride: out_stride, accumulate: false };
        let limit = |i: usize| span.first + 1 + if single { 0 } else { i };
        attend_head(&span, g, (rows, q), out, scores, limit);
    }
}

/// P = softmax(Q·Kᵀ/√d) and O = P·V over the pages of one key head; row i sees the first `limit(i)` positions.
fn attend_head(
    span: &Span<'_>,
    g: usize,
    (rows, q): (usize, View<'_>),
    out: Out<'_>,
    scores: &mut Aligned,
    limit: impl Fn(usize) -> usize,
) {
    let positions = limit(rows - 1);
    let pages = &span.row.pages[..positions.div_ceil(PAGE)];
    let width = pages.len() * PAGE;
    scores.resize(rows * width);
    for (i, page) in pages.iter().enumerate() {
        let scores = Out { data: &mut scores[i * PAGE..], stride: width, accumulate: false };
        multiply(rows, q, span.shape.key_panels(page, span.layer, g), scores);
    }
    for (i, row) in scores.chunks_exact_mut(width).enumerate() {
        softmax::forward(row, limit(i), span.shape.heads.scale());
    }
    for (i, page) in pages.iter().enumerate() {
        let count = PAGE.min(positions - i * PAGE);
        let values = span.shape.value_panels(page, span.layer, g, count);
        let out = Out { data: &mut *out.data, stride: out.stride, accumulate: i > 0 };
        multiply(rows, View::rows(&scores[i * PAGE..], width), values, out);
    }
}
