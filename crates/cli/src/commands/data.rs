//! `glrl data fill`: a database of generated rows.

use std::path::PathBuf;

use database::fill::Recipe;
use database::{DemoSpec, FillError, ValuesOverride, fill_file};
use serde_json::json;
use toml::Value;

use super::Arguments;
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::settings::FlagValue;

/// What to make.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make an SQLite database of generated rows: the same seed gives the same bytes.
    Fill(FillArgs),
}

#[derive(Debug, clap::Args)]
struct FillArgs {
    /// The pack whose tables are filled: a name, or a folder.
    #[arg(long)]
    pack: Option<String>,
    /// Another seed, other rows.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Other names, codes and sizes, as TOML: a file, or the name of one of the pack's lists.
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// The file to make.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        let Action::Fill(args) = &self.action;
        args.pack.iter().map(|pack| ("pack", "--pack", Value::String(pack.clone()))).collect()
    }
}

/// Makes data.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let Action::Fill(args) = args.action;
    fill(&args, context)
}

fn fill(args: &FillArgs, context: &Context) -> Outcome {
    let pack = context.pack()?;
    let mut spec = DemoSpec::from_toml(&pack.files.demo).map_err(|e| failed(&e))?;
    if let Some(path) = &args.values {
        let text = match path.to_str().and_then(|name| pack.files.values.get(name)) {
            Some(text) => text.clone(),
            None => std::fs::read_to_string(path).map_err(|e| Failure::unreadable(path, &e))?,
        };
        let values = ValuesOverride::from_toml(&text).map_err(|e| failed(&e))?;
        spec = spec.with_values(&values).map_err(|e| failed(&e))?;
    }
    let recipe = Recipe { catalog: &pack.catalog, ddl: &pack.files.schema, spec: &spec, seed: args.seed };
    fill_file(&recipe, &args.out, args.force).map_err(|e| failed(&e))?;
    if context.json {
        output::line(json!({ "out": args.out, "seed": args.seed, "fingerprint": recipe.fingerprint() }))?;
    } else {
        context.note(format_args!("wrote {}", args.out.display()));
    }
    Ok(Exit::Done)
}

fn failed(error: &FillError) -> Failure {
    match error {
        FillError::Exists { .. } => Failure::usage(error),
        FillError::Write { .. } => Failure::new(Exit::Failed, "unwritable", error),
        _ => Failure::data(error),
    }
}
