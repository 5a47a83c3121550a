//! One training step's loss and gradients over packed sequences, on a fixed number of shards.
//!
//! The batch is split into [`Options::shards`] parts that depend on the lengths alone; each part runs from start to
//! end on one thread into gradients of its own, and the parts are added in order. So the bytes depend on the number of
//! shards, never on the number of threads, and threads meet only at the end.

use crate::aligned::Aligned;
use crate::cpu;
use crate::dropout::{Stream, mix};
use crate::error::{Result, input};
use crate::gemm::{Packed, Parts, tiles_are_supported};
use crate::head::{self, Head};
use crate::linear;
use crate::network::{self, Activations, Network, Part, Tokens};
use crate::packed_weights::{Direction, PackedWeights};
use crate::parameters::Parameters;
use crate::rope::Rope;
use crate::sequences::Sequences;
use crate::simd::add_assign;

/// How the products of a training step are computed; sums are f32 in all of them. Where the machine has no tiles of
/// bf16 (Intel AMX), all are [`Precision::F32`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// One chain of f32 multiply-adds, with the bytes of inference.
    #[default]
    F32,
    /// The accuracy of f32: each number as three of bf16, the six larger ones of their nine products.
    Bf16x3,
    /// Numbers rounded to bf16.
    Bf16,
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Precision::F32 => "f32",
            Precision::Bf16x3 => "bf16x3",
            Precision::Bf16 => "bf16",
        })
    }
}

impl Precision {
    /// All, the most accurate first.
    pub const ALL: [Precision; 3] = [Precision::F32, Precision::Bf16x3, Precision::Bf16];

    /// What this machine computes where `self` is asked for.
    pub fn available(self) -> Precision {
        let has_tiles = cpu::current() == cpu::Cpu::Avx512 && tiles_are_supported();
        if has_tiles { self } else { Precision::F32 }
    }

    /// Room for panels of this precision.
    pub(crate) fn panels(self) -> Packed {
        match self.available() {
            Precision::F32 => Packed::empty(cpu::current()),
            Precision::Bf16x3 => Packed::tiles(Parts::Three),
            Precision::Bf16 => Packed::tiles(Parts::One),
        }
    }
}

/// How a training step runs. `precision`, `shards`, `micro_batch_tokens` and the dropout fields decide the bytes of the
/// result, `threads` does not.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Threads to use at most; more than `shards` are of no use.
    pub threads: usize,
    /// How products are computed.
    pub precision: Precision,
    /// Parts of the batch, each with its own gradients.
    pub shards: usize,
    /// Tokens of a shard taken through the network at once: activations of that many tokens should fit the caches.
    pub micro_batch_tokens: usize,
    /// Share of elements dropped after the embedding and at the end of each branch, in 0..1.
    pub dropout: f32,
    /// Seed of the dropout masks.
    pub dropout_seed: u64,
    /// Divides the logits before the softmax; 1 for plain training, the sampling temperature for policy gradients.
    pub temperature: f32,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            threads: std::thread::available_parallelism().map_or(1, |n| n.get()).min(2),
            precision: Precision::default(),
            shards: 2,
            micro_batch_tokens: 512,
            dropout: 0.0,
            dropout_seed: 0,
            temperature: 1.0,
        }
    }
}

impl Options {
    fn check(&self) -> Result<()> {
        if self.threads == 0 || self.shards == 0 || self.micro_batch_tokens == 0 {
            return Err(input("threads, shards, micro_batch_tokens", "at least 1", 0));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return Err(input("dropout", "at least 0 and below 1", self.dropout));
        }
        if !(self.temperature.is_finite() && self.temperature > 0.0) {
            return Err(input("temperature", "above 0", self.temperature));
        }
        Ok(())
    }
}

/// The loss of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loss {
    /// Σ weight · (−log p(target)) over positions in the loss, in nats.
    pub sum: f64,
    /// Positions in the loss.
    pub count: usize,
    /// Positions where the target was the most likely token.
    pub correct: usize,
    /// Σ entropy of the distribution, in nats.
    pub entropy: f64,
}

impl Loss {
    /// Loss per position; 0 without positions.
    pub fn mean(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }

    /// Share of positions whose target was the most likely token.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.count.max(1) as f64
    }
}

/// Memory reused between steps, with the options it was made for.
pub struct Workspace {
    options: Options,
    step: u64,
    forward: PackedWeights,
    backward: PackedWeights,
    rope: Rope,
    shards: Vec<Shard>,
    log_probs: Vec<f32>,
}

/// One part of the batch: its own activations, gradients and results.
struct Shard {
    tokens: Tokens,
    activations: Activations,
    head: head::Scratch,
    /// Gradients of shards after the first, which writes to the caller's buffer.
    grads: Aligned,
    results: head::Results,
}

impl Workspace {
    /// Room for networks shaped as `parameters`; memory grows to what the batches need.
    pub fn new(parameters: &Parameters, options: Options) -> Result<Workspace> {
        options.check()?;
        let config = &parameters.config;
        let (cpu, layers) = (cpu::current(), config.num_hidden_layers);
        let panels = options.precision.panels();
        let shard = |_| Shard {
            tokens: Tokens::default(),
            activations: Activations::new(cpu, layers, panels.clone()),
            head: head::Scratch::new(panels.clone()),
            grads: Aligned::default(),
            results: head::Results::default(),
        };
        Ok(Workspace {
            step: 0,
            forward: PackedWeights::empty(Direction::Forward, layers, &panels),
            backward: PackedWeights::empty(Direction::Backward, layers, &panels),
            rope: Rope::new(config.head_dim(), config.rope_theta, 0),
            shards: (0..options.shards).map(shard).collect(),
            log_probs: Vec::new(),
            options,
        })
    }

    /// The step that seeds the dropout masks; counts up with each call for gradients. Set it to resume exactly.
    pub fn set_step(&mut self, step: u64) {
        self.step = step;
    }

    /// log p(target) at each position of the last batch; 0 outside the loss.
    pub fn log_probs(&self) -> &[f32] {
        &self.log_probs
    }

    /// The options it was made with.
    pub fn options(&self) -> &Options {
        &self.options
    }
}

/// What a pass does with the logits.
#[derive(Clone, Copy)]
enum Pass<'a> {
    /// Loss alone.
    Score,
    /// Loss and gradients; the closure gives the weight of a position from its place and log p(target).
    Gradients(&'a (dyn Fn(usize, f32) -> f32 + Sync)),
}

/// Loss and gradients of cross-entropy: `grads` becomes d/dθ of Σ weight · (−log p(target)) / divisor.
///
/// `grads` is as long as the parameters and is overwritten.
pub fn loss_and_gradients(
    parameters: &Parameters,
    sequences: &Sequences,
    grads: &mut [f32],
    workspace: &mut Workspace,
) -> Result<Loss> {
    let weight = |place: usize, _: f32| sequences.weights.as_ref().map_or(1.0, |w| w[place]);
    gradients(parameters, sequences, &weight, grads, workspace)
}

/// Policy gradients: as [`loss_and_gradients`], but the weight of each position comes from `weight(place, log_prob)`,
/// where `log_prob` is log p(target) now. Any objective whose derivative by log p is known fits: for PPO's clipped
/// ratio r = e^(log p − old), the weight is A · r inside the clip and 0 outside.
pub fn policy_gradients(
    parameters: &Parameters,
    sequences: &Sequences,
    weight: &(dyn Fn(usize, f32) -> f32 + Sync),
    grads: &mut [f32],
    workspace: &mut Workspace,
) -> Result<Loss> {
    gradients(parameters, sequences, weight, grads, workspace)
}

/// Loss and [`Workspace::log_probs`] without gradients and without dropout.
pub fn score(parameters: &Parameters, sequences: &Sequences, workspace: &mut Workspace) -> Result<Loss> {
    run(parameters, sequences, Pass::Score, &mut [], workspace)
}

fn gradients(
    parameters: &Parameters,
    sequences: &Sequences,
    weight: &(dyn Fn(usize, f32) -> f32 + Sync),
    grads: &mut [f32],
    workspace: &mut Workspace,
) -> Result<Loss> {
    if grads.len() != parameters.data.len() {
        return Err(input("gradients", parameters.data.len(), grads.len()));
    }
    let divisor = sequences.divisor.unwrap_or(sequences.loss_positions().max(1) as f32);
    let weight = |place: usize, log_prob: f32| weight(place, log_prob) / divisor;
    let loss = run(parameters, sequences, Pass::Gradients(&weight), grads, workspace)?;
    workspace.step += 1;
    let parts: Vec<&[f32]> = workspace.shards[1..].iter().map(|s| &*s.grads).collect();
    add_parts(grads, &parts, workspace.options.threads);
    Ok(loss)
}

/// total += part 1 + part 2 …, in that order for each element.
fn add_parts(total: &mut [f32], parts: &[&[f32]], threads: usize) {
    let chunk = total.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        for (i, total) in total.chunks_mut(chunk).enumerate() {
            let mut add = move || parts.iter().for_each(|part| add_assign(total, &part[i * chunk..][..total.len()]));
            if threads == 1 {
                add();
            } else {
                scope.spawn(add);
            }
        }
    });
}

fn run(
    parameters: &Parameters,
    sequences: &Sequences,
    pass: Pass<'_>,
    grads: &mut [f32],
    workspace: &mut Workspace,
) -> Result<Loss> {
    sequences.check(&parameters.config)?;
    let Workspace { options, step, forward, backward, rope, shards, log_probs } = workspace;
    forward.pack(parameters, options.threads);
    let training = matches!(pass, Pass::Gradients(_));
    if training {
        backward.pack(parameters, options.threads);
    }
    rope.grow((0..sequences.len()).map(|i| sequences.whole_len(i)).max().unwrap_or(0));
    let key = mix(options.dropout_seed as u32 ^ mix((options.dropout_seed >> 32) as u32 ^ mix(*step as u32)));
    let dropout = Stream { rate: if training { options.dropout } else { 0.0 }, key };
    let network = Network { parameters, forward, backward, rope, dropout };
    let job = Job { network, sequences, pass, options };
    run_shards(job, shards, grads);
    log_probs.clear();
    log_probs.resize(sequences.tokens.len(), 0.0);
    let mut total = Loss::default();
    for shard in shards {
        let head::Results { log_probs: shard_log_probs, loss } = &shard.results;
        for (place, log_prob) in shard_log_probs {
            log_probs[*place as usize] = *log_prob;
        }
        total.sum += loss.sum;
        total.count += loss.count;
        total.correct += loss.correct;
        total.entropy += loss.entropy;
    }
    Ok(total)
}

/// What every shard reads.
#[derive(Clone, Copy)]
struct Job<'a> {
    network: Network<'a>,
    sequences: &'a Sequences,
    pass: Pass<'a>,
    options: &'a Options,
}

/// A shard, its families of sequences and, for the first, the caller's gradients.
type Item<'a> = (&'a mut Shard, &'a [Vec<usize>], Option<&'a mut [f32]>);

/// Runs every shard, thread i taking shards i, i + threads, …
fn run_shards(job: Job<'_>, shards: &mut [Shard], grads: &mut [f32]) {
    let len = grads.len();
    let groups = job.sequences.shards(shards.len());
    let threads = job.options.threads.min(shards.len());
    let mut work: Vec<Vec<Item<'_>>> = (0..threads).map(|_| Vec::new()).collect();
    let mut first = Some(grads);
    for (i, (shard, group)) in shards.iter_mut().zip(&groups).enumerate() {
        work[i % threads].push((shard, group, first.take()));
    }
    let run = move |items: Vec<Item<'_>>| {
        for (shard, group, grads) in items {
            run_shard(job, shard, group, grads, len);
        }
    };
    std::thread::scope(|scope| {
        let mut work = work.into_iter();
        let own = work.next();
        for items in work {
            scope.spawn(move || run(items));
        }
        own.map(run);
    });
}

/// Takes the sequences of one shard through the network, a micro-batch at a time.
fn run_shard(job: Job<'_>, shard: &mut Shard, group: &[Vec<usize>], caller: Option<&mut [f32]>, len: usize) {
    let mut own = std::mem::take(&mut shard.grads);
    let grads = match caller {
        Some(grads) => grads,
        None => {
            own.resize(len);
            &mut own
        }
    };
    grads.fill(0.0);
    shard.results.log_probs.clear();
    shard.results.loss = Loss::default();
    let mut start = 0;
    while start < group.len() {
        let (mut end, mut tokens) = (start, 0);
        while end < group.len() {
            let len = job.sequences.family_len(&group[end]);
            if end > start && tokens + len > job.options.micro_batch_tokens {
                break;
            }
            tokens += len;
            end += 1;
        }
        micro_batch(job, shard, &group[start..end], grads);
        start = end;
    }
    shard.grads = own;
}

fn micro_batch(job: Job<'_>, shard: &mut Shard, group: &[Vec<usize>], grads: &mut [f32]) {
    gather(job.sequences, group, &mut shard.tokens);
    network::forward(job.network, &shard.tokens, &mut shard.activations);
    let weight = match job.pass {
        Pass::Score => None,
        Pass::Gradients(weight) => Some(weight),
    };
    let (sequences, temperature) = (job.sequences, job.options.temperature);
    let head = Head { network: job.network, sequences, tokens: &shard.tokens, temperature, weight };
    let d_head = match job.pass {
        Pass::Score => &mut [],
        Pass::Gradients(_) => &mut grads[job.network.parameters.layout.head.clone()],
    };
    head::run(head, &mut shard.activations, d_head, &mut shard.head, &mut shard.results);
    if let Pass::Gradients(_) = job.pass {
        network::backward(job.network, &shard.tokens, &mut shard.activations, grads);
    }
}

/// Lays the sequences of a micro-batch end to end.
fn gather(sequences: &Sequences, group: &[Vec<usize>], tokens: &mut Tokens) {
    tokens.ids.clear();
    tokens.places.clear();
    tokens.parts.clear();
    for family in group {
        let mut root = 0..0;
        for i in family {
            let (range, start) = (sequences.range(*i), tokens.ids.len());
            tokens.ids.extend_from_slice(&sequences.tokens[range.clone()]);
            tokens.places.extend(range.map(|p| p as u32));
            let rows = start..tokens.ids.len();
            let prefix = if sequences.prefix(*i).is_some() { root.clone() } else { 0..0 };
            if prefix.is_empty() {
                root = rows.clone();
            }
            tokens.parts.push(Part { rows, prefix });
        }
    }
}

/// Logits at every position of every sequence, (N, V), for tests and for comparison with other implementations.
pub fn logits(parameters: &Parameters, sequences: &Sequences, workspace: &mut Workspace) -> Result<Vec<f32>> {
    let v = parameters.config.vocab_size;
    // A pass with no loss packs the weights and fills the rotary tables.
    run(parameters, sequences, Pass::Score, &mut [], workspace)?;
    let mut out = vec![0.0; sequences.tokens.len() * v];
    let Workspace { forward, backward, rope, shards, .. } = workspace;
    let dropout = Stream { rate: 0.0, key: 0 };
    let network = Network { parameters, forward, backward, rope, dropout };
    let shard = &mut shards[0];
    for family in sequences.families() {
        gather(sequences, std::slice::from_ref(&family), &mut shard.tokens);
        network::forward(network, &shard.tokens, &mut shard.activations);
        for (i, part) in family.iter().zip(&shard.tokens.parts) {
            let range = sequences.range(*i);
            let d = parameters.config.hidden_size;
            let hidden = &shard.activations.hidden[part.rows.start * d..part.rows.end * d];
            linear::forward(range.len(), hidden, forward.head.view(), &mut out[range.start * v..range.end * v], false);
        }
    }
    Ok(out)
}
