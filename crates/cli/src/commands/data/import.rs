//! `glrl data import`: question files taken into a folder that `data synth` and `train grpo` learn from.

use std::path::PathBuf;

use serde_json::json;
use sql::Severity;
use train::import::{Collection, Imported, QUARANTINE, QUESTIONS, import};

use super::ground::{GroundArgs, lines};
use super::lint::show;
use crate::commands::eval::failed;
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{self, separated};

/// Which files, and where to.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Question files, or lines `{"query", "sql", "reasoning"}`; `"corrects": ID` takes another question's place.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The folder of imported questions, which is made where it is missing, and added to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    pub(super) ground: GroundArgs,
}

/// Imports.
pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    if let Some(file) = args.files.iter().find(|file| [QUESTIONS, QUARANTINE].iter().any(|own| is_same(file, &args.out.join(own)))) {
        let problem = Failure::usage(format_args!("{} is a file of the folder that is written", file.display()));
        return Err(problem.hint("copy the line, mend it, and import the copy"));
    }
    let mut collection = Collection::open(&args.out).map_err(|e| failed(&e))?;
    let lines = lines(&args.files, collection.known())?;
    let (found, done) = args.ground.with(context, |ground| {
        let mut found = args.ground.lint(&lines, ground)?;
        let done = import(&lines, &mut found, &mut collection, ground, args.ground.strict);
        Ok((found, done.map_err(|e| failed(&e))?))
    })?;
    collection.save(&args.out).map_err(|e| failed(&e))?;
    if context.json {
        let mut object = json!(done);
        object["out"] = json!(args.out);
        object["warnings"] = json!(found.count(Severity::Warning));
        object["findings"] = json!(found.findings);
        output::line(object)?;
    } else {
        show(&found.findings, context)?;
        tell(&done, args)?;
    }
    Ok(if done.refused == 0 { Exit::Done } else { Exit::Gate })
}

fn is_same(a: &std::path::Path, b: &std::path::Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

fn tell(done: &Imported, args: &Args) -> std::io::Result<()> {
    for correction in &done.corrected {
        let (file, line) = (correction.place.file.display().to_string(), correction.place.line);
        let (id, file) = (output::plain(&correction.id), output::plain(&file));
        output::line(format_args!("corrected {id}: {file}, line {line}"))?;
    }
    let number = |n: usize| separated(n as i128);
    let (added, known, corrected) = (number(done.added), number(done.known), number(done.corrected.len()));
    output::line(format_args!("{added} new, {corrected} corrected, {known} as they were"))?;
    let (refused, repeated) = (number(done.refused), number(done.repeated));
    output::line(format_args!("{refused} lines refused, {repeated} repeat what stands there"))?;
    let (questions, quarantine) = (number(done.questions), number(done.quarantine));
    let (out, aside) = (args.out.join(QUESTIONS), args.out.join(QUARANTINE));
    output::line(format_args!("{}: {questions} questions; {}: {quarantine} lines", out.display(), aside.display()))
}
