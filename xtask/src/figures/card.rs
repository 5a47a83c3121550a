//! What the shipped weights' model card says, and whether training by its commands gives the same weights again.

use std::path::Path;

use serde_json::Value;

use super::Target::{Is, Under};
use super::runs::Runs;
use super::{Figure, quick, slow};
use crate::tools::{glrl, output, root};

const MODEL: &str = "models/gl-compact";
const AGAIN: &str = "target/figures/card";
/// Steps that are trained again, and how many hashes of weights there are in them.
const STEPS: u64 = 500;
const HASHES: f64 = 5.0;

pub const FIGURES: &[Figure] = &[
    quick("shipped weights, size of the file", Under(30.0), "MB", |_| {
        let file = std::fs::metadata(root().join(MODEL).join("model.safetensors"));
        Ok(file.map_err(|e| e.to_string())?.len() as f64 / 1e6)
    }),
    quick("shipped weights, minutes of training on two cores", Under(180.0), "", |_| minutes(&card()?)),
    slow("shipped weights, the first 500 steps again: equal hashes of 5", Is(HASHES), "", trained_again),
];

fn card() -> Result<String, String> {
    std::fs::read_to_string(root().join(MODEL).join("README.md")).map_err(|e| e.to_string())
}

/// "Seed 1; 80 minutes of training."
fn minutes(card: &str) -> Result<f64, String> {
    let before = card.split(" minutes of training").next().and_then(|text| text.split(' ').next_back());
    before.and_then(|text| text.parse().ok()).ok_or_else(|| "the card names no minutes".to_owned())
}

/// Data and training by the card's commands, as far as the card gives hashes.
fn trained_again(_: &mut Runs) -> Result<f64, String> {
    let card = card()?;
    let (data, run) = (format!("{AGAIN}/data"), format!("{AGAIN}/run"));
    let _ = std::fs::remove_dir_all(root().join(AGAIN));
    command(&card, "glrl data synth", &[("--out", &data)], &[])?;
    let stop = STEPS.to_string();
    command(&card, "glrl train sft", &[("--data", &data), ("--run", &run)], &["--stop-at", &stop])?;
    let found = hashes(&root().join(run).join("metrics.jsonl"))?;
    let stated =
        |(step, hash): &&(u64, String)| card.contains(&format!("weights after {step} steps: SHA-256 `{hash}`"));
    Ok(found.iter().filter(stated).count() as f64)
}

/// Runs the card's command that begins so, with other values for some of its flags and more arguments.
fn command(card: &str, begins: &str, others: &[(&str, &str)], more: &[&str]) -> Result<(), String> {
    let line = card.lines().map(str::trim).find(|line| line.starts_with(begins));
    let line = line.ok_or_else(|| format!("the card has no command {begins:?} for this checkout"))?;
    let mut args: Vec<&str> = line.split(' ').skip(1).collect();
    for (flag, value) in others {
        let at = args.iter().position(|arg| arg == flag).ok_or_else(|| format!("{line:?} has no {flag}"))?;
        args[at + 1] = value;
    }
    args.extend(more);
    output(glrl(&args)).map(drop)
}

/// Steps and hashes of a run's journal.
fn hashes(journal: &Path) -> Result<Vec<(u64, String)>, String> {
    let text = std::fs::read_to_string(journal).map_err(|e| e.to_string())?;
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(lines.filter_map(|line| Some((line["step"].as_u64()?, line["weights_sha256"].as_str()?.to_owned()))).collect())
}
