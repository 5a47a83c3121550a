//! `glrl train`: weights from data, resumable at any moment.

mod braille;
mod frame;
mod grpo;
mod progress;
mod report;
mod sft;
mod watch;

use std::path::Path;

use answer::engine::LoadedModel;
use answer::pack::Pack;
use model::inference::Weights;
use toml::Value;
use train::run::Outcome as Trained;
use train::summary::BestOf;

use super::Arguments;
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
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
    /// Supervised fine-tuning of a compact model, from nothing or from another model.
    Sft(sft::Args),
    /// Policy gradients: the model practises on questions, and learns from the rows that its own answers return.
    Grpo(grpo::Args),
    /// Follow a run in the terminal: curves, the newest figures and samples.
    Watch(watch::Args),
    /// Write a run as a page with a plot for each curve.
    Report(report::Args),
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        let (pack, model) = match &self.action {
            Action::Sft(args) => (&args.pack, &args.model),
            Action::Grpo(args) => (&args.pack, &args.model),
            Action::Watch(_) | Action::Report(_) => return vec![],
        };
        let pack = pack.iter().map(|pack| ("pack", "--pack", Value::String(pack.clone())));
        pack.chain(model.iter().map(|path| ("model.path", "--model", Value::String(path.clone())))).collect()
    }
}

/// Trains, or shows a training.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    context.choose_cpu()?;
    match args.action {
        Action::Watch(args) => watch::run(&args, context),
        Action::Report(args) => report::run(&args, context),
        Action::Sft(args) => sft::run(&args, context),
        Action::Grpo(args) => grpo::run(&args, context),
    }
}

/// Says what a run came to.
fn tell(run: &Path, trained: &Trained, context: &Context) -> Outcome {
    let best = trained.best.map(BestOf::from);
    if context.json {
        let (checkpoint, ending) = (&trained.checkpoint, trained.ending());
        let mut object = serde_json::json!({ "run": run, "steps": trained.steps, "ending": ending, "best": best });
        object["checkpoint"] = serde_json::json!(checkpoint);
        if let Some(best) = &best {
            object["best"]["checkpoint"] = serde_json::json!(run.join(&best.checkpoint));
        }
        output::line(object)?;
        return Ok(Exit::Done);
    }
    let (steps, ending) = (output::separated(i128::from(trained.steps)), trained.ending().word());
    output::line(format_args!("{steps} steps, {ending}; run in {}", run.display()))?;
    if let Some(BestOf { step, accuracy, checkpoint, .. }) = best {
        let (accuracy, folder) = (100.0 * accuracy, run.join(checkpoint));
        output::line(format_args!(
            "best: step {step}, {accuracy:.1} % right on the development questions, {}",
            folder.display()
        ))?;
    }
    Ok(Exit::Done)
}

fn command_line() -> String {
    let args: Vec<String> = std::env::args().skip(1).collect();
    format!("glrl {}", args.join(" "))
}

/// The model with its weights as training has them, whatever the settings say of answering, and without a second network.
fn exact(model: LoadedModel, pack: &Pack) -> Result<LoadedModel, Failure> {
    let loaded = model::model_folder::Loaded {
        parameters: model.model.parameters().clone(),
        tokenizer: Some(model.vocabulary.tokenizer.clone()),
        metadata: model.metadata.clone(),
        channel: None,
    };
    LoadedModel::with_weights(loaded, pack, Weights::F32).map_err(|e| Failure::new(Exit::Model, e.cause().code(), e))
}
