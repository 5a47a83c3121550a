//! Speed of this machine, as figures: training and decoding tokens per second. Prints nothing.

use std::time::Instant;

use crate::config::Config;
use crate::error::Result;
use crate::inference::{self, Logits, Model, Want, Weights, decode_step, prefill};
use crate::optim::{self, Settings, State};
use crate::parameters::Parameters;
use crate::sequences::Sequences;
use crate::training::{Options, Workspace, loss_and_gradients};

/// Shape of a training benchmark.
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    /// Sequences in a step.
    pub sequences: usize,
    /// Tokens in a sequence.
    pub length: usize,
    /// Steps timed, after one to warm up.
    pub steps: usize,
}

/// Tokens per second of whole training steps: forward, backward, clipping, optimiser.
pub fn training_tokens_per_second(config: &Config, batch: Batch, options: Options, settings: &Settings) -> Result<f64> {
    let mut parameters = Parameters::init(config, 1)?;
    let threads = options.threads;
    let mut workspace = Workspace::new(&parameters, options)?;
    let mut grads = vec![0.0; parameters.data.len()];
    let mut state = State::new(parameters.data.len());
    let sequences = random_batch(config, batch);
    let mut step = || -> Result<()> {
        loss_and_gradients(&parameters, &sequences, &mut grads, &mut workspace)?;
        optim::step(&mut parameters, &grads, &mut state, settings, (1e-4, threads)).map(|_| ())
    };
    step()?;
    let start = Instant::now();
    for _ in 0..batch.steps {
        step()?;
    }
    Ok((batch.steps * sequences.tokens.len()) as f64 / start.elapsed().as_secs_f64())
}

fn random_batch(config: &Config, batch: Batch) -> Sequences {
    let mut sequences = Sequences::new();
    let mut state = 1u64;
    let mut token = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % config.vocab_size as u64) as u32
    };
    for _ in 0..batch.sequences {
        let tokens: Vec<u32> = (0..=batch.length).map(|_| token()).collect();
        let targets: Vec<i32> = tokens[1..].iter().map(|t| *t as i32).collect();
        sequences.push(&tokens[..batch.length], &targets);
    }
    sequences
}

/// Tokens per second over all rows while each row is extended by `steps` tokens after a prompt of 32.
pub fn decode_tokens_per_second(
    config: &Config,
    weights: Weights,
    (rows, threads): (usize, usize),
    steps: usize,
) -> Result<f64> {
    let model = Model::with_weights(Parameters::init(config, 1)?, weights)?;
    let options = inference::Options { threads, want: Want::Last };
    let prompt: Vec<u32> = (0..32).map(|i| i * 7 % config.vocab_size as u32).collect();
    let mut logits = Logits::default();
    let mut cache = prefill(&model, &vec![&prompt[..]; rows], options, &mut logits)?;
    let tokens: Vec<u32> = (0..rows as u32).map(|i| i % config.vocab_size as u32).collect();
    decode_step(&model, &mut cache, &tokens, options, &mut logits)?;
    let start = Instant::now();
    for _ in 0..steps {
        decode_step(&model, &mut cache, &tokens, options, &mut logits)?;
    }
    Ok((rows * steps) as f64 / start.elapsed().as_secs_f64())
}
