//! `glrl model calibrate`: how much the likelihood of the question counts in the choice among candidates, a model's confidence
//! fitted to how often it is right, and how likely to be answerable a question has to be; written into its weights' metadata.

use std::path::{Path, PathBuf};

use answer::Threshold;
use answer::channel::{CHANNEL_USUAL, CHANNEL_WEIGHT};
use answer::confidence::{Calibration, LEAST_ANSWERABLE, SINGLE, VOTED, write_number};
use answer::engine::{Engine, LoadedModel};
use answer::orchestrator::Options;
use jiff::civil::Date;
use model::model_folder::{Loaded, Save, load, save};
use model::weights::Format;
use serde_json::{Value as Json, json};
use train::error::TrainError;
use train::evaluate::{Exam, own_model, pipeline};
use train::question::read_questions;

use crate::commands::eval::{
    Answerable, FILL_SEED, TODAY, answerable, calibrate, databases, engine_over, failed, fixed_day,
};
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// The files that every save writes anew.
const WRITTEN: [&str; 5] =
    ["config.json", "model.safetensors", "channel.safetensors", "tokenizer.json", "MANIFEST.json"];

/// How much the likelihood of the question may count.
const WEIGHTS: [f64; 6] = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];

/// Which model, on which questions.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The model folder, which is written anew.
    #[arg(long, value_name = "DIR")]
    pub(super) model: String,
    /// Questions whose right answers are known, and that judge nothing else: a dev.jsonl; several files may be given.
    #[arg(long, value_name = "FILE", required = true)]
    questions: Vec<PathBuf>,
    /// The same, made by `glrl data synth`: they count in what is declined and how candidates are compared, but not in how
    /// sure an answer is, since people ask harder questions.
    #[arg(long, value_name = "FILE")]
    synthetic: Vec<PathBuf>,
    /// The pack: a name, or a folder.
    #[arg(long)]
    pub(super) pack: Option<String>,
    /// The day that relative dates are counted from.
    #[arg(long, value_name = "DATE", default_value = TODAY)]
    today: String,
    /// Candidates of each question, for how sure a voted result is.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(2..=64))]
    candidates: u16,
    /// Answerable questions of each file, in percent, that may be taken for something else so that more of those are
    /// declined that must be.
    #[arg(long, value_name = "PERCENT", default_value_t = 1.5, value_parser = percent)]
    declined: f64,
    /// Threads.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
}

fn percent(text: &str) -> Result<f64, String> {
    let value = text.parse().ok().filter(|share| (0.0..=100.0).contains(share));
    value.ok_or_else(|| "between 0 and 100".to_owned())
}

/// Fits, writes, and shows what was found.
pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let (today, threads) = (fixed_day(&args.today)?, usize::from(args.threads));
    let read = |path: &PathBuf| read_questions(path).map_err(|e| failed(&e));
    let files = args.questions.iter().chain(&args.synthetic).map(read).collect::<Result<Vec<_>, _>>()?;
    let pack = context.pack()?;
    let images = databases(&pack, FILL_SEED)?;
    // All are to be asked, whatever the model declined so far.
    let model = LoadedModel { least_answerable: 0.0, ..context.model(&pack)? };
    let mut engine = engine_over(pack, &images[0], Ok(model))?;
    let exams = files.iter().map(|questions| Exam::new(questions, &images, threads)).collect::<Result<Vec<_>, _>>();
    let exams = exams.map_err(|e| failed(&e))?;
    let weight = channel_weight(&mut engine, &exams, today).map_err(|e| failed(&e))?;
    let asked = &exams[..args.questions.len()];
    let of = |candidates: u16| calibrate(&engine, asked, today, usize::from(candidates));
    let fitted = [(SINGLE, of(1)), (VOTED, of(args.candidates))];
    let answerable = answerable(&engine, &exams, today, args.declined / 100.0);
    write(Path::new(&args.model), fitted, answerable, weight).map_err(|e| Failure::new(Exit::Failed, "unwritable", e))?;
    if context.json {
        let [(_, single), (_, voted)] = fitted;
        let Answerable { least, usual } = answerable;
        let mut object = json!({ SINGLE: shown(single), VOTED: shown(voted), LEAST_ANSWERABLE: least });
        object[CHANNEL_WEIGHT] = json!(weight);
        object[CHANNEL_USUAL] = json!(usual);
        output::line(object)?;
        return Ok(Exit::Done);
    }
    for (name, Calibration { slope, offset, default_threshold, strict_threshold }) in fitted {
        output::line(format_args!("{name}: slope {slope:.4}, offset {offset:.4}"))?;
        output::line(format_args!("  thresholds: default {default_threshold:.4}, strict {strict_threshold:.4}"))?;
    }
    if let Some(weight) = weight {
        output::line(format_args!("weight of how likely a candidate makes the question: {weight}"))?;
        output::line(format_args!("a token of the question is usually {:.1} % likely", 100.0 * answerable.usual))?;
    }
    output::line(format_args!("declined: what is less than {:.3} % likely to be answerable", 100.0 * answerable.least))?;
    Ok(Exit::Done)
}

fn shown(fitted: Calibration) -> Json {
    let Calibration { slope, offset, default_threshold, strict_threshold } = fitted;
    json!({
        "slope": slope, "offset": offset, "default_threshold": default_threshold, "strict_threshold": strict_threshold,
    })
}

/// The weight with which most questions are answered rightly, the least where several are as good; the engine's model keeps
/// it. None for a model without a network that writes questions.
fn channel_weight(
    engine: &mut Engine,
    exams: &[Exam<'_>],
    today: Date,
) -> Result<Option<f64>, TrainError> {
    let options = Options { threshold: Threshold::At(0.0), ..Options::on(today) };
    let mut best = None;
    for weight in WEIGHTS {
        let Some(channel) = &mut own_model(engine)?.channel else { return Ok(None) };
        channel.weight = weight;
        let asked = pipeline(engine, &options);
        let right: usize = exams.iter().map(|exam| exam.grade(&asked).answerable.right).sum();
        if best.is_none_or(|(_, most)| right > most) {
            best = Some((weight, right));
        }
    }
    let best = best.map(|(weight, _)| weight);
    if let (Some(channel), Some(best)) = (&mut own_model(engine)?.channel, best) {
        channel.weight = best;
    }
    Ok(best)
}

/// Saves the folder again with the numbers in its metadata; everything else in it stays.
fn write(
    folder: &Path,
    fitted: [(&str, Calibration); 2],
    answerable: Answerable,
    weight: Option<f64>,
) -> Result<(), model::Error> {
    let Loaded { parameters, tokenizer, mut metadata, channel } = load(folder)?;
    fitted.into_iter().for_each(|(name, fitted)| fitted.to_metadata(&mut metadata, name));
    write_number(&mut metadata, LEAST_ANSWERABLE, answerable.least);
    if let Some(weight) = weight {
        write_number(&mut metadata, CHANNEL_WEIGHT, weight);
        write_number(&mut metadata, CHANNEL_USUAL, answerable.usual);
    }
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
    let (channel, extra) = (channel.as_ref(), &extra[..]);
    save(folder, Save { parameters: &parameters, tokenizer, format, metadata: &metadata, channel, extra })
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
