//! What the shipped weights' model card says, and whether training by its commands gives the same weights again.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Target::{Is, Under};
use super::runs::Runs;
use super::{Figure, quick, slow};
use crate::tools::{cargo, glrl, output, root};

const MODEL: &str = "models/gl-compact";
const AGAIN: &str = "target/figures/card";
/// Steps that are trained again, and how many hashes of weights there are in them.
const STEPS: u64 = 500;
const HASHES: f64 = 5.0;

pub const FIGURES: &[Figure] = &[
    quick("shipped weights, size of the files", Under(30.0), "MB", |_| {
        let size = |name| std::fs::metadata(root().join(MODEL).join(name)).map(|file| file.len() as f64 / 1e6);
        let sizes = ["model.safetensors", "channel.safetensors"].map(size).into_iter();
        sizes.sum::<Result<f64, _>>().map_err(|e| e.to_string())
    }),
    quick("shipped weights, minutes of training on two cores", Under(180.0), "", |_| {
        minutes(&card()?, " minutes of training")
    }),
    quick("shipped weights, minutes of GRPO on two cores", Under(180.0), "", |_| minutes(&card()?, " minutes of GRPO")),
    slow("shipped weights, the first 500 steps again: equal hashes of 5", Is(HASHES), "", trained_again),
];

fn card() -> Result<String, String> {
    std::fs::read_to_string(root().join(MODEL).join("README.md")).map_err(|e| e.to_string())
}

/// The number before these words: "Seed 1; 80 minutes of training, then 30 minutes of GRPO."
fn minutes(card: &str, of: &str) -> Result<f64, String> {
    let before = card.split_once(of).and_then(|(text, _)| text.split(' ').next_back());
    before.and_then(|text| text.parse().ok()).ok_or_else(|| format!("the card names no{of}"))
}

/// Data and training by the card's commands, as far as the card gives hashes.
fn trained_again(_: &mut Runs) -> Result<f64, String> {
    let card = card()?;
    let _ = std::fs::remove_dir_all(root().join(AGAIN));
    // Paths that mean the same wherever a program stands.
    let [data, run] = ["data", "run"].map(|name| root().join(AGAIN).join(name).display().to_string());
    command(&card, "glrl data synth", &[("--out", &data)], &[])?;
    let stop = STEPS.to_string();
    command(&card, "glrl train sft", &[("--data", &data), ("--run", &run)], &["--stop-at", &stop])?;
    let found = hashes(&Path::new(&run).join("metrics.jsonl"))?;
    let stated =
        |(step, hash): &&(u64, String)| card.contains(&format!("weights after {step} steps: SHA-256 `{hash}`"));
    Ok(found.iter().filter(stated).count() as f64)
}

/// Runs the card's command of this name, with other values for some of its flags and more arguments; by the program of the
/// commit that the card names for it.
fn command(card: &str, name: &str, others: &[(&str, &str)], more: &[&str]) -> Result<(), String> {
    let line = card.lines().map(str::trim).find(|line| line.contains(name) && line.contains(others[0].0));
    let line = line.ok_or_else(|| format!("the card has no command {name:?}"))?;
    let (commit, line) = match line.strip_prefix("git checkout ").and_then(|rest| rest.split_once(" && ")) {
        Some((commit, line)) => (Some(commit), line),
        None => (None, line),
    };
    let mut args: Vec<&str> = line.split(' ').skip(1).collect();
    for (flag, value) in others {
        let at = args.iter().position(|arg| arg == flag).ok_or_else(|| format!("{line:?} has no {flag}"))?;
        args[at + 1] = value;
    }
    args.extend(more);
    match commit {
        None => output(glrl(&args)).map(drop),
        Some(commit) => output(program_of(commit, &args)?).map(drop),
    }
}

/// The program of another commit, built beside its source.
fn program_of(commit: &str, args: &[&str]) -> Result<Command, String> {
    let source = root().join(AGAIN).join(commit);
    if !source.exists() {
        let shown = source.display().to_string();
        let git = |args: &[&str]| {
            let mut git = Command::new("git");
            git.args(args).current_dir(root());
            output(git)
        };
        git(&["worktree", "prune"])?;
        git(&["worktree", "add", "--detach", &shown, commit])?;
        let mut build = cargo(&["build", "--release", "--quiet"]);
        build.current_dir(&source).env_remove("CARGO_TARGET_DIR");
        output(build)?;
    }
    let mut command = Command::new(source.join("target/release/glrl"));
    command.args(args).current_dir(source);
    Ok(command)
}

/// Steps and hashes of a run's journal.
fn hashes(journal: &Path) -> Result<Vec<(u64, String)>, String> {
    let text = std::fs::read_to_string(journal).map_err(|e| e.to_string())?;
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(lines.filter_map(|line| Some((line["step"].as_u64()?, line["weights_sha256"].as_str()?.to_owned()))).collect())
}
