//! `glrl compare A B`: whether one evaluation is better than another of the same questions.

use std::path::{Path, PathBuf};

use train::compare::{Comparison, compare};
use train::report::Report;

use super::Arguments;
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// Seed of the bootstrap.
const SEED: u64 = 1;

/// Which evaluations.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The report that is there: a folder that `glrl eval --report` wrote, or its report.json.
    a: PathBuf,
    /// The report to compare with it.
    b: PathBuf,
    /// Name the questions that only one of them has right.
    #[arg(long)]
    changes: bool,
}

impl Arguments for Args {}

/// Compares.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let (a, b) = (read(&args.a)?, read(&args.b)?);
    if a.questions_sha256 != b.questions_sha256 {
        let problem = Failure::data("the two reports are of different question files");
        return Err(problem.hint("compare evaluations of the same question file"));
    }
    let found = compare(&a, &b, SEED);
    if found.questions == 0 {
        let problem = Failure::data("the two reports have no question in common");
        return Err(problem.hint("compare evaluations of the same question file"));
    }
    if context.json {
        output::line(serde_json::to_value(&found).unwrap_or_default())?;
    } else {
        show(&found, args.changes)?;
    }
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<Report, Failure> {
    let file = if path.is_dir() { path.join("report.json") } else { path.to_owned() };
    let text = std::fs::read_to_string(&file).map_err(|e| Failure::unreadable(&file, &e))?;
    serde_json::from_str(&text).map_err(|e| {
        let problem = Failure::data(format_args!("{} is no report: {e}", file.display()));
        problem.hint("`glrl eval --report DIR` writes one")
    })
}

fn show(found: &Comparison, changes: bool) -> std::io::Result<()> {
    let percent = |right: usize| 100.0 * right as f64 / found.questions as f64;
    let Comparison { questions, right_a, right_b, p_value, difference, interval: (low, high), .. } = found;
    output::line(format_args!("A           {:6.1} %  {right_a} of {questions}", percent(*right_a)))?;
    output::line(format_args!("B           {:6.1} %  {right_b} of {questions}", percent(*right_b)))?;
    let (difference, low, high) = (100.0 * difference, 100.0 * low, 100.0 * high);
    output::line(format_args!("B less A    {difference:+6.1} points, 95 % interval {low:+.1} to {high:+.1}"))?;
    let (only_a, only_b) = (found.only_a.len(), found.only_b.len());
    output::line(format_args!("only A {only_a}, only B {only_b}, McNemar's exact p = {p_value:.4}"))?;
    if changes {
        for (name, ids) in [("only A", &found.only_a), ("only B", &found.only_b)] {
            ids.iter().try_for_each(|id| output::line(format_args!("  {name}  {}", output::plain(id))))?;
        }
    }
    Ok(())
}
