//! Running the network on cached sequences: prompts, decoding steps and forced tokens are one and the same call.
//!
//! The products, their order and the kernels are those of training, so the logits of a position are the same bytes as
//! in the training forward pass, at any batch size and with any number of threads (which split the rows).

mod layers;

pub(crate) use layers::Scratch;

use std::fmt;
use std::str::FromStr;

use layers::{Part, run};

use crate::aligned::Aligned;
use crate::cpu;
use crate::error::{Error, Result, input};
use crate::gemm::{MAX_INT8_K, Packed};
use crate::kv_cache::KvCache;
use crate::packed_weights::{Direction, PackedWeights};
use crate::parameters::Parameters;
use crate::rope::Rope;

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

impl FromStr for Weights {
    type Err = Error;

    fn from_str(name: &str) -> Result<Weights> {
        let known = [Weights::F32, Weights::Int8].into_iter().find(|weights| weights.name() == name);
        known.ok_or_else(|| input("weights", "f32 or int8", name))
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

/// Which logits are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Want<'a> {
    /// Those of the last new position of each row.
    #[default]
    Last,
    /// Those of every new position, as for scoring given tokens.
    All,
    /// Those of the last new position of each row for the tokens that the row's mask allows (bit `t % 64` of word
    /// `t / 64`); the others are −∞ and cost little. A row without new tokens may have an empty mask.
    Allowed(&'a [&'a [u64]]),
}

impl<'a> Want<'a> {
    /// The same for the first `count` rows and for the others.
    fn split(self, count: usize) -> (Want<'a>, Want<'a>) {
        match self {
            Want::Allowed(masks) => {
                let (own, others) = masks.split_at(count);
                (Want::Allowed(own), Want::Allowed(others))
            }
            same => (same, same),
        }
    }
}

/// How a call runs; no field changes the bytes of a logit.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Threads, which split the rows.
    pub threads: usize,
    /// Which logits are computed.
    pub want: Want<'a>,
}

impl Default for Options<'_> {
    fn default() -> Self {
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
    options: Options<'_>,
    logits: &mut Logits,
) -> Result<()> {
    check(model, cache, tokens)?;
    check_masks(model.config().vocab_size, tokens, options.want)?;
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
    if threads == 1 {
        // Nothing is started and nothing allocated for a step on one thread.
        let part = Part { model, shape, tokens, want: options.want };
        run(part, &mut cache.rows, &mut logits.values, &mut cache.scratch[0]);
        return Ok(());
    }
    let (mut rows, mut tokens, mut values) = (&mut cache.rows[..], tokens, &mut logits.values[..]);
    let mut want = options.want;
    std::thread::scope(|scope| {
        for (i, scratch) in cache.scratch[..threads].iter_mut().enumerate() {
            let count = share(tokens, threads - i);
            let (own_rows, other_rows) = std::mem::take(&mut rows).split_at_mut(count);
            let (own_tokens, other_tokens) = tokens.split_at(count);
            let own_logits = own_tokens.iter().map(wanted).sum::<usize>() * v;
            let (own_values, other_values) = std::mem::take(&mut values).split_at_mut(own_logits);
            let (own_want, other_want) = want.split(count);
            (rows, tokens, values, want) = (other_rows, other_tokens, other_values, other_want);
            let part = Part { model, shape, tokens: own_tokens, want: own_want };
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
    options: Options<'_>,
    logits: &mut Logits,
) -> Result<()> {
    if tokens.len() == 1 {
        return advance(model, cache, &[tokens], options, logits);
    }
    let rows: Vec<&[u32]> = tokens.chunks(1).collect();
    advance(model, cache, &rows, options, logits)
}

/// A new cache with the given prompts.
pub fn prefill(model: &Model, prompts: &[&[u32]], options: Options<'_>, logits: &mut Logits) -> Result<KvCache> {
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

fn check_masks(vocab_size: usize, tokens: &[&[u32]], want: Want<'_>) -> Result<()> {
    let Want::Allowed(masks) = want else { return Ok(()) };
    if masks.len() != tokens.len() {
        return Err(input("masks", format!("{}, one a cache row", tokens.len()), masks.len()));
    }
    let words = vocab_size.div_ceil(64);
    match masks.iter().zip(tokens).find(|(mask, tokens)| !tokens.is_empty() && mask.len() != words) {
        Some((mask, _)) => Err(input("mask", format!("{words} words for {vocab_size} tokens"), mask.len())),
        None => Ok(()),
    }
}
