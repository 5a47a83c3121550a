//! Speed of this machine, as figures: training and decoding tokens per second. Prints nothing.

use std::time::Instant;

use crate::config::Config;
use crate::error::Result;
use crate::inference::{self, Logits, Model, Want, Weights, decode_step, prefill};
use crate::optim::{self, Settings, State};
use crate::parameters::Parameters;
use crate::sampling::{Sampling, Source, sample};
use crate::sequences::Sequences;
use crate::training::{Options, Workspace, loss_and_gradients, policy_gradients};

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

/// Tokens without meaning, the same each time.
fn random_tokens(config: &Config) -> impl FnMut() -> u32 + use<> {
    let (mut state, vocabulary) = (1u64, config.vocab_size as u64);
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % vocabulary) as u32
    }
}

fn random_batch(config: &Config, batch: Batch) -> Sequences {
    let mut sequences = Sequences::new();
    let mut token = random_tokens(config);
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

/// Shape of a policy-gradient benchmark.
#[derive(Clone, Copy, Debug)]
pub struct Groups {
    /// Prompts.
    pub questions: usize,
    /// Completions of each.
    pub candidates: usize,
    /// Tokens in a prompt.
    pub prompt: usize,
    /// Tokens in a completion.
    pub completion: usize,
}

impl Groups {
    /// Prompts and completions as training reads them: each prompt once, or once for each of its completions.
    fn sequences(self, prompts: &[Vec<u32>], completions: &[Vec<u32>], shares: bool) -> Sequences {
        let mut sequences = Sequences::new();
        for (prompt, completions) in prompts.iter().zip(completions.chunks(self.candidates)) {
            let (before, prefix) = (prompt.len() - 1, sequences.len());
            if shares {
                sequences.push(&prompt[..before], &vec![-1; before]);
            }
            for completion in completions {
                let read = [&prompt[before..], &completion[..completion.len() - 1]].concat();
                let targets: Vec<i32> = completion.iter().map(|token| *token as i32).collect();
                if shares {
                    sequences.push_after(prefix, &read, &targets);
                } else {
                    sequences.push(&[&prompt[..before], &read].concat(), &[vec![-1; before], targets].concat());
                }
            }
        }
        sequences
    }

    fn prompts(self, config: &Config) -> Vec<Vec<u32>> {
        let mut token = random_tokens(config);
        (0..self.questions).map(|_| (0..self.prompt).map(|_| token()).collect()).collect()
    }
}

/// Seconds of a policy-gradient step: all completions drawn at temperature 1, gradients of random advantages with each
/// prompt computed once, clipping, AdamW.
pub fn policy_step_seconds(config: &Config, groups: Groups, options: Options, steps: usize) -> Result<f64> {
    let mut parameters = Parameters::init(config, 1)?;
    let (threads, prompts) = (options.threads, groups.prompts(config));
    let mut model = Model::new(parameters.clone())?;
    let mut workspace = Workspace::new(&parameters, options)?;
    let mut grads = vec![0.0; parameters.data.len()];
    let mut state = State::new(parameters.data.len());
    let mut step = |seed: u64| -> Result<()> {
        let completions = drawn(&model, groups, &prompts, (threads, seed))?;
        let sequences = groups.sequences(&prompts, &completions, true);
        let weight = |place: usize, _: f32| (place % 7) as f32 - 3.0;
        policy_gradients(&parameters, &sequences, &weight, &mut grads, &mut workspace)?;
        optim::step(&mut parameters, &grads, &mut state, &Settings::default(), (1e-5, threads))?;
        model.update(&parameters)
    };
    step(0)?;
    let start = Instant::now();
    (1..=steps as u64).try_for_each(&mut step)?;
    Ok(start.elapsed().as_secs_f64() / steps as f64)
}

/// Completions of every prompt, side by side.
fn drawn(model: &Model, groups: Groups, prompts: &[Vec<u32>], (threads, seed): (usize, u64)) -> Result<Vec<Vec<u32>>> {
    let options = inference::Options { threads, want: Want::Last };
    let (mut logits, read) = (Logits::default(), prompts.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let cache = prefill(model, &read, options, &mut logits)?;
    let origins: Vec<usize> = (0..prompts.len() * groups.candidates).map(|row| row / groups.candidates).collect();
    let mut cache = cache.fork(&origins)?;
    let mut sources: Vec<Source> = (0..origins.len() as u64).map(|row| Source::seeded(seed << 32 | row)).collect();
    let mut completions = vec![Vec::with_capacity(groups.completion); origins.len()];
    for position in 0..groups.completion {
        let of = |row: usize| if position == 0 { origins[row] } else { row };
        let mut next = Vec::with_capacity(origins.len());
        for (row, source) in sources.iter_mut().enumerate() {
            next.push(sample(logits.last(of(row)), None, Sampling::at_temperature(1.0), source)?.token);
        }
        completions.iter_mut().zip(&next).for_each(|(completion, token)| completion.push(*token));
        if position + 1 < groups.completion {
            decode_step(model, &mut cache, &next, options, &mut logits)?;
        }
    }
    Ok(completions)
}

/// Gradients of groups with each prompt computed for every completion, and once.
#[derive(Clone, Copy, Debug)]
pub struct Shared {
    /// Seconds of the plain way.
    pub plain: f64,
    /// Seconds with shared prompts.
    pub shared: f64,
    /// ‖shared − plain‖ / ‖plain‖ of all gradients.
    pub distance: f64,
}

/// Measures both ways in turn; the medians of `steps` runs.
pub fn shared_prompts(config: &Config, groups: Groups, options: Options, steps: usize) -> Result<Shared> {
    let parameters = Parameters::init(config, 1)?;
    let prompts = groups.prompts(config);
    let mut token = random_tokens(config);
    let completions: Vec<Vec<u32>> =
        (0..groups.questions * groups.candidates).map(|_| (0..groups.completion).map(|_| token()).collect()).collect();
    let ways = [false, true].map(|shares| groups.sequences(&prompts, &completions, shares));
    let mut workspace = Workspace::new(&parameters, options)?;
    let mut grads = [vec![0.0; parameters.data.len()], vec![0.0; parameters.data.len()]];
    let mut seconds = [vec![], vec![]];
    for _ in 0..=steps {
        for (way, sequences) in ways.iter().enumerate() {
            let start = Instant::now();
            loss_and_gradients(&parameters, sequences, &mut grads[way], &mut workspace)?;
            seconds[way].push(start.elapsed().as_secs_f64());
        }
    }
    let [plain, shared] = seconds.map(|seconds| median(&seconds[1..]));
    let square = |x: f32| f64::from(x) * f64::from(x);
    let apart: f64 = grads[0].iter().zip(&grads[1]).map(|(a, b)| square(a - b)).sum();
    let distance = (apart / grads[0].iter().map(|x| square(*x)).sum::<f64>()).sqrt();
    Ok(Shared { plain, shared, distance })
}

fn median(seconds: &[f64]) -> f64 {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(0.0)
}
