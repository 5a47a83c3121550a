//! Every acceptance figure with its target: one entry in the table each, measured by the command that it names.

use std::collections::BTreeMap;
use std::time::Instant;

use serde_json::Value;

use crate::tools::{cargo, glrl, output, root, run};

/// What a figure has to be.
#[derive(Clone, Copy)]
enum Target {
    /// Less than this.
    Under(f64),
    /// At least this.
    AtLeast(f64),
    /// Exactly this.
    Is(f64),
    /// Printed for information.
    Shown,
}

/// One line of the table.
struct Figure {
    /// What is measured.
    what: &'static str,
    target: Target,
    unit: &'static str,
    /// Whether it takes minutes.
    is_slow: bool,
    measure: fn(&mut Runs) -> Result<f64, String>,
}

const fn quick(
    what: &'static str,
    target: Target,
    unit: &'static str,
    measure: fn(&mut Runs) -> Result<f64, String>,
) -> Figure {
    Figure { what, target, unit, is_slow: false, measure }
}

const fn slow(
    what: &'static str,
    target: Target,
    unit: &'static str,
    measure: fn(&mut Runs) -> Result<f64, String>,
) -> Figure {
    Figure { what, target, unit, is_slow: true, measure }
}

use Target::{AtLeast, Is, Shown, Under};

const FIGURES: [Figure; 46] = [
    quick("packages in the lock file", Under(200.0), "", |_| packages()),
    slow("clean release build", Under(300.0), "s", |_| clean_build()),
    quick("cold ask, start to rows, median", Under(300.0), "ms", |r| r.bench(&["cold"], "cold.median")),
    quick("cold ask, first ever", Shown, "ms", |r| r.bench(&["cold"], "cold.first")),
    quick("cold ask, exit code", Is(0.0), "", |r| r.bench(&["cold"], "cold.exit code")),
    quick("cold ask, peak memory", Under(150.0), "MB", |r| r.bench(&["cold"], "cold.peak memory")),
    quick("gradients and ten AdamW steps, largest distance from PyTorch", Under(1e-4), "", |_| {
        distance("distance f32 ")
    }),
    quick("gradients in f32 as three of bf16, largest distance from PyTorch", Under(1e-4), "", |_| {
        distance("distance bf16x3 gradient ")
    }),
    quick("training, 5.5 M parameters, 32 x 128, one f32 chain", Shown, "tokens/s", |r| {
        r.bench(&["train"], "train.f32")
    }),
    quick("training in f32 as three of bf16", Shown, "tokens/s", |r| r.bench(&["train"], "train.bf16x3")),
    quick("training in bf16", Shown, "tokens/s", |r| r.bench(&["train"], "train.bf16")),
    slow("training in one f32 chain over PyTorch eager f32", Shown, "times", |r| r.over_torch("train.f32", "f32")),
    slow("training in f32 as three of bf16 over PyTorch eager f32", AtLeast(1.5), "times", |r| {
        r.over_torch("train.bf16x3", "f32")
    }),
    slow("training in bf16 over PyTorch eager f32", AtLeast(2.5), "times", |r| r.over_torch("train.bf16", "f32")),
    slow("training in bf16 over PyTorch bf16 autocast", AtLeast(1.0), "times", |r| r.over_torch("train.bf16", "bf16")),
    slow("walks accepted", Is(100.0), "%", |r| r.bench(&WALKS, "walks.accepted")),
    slow("walks with a dead end or cut", Is(0.0), "", |r| r.bench(&WALKS, "walks.unfinished")),
    slow("walks, constructs below 1 %", Is(0.0), "", |r| r.bench(&WALKS, "walks.constructs below 1 %")),
    slow("walks through untrained weights accepted", Is(100.0), "%", |r| r.bench(&UNTRAINED, "walks.weights.accepted")),
    quick("walks accepted, 2,000", Is(100.0), "%", |r| r.bench(&["walks"], "walks.accepted")),
    quick("mask, mean", Shown, "µs", |r| r.bench(&["mask"], "mask.mean")),
    quick("mask, 99th percentile", Shown, "µs", |r| r.bench(&["mask"], "mask.p99")),
    quick("validation of a query, mean", Shown, "µs", |r| r.bench(&["validate"], "validate.mean")),
    quick("normalise and link, 99th percentile", Under(1000.0), "µs", |r| {
        r.bench(&["normalize"], "normalize and link.p99")
    }),
    quick("decoding in f32, batch 1", Shown, "tokens/s", |r| r.bench(&["decode"], "decode.f32.batch 1")),
    quick("decoding in int8, batch 1", Shown, "tokens/s", |r| r.bench(&["decode"], "decode.int8.batch 1")),
    quick("decoding in int8, batch 32", Shown, "tokens/s", |r| r.bench(&["decode"], "decode.int8.batch 32")),
    quick("reference queries that validation accepts", Is(100.0), "%", |r| {
        r.bench(&["validate"], "validate.references accepted")
    }),
    quick("an answer, median", Shown, "ms", |r| r.bench(&["ask"], "ask.p50")),
    quick("an answer, 99th percentile", Shown, "ms", |r| r.bench(&["ask"], "ask.p99")),
    quick("1,000 repeated answers that differ", Is(0.0), "", |r| r.bench(&["determinism"], "determinism.answers")),
    quick("weights that differ after 200 steps, 1 and 2 threads", Is(0.0), "", |r| {
        r.bench(&["determinism"], "determinism.weights")
    }),
    quick("logits that differ at batch 1, 7, 32", Is(0.0), "", |r| r.bench(&["determinism"], "determinism.logits")),
    quick("references that answer their own questions", Is(100.0), "%", |r| r.references_right()),
    quick("references with a canonical form that the matcher refuses", Is(0.0), "", |r| r.references_refused()),
    slow("synthesised queries that the matcher refuses", Is(0.0), "", |r| r.synthesised_refused()),
    quick("hand-written test, easy and medium", AtLeast(65.0), "%", |r| r.hand_written("easy and medium")),
    quick("hand-written test, easy", Shown, "%", |r| r.hand_written("easy")),
    quick("hand-written test, medium", Shown, "%", |r| r.hand_written("medium")),
    quick("hand-written test, hard", Shown, "%", |r| r.hand_written("hard")),
    quick("hand-written test, very hard", Shown, "%", |r| r.hand_written("very_hard")),
    quick("hand-written test, must be declined", Shown, "%", |r| r.hand_written("must_decline")),
    quick("hand-written test, answerable but declined", Under(3.0), "%", |r| r.hand_written("declined")),
    slow("synthetic test, questions", AtLeast(2000.0), "", |r| r.synthetic("questions")),
    slow("synthetic test", AtLeast(90.0), "%", |r| r.synthetic("accuracy")),
    quick("test questions committed", AtLeast(160.0), "", |_| test_questions()),
];

const WALKS: [&str; 3] = ["walks", "--count", "20000"];
const UNTRAINED: [&str; 4] = ["walks", "--weights", "--count", "2000"];

/// Prints the table; an error when a figure misses its target or cannot be measured.
pub fn print(with_slow: bool) -> Result<(), String> {
    run(cargo(&["build", "--release", "--quiet"]))?;
    let mut runs = Runs::default();
    let (mut missed, mut unknown) = (0, 0);
    println!("{:62} {:>16} {:>22}  verdict", "figure", "target", "measured");
    for figure in FIGURES.iter().filter(|figure| with_slow || !figure.is_slow) {
        let (measured, verdict) = match (figure.measure)(&mut runs) {
            Ok(value) => {
                let met = figure.target.is_met(value);
                missed += usize::from(!met);
                (format!("{} {}", shown(value), figure.unit), figure.target.verdict(met).to_owned())
            }
            Err(problem) => {
                unknown += 1;
                ("—".to_owned(), format!("not measured: {problem}"))
            }
        };
        println!("{:62} {:>16} {:>22}  {verdict}", figure.what, figure.target.shown(figure.unit), measured.trim_end());
    }
    match (missed, unknown) {
        (0, 0) => Ok(()),
        _ => Err(format!("{missed} figures miss their target, {unknown} could not be measured")),
    }
}

impl Target {
    fn is_met(self, value: f64) -> bool {
        match self {
            Under(limit) => value < limit,
            AtLeast(least) => value >= least,
            Is(wanted) => (value - wanted).abs() < 1e-9,
            Shown => true,
        }
    }

    fn verdict(self, met: bool) -> &'static str {
        match (self, met) {
            (Shown, _) => "",
            (_, true) => "pass",
            (_, false) => "MISS",
        }
    }

    fn shown(self, unit: &str) -> String {
        match self {
            Under(limit) => format!("< {} {unit}", shown(limit)),
            AtLeast(least) => format!(">= {} {unit}", shown(least)),
            Is(wanted) => format!("{} {unit}", shown(wanted)),
            Shown => "—".to_owned(),
        }
    }
}

fn shown(value: f64) -> String {
    match value {
        // No sum of nothing is shown as "-0".
        value if value.fract() == 0.0 => format!("{:.0}", value + 0.0),
        value if value.abs() >= 100.0 => format!("{value:.0}"),
        value if value.abs() < 0.01 => format!("{value:.1e}"),
        value => format!("{value:.2}"),
    }
}

/// Commands that ran already, by their arguments.
#[derive(Default)]
struct Runs {
    benches: BTreeMap<String, Result<Vec<(String, f64)>, String>>,
    replies: BTreeMap<String, Result<Value, String>>,
    torch: Option<Result<String, String>>,
}

const TEST: &str = "packs/gl/questions/test.jsonl";
const EXAMPLES: &str = "packs/gl/questions/examples.jsonl";
/// Synthetic questions of the test split, which shares no template, phrase family or value with the training split.
const SYNTH: [&str; 13] = [
    "data",
    "synth",
    "--pack",
    "gl",
    "--count",
    "2000",
    "--dev",
    "1",
    "--test",
    "2500",
    "--force",
    "--out",
    "target/figures",
];

impl Runs {
    /// The figure of a benchmark of this name, or the first whose name begins so.
    fn bench(&mut self, args: &[&str], name: &str) -> Result<f64, String> {
        let figures =
            self.benches.entry(args.join(" ")).or_insert_with(|| bench(args)).as_ref().map_err(String::clone)?;
        let exact = figures.iter().find(|(figure, _)| figure == name);
        let found = exact.or_else(|| figures.iter().find(|(figure, _)| figure.starts_with(name)));
        found.map(|(_, value)| *value).ok_or_else(|| format!("`glrl bench {}` prints no {name}", args.join(" ")))
    }

    /// What a command with `--json` prints.
    fn json(&mut self, args: &[&str]) -> Result<&Value, String> {
        let run = || {
            let all: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
            serde_json::from_str(&output(glrl(&all))?).map_err(|e| e.to_string())
        };
        self.replies.entry(args.join(" ")).or_insert_with(run).as_ref().map_err(|problem| problem.clone())
    }

    fn oracle(&mut self, questions: &'static str) -> Result<&Value, String> {
        self.json(&["eval", "--oracle", "--questions", questions])
    }

    fn references_right(&mut self) -> Result<f64, String> {
        let (mut right, mut all) = (0.0, 0.0);
        for questions in [TEST, EXAMPLES] {
            let answers = &self.oracle(questions)?["answers"]["answerable"];
            right += number(&answers["right"])?;
            all += number(&answers["questions"])?;
        }
        Ok(100.0 * right / f64::max(all, 1.0))
    }

    /// References that have a canonical form and yet cannot be written: outside that form there is nothing to admit.
    fn references_refused(&mut self) -> Result<f64, String> {
        let mut refused = 0;
        for questions in [TEST, EXAMPLES] {
            let unwritable = self.oracle(questions)?["unwritable"].as_array().cloned().unwrap_or_default();
            let stage = |u: &&Value| matches!(u["stage"].as_str(), Some("matcher" | "values" | "rows"));
            refused += unwritable.iter().filter(stage).count();
        }
        Ok(refused as f64)
    }

    fn synthesised_refused(&mut self) -> Result<f64, String> {
        let splits = self.json(&SYNTH)?["splits"].as_object().cloned().unwrap_or_default();
        let reasons = splits.values().filter_map(|split| split["dropped"].as_object()).flatten();
        let refused = reasons.filter(|(reason, _)| reason.starts_with("not admitted"));
        Ok(refused.filter_map(|(_, count)| count.as_f64()).sum())
    }

    fn hand_written(&mut self, part: &str) -> Result<f64, String> {
        let report = self.json(&["eval", "--questions", TEST])?;
        match part {
            "easy and medium" => share(&report["easy_and_medium"]),
            "must_decline" => share(&report["must_decline"]),
            "declined" => Ok(100.0 * number(&report["declined"])? / number(&report["answerable"]["questions"])?),
            difficulty => share(&report["by_difficulty"][difficulty]),
        }
    }

    fn synthetic(&mut self, part: &str) -> Result<f64, String> {
        self.json(&SYNTH)?;
        let report = self.json(&["eval", "--questions", "target/figures/test.jsonl"])?;
        match part {
            "questions" => {
                Ok(number(&report["answerable"]["questions"])? + number(&report["must_decline"]["questions"])?)
            }
            _ => share(&report["answerable"]),
        }
    }

    /// One of our training speeds over one of PyTorch's, measured one after the other.
    fn over_torch(&mut self, ours: &str, theirs: &str) -> Result<f64, String> {
        let ours = self.bench(&["train"], ours)?;
        let printed = self.torch.get_or_insert_with(torch).as_ref().map_err(String::clone)?;
        let line = printed.lines().find(|line| line.contains(theirs)).ok_or_else(|| format!("no {theirs} line"))?;
        let speed = line.split_whitespace().filter_map(|word| word.parse::<f64>().ok()).fold(0.0, f64::max);
        if speed > 0.0 { Ok(ours / speed) } else { Err("no speed in what PyTorch printed".to_owned()) }
    }
}

/// What the benchmark of PyTorch prints.
fn torch() -> Result<String, String> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = std::process::Command::new(python);
    command.arg("bench/train_torch.py").current_dir(root());
    output(command).map_err(|e| format!("{e} (bench/train_torch.py says what it needs)"))
}

fn number(value: &Value) -> Result<f64, String> {
    value.as_f64().ok_or_else(|| "the figure is not in what the command printed".to_owned())
}

/// Right answers of all, in percent.
fn share(tally: &Value) -> Result<f64, String> {
    Ok(100.0 * number(&tally["right"])? / number(&tally["questions"])?.max(1.0))
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

fn packages() -> Result<f64, String> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).map_err(|e| e.to_string())?;
    Ok(lock.lines().filter(|line| *line == "[[package]]").count() as f64)
}

fn clean_build() -> Result<f64, String> {
    let target = root().join("target/clean-build");
    let _ = std::fs::remove_dir_all(&target);
    let mut build = cargo(&["build", "--release", "--quiet", "--jobs", "2"]);
    build.env("CARGO_TARGET_DIR", &target);
    let started = Instant::now();
    run(build)?;
    let seconds = started.elapsed().as_secs_f64();
    let _ = std::fs::remove_dir_all(&target);
    Ok(seconds)
}

/// The largest ‖ours − PyTorch's‖ / ‖PyTorch's‖ of any tensor, of the lines that the test prints with this beginning.
fn distance(of: &str) -> Result<f64, String> {
    let test = ["test", "--release", "--quiet", "-p", "model", "--test", "it", "reference", "--", "--nocapture"];
    let printed = output(cargo(&test))?;
    let distances = printed.lines().filter(|line| line.starts_with(of)).filter_map(|line| line.rsplit(' ').next());
    let largest = distances.filter_map(|text| text.parse().ok()).reduce(f64::max);
    largest.ok_or_else(|| "the test prints no distance".to_owned())
}

fn test_questions() -> Result<f64, String> {
    let path = root().join(TEST);
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).count() as f64)
}
