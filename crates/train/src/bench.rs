//! Speed of training on this machine, as figures. Prints nothing.

use std::time::Instant;

use model::bench::{Batch, training_tokens_per_second};
use model::training::Options;

use crate::config::SftConfig;
use crate::dataset::{Batches, Cursor, Dataset};
use crate::error::Result;

/// Tokens per second of whole training steps with these settings: forward, backward, clipping, optimiser.
///
/// # Errors
/// When the settings give no network.
pub fn tokens_per_second(config: &SftConfig, vocab_size: usize, batch: Batch) -> Result<f64> {
    let options =
        Options { threads: config.threads, shards: config.shards, dropout: config.model.dropout, ..Options::default() };
    Ok(training_tokens_per_second(&config.shape(vocab_size), batch, options, &config.settings())?)
}

/// Tokens per second of cutting one epoch into batches.
///
/// # Errors
/// When the data has no example.
pub fn batch_tokens_per_second(data: &Dataset, budget: usize) -> Result<f64> {
    let began = Instant::now();
    let mut batches = Batches::new(data, Cursor::new(1), budget)?;
    let mut tokens = 0;
    while batches.cursor().epoch == 0 {
        tokens += batches.next_batch().tokens.len();
    }
    Ok(tokens as f64 / began.elapsed().as_secs_f64())
}
