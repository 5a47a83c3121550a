//! `glrl model export`: a checkpoint as a model folder to ship.

use std::path::{Path, PathBuf};

use answer::pack::sha256;
use answer::vocabulary::Vocabulary;
use model::model_folder::load;
use model::weights::Format;
use serde::Deserialize;
use train::checkpoint::resolve;
use train::export::{ModelCard, Sources, export, first_weights};
use train::report::Report;

use crate::commands::eval::failed;
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};

/// What to ship, where to, and what its model card says.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A run (its best checkpoint), a checkpoint, or a model folder; of several the mean of their weights is taken.
    #[arg(long, value_name = "DIR", required = true)]
    from: Vec<PathBuf>,
    /// The same for the network that writes questions (trained with `reversed`), by which candidates are compared, or a model
    /// folder that has one; without it, the one of the first folder, if there is one.
    #[arg(long, value_name = "DIR")]
    channel: Vec<PathBuf>,
    /// The folder to write.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How numbers are stored: f32, bf16 or int8.
    #[arg(long, default_value = "bf16", value_parser = format)]
    format: Format,
    /// The pack it was trained for: a name, or a folder.
    #[arg(long)]
    pub(super) pack: Option<String>,
    /// The model card's texts as TOML: name, summary, commands, seed, minutes, grpo_minutes,
    /// data, limits, weights.
    #[arg(long, value_name = "FILE")]
    card: Option<PathBuf>,
    /// A question file that judged the model, for its hash on the card; several may be given.
    #[arg(long, value_name = "FILE")]
    test: Vec<PathBuf>,
    /// NAME=FILE: a report.json of `glrl eval --report`, for the card; several may be given.
    #[arg(long, value_name = "NAME=FILE")]
    report: Vec<String>,
}

fn format(name: &str) -> Result<Format, String> {
    match name {
        "f32" => Ok(Format::F32),
        "bf16" => Ok(Format::Bf16),
        "int8" => Ok(Format::Int8),
        _ => Err("expected f32, bf16 or int8".to_owned()),
    }
}

/// The texts of a model card.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Card {
    name: String,
    summary: String,
    commands: Vec<String>,
    seed: u64,
    minutes: f64,
    grpo_minutes: f64,
    data: String,
    limits: Vec<String>,
    /// Steps and the SHA-256 of the weights after them, where the run that `--from` names is not the first.
    weights: Vec<(u64, String)>,
}

/// Writes the folder.
pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let pack = context.pack()?;
    let damaged = |e: model::Error| Failure::new(Exit::Model, "model_damaged", e);
    let loaded = load(&resolve(&args.from[0])).map_err(damaged)?;
    let tokenizer = loaded.tokenizer.ok_or_else(|| {
        Failure::new(Exit::Model, "model_damaged", "the checkpoint has no tokenizer.json of this program's kind")
    })?;
    let lexicon = pack.lexicon().map_err(Failure::data)?;
    let vocabulary = Vocabulary::new(tokenizer, &pack.catalog, lexicon)
        .map_err(|e| Failure::new(Exit::Model, "model_for_another", e))?;
    let sources = Sources { model: &args.from, channel: &args.channel };
    export(sources, &args.out, args.format, &vocabulary, &card(args)?).map_err(|e| failed(&e))?;
    context.note(format_args!("wrote {}", args.out.display()));
    Ok(Exit::Done)
}

fn card(args: &Args) -> Result<ModelCard, Failure> {
    let text = args.card.as_deref().map(read).transpose()?.unwrap_or_default();
    let card: Card = toml::from_str(&text).map_err(|e| Failure::data(format_args!("--card: {e}")))?;
    let hash = |path: &PathBuf| {
        let bytes = std::fs::read(path).map_err(|e| Failure::unreadable(path, &e))?;
        // Where it lay on the machine that exports says nothing to who reads the card; the hash says which file it was.
        let name = path.file_name().unwrap_or_default();
        Ok((name.to_string_lossy().into_owned(), sha256(&bytes)))
    };
    let Card { name, summary, commands, seed, minutes, grpo_minutes, data, limits, weights } = card;
    let test_files = args.test.iter().map(hash).collect::<Result<_, Failure>>()?;
    let accuracy = args.report.iter().map(|named| report(named)).collect::<Result<_, Failure>>()?;
    let weights = if weights.is_empty() { first_weights(&args.from[0]) } else { weights };
    Ok(ModelCard {
        name,
        summary,
        commands,
        seed,
        minutes,
        grpo_minutes,
        data,
        test_files,
        accuracy,
        limits,
        weights,
    })
}

fn report(named: &str) -> Result<(String, Report), Failure> {
    let usage = || Failure::usage(format_args!("--report {named}: expected NAME=FILE"));
    let (name, path) = named.split_once('=').ok_or_else(usage)?;
    let report = serde_json::from_str(&read(Path::new(path))?);
    Ok((name.to_owned(), report.map_err(|e| Failure::data(format_args!("{path}: {e}")))?))
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|e| Failure::unreadable(path, &e))
}
