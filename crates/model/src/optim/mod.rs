//! The update after the gradients: clipping by global norm, then AdamW or Muon, over the flat parameter buffer.

mod adamw;
mod muon;
mod schedule;

pub use schedule::Schedule;

use serde::{Deserialize, Serialize};

use crate::error::{Result, input};
use crate::parameters::{Kind, Layout, Parameters, Tensor};
use crate::simd::sum_of_squares;
use crate::training::Precision;

/// Which rule updates the matrices of the hidden layers; all else is AdamW's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rule {
    /// AdamW (Loshchilov and Hutter 2019).
    #[default]
    AdamW,
    /// Muon (Jordan et al. 2024), with the update scaled to AdamW's as in Moonlight (Liu et al. 2025).
    Muon,
}

/// Settings of the optimiser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Rule for hidden matrices.
    pub rule: Rule,
    /// AdamW's decay of the first moment.
    pub beta1: f32,
    /// AdamW's decay of the second moment.
    pub beta2: f32,
    /// AdamW's ε.
    pub epsilon: f32,
    /// Decoupled weight decay, times the learning rate each step.
    pub weight_decay: f32,
    /// Whether norms and biases decay too.
    pub decay_norms_and_biases: bool,
    /// Whether embeddings (and the head) decay too.
    pub decay_embeddings: bool,
    /// Gradients are scaled down to this global norm; 0 for never.
    pub clip_norm: f32,
    /// Muon's Nesterov momentum.
    pub momentum: f32,
    /// How Muon's products are computed, as far as the machine can; the weights depend on it.
    pub precision: Precision,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            rule: Rule::AdamW,
            beta1: 0.9,
            beta2: 0.95,
            epsilon: 1e-8,
            weight_decay: 0.1,
            decay_norms_and_biases: false,
            decay_embeddings: false,
            clip_norm: 1.0,
            momentum: 0.95,
            precision: Precision::F32,
        }
    }
}

/// The optimiser's memory.
#[derive(Clone)]
pub struct State {
    /// Updates made so far.
    pub step: u64,
    /// AdamW's first moment, or Muon's momentum, for each parameter.
    pub exp_avg: Vec<f32>,
    /// AdamW's second moment; unused where Muon rules.
    pub exp_avg_sq: Vec<f32>,
    scratch: Vec<muon::Scratch>,
}

impl State {
    /// A fresh start for `len` parameters.
    pub fn new(len: usize) -> State {
        State::restore(0, vec![0.0; len], vec![0.0; len])
    }

    /// A saved state.
    pub fn restore(step: u64, exp_avg: Vec<f32>, exp_avg_sq: Vec<f32>) -> State {
        State { step, exp_avg, exp_avg_sq, scratch: Vec::new() }
    }
}

/// One tensor's part of every buffer.
struct Part<'a> {
    tensor: &'a Tensor,
    values: &'a mut [f32],
    exp_avg: &'a mut [f32],
    exp_avg_sq: &'a mut [f32],
    grads: &'a [f32],
}

/// Constants of one update.
#[derive(Clone, Copy)]
struct Update<'a> {
    settings: &'a Settings,
    learning_rate: f32,
    /// Factor on the gradients from clipping.
    clip: f32,
    step: u64,
}

/// One update of all parameters; returns the gradients' global norm before clipping. Gradients that are not finite
/// change nothing and are an error. The bytes do not depend on `threads`.
pub fn step(
    parameters: &mut Parameters,
    grads: &[f32],
    state: &mut State,
    settings: &Settings,
    (learning_rate, threads): (f32, usize),
) -> Result<f32> {
    let n = parameters.data.len();
    if grads.len() != n || state.exp_avg.len() != n || state.exp_avg_sq.len() != n {
        let given = format!("{}, {} and {}", grads.len(), state.exp_avg.len(), state.exp_avg_sq.len());
        return Err(input("gradients and moments", n, given));
    }
    let norm = global_norm(grads, threads);
    if !norm.is_finite() {
        return Err(input("gradients", "finite numbers", format!("a norm of {norm}")));
    }
    let clip = if settings.clip_norm > 0.0 && norm > settings.clip_norm { settings.clip_norm / norm } else { 1.0 };
    state.step += 1;
    let update = Update { settings, learning_rate, clip, step: state.step };
    let threads = threads.max(1);
    state.scratch.resize_with(threads.max(state.scratch.len()), muon::Scratch::default);
    let moments = (&mut state.exp_avg[..], &mut state.exp_avg_sq[..]);
    let shares = shares(&parameters.layout, &mut parameters.data, moments, grads, (settings.rule, threads));
    std::thread::scope(|scope| {
        for (i, (share, scratch)) in shares.into_iter().zip(&mut state.scratch).enumerate() {
            let run = move || share.into_iter().for_each(|part| apply(update, part, scratch));
            if i + 1 == threads {
                run();
            } else {
                scope.spawn(run);
            }
        }
    });
    Ok(norm)
}

fn apply(update: Update<'_>, part: Part<'_>, scratch: &mut muon::Scratch) {
    let settings = update.settings;
    let decays = match part.tensor.kind {
        Kind::Matrix => true,
        Kind::Embedding => settings.decay_embeddings,
        Kind::Norm | Kind::Bias => settings.decay_norms_and_biases,
    };
    let keep = if decays { 1.0 - update.learning_rate * settings.weight_decay } else { 1.0 };
    if settings.rule == Rule::Muon && part.tensor.kind == Kind::Matrix {
        let shape = (part.tensor.shape[0], part.tensor.shape[1]);
        let constants = muon::Constants {
            learning_rate: update.learning_rate,
            clip: update.clip,
            momentum: settings.momentum,
            keep,
            precision: settings.precision,
        };
        muon::update(shape, part.values, part.exp_avg, part.grads, (constants, scratch));
    } else {
        let constants = adamw::Constants::new(settings, update.learning_rate, update.clip, keep, update.step);
        adamw::update(part.values, part.exp_avg, part.exp_avg_sq, part.grads, constants);
    }
}

/// Cuts the buffers into tensors and deals them to the threads, each to the one with the least work so far.
fn shares<'a>(
    layout: &'a Layout,
    mut values: &'a mut [f32],
    (mut exp_avg, mut exp_avg_sq): (&'a mut [f32], &'a mut [f32]),
    grads: &'a [f32],
    (rule, threads): (Rule, usize),
) -> Vec<Vec<Part<'a>>> {
    let mut shares: Vec<(usize, Vec<Part<'a>>)> = (0..threads).map(|_| (0, Vec::new())).collect();
    for tensor in &layout.tensors {
        let (part_values, rest_values) = values.split_at_mut(tensor.range.len());
        let (part_avg, rest_avg) = exp_avg.split_at_mut(tensor.range.len());
        let (part_sq, rest_sq) = exp_avg_sq.split_at_mut(tensor.range.len());
        (values, exp_avg, exp_avg_sq) = (rest_values, rest_avg, rest_sq);
        let part = Part {
            tensor,
            values: part_values,
            exp_avg: part_avg,
            exp_avg_sq: part_sq,
            grads: &grads[tensor.range.clone()],
        };
        let muon = rule == Rule::Muon && tensor.kind == Kind::Matrix;
        let work = tensor.range.len() * if muon { tensor.shape[0].min(tensor.shape[1]).max(1) } else { 1 };
        if let Some(least) = shares.iter_mut().min_by_key(|share| share.0) {
            least.0 += work;
            least.1.push(part);
        }
    }
    shares.into_iter().map(|share| share.1).collect()
}

/// √Σg², summed in pieces of fixed length so that threads do not change it.
fn global_norm(grads: &[f32], threads: usize) -> f32 {
    const PIECE: usize = 1 << 14;
    let pieces = grads.len().div_ceil(PIECE);
    let mut sums = vec![0.0f64; pieces];
    let share = pieces.div_ceil(threads.max(1)).max(1);
    std::thread::scope(|scope| {
        for (sums, grads) in sums.chunks_mut(share).zip(grads.chunks(share * PIECE)) {
            scope.spawn(move || {
                for (sum, piece) in sums.iter_mut().zip(grads.chunks(PIECE)) {
                    *sum = f64::from(sum_of_squares(piece));
                }
            });
        }
    });
    sums.iter().sum::<f64>().sqrt() as f32
}
