//! Training runs that are killed at random moments and resumed, again and again, beside one that never is.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::tools::{glrl, output, root};

/// What is trained.
#[derive(Clone, Copy)]
pub enum Kind {
    /// From data.
    Sft,
    /// From the model's own answers.
    Grpo,
}

const FOLDER: &str = "target/figures/crashes";
/// Questions of a pack that are few.
const QUESTIONS: &str = "packs/gl/questions/examples.jsonl";
const SFT: &str = "[model]\nhidden_size = 64\nnum_hidden_layers = 2\nnum_attention_heads = 2\nnum_key_value_heads = 1\nintermediate_size = 128\n\
     [data]\nlimit = 300\n[schedule]\nmax_steps = 60\n[evaluation]\nevery_steps = 0\nquestions = 10\n[checkpoint]\nevery_steps = 5\n";
const GRPO: &str = "[rollout]\nquestions = 2\ncandidates = 4\n[schedule]\nmax_steps = 12\n[evaluation]\nevery_steps = 0\n\
     [checkpoint]\nevery_steps = 1\n";

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Sft => "sft",
            Kind::Grpo => "grpo",
        }
    }

    /// The command that trains into a folder, from where it stands.
    fn args(self, run: &str) -> Vec<String> {
        let recipe = format!("{FOLDER}/{}.toml", self.name());
        let data = format!("{FOLDER}/data");
        let own = match self {
            Kind::Sft => vec!["--data", &data],
            Kind::Grpo => vec!["--questions", QUESTIONS, "--dev", QUESTIONS],
        };
        let shared = ["train", self.name(), "--resume", "--recipe", &recipe, "--run", run];
        shared.into_iter().chain(own).map(str::to_owned).collect()
    }
}

/// How many loads of a killed run failed, and how many runs ended with other weights than one that was never killed.
pub fn faults(kind: Kind, kills: u32) -> Result<f64, String> {
    let folder = root().join(FOLDER);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let recipe = match kind {
        Kind::Sft => SFT,
        Kind::Grpo => GRPO,
    };
    std::fs::write(folder.join(format!("{}.toml", kind.name())), recipe).map_err(|e| e.to_string())?;
    if matches!(kind, Kind::Sft) {
        let data = format!("{FOLDER}/data");
        let sizes = ["--count", "300", "--dev", "10", "--test", "1", "--variants", "0", "--out", &data];
        output(glrl(&[&["data", "synth", "--pack", "gl"], &sizes[..]].concat()))?;
    }
    let began = Instant::now();
    train(&kind.args(&format!("{FOLDER}/whole")))?;
    let whole = began.elapsed();
    let wanted = weights(&folder.join("whole"))?;
    let (mut random, mut left, mut faults, mut number) = (0x2545_F491_4F6C_DD1D_u64, kills, 0, 0);
    while left > 0 {
        number += 1;
        let run = format!("{FOLDER}/killed-{number}");
        let args = kind.args(&run);
        // Several kills a run, each anywhere within the time that a whole one takes.
        for _ in 0..left.min(5) {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            match killed(&args, whole.mul_f64((random >> 33) as f64 / f64::from(1u32 << 31)))? {
                Found::Running => left -= 1,
                // Nothing is left to kill of this run.
                Found::Done => break,
                Found::Failed => {
                    faults += 1;
                    left -= 1;
                }
            }
        }
        let ended = train(&args).and_then(|()| weights(&root().join(&run)));
        faults += u32::from(ended.as_ref() != Ok(&wanted));
    }
    Ok(f64::from(faults))
}

fn train(args: &[String]) -> Result<(), String> {
    output(glrl(&args.iter().map(String::as_str).collect::<Vec<_>>())).map(drop)
}

/// What a kill met.
enum Found {
    Running,
    Done,
    Failed,
}

/// Starts a run and kills it after a while.
fn killed(args: &[String], after: Duration) -> Result<Found, String> {
    let mut command = glrl(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|e| e.to_string())?;
    sleep(after);
    let ended = child.try_wait().map_err(|e| e.to_string())?;
    // SIGKILL, on Unix.
    let _ = child.kill();
    let _ = child.wait();
    Ok(match ended {
        None => Found::Running,
        Some(status) if status.success() => Found::Done,
        Some(_) => Found::Failed,
    })
}

/// The bytes of the weights that a run ended with.
fn weights(run: &Path) -> Result<Vec<u8>, String> {
    let file: PathBuf = run.join("latest/model.safetensors");
    std::fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))
}
