//! `glrl train`: weights from data, resumable at any moment.

mod grpo;
mod sft;

use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use toml::Value;
use train::metrics::Metrics;
use train::run::{Event, Outcome as Trained};

use super::Arguments;
use crate::context::Context;
use crate::exit::{Exit, Outcome};
use crate::output;
use crate::settings::FlagValue;

/// What to train.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Supervised fine-tuning of a compact model from nothing.
    Sft(sft::Args),
    /// Policy gradients: the model practises on questions, and learns from the rows that its own answers return.
    Grpo(grpo::Args),
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        let (pack, model) = match &self.action {
            Action::Sft(args) => (&args.pack, &None),
            Action::Grpo(args) => (&args.pack, &args.model),
        };
        let pack = pack.iter().map(|pack| ("pack", "--pack", Value::String(pack.clone())));
        pack.chain(model.iter().map(|path| ("model.path", "--model", Value::String(path.clone())))).collect()
    }
}

/// Trains.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    context.choose_cpu()?;
    match args.action {
        Action::Sft(args) => sft::run(&args, context),
        Action::Grpo(args) => grpo::run(&args, context),
    }
}

/// The progress bar of a run.
fn bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} steps  {msg}  {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// The bar on a terminal, and a line for what is worth one.
fn watch(event: &Event<'_>, bar: &ProgressBar, context: &Context) {
    let note = |line: String| bar.suspend(|| context.note(line));
    match event {
        Event::PassedOver(problem) => note(format!("passed over a damaged checkpoint: {problem}")),
        Event::Begins { step, max_steps, parameters, precision } => {
            bar.set_length(*max_steps);
            bar.set_position(*step);
            let parameters = output::separated(*parameters as i128);
            note(format!("{parameters} parameters, steps {step} to {max_steps}, {precision}"));
        }
        Event::Step(line) => {
            bar.set_position(line.step);
            bar.set_message(told(line));
        }
        Event::Evaluated(line) => {
            let accuracy = 100.0 * line.eval_accuracy.unwrap_or(0.0);
            let (right, of) = (line.eval_right.unwrap_or(0), line.eval_questions.unwrap_or(0));
            note(format!("step {}: {accuracy:.1} % right ({right} of {of})", line.step));
        }
        Event::Saved(folder) => note(format!("saved {}", folder.display())),
    }
}

/// A step in a few words.
fn told(line: &Metrics) -> String {
    let speed = output::separated(line.tokens_per_second.unwrap_or(0.0) as i128);
    match line.reward {
        None => format!("loss {:.3}, {speed} tokens/s", line.loss.unwrap_or(f64::NAN)),
        Some(reward) => {
            let (entropy, kl) = (line.entropy.unwrap_or(0.0), line.kl.unwrap_or(0.0));
            format!("reward {reward:.3}, entropy {entropy:.3}, KL {kl:.4}, {speed} tokens/s")
        }
    }
}

fn report(run: &Path, trained: &Trained, context: &Context) -> Outcome {
    let best = trained.best.map(|best| (best.step, 100.0 * best.tally.accuracy()));
    if context.json {
        let best = best.map(|(step, accuracy)| serde_json::json!({ "step": step, "accuracy": accuracy / 100.0 }));
        let checkpoint = &trained.checkpoint;
        output::line(serde_json::json!({ "run": run, "steps": trained.steps, "best": best, "checkpoint": checkpoint }))?;
    } else {
        output::line(format_args!("{} steps; run in {}", output::separated(i128::from(trained.steps)), run.display()))?;
        if let Some((step, accuracy)) = best {
            output::line(format_args!("best: step {step}, {accuracy:.1} % right on the development questions"))?;
        }
    }
    Ok(Exit::Done)
}

fn command_line() -> String {
    let args: Vec<String> = std::env::args().skip(1).collect();
    format!("glrl {}", args.join(" "))
}

