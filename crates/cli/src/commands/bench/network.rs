//! Tokens per second of the network at the compact model's shape.

use model::bench::{Batch, decode_tokens_per_second, training_tokens_per_second};
use model::config::Config;
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

/// Decoding: one row on one thread, and 32 rows on all.
pub(super) fn decode(args: &Args, _context: &Context) -> Measured {
    let config = Config::compact(VOCABULARY);
    let steps = args.count(200);
    let one = decode_tokens_per_second(&config, 1, 1, steps).map_err(failed)?;
    let many = decode_tokens_per_second(&config, 32, usize::from(args.threads), steps.div_ceil(4)).map_err(failed)?;
    Ok(vec![Figure::new("decode.batch 1", one, "tokens/s"), Figure::new("decode.batch 32", many, "tokens/s")])
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
