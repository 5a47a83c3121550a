//! Tokens per second of the network at the compact model's shape.

use model::bench::{
    Batch, Groups, decode_tokens_per_second, policy_step_seconds, shared_prompts, training_tokens_per_second,
};
use model::config::Config;
use model::inference::Weights;
use model::optim::Settings;
use model::training::{Options, Precision};

use super::{Args, Figure, Measured};
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Vocabulary of the shape that training is measured at: 5.5 M parameters.
const VOCABULARY: usize = 4096;

fn failed(error: model::Error) -> Failure {
    Failure::new(Exit::Failed, "internal", error)
}

/// Decoding with either kind of weights: one row on one thread, and 32 rows on all.
pub(super) fn decode(args: &Args, _context: &Context) -> Measured {
    let config = Config::compact(VOCABULARY);
    let steps = args.count(200);
    let threads = usize::from(args.threads);
    let mut figures = vec![];
    for weights in [Weights::F32, Weights::Int8] {
        for (rows, threads, steps) in [(1, 1, steps), (32, threads, steps.div_ceil(4))] {
            let speed = decode_tokens_per_second(&config, weights, (rows, threads), steps).map_err(failed)?;
            figures.push(Figure::new(format!("decode.{weights}.batch {rows}"), speed, "tokens/s"));
        }
    }
    Ok(figures)
}

/// Whole training steps of 5.5 M parameters: forward, backward, clipping, AdamW, at 32 sequences of 128 tokens, in every
/// precision that the machine has.
pub(super) fn train(args: &Args, _context: &Context) -> Measured {
    let config = Config::compact(VOCABULARY);
    let batch = Batch { sequences: 32, length: 128, steps: args.count(5) };
    let figure = |precision: Precision| {
        let options = Options { threads: usize::from(args.threads), precision, ..Options::default() };
        let speed = training_tokens_per_second(&config, batch, options, &Settings::default()).map_err(failed)?;
        Ok(Figure::new(format!("train.{precision}"), speed, "tokens/s"))
    };
    Precision::ALL.into_iter().filter(|precision| precision.available() == *precision).map(figure).collect()
}

/// Policy gradients of 5.5 M parameters: a whole step of 16 questions with 16 completions each, and the gradients of a group
/// behind a prompt of 400 tokens that is computed once, beside the plain way.
pub(super) fn grpo(args: &Args, _context: &Context) -> Measured {
    let config = Config::compact(VOCABULARY);
    let options = Options { threads: usize::from(args.threads), ..Options::default() };
    let whole = Groups { questions: 16, candidates: 16, prompt: 96, completion: 48 };
    let long = Groups { questions: 2, candidates: 16, prompt: 400, completion: 40 };
    let step = policy_step_seconds(&config, whole, options.clone(), args.count(3)).map_err(failed)?;
    let found = shared_prompts(&config, long, options, args.count(3)).map_err(failed)?;
    Ok(vec![
        Figure::new("grpo.step", step, "s"),
        Figure::new("grpo.shared prompt over plain", found.plain / found.shared, "times"),
        Figure::new("grpo.shared prompt distance", found.distance, ""),
    ])
}
