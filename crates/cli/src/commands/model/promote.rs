//! `glrl model promote`: a model takes another's place where it is known not to be worse, by the rows of its answers.

use std::path::{Path, PathBuf};

use answer::pack::{Pack, sha256};
use database::Image;
use jiff::civil::Date;
use model::folder::supersede;
use serde_json::{Value as Json, json};
use train::checkpoint::{resolve, shipped_files};
use train::compare::{Comparison, compare};
use train::evaluate::{Exam, pipeline};
use train::promote::{Decision, Verdict, decide};
use train::question::read_questions;
use train::report::{Graded, Report};
use train::synth::sets::is_learnt_from;

use crate::commands::eval::{FILL_SEED, TODAY, databases, engine_over, failed, fixed_day, image};
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{self, separated};

/// Seed of the bootstrap.
const SEED: u64 = 1;
/// What is known of the promotion, in the new folder.
const RECORD: &str = "promotion.json";

/// Which model, in which one's place, judged by what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The model that may take the place: a run (its best checkpoint), a checkpoint, or a model folder.
    #[arg(value_name = "CANDIDATE")]
    candidate: PathBuf,
    /// The folder of the model that is there.
    #[arg(long, value_name = "CURRENT")]
    over: PathBuf,
    /// Questions that judge, of which neither model has learnt; several files may be given.
    #[arg(long, value_name = "FILE", required = true)]
    questions: Vec<PathBuf>,
    /// How many points of accuracy worse it may be, at most.
    #[arg(long, value_name = "POINTS", default_value_t = 1.0, value_parser = margin)]
    margin: f64,
    /// Say what would be done, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// The pack: a name, or a folder.
    #[arg(long)]
    pub(super) pack: Option<String>,
    /// Compare on this database instead of generated ones; several may be given.
    #[arg(long, value_name = "FILE")]
    db: Vec<PathBuf>,
    /// Seed of the generated databases.
    #[arg(long, default_value_t = FILL_SEED)]
    seed: u64,
    /// The day that relative dates are counted from.
    #[arg(long, value_name = "DATE", default_value = TODAY)]
    today: String,
    /// Threads; the result does not depend on them.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
}

fn margin(text: &str) -> Result<f64, String> {
    let points = text.parse::<f64>().ok().filter(|points| (0.1..=100.0).contains(points));
    points.ok_or_else(|| "expected points from 0.1 to 100".to_owned())
}

/// Judges both, decides, and acts.
pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let today = fixed_day(&args.today)?;
    let (candidate, current) = folders(args)?;
    warn_of_learnt(args, context);
    let found = compared(args, (&candidate, &current), today, context)?;
    let decision = decide(&found, args.margin / 100.0);
    let promoted = decision.verdict == Verdict::NotWorse && !args.dry_run;
    let kept = if promoted { Some(promote(args, (&candidate, &current), &found)?) } else { None };
    if context.json {
        output::line(json!({
            "promoted": promoted, "verdict": decision.verdict, "questions_needed": decision.needed,
            "margin": args.margin / 100.0, "comparison": found, "current": current, "previous": kept,
        }))?;
    } else {
        show(&found, args, &decision)?;
        kept.iter().try_for_each(|kept| {
            output::line(format_args!("promoted; the model that was there is {}", kept.display()))
        })?;
    }
    Ok(if decision.verdict == Verdict::NotWorse { Exit::Done } else { Exit::Gate })
}

/// The two folders, which have to be two.
fn folders(args: &Args) -> Result<(PathBuf, PathBuf), Failure> {
    // Without a slash at its end a link is a link.
    let (candidate, current): (PathBuf, PathBuf) = (resolve(&args.candidate), args.over.components().collect());
    let whole = |path: &Path| path.canonicalize().ok();
    if !current.is_dir() {
        let problem = Failure::new(Exit::Model, "model_missing", format_args!("there is no model in {}", current.display()));
        return Err(problem.hint("where there is none to compare with, copy the folder or `glrl model export` it there"));
    }
    match whole(&candidate).is_some_and(|one| whole(&current) == Some(one)) {
        true => Err(Failure::usage("a model cannot take its own place")),
        false => Ok((candidate, current)),
    }
}

/// Files that are learnt from, by their names, judge nothing well.
fn warn_of_learnt(args: &Args, context: &Context) {
    let names = args.questions.iter().filter(|file| file.file_name().is_some_and(|n| is_learnt_from(&n.to_string_lossy())));
    names.for_each(|file| {
        let shown = file.display();
        context.note(format_args!("{shown} is not named test* or dev*: a model that has learnt from it is not judged by it"));
    });
}

/// Both models on all questions, the one that is there as A.
fn compared(
    args: &Args,
    (candidate, current): (&Path, &Path),
    today: Date,
    context: &Context,
) -> Result<Comparison, Failure> {
    let pack = context.pack()?;
    let images = match args.db.is_empty() {
        true => databases(&pack, args.seed)?,
        false => args.db.iter().map(|path| image(path, &pack)).collect::<Result<_, _>>()?,
    };
    let files = args.questions.iter().map(|path| read_questions(path).map_err(|e| failed(&e)));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    let exams = files.iter().map(|questions| Exam::new(questions, &images, usize::from(args.threads)));
    let exams = exams.collect::<Result<Vec<_>, _>>().map_err(|e| failed(&e))?;
    let of = |folder: &Path| grade(folder, &pack, (&exams[..], &images[0]), today, context);
    Ok(compare(&of(current)?, &of(candidate)?, SEED))
}

/// One model on all questions. Names are told apart by the number of their file, and by how often they stood before.
fn grade(
    folder: &Path,
    pack: &Pack,
    (exams, first): (&[Exam<'_>], &Image),
    today: Date,
    context: &Context,
) -> Result<Report, Failure> {
    let model = context.model_at(folder, pack)?;
    let engine = engine_over(pack.clone(), first, Ok(model))?;
    let asked = pipeline(&engine, &context.settings().asking(today));
    let mut graded: Vec<Graded> = vec![];
    for (file, exam) in exams.iter().enumerate() {
        let each = exam.grade(&asked).graded.into_iter().enumerate();
        let named = |(n, one): (usize, Graded)| Graded { id: format!("{}.{}:{}", file + 1, n + 1, one.id), ..one };
        graded.extend(each.map(named));
    }
    Ok(Report { graded, ..Report::default() })
}

/// Puts the candidate's files in the current model's place, with a record of why; returns where the old one is.
fn promote(args: &Args, (candidate, current): (&Path, &Path), found: &Comparison) -> Result<PathBuf, Failure> {
    let mut files = shipped_files(candidate).map_err(|e| failed(&e))?;
    files.retain(|(name, _)| name != RECORD);
    files.push((RECORD.to_owned(), record(args, found)?.into_bytes()));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), &bytes[..])).collect();
    supersede(current, &files).map_err(|e| Failure::new(Exit::Failed, "unwritable", e))
}

fn record(args: &Args, found: &Comparison) -> Result<String, Failure> {
    let hashed = |path: &PathBuf| -> Result<Json, Failure> {
        let bytes = std::fs::read(path).map_err(|e| Failure::unreadable(path, &e))?;
        Ok(json!({ "path": path, "sha256": sha256(&bytes) }))
    };
    let questions = args.questions.iter().map(hashed).collect::<Result<Vec<_>, _>>()?;
    let record = json!({
        "candidate": args.candidate, "questions": questions, "margin": args.margin / 100.0, "comparison": found,
    });
    Ok(format!("{record:#}\n"))
}

fn show(found: &Comparison, args: &Args, decision: &Decision) -> std::io::Result<()> {
    let Comparison { questions, right_a, right_b, p_value, interval: (low, high), .. } = found;
    let percent = |right: usize| 100.0 * right as f64 / (*questions).max(1) as f64;
    output::line(format_args!("current     {:6.1} %  {right_a} of {questions}", percent(*right_a)))?;
    output::line(format_args!("candidate   {:6.1} %  {right_b} of {questions}", percent(*right_b)))?;
    let (difference, low, high) = (100.0 * found.difference, 100.0 * low, 100.0 * high);
    output::line(format_args!("difference  {difference:+6.1} points, 95 % interval {low:+.1} to {high:+.1}"))?;
    let (only_a, only_b) = (found.only_a.len(), found.only_b.len());
    output::line(format_args!("only current {only_a}, only candidate {only_b}, McNemar's exact p = {p_value:.4}"))?;
    output::line(told(args.margin, decision))
}

/// What was decided, and why.
fn told(margin: f64, decision: &Decision) -> String {
    let needed = match decision.needed {
        Some(needed) => format!("; about {} questions would tell", separated(needed as i128)),
        None => String::new(),
    };
    match decision.verdict {
        Verdict::NotWorse => format!("not worse by {margin} points or more"),
        Verdict::Worse => "worse: it loses more questions than luck explains; nothing was changed".to_owned(),
        Verdict::Unsure => format!("it may be worse by more than {margin} points{needed}; nothing was changed"),
        Verdict::TooFew => format!("too few questions to know a difference of {margin} points{needed}; nothing was changed"),
    }
}
