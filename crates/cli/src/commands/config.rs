//! `glrl config print`: every setting with its value and where it came from.

use serde_json::json;
use toml::Value;

use super::Arguments;
use crate::context::Context;
use crate::exit::{Exit, Outcome};
use crate::output;
use crate::settings;

/// What to do with the settings.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Print every setting with its value and where it came from.
    Print {
        /// Print the built-in settings with their comments instead.
        #[arg(long)]
        default: bool,
    },
}

impl Arguments for Args {}

/// Prints settings.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let Action::Print { default } = args.action;
    if default {
        output::line(settings::DEFAULT.trim_end())?;
        return Ok(Exit::Done);
    }
    let values = shown(context);
    if context.json {
        let object = values.into_iter().map(|(key, value, origin)| (key.clone(), json!({ "value": value, "origin": origin })));
        output::line(serde_json::Value::Object(object.collect()))?;
        return Ok(Exit::Done);
    }
    let widest = values.iter().map(|(key, ..)| key.len()).max().unwrap_or(0);
    for (key, value, origin) in values {
        let paint = context.paint();
        output::line(format_args!("{key:widest$} = {value}  {}", paint.faint(&format!("# {origin}"))))?;
    }
    Ok(Exit::Done)
}

/// Each key with its value, without secrets and the passwords of URLs, and its origin.
fn shown(context: &Context) -> Vec<(&String, Value, String)> {
    let values = context.resolved.values.iter();
    values.map(|(key, (value, origin))| (key, settings::shown(key, value), origin.to_string())).collect()
}
