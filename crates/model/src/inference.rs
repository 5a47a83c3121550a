//! Running the network on cached sequences: prompts, decoding steps and forced tokens are one and the same call.
//!
//! The products, their order and the kernels are those of training, so the logits of a position are the same bytes as
//! in the training forward pass, at any batch size and with any number of threads (which split the rows).

use std::fmt;

use crate::aligned::Aligned;
use crate::cpu;
use crate::error::{Result, input};
use crate::gemm::{MAX_INT8_K, Out, Packed, View, multiply};
use crate::kv_cache::{KvCache, PAGE, PageShape, Row};
use crate::packed_weights::{Direction, PackedWeights};
use crate::parameters::{LayerRanges, Parameters};
use crate::rope::Rope;
use crate::{embedding, linear, rms_norm, softmax, swiglu};

/// Query rows of a long prompt taken at once.
const BLOCK: usize = 64;

/// How a model made ready keeps its matrices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weights {
    /// As they are: the logits are the bytes of training.
    #[default]
    F32,
    /// A byte a number and a factor for each row, which are read four times as fast. The logits are close to those of
    /// [`Weights::F32`], and still the same bytes at any batch size and on any number of threads.
    Int8,
}

impl Weights {
    /// The name in settings: `f32` or `int8`.
    pub fn name(self) -> &'static str {
        match self {
            Weights::F32 => "f32",
            Weights::Int8 => "int8",
        }
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A network ready to run: parameters with their matrices packed once.
pub struct Model {
    parameters: Parameters,
    weights: PackedWeights,
    rope: Rope,
}

impl Model {
    /// Packs the parameters as they are; refuses shapes that do not fit and values that are not finite.
    pub fn new(parameters: Parameters) -> Result<Model> {
        Model::with_weights(parameters, Weights::F32)
    }

    /// As [`Model::new`], with matrices kept in the given way; bytes refuse layers wider than 65,536.
    pub fn with_weights(parameters: Parameters, weights: Weights) -> Result<Model> {
        parameters.config.validate()?;
        if parameters.data.len() != parameters.config.parameter_count() {
            return Err(input("parameters", parameters.config.parameter_count(), parameters.data.len()));
        }
        parameters.check_finite()?;
        let config = &parameters.config;
        let widest = config.hidden_size.max(config.intermediate_size);
        if weights == Weights::Int8 && widest > MAX_INT8_K {
            return Err(input("width of a layer in int8", format!("at most {MAX_INT8_K}"), widest));
        }
        let panels = match weights {
            Weights::F32 => Packed::empty(cpu::current()),
            Weights::Int8 => Packed::bytes(cpu::current()),
        };
        let mut weights = PackedWeights::empty(Direction::Forward, config.num_hidden_layers, &panels);
        weights.pack(&parameters, 1);
        let rope = Rope::new(config.head_dim(), config.rope_theta, config.max_position_embeddings);
        Ok(Model { parameters, weights, rope })
    }

    /// The parameters it was made from.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    /// The network's shape.
    pub fn config(&self) -> &crate::config::Config {
        &self.parameters.config
    }

    /// Takes new values of the same shape, as after a training step, without allocating.
    pub fn update(&mut self, parameters: &Parameters) -> Result<()> {
        if parameters.config != self.parameters.config {
            return Err(input("parameters", "the model's own shape", "another"));
        }
        parameters.check_finite()?;
        self.parameters.data.copy_from_slice(&parameters.data);
        self.weights.pack(&self.parameters, 1);
        Ok(())
    }

    fn at(&self, range: &std::ops::Range<usize>) -> &[f32] {
        &self.parameters.data[range.clone()]
    }
}

/// Which positions' logits are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Want {
    /// The last new position of each row.
    #[default]
    Last,
    /// Every new position, as for scoring given tokens.
    All,
}

/// How a call runs; no field changes the bytes of a result.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Threads, which split the rows.
    pub threads: usize,
    /// Which logits are computed.
    pub want: Want,
}

impl Default for Options {
    fn default() -> Options {
        Options { threads: 1, want: Want::Last }
    }
}

/// Logits of a call, reused from call to call.
#[derive(Clone, Default)]
pub struct Logits {
    vocab_size: usize,
    /// First logit row of each cache row and, last, their number.
    starts: Vec<usize>,
    values: Aligned,
}

impl Logits {
    /// Number of positions computed for a row: 0 for a row that got no token.
    pub fn positions(&self, row: usize) -> usize {
        self.starts[row + 1] - self.starts[row]
    }

    /// Logits (V) of a row's last position.
    ///
    /// # Panics
    /// If the row got no token.
    pub fn last(&self, row: usize) -> &[f32] {
        self.at(row, self.positions(row) - 1)
    }

    /// Logits (V) of a row at the i-th position computed for it.
    pub fn at(&self, row: usize, i: usize) -> &[f32] {
        assert!(i < self.positions(row), "row {row} has {} positions", self.positions(row));
        &self.values[(self.starts[row] + i) * self.vocab_size..][..self.vocab_size]
    }
}

/// Feeds `tokens[row]` to each row of the cache (none, one or several: a prompt, a step, or forced tokens) and puts
/// the logits that `options.want` asks for into `logits`.
pub fn advance(
    model: &Model,
    cache: &mut KvCache,
    tokens: &[&[u32]],
    options: Options,
    logits: &mut Logits,
) -> Result<()> {
    check(model, cache, tokens)?;
    let v = model.config().vocab_size;
    let wanted = |t: &&[u32]| if options.want == Want::All { t.len() } else { t.len().min(1) };
    logits.vocab_size = v;
    logits.starts.clear();
    logits.starts.push(0);
    logits.starts.extend(tokens.iter().map(wanted).scan(0, |sum, n| {
        *sum += n;
        Some(*sum)
    }));
    logits.values.resize(logits.starts[tokens.len()] * v);

    let threads = options.threads.clamp(1, tokens.len().max(1));
    cache.scratch.resize_with(threads.max(cache.scratch.len()), Scratch::default);
    let shape = cache.shape;
    let (mut rows, mut tokens, mut values) = (&mut cache.rows[..], tokens, &mut logits.values[..]);
    std::thread::scope(|scope| {
        for (i, scratch) in cache.scratch[..threads].iter_mut().enumerate() {
            let count = share(tokens, threads - i);
            let (own_rows, other_rows) = std::mem::take(&mut rows).split_at_mut(count);
            let (own_tokens, other_tokens) = tokens.split_at(count);
            let own_logits = own_tokens.iter().map(wanted).sum::<usize>() * v;
            let (own_values, other_values) = std::mem::take(&mut values).split_at_mut(own_logits);
            (rows, tokens, values) = (other_rows, other_tokens, other_values);
            let part = Part { model, shape, tokens: own_tokens, want: options.want };
            if i + 1 == threads {
                run(part, own_rows, own_values, scratch);
            } else {
                scope.spawn(move || run(part, own_rows, own_values, scratch));
            }
        }
    });
    Ok(())
}

/// One token for each row: [`advance`] for the usual step.
pub fn decode_step(
    model: &Model,
    cache: &mut KvCache,
    tokens: &[u32],
    options: Options,
    logits: &mut Logits,
) -> Result<()> {
    let rows: Vec<&[u32]> = tokens.chunks(1).collect();
    advance(model, cache, &rows, options, logits)
}

/// A new cache with the given prompts.
pub fn prefill(model: &Model, prompts: &[&[u32]], options: Options, logits: &mut Logits) -> Result<KvCache> {
    let mut cache = KvCache::new(model.config(), prompts.len());
    advance(model, &mut cache, prompts, options, logits)?;
    Ok(cache)
}

/// How many rows the first of `threads` takes, for nearly equal numbers of tokens.
fn share(tokens: &[&[u32]], threads: usize) -> usize {
    let total: usize = tokens.iter().map(|t| t.len()).sum();
    let (mut count, mut sum) = (0, 0);
    while count < tokens.len() && (threads == 1 || (sum + tokens[count].len() / 2) * threads < total) {
        sum += tokens[count].len();
        count += 1;
    }
    count
}

fn check(model: &Model, cache: &KvCache, tokens: &[&[u32]]) -> Result<()> {
    let config = model.config();
    if tokens.len() != cache.rows() {
        return Err(input("rows of tokens", format!("{}, one a cache row", cache.rows()), tokens.len()));
    }
    if cache.shape.cpu() != model.weights.cpu || !cache.shape.fits(config) {
        return Err(input("cache", "one made for this model's shape and instruction set", "another"));
    }
    for (row, tokens) in cache.rows.iter().zip(tokens) {
        if row.len + tokens.len() > config.max_position_embeddings {
            let limit = format!("at most {} tokens", config.max_position_embeddings);
            return Err(input("sequence", limit, row.len + tokens.len()));
        }
        if let Some(token) = tokens.iter().find(|t| **t as usize >= config.vocab_size) {
            return Err(input("token", format!("below {}", config.vocab_size), token));
        }
    }
    Ok(())
}

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
}

/// What one thread runs.
#[derive(Clone, Copy)]
struct Part<'a> {
    model: &'a Model,
    shape: PageShape,
    tokens: &'a [&'a [u32]],
    want: Want,
}

fn run(part: Part<'_>, rows: &mut [Row], logits: &mut [f32], s: &mut Scratch) {
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
    if part.want == Want::Last {
        // Moves the last position of each row to the front.
        let mut end = 0;
        count = 0;
        for tokens in part.tokens.iter().filter(|t| !t.is_empty()) {
            end += tokens.len();
            s.normed.copy_within((end - 1) * d..end * d, count * d);
            count += 1;
        }
    }
    linear::forward(count, &s.normed, part.model.weights.head.view(), logits, false);
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
