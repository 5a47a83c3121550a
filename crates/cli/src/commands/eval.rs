//! `glrl eval`: how many answers are right, by the rows they return on several databases.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use answer::channel::answerable_given;
use answer::confidence::{self, Calibration};
use answer::engine::{Engine, LoadedModel, grammar};
use answer::orchestrator::{Options, ask};
use answer::pack::{Pack, sha256};
use answer::reply::{Cause, Problem};
use answer::vocabulary::{Vocabulary, added_tokens};
use database::Image;
use jiff::civil::Date;
use model::tokenizer::train_bpe;
use serde_json::{Value as Json, json};
use toml::Value;
use train::canonical::Reader;
use train::error::TrainError;
use train::consistency::{Consistency, consistency};
use train::evaluate::{Exam, pipeline};
use train::oracle::{OracleReport, oracle};
use train::question::read_questions;
use train::report::{Report, Tally};

use super::Arguments;
use crate::context::{Context, cannot_open, today};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::settings::FlagValue;

/// The day that the packs' own question files were written for.
pub(super) const TODAY: &str = "2026-11-20";
/// Seed of the first generated database; the others follow it.
pub(super) const FILL_SEED: u64 = 1;
/// Seed of the databases on which rewards are computed: not those on which models are judged.
const REWARD_SEED: u64 = 101;

/// What to evaluate, and on what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The question file, or a data file of `glrl data synth`.
    #[arg(long, value_name = "FILE")]
    questions: PathBuf,
    /// The model folder; without it, the model inside the program.
    #[arg(long, value_name = "DIR")]
    model: Option<String>,
    /// The pack: a name, or a folder.
    #[arg(long)]
    pack: Option<String>,
    /// Compare on this SQLite file, or the server of this URL, instead of generated databases; several may be given.
    #[arg(long, value_name = "FILE|URL")]
    db: Vec<String>,
    /// Seed of the generated databases.
    #[arg(long, default_value_t = FILL_SEED)]
    seed: u64,
    /// The day that relative dates are counted from.
    #[arg(long, value_name = "DATE", default_value = TODAY)]
    today: String,
    /// How sure an answer has to be: "default", "strict", or a probability.
    #[arg(long, value_name = "T")]
    threshold: Option<String>,
    /// Let the model say a plan before each query.
    #[arg(long)]
    plan: bool,
    /// Candidates drawn for each question, of which the result with the most weight is the answer.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    candidates: Option<u16>,
    /// Threads; the report does not depend on them.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Write report.json and index.html into this folder.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Let the references answer: what a perfect model would reach.
    #[arg(long, conflicts_with = "model")]
    oracle: bool,
    /// Also compare the answers to questions that have the same reference: one thing asked in several ways.
    #[arg(long, conflicts_with = "oracle")]
    consistency: bool,
    /// End with exit 3 when fewer percent of easy and medium questions are right.
    #[arg(long, value_name = "PERCENT")]
    at_least: Option<f64>,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        let flags = [
            ("model.path", "--model", &self.model),
            ("pack", "--pack", &self.pack),
            ("ask.threshold", "--threshold", &self.threshold),
        ];
        let given = flags.into_iter().filter_map(|(key, flag, value)| Some((key, flag, Value::String(value.clone()?))));
        let plan = self.plan.then_some(("ask.plan", "--plan", Value::Boolean(true)));
        let candidates = self.candidates.map(|n| ("ask.candidates", "--candidates", Value::Integer(n.into())));
        given.chain(plan).chain(candidates).collect()
    }
}

/// A failure of training or evaluation: exit 7 for data, 4 for settings, 8 for models, 1 for a full disk and for training whose
/// numbers are none any more.
pub(super) fn failed(error: &TrainError) -> Failure {
    let (exit, code) = match error.cause() {
        _ if error.is_disk_full() => (Exit::Failed, "disk_full"),
        TrainError::Diverged { .. } => (Exit::Failed, "diverged"),
        TrainError::Line { .. } | TrainError::Data(_) | TrainError::Evaluation(_) => (Exit::Data, "data"),
        TrainError::Io { source, .. } if matches!(source.kind(), ErrorKind::NotFound | ErrorKind::IsADirectory) => {
            (Exit::Data, "unreadable")
        }
        TrainError::Setting { .. } => (Exit::Settings, "settings"),
        TrainError::Model(_) => (Exit::Model, "model_damaged"),
        _ => (Exit::Failed, "failed"),
    };
    Failure { hint: error.advice().map(str::to_owned), ..Failure::new(exit, code, error) }
}

/// A day that a flag gives.
pub(super) fn fixed_day(text: &str) -> Result<Date, Failure> {
    today(Some(text))
}

/// The pack's generated databases: its own value lists, and each of its other lists.
pub(super) fn databases(pack: &Pack, seed: u64) -> Result<Vec<Image>, Failure> {
    train::synth::studio::databases(pack, seed).map_err(Failure::data)
}

/// The databases that rewards run answers on.
pub(super) fn reward_databases(pack: &Pack) -> Result<Vec<Image>, Failure> {
    databases(pack, REWARD_SEED).map(judge::reward::ready)
}

/// An engine that reads questions with the values of a database.
pub(super) fn engine_over(pack: Pack, image: &Image, model: Result<LoadedModel, Problem>) -> Result<Engine, Failure> {
    let database = image.open().map_err(|e| cannot_open(&e))?;
    Ok(Engine::new(pack, database, model, None, &database::ProfileLimits::default()))
}

/// Evaluates.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let today = fixed_day(&args.today)?;
    let questions = read_questions(&args.questions).map_err(|e| failed(&e))?;
    let file = std::fs::read(&args.questions).map_err(|e| Failure::unreadable(&args.questions, &e))?;
    let pack = context.pack()?;
    let images = match args.db.is_empty() {
        true => databases(&pack, args.seed)?,
        false => args.db.iter().map(|place| image_at(place, &pack, context)).collect::<Result<_, _>>()?,
    };
    let exam = Exam::new(&questions, &images, usize::from(args.threads)).map_err(|e| failed(&e))?;
    if args.oracle {
        let found = references(&exam, pack, &images[0], today)?;
        return show_oracle(&found, context);
    }
    let model = context.model(&pack)?;
    let engine = engine_over(pack, &images[0], Ok(model))?;
    let asked = pipeline(&engine, &context.settings().asking(today));
    let report = Report { questions_sha256: sha256(&file), ..exam.grade(&asked) };
    let consistency = args.consistency.then(|| consistency(&exam, &asked));
    if let Some(folder) = &args.report {
        report.write(folder).map_err(|e| failed(&e))?;
    }
    show(&report, consistency, &args, &sha256(&file), context)?;
    let reached = 100.0 * report.of_difficulties(&["easy", "medium"]).accuracy();
    Ok(if args.at_least.is_some_and(|least| reached < least) { Exit::Gate } else { Exit::Done })
}

/// A file or server that a flag names: the file in memory.
fn image_at(place: &str, pack: &Pack, context: &Context) -> Result<Image, Failure> {
    Image::at(&context.place(place)?, &pack.catalog).map_err(|e| cannot_open(&e))
}

/// A file that a flag names, in memory.
pub(super) fn image(path: &Path, pack: &Pack) -> Result<Image, Failure> {
    if path.to_str().is_some_and(database::server::url::is_url) {
        return Err(Failure::usage("this command compares on SQLite files; `glrl eval --db` takes servers too"));
    }
    Image::load(path, &pack.catalog).map_err(|e| cannot_open(&e))
}

fn show(report: &Report, consistency: Option<Consistency>, args: &Args, file_hash: &str, context: &Context) -> Result<(), Failure> {
    if context.json {
        let mut object = serde_json::to_value(report).unwrap_or_default();
        let easy_and_medium = report.of_difficulties(&["easy", "medium"]);
        object["easy_and_medium"] = json!(easy_and_medium);
        object["reliability"] = json!(report.reliability());
        object["consistency"] = json!(consistency);
        object["accuracy"] = json!(report.answerable.accuracy());
        object["questions_file"] = json!({ "path": args.questions, "sha256": file_hash });
        output::line(object)?;
        return Ok(());
    }
    let by = |title: &str, counts: &BTreeMap<String, Tally>| -> std::io::Result<()> {
        output::line(context.paint().bold(title))?;
        counts.iter().try_for_each(|(name, tally)| line(name, *tally))
    };
    by("difficulty", &report.by_difficulty)?;
    line("easy and medium together", report.of_difficulties(&["easy", "medium"]))?;
    line("answerable", report.answerable)?;
    line("must be declined", report.must_decline)?;
    by("tag", &report.by_tag)?;
    if !report.by_persona.is_empty() {
        by("persona", &report.by_persona)?;
    }
    let reliability = report.reliability();
    let (ece, coverage) = (reliability.ece, 100.0 * reliability.coverage_at_99);
    output::line(format_args!("calibration error (ECE) {ece:.3}; coverage at 99 % right {coverage:.1} %"))?;
    if let Some(found) = consistency {
        let (share, Consistency { references, pairs, same }) = (100.0 * found.share(), found);
        output::line(format_args!(
            "same rows in {share:.1} % of pairs, {same} of {pairs}; {references} references asked for in several ways"
        ))?;
    }
    let (declined, empty) = (report.declined, report.both_empty);
    output::line(format_args!("declined though answerable: {declined}; right with no rows: {empty}"))?;
    let (databases, seconds) = (report.databases, report.seconds);
    output::line(format_args!("{databases} databases, {seconds:.1} s; questions {}", &file_hash[..16]))?;
    Ok(())
}

fn line(name: &str, tally: Tally) -> std::io::Result<()> {
    let Tally { right, questions } = tally;
    output::line(format_args!("  {name:28} {:5.1} %  {right:5} of {questions}", 100.0 * tally.accuracy()))
}

/// References as answers to their own questions, and whether a model could write them.
fn references(exam: &Exam<'_>, pack: Pack, image: &Image, today: Date) -> Result<OracleReport, Failure> {
    let lexicon = pack.lexicon().map_err(Failure::data)?;
    let added = added_tokens(&pack.catalog, &lexicon);
    let defect = |e: &dyn std::fmt::Display| Failure::new(Exit::Failed, "internal", e);
    let tokenizer = train_bpe([], added.len() + 256, &added).map_err(|e| defect(&e))?;
    let vocabulary = Vocabulary::new(tokenizer, &pack.catalog, lexicon).map_err(|e| defect(&e))?;
    let grammar = grammar(&pack, &vocabulary);
    let engine = engine_over(pack, image, Err(Problem::new(Cause::ModelMissing, "the references answer")))?;
    let reader = Reader { context: engine.context(today), lexicon: &vocabulary.lexicon, grammar: &grammar };
    Ok(oracle(exam, &reader))
}

fn show_oracle(found: &OracleReport, context: &Context) -> Outcome {
    if context.json {
        output::line(serde_json::to_value(found).unwrap_or(Json::Null))?;
    } else {
        line("references that are right", found.answers.all())?;
        line("references a model could write", found.writable)?;
        for miss in &found.answers.misses {
            output::line(format_args!("  wrong: {} {}", miss.id, miss.reason.as_deref().unwrap_or("")))?;
        }
        for reference in &found.unwritable {
            output::line(format_args!("  {:?}: {} {}", reference.stage, reference.id, output::plain(&reference.reason)))?;
        }
    }
    let all = found.answers.all();
    Ok(if all.right == all.questions { Exit::Done } else { Exit::Gate })
}

/// Fits confidence to how often answers are right: questions that the model finds answerable, and whose right answer is
/// known.
pub(super) fn calibrate(engine: &Engine, exams: &[Exam<'_>], today: Date, candidates: usize) -> Calibration {
    let options = Options { threshold: answer::Threshold::At(0.0), candidates, ..Options::on(today) };
    let asked = pipeline(engine, &options);
    let now = engine.model.as_ref().map(|model| model.calibration_for(candidates)).unwrap_or_default();
    let graded = exams.iter().flat_map(|exam| exam.grade(&asked).graded);
    let answered = graded.filter_map(|one| Some((now.log_odds(one.confidence?), one.right)));
    Calibration::fit(&answered.collect::<Vec<_>>())
}

/// How likely to be answerable a question has to be, so that of no file more than this share is declined that is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answerable {
    /// That probability.
    pub(super) least: f64,
    /// What a question's tokens usually are as likely as ([`answer::channel::Channel::usual`]); 0 where nothing is compared.
    pub(super) usual: f64,
}

/// Finds it.
pub(super) fn answerable(engine: &Engine, exams: &[Exam<'_>], today: Date, declined: f64) -> Answerable {
    let options = Options { execute: false, ..Options::on(today) };
    let of = |exam: &Exam<'_>| -> Vec<(f64, Option<f64>)> {
        let found = exam.each(&|question| match question.is_answerable() && question.previous.is_none() {
            true => Some(ask(engine, &question.question, &options)),
            false => None,
        });
        found.into_iter().flatten().filter_map(|answer| Some((answer.answerable?, answer.explained))).collect()
    };
    let found: Vec<_> = exams.iter().map(of).collect();
    let mut explained: Vec<f64> = found.iter().flatten().filter_map(|(_, explained)| *explained).collect();
    explained.sort_by(f64::total_cmp);
    let usual = explained.get(explained.len() / 2).copied().unwrap_or(0.0);
    let likely = |(before, explained): &(f64, Option<f64>)| {
        explained.map_or(*before, |explained| answerable_given(*before, explained, usual))
    };
    let least = |of: &Vec<(f64, Option<f64>)>| confidence::least_answerable(of.iter().map(likely).collect(), declined);
    Answerable { least: found.iter().map(least).reduce(f64::min).unwrap_or(0.0), usual }
}
