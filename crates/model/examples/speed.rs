//! Prints training and decoding speed of this machine: `cargo run -p model --release --example speed [train|decode]`.

use model::Result;
use model::bench::{Batch, decode_tokens_per_second, training_tokens_per_second};
use model::config::Config;
use model::inference::Weights;
use model::optim::{Rule, Settings};
use model::training::Options;

fn main() -> Result<()> {
    let only = std::env::args().nth(1).unwrap_or_default();
    let config = Config::compact(4096);
    println!("path: {}, parameters: {}", model::cpu::current(), config.parameter_count());
    if only != "decode" {
        let batch = Batch { sequences: 32, length: 128, steps: 8 };
        for rule in [Rule::AdamW, Rule::Muon] {
            let settings = Settings { rule, ..Settings::default() };
            let speed = training_tokens_per_second(&config, batch, Options::default(), &settings)?;
            println!("training, {rule:?}: {speed:.0} tokens/s");
        }
    }
    if only != "train" {
        for (rows, threads) in [(1, 1), (32, 1), (32, 2)] {
            for weights in [Weights::F32, Weights::Int8] {
                let speed = decode_tokens_per_second(&config, weights, (rows, threads), 200)?;
                println!("decoding {rows} rows, {threads} threads, {weights:?}: {speed:.0} tokens/s");
            }
        }
    }
    Ok(())
}
