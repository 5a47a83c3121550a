//! Commands whose output figures are read from; each runs once, however many figures it has.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::fuzz::{self, Outcome};
use crate::tools::{FULL, cargo, glrl, output, root};

/// The hand-written questions that are never trained on.
pub const TEST: &str = "packs/gl/questions/test.jsonl";
/// Those that may be.
pub const EXAMPLES: &str = "packs/gl/questions/examples.jsonl";
/// Synthetic questions of the test split, which shares no template, phrase family or value with the training split; so many
/// that a hundred join five tables.
pub const SYNTH: [&str; 15] = [
    "data",
    "synth",
    "--pack",
    "gl",
    "--count",
    "2000",
    "--dev",
    "1",
    "--test",
    "30000",
    "--variants",
    "0",
    "--force",
    "--out",
    "target/figures",
];
/// Questions of personas that wrote nothing else.
pub const PERSONAS: &str = "packs/gl/questions/test-personas.jsonl";
/// Questions of the same split, up to ten ways of asking each.
pub const WAYS: [&str; 17] = [
    "data",
    "synth",
    "--pack",
    "gl",
    "--count",
    "1",
    "--dev",
    "1",
    "--test",
    "3000",
    "--voices",
    "10",
    "--variants",
    "0",
    "--force",
    "--out",
    "target/figures/ways",
];
/// Where [`WAYS`] writes them.
pub const ASKED: &str = "target/figures/ways/test.jsonl";
/// What must be declined.
pub const DECLINED: &str = "packs/gl/questions/test-declined.jsonl";
/// Conversations.
pub const FOLLOW_UPS: &str = "packs/gl/questions/test-follow-ups.jsonl";
/// Where the queries that validation is measured on are written for peers.
pub const QUERIES: &str = "target/figures/queries.jsonl";
/// Where [`SYNTH`] writes them.
pub const MADE: &str = "target/figures/test.jsonl";

/// Commands that ran already, by their arguments.
#[derive(Default)]
pub struct Runs {
    benches: BTreeMap<String, Result<Vec<(String, f64)>, String>>,
    replies: BTreeMap<String, Result<Value, String>>,
    peers: BTreeMap<&'static str, Result<String, String>>,
    tests: BTreeMap<String, Result<String, String>>,
    fuzzed: BTreeMap<&'static str, Result<Outcome, String>>,
}

impl Runs {
    /// The figure of a benchmark of this name, or the first whose name begins so.
    pub fn bench(&mut self, args: &[&str], name: &str) -> Result<f64, String> {
        let figures =
            self.benches.entry(args.join(" ")).or_insert_with(|| bench(args)).as_ref().map_err(String::clone)?;
        let exact = figures.iter().find(|(figure, _)| figure == name);
        let found = exact.or_else(|| figures.iter().find(|(figure, _)| figure.starts_with(name)));
        found.map(|(_, value)| *value).ok_or_else(|| format!("`glrl bench {}` prints no {name}", args.join(" ")))
    }

    /// The number behind a name in what a test prints, as in "servers: NAME 12, OTHER 3"; a name begins with the words before
    /// the first number of its line. A test that is left out of `cargo xtask test` because it takes minutes runs too.
    pub fn test(&mut self, package: &str, name: &str, figure: &str) -> Result<f64, String> {
        // Only these two have parts that a plain build leaves out.
        let features = if matches!(package, "cli" | "serve") { FULL } else { "--quiet" };
        let args = [
            "test",
            "--release",
            features,
            "-p",
            package,
            "--test",
            "it",
            name,
            "--",
            "--include-ignored",
            "--nocapture",
        ];
        let printed = self.tests.entry(args.join(" ")).or_insert_with(|| output(cargo(&args)));
        let printed = printed.as_ref().map_err(String::clone)?;
        let (subject, wanted) = figure.split_once(' ').unwrap_or(("", figure));
        let lines = printed.lines().filter_map(|line| line.split_once("servers: ")?.1.strip_prefix(subject));
        let found = lines.flat_map(|line| line.split(", ")).find_map(|part| part.trim().strip_prefix(wanted));
        let number = found.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        number.ok_or_else(|| format!("`cargo {}` prints no {figure}", args.join(" ")))
    }

    /// What a command with `--json` prints.
    pub fn json(&mut self, args: &[&str]) -> Result<&Value, String> {
        let run = || {
            let all: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
            serde_json::from_str(&output(glrl(&all))?).map_err(|e| e.to_string())
        };
        self.replies.entry(args.join(" ")).or_insert_with(run).as_ref().map_err(String::clone)
    }

    /// What evaluating the references themselves comes to.
    pub fn oracle(&mut self, questions: &'static str) -> Result<&Value, String> {
        self.json(&["eval", "--oracle", "--questions", questions])
    }

    /// One of our training speeds over one of PyTorch's, measured one after the other.
    pub fn over_torch(&mut self, ours: &str, theirs: &str) -> Result<f64, String> {
        let ours = self.bench(&["train"], ours)?;
        Ok(ours / self.peer("bench/train_torch.py", theirs)?)
    }

    /// One of our decoding speeds over llama.cpp's, measured one after the other.
    pub fn over_llama(&mut self, ours: &str) -> Result<f64, String> {
        let ours = self.bench(&["decode"], ours)?;
        Ok(ours / self.peer("bench/decode_llama.py", "q8_0")?)
    }

    /// A figure of ten minutes of a fuzz target.
    pub fn fuzzed(&mut self, target: &'static str, figure: fn(&Outcome) -> f64) -> Result<f64, String> {
        let run = || fuzz::measure(target, Duration::from_secs(600));
        self.fuzzed.entry(target).or_insert_with(run).as_ref().map(figure).map_err(String::clone)
    }

    /// The number behind the colon of the line that begins so, among those that a peer's script prints.
    pub fn counted(&mut self, script: &'static str, line: &str) -> Result<f64, String> {
        let printed = self.peers.entry(script).or_insert_with(|| python(script)).as_ref().map_err(String::clone)?;
        let found = printed.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(": "));
        let number = found.and_then(|number| number.trim().parse().ok());
        number.ok_or_else(|| format!("{script} prints no {line}"))
    }

    /// The greatest number of the line with this word that a peer's script prints.
    pub fn peer(&mut self, script: &'static str, line: &str) -> Result<f64, String> {
        let printed = self.peers.entry(script).or_insert_with(|| python(script)).as_ref().map_err(String::clone)?;
        let line = printed.lines().find(|l| l.contains(line)).ok_or_else(|| format!("{script} prints no {line}"))?;
        let speed = line.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).fold(0.0, f64::max);
        if speed > 0.0 { Ok(speed) } else { Err(format!("no speed in what {script} printed")) }
    }
}

/// The outside suite of queries, below the folder that `GLRL_SUITES` names.
pub fn suite() -> Result<String, String> {
    let suites = std::env::var("GLRL_SUITES").map_err(|_| "GLRL_SUITES names no folder of suites".to_owned())?;
    Ok(format!("{suites}/spider"))
}

/// What a script prints; `PYTHON` names the interpreter that has what it needs.
fn python(script: &str) -> Result<String, String> {
    let mut command = Command::new(std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned()));
    command.arg(script).current_dir(root());
    output(command).map_err(|e| format!("{e} ({script} says what it needs)"))
}

/// The number at a place of a command's reply.
pub fn number(value: &Value) -> Result<f64, String> {
    value.as_f64().ok_or_else(|| "the figure is not in what the command printed".to_owned())
}

fn bench(args: &[&str]) -> Result<Vec<(String, f64)>, String> {
    let all: Vec<&str> = ["bench", "--json"].iter().chain(args).copied().collect();
    let lines = output(glrl(&all))?;
    let figure = |line: &str| {
        let line: Value = serde_json::from_str(line).ok()?;
        Some((line["figure"].as_str()?.to_owned(), line["value"].as_f64()?))
    };
    Ok(lines.lines().filter_map(figure).collect())
}
