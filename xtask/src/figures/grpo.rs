//! Learning from the rows of a model's own answers: the objectives beside PyTorch, speed beside TRL, and what is left of a
//! run that is killed.

use serde_json::Value;

use super::Target::{AtLeast, Is, Shown, Under};
use super::crashes::{self, Kind};
use super::{Figure, quick, slow};
use crate::tools::{cargo, glrl, output, root};

/// Questions that a short run practises on.
const QUESTIONS: &str = "packs/gl/questions/corpus-a.jsonl";
/// Where it is written.
const RUN: &str = "target/figures/grpo";
const KILLS: u32 = 50;

pub const FIGURES: &[Figure] = &[
    quick("four objectives, losses and gradients, largest distance from PyTorch", Under(1e-5), "", |_| distance()),
    slow("log p when drawn and in the update, largest difference", Is(0.0), "", |_| mismatch("f32")),
    slow("the same where updates multiply in three of bf16", Under(1e-4), "", |_| mismatch("bf16x3")),
    quick("gradients with prompts computed once, distance from the plain way", Under(1e-5), "", |r| {
        r.bench(&["grpo"], "grpo.shared prompt distance")
    }),
    quick(
        "gradients with prompts computed once, group of 16, 400 tokens, over the plain way",
        AtLeast(3.0),
        "times",
        |r| r.bench(&["grpo"], "grpo.shared prompt over plain"),
    ),
    quick("a step of 16 questions x 16 candidates, 5.5 M parameters", Shown, "s", |r| r.bench(&["grpo"], "grpo.step")),
    slow("the same step over TRL's GRPOTrainer", AtLeast(5.0), "times faster", |r| {
        let ours = r.bench(&["grpo"], "grpo.step")?;
        Ok(r.peer("bench/grpo_trl.py", "GRPOTrainer")? / ours)
    }),
    slow("supervised runs killed at 50 moments: corrupt loads and other weights", Is(0.0), "", |_| {
        crashes::faults(Kind::Sft, KILLS)
    }),
    slow("policy-gradient runs killed at 50 moments: corrupt loads and other weights", Is(0.0), "", |_| {
        crashes::faults(Kind::Grpo, KILLS)
    }),
];

/// The largest distance of the lines that the test prints.
fn distance() -> Result<f64, String> {
    let test = ["test", "--release", "--quiet", "-p", "train", "--lib", "grpo::reference", "--", "--nocapture"];
    let printed = output(cargo(&test))?;
    let distances =
        printed.lines().filter(|line| line.starts_with("distance ")).filter_map(|line| line.rsplit(' ').next());
    let largest = distances.filter_map(|text| text.parse().ok()).reduce(f64::max);
    largest.ok_or_else(|| "the test prints no distance".to_owned())
}

/// The largest difference that two steps of the shipped model note.
fn mismatch(precision: &str) -> Result<f64, String> {
    let (folder, run) = (root().join(RUN), format!("{RUN}/{precision}"));
    let _ = std::fs::remove_dir_all(root().join(&run));
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let recipe = format!("{RUN}/{precision}.toml");
    let text = format!("precision = \"{precision}\"\n[schedule]\nmax_steps = 2\n");
    std::fs::write(root().join(&recipe), text).map_err(|e| e.to_string())?;
    let args = ["train", "grpo", "--questions", QUESTIONS, "--dev", QUESTIONS, "--run", &run, "--recipe", &recipe];
    output(glrl(&args))?;
    let text = std::fs::read_to_string(root().join(run).join("metrics.jsonl")).map_err(|e| e.to_string())?;
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let noted = lines.filter_map(|line| line["sampling/sampling_logp_difference/max"].as_f64());
    noted.reduce(f64::max).ok_or_else(|| "the run notes no difference".to_owned())
}
