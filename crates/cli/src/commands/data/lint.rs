//! `glrl data lint`: question files looked over, every problem with its line, its code and what to do.

use std::path::PathBuf;

use serde_json::json;
use sql::Severity;
use train::lint::{Finding, Linted};
use train::question::Line;

use super::ground::{GroundArgs, lines};
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{self, plain, separated};

/// Which files.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Question files, or lines `{"query", "sql", "reasoning"}`.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) ground: GroundArgs,
}

/// Looks over files.
pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let lines = lines(&args.files, vec![])?;
    let found = args.ground.with(context, |ground| args.ground.lint(&lines, ground))?;
    let (errors, warnings) = (found.count(Severity::Error), found.count(Severity::Warning));
    if context.json {
        let questions = lines.iter().filter(|line| line.question.is_ok()).count();
        output::line(json!({
            "files": args.files, "lines": lines.len(), "questions": questions, "errors": errors, "warnings": warnings,
            "findings": found.findings,
        }))?;
    } else {
        show(&found.findings, context)?;
        output::line(told(&lines, &found))?;
    }
    let is_met = errors == 0 && !(args.ground.strict && warnings > 0);
    Ok(if is_met { Exit::Done } else { Exit::Gate })
}

/// One finding after another, as compilers print them.
pub(super) fn show(findings: &[Finding], context: &Context) -> Result<(), Failure> {
    let paint = context.paint();
    for finding in findings {
        let severity = match finding.severity {
            Severity::Error => paint.red("error"),
            _ => paint.yellow(finding.severity.name()),
        };
        let (file, line) = (finding.place.file.display().to_string(), finding.place.line);
        let (code, message) = (finding.code, plain(&finding.message));
        output::line(format_args!("{}:{line}: {severity}[{code}]: {message}", plain(&file)))?;
        output::line(format_args!("  help: {}", plain(&finding.help)))?;
    }
    Ok(())
}

fn told(lines: &[Line], found: &Linted) -> String {
    let refused = found.refused().len();
    let number = |n: usize| separated(n as i128);
    let (all, good) = (number(lines.len()), number(lines.len() - refused));
    let (errors, warnings) = (number(found.count(Severity::Error)), number(found.count(Severity::Warning)));
    format!("{good} of {all} lines can be used; {errors} errors, {warnings} warnings")
}
