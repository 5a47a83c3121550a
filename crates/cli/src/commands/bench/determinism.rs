//! The same bytes again: repeated answers, threads, batch sizes, and weights after training steps.

use answer::engine::Engine;
use answer::orchestrator::{Options, ask};
use jiff::civil::date;
use model::config::Config;
use model::inference::{self, Logits, Model, prefill};
use model::optim::{self, Settings, State};
use model::parameters::Parameters;
use model::sequences::Sequences;
use model::training::{self, Workspace, loss_and_gradients};

use super::{Args, Even, Figure, Measured};
use crate::commands;
use crate::context::Context;
use crate::exit::{Exit, Failure};

const QUESTION: &str = "Show all active projects with budget over 100000";
const REPEATS: u32 = 1_000;
const STEPS: usize = 200;

fn failed(error: model::Error) -> Failure {
    Failure::new(Exit::Failed, "internal", error)
}

/// Counts the answers, weights and logits that are other bytes than the first of their kind.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let engine = commands::ask::engine(context)?;
    let mut figures = answers(args, &engine);
    let (one, two) = (weights_after_training(1)?, weights_after_training(2)?);
    let differing = one.iter().zip(&two).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
    figures.push(Figure::new(format!("determinism.weights differing after {STEPS} steps, 1 and 2 threads"), differing as f64, ""));
    figures.push(Figure::new("determinism.logits differing at batch 1, 7, 32", logits_at_batches()? as f64, ""));
    Ok(figures)
}

fn answers(args: &Args, engine: &Engine) -> Vec<Figure> {
    let reply = |threads| {
        let options = Options { threads, ..Options::on(date(2026, 11, 20)) };
        let mut answer = ask(engine, QUESTION, &options);
        answer.elapsed_ms = 0.0;
        answer.to_json()
    };
    let first = reply(1);
    let repeats = args.count(REPEATS);
    let differing = (0..repeats).filter(|i| reply(1 + i % 2) != first).count();
    let name = format!("determinism.answers differing of {repeats}, 1 and 2 threads");
    vec![Figure::new(name, differing as f64, "")]
}

fn small() -> Config {
    Config { hidden_size: 64, intermediate_size: 128, num_hidden_layers: 2, ..Config::compact(300) }
}

fn weights_after_training(threads: usize) -> Result<Vec<f32>, Failure> {
    let mut parameters = Parameters::init(&small(), 1).map_err(failed)?;
    let options = training::Options { threads, ..training::Options::default() };
    let mut workspace = Workspace::new(&parameters, options).map_err(failed)?;
    let (mut grads, mut state) = (vec![0.0; parameters.data.len()], State::new(parameters.data.len()));
    let mut even = Even(1);
    for _ in 0..STEPS {
        let mut batch = Sequences::new();
        for _ in 0..8 {
            let tokens: Vec<u32> = (0..=24).map(|_| even.below(300) as u32).collect();
            let targets: Vec<i32> = tokens[1..].iter().map(|token| *token as i32).collect();
            batch.push(&tokens[..24], &targets);
        }
        loss_and_gradients(&parameters, &batch, &mut grads, &mut workspace).map_err(failed)?;
        optim::step(&mut parameters, &grads, &mut state, &Settings::default(), (1e-3, threads)).map_err(failed)?;
    }
    Ok(parameters.data.clone())
}

/// Logits of one prompt alone, and beside 6 and 31 others.
fn logits_at_batches() -> Result<usize, Failure> {
    let model = Model::new(Parameters::init(&Config::compact(1_000), 1).map_err(failed)?).map_err(failed)?;
    let mut even = Even(1);
    let prompts: Vec<Vec<u32>> =
        (0..32).map(|_| (0..10 + even.below(30)).map(|_| even.below(1_000) as u32).collect()).collect();
    let row = |rows: usize, threads| -> Result<Vec<u32>, Failure> {
        let mut logits = Logits::default();
        let prompts: Vec<&[u32]> = prompts[..rows].iter().map(Vec::as_slice).collect();
        let options = inference::Options { threads, ..inference::Options::default() };
        prefill(&model, &prompts, options, &mut logits).map_err(failed)?;
        Ok(logits.last(0).iter().map(|x| x.to_bits()).collect())
    };
    let alone = row(1, 1)?;
    let mut differing = 0;
    for (rows, threads) in [(7, 1), (7, 2), (32, 1), (32, 2)] {
        differing += row(rows, threads)?.iter().zip(&alone).filter(|(a, b)| a != b).count();
    }
    Ok(differing)
}
