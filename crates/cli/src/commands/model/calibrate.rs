//! `glrl model calibrate`: a model's confidence fitted to how often it is right, and written into its weights' metadata.

use std::path::{Path, PathBuf};

use answer::confidence::Calibration;
use model::model_folder::{Loaded, Save, load, save};
use model::weights::Format;
use serde_json::json;
use train::question::read_questions;

use crate::commands::eval::{FILL_SEED, TODAY, calibrate, databases, engine_over, failed, fixed_day};
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// The files that every save writes anew.
const WRITTEN: [&str; 4] = ["config.json", "model.safetensors", "tokenizer.json", "MANIFEST.json"];

/// Which model, on which questions.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The model folder, which is written anew.
    #[arg(long, value_name = "DIR")]
    pub(super) model: String,
    /// Questions whose right answers are known, and that judge nothing else: a dev.jsonl.
    #[arg(long, value_name = "FILE")]
    questions: PathBuf,
    /// The pack: a name, or a folder.
    #[arg(long)]
    pub(super) pack: Option<String>,
    /// The day that relative dates are counted from.
    #[arg(long, value_name = "DATE", default_value = TODAY)]
    today: String,
    /// Threads.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
}

/// Fits, writes, and shows what was found.
pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let today = fixed_day(&args.today)?;
    let questions = read_questions(&args.questions).map_err(|e| failed(&e))?;
    let pack = context.pack()?;
    let images = databases(&pack, FILL_SEED)?;
    let model = context.model(&pack)?;
    let engine = engine_over(pack, &images[0], Ok(model))?;
    let fitted = calibrate(&engine, &questions, &images, today, usize::from(args.threads))?;
    write(Path::new(&args.model), fitted).map_err(|e| Failure::new(Exit::Failed, "unwritable", e))?;
    let Calibration { slope, offset, default_threshold, strict_threshold } = fitted;
    if context.json {
        let shown = json!({
            "slope": slope, "offset": offset, "default_threshold": default_threshold, "strict_threshold": strict_threshold,
        });
        output::line(shown)?;
    } else {
        output::line(format_args!("slope {slope:.4}, offset {offset:.4}"))?;
        output::line(format_args!("thresholds: default {default_threshold:.4}, strict {strict_threshold:.4}"))?;
    }
    Ok(Exit::Done)
}

/// Saves the folder again with the numbers in its metadata; everything else in it stays.
fn write(folder: &Path, fitted: Calibration) -> Result<(), model::Error> {
    let Loaded { parameters, tokenizer, mut metadata } = load(folder)?;
    fitted.to_metadata(&mut metadata);
    let format = format_of(folder, parameters.data.len());
    let mut extra: Vec<(String, Vec<u8>)> = vec![];
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let (false, Ok(bytes)) = (WRITTEN.contains(&name.as_str()), std::fs::read(entry.path())) {
            extra.push((name, bytes));
        }
    }
    extra.sort();
    let extra: Vec<(&str, &[u8])> = extra.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    let Some(tokenizer) = &tokenizer else {
        return Err(model::Error::Tokenizer("the folder has none of this program's kind".to_owned()));
    };
    save(folder, Save { parameters: &parameters, tokenizer, format, metadata: &metadata, extra: &extra })
}

/// How the numbers are stored, by the bytes that each takes.
fn format_of(folder: &Path, parameters: usize) -> Format {
    let bytes = std::fs::metadata(folder.join("model.safetensors")).map_or(0, |facts| facts.len());
    match bytes as f64 / parameters.max(1) as f64 {
        per if per < 1.5 => Format::Int8,
        per if per < 3.0 => Format::Bf16,
        _ => Format::F32,
    }
}
