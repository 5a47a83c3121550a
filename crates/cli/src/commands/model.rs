//! `glrl model`: what a model is and what it was made for; a checkpoint as a folder to ship; its confidence calibrated; one
//! model put in another's place.

mod calibrate;
mod export;
mod promote;

use model::weights::Metadata;
use serde_json::json;
use toml::Value;

use super::Arguments;
use crate::context::Context;
use crate::exit::{Exit, Outcome};
use crate::output;
use crate::settings::FlagValue;

/// What to do with models.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Show shape, size, vocabulary and the hashes a model was made for.
    Info {
        /// A model folder; without it, the model inside the program.
        #[arg(long, value_name = "DIR")]
        model: Option<String>,
        /// The pack to compare with: a name, or a folder.
        #[arg(long)]
        pack: Option<String>,
    },
    /// Write a checkpoint as a model folder to ship, with its model card.
    Export(export::Args),
    /// Fit a model's confidence to how often it is right, and how its candidates are compared.
    Calibrate(calibrate::Args),
    /// Put a model in the place of another, where it is known not to be worse.
    Promote(promote::Args),
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        let (model, pack) = match &self.action {
            Action::Info { model, pack } => (model.as_ref(), pack),
            Action::Calibrate(args) => (Some(&args.model), &args.pack),
            Action::Export(args) => (None, &args.pack),
            Action::Promote(args) => (None, &args.pack),
        };
        let model = model.map(|path| ("model.path", "--model", Value::String(path.clone())));
        let pack = pack.as_ref().map(|name| ("pack", "--pack", Value::String(name.clone())));
        model.into_iter().chain(pack).collect()
    }
}

/// Shows, ships, calibrates or promotes a model.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    match args.action {
        Action::Info { .. } => info(context),
        Action::Export(args) => export::run(&args, context),
        Action::Calibrate(args) => calibrate::run(&args, context),
        Action::Promote(args) => promote::run(&args, context),
    }
}

fn info(context: &Context) -> Outcome {
    let pack = context.pack()?;
    let loaded = context.model(&pack)?;
    let config = loaded.model.config();
    let facts = [
        ("parameters", output::separated(config.parameter_count() as i128)),
        ("hidden_size", config.hidden_size.to_string()),
        ("num_hidden_layers", config.num_hidden_layers.to_string()),
        ("num_attention_heads", config.num_attention_heads.to_string()),
        ("num_key_value_heads", config.num_key_value_heads.to_string()),
        ("intermediate_size", config.intermediate_size.to_string()),
        ("vocab_size", config.vocab_size.to_string()),
        ("max_position_embeddings", config.max_position_embeddings.to_string()),
        ("instruction set", model::cpu::current().to_string()),
        ("second network", loaded.channel.as_ref().map_or("none".to_owned(), |it| format!("weight {}", it.weight))),
    ];
    if context.json {
        let parameters = config.parameter_count();
        let cpu = model::cpu::current().name();
        let weight = loaded.channel.as_ref().map(|channel| channel.weight);
        output::line(json!({
            "parameters": parameters, "config": config, "cpu": cpu, "metadata": loaded.metadata, "channel_weight": weight,
        }))?;
        return Ok(Exit::Done);
    }
    for (name, value) in facts {
        output::line(format_args!("{name:24} {value}"))?;
    }
    show_metadata(&loaded.metadata)?;
    Ok(Exit::Done)
}

fn show_metadata(metadata: &Metadata) -> std::io::Result<()> {
    for (name, value) in metadata {
        output::line(format_args!("{:24} {}", output::plain(name), output::plain(value)))?;
    }
    Ok(())
}
