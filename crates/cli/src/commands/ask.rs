//! `glrl ask`: one question, or a batch of them, to checked SQL and rows.

use std::path::{Path, PathBuf};

use answer::ddl::add_script;
use answer::engine::Engine;
use answer::intent::Intent;
use answer::orchestrator::{self, Options, ask};
use answer::pack::Pack;
use answer::reply::{Answer, Cause, Problem, Status};
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use jiff::civil::Date;
use schema::Value as Datum;
use serde_json::Value as Json;
use sql::Dialect;
use sql::diagnostic::{Diagnostic, Severity};
use sql::translate::translate;
use toml::Value;

use super::Arguments;
use crate::access::AccessArgs;
use crate::context::{Context, today};
use crate::exit::{Exit, Failure, Outcome};
use crate::lines::Lines;
use crate::output;
use crate::session::Session;
use crate::settings::FlagValue;

/// What to ask, of which database, and how far to go.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("input").required(true).args(["question", "batch"]))]
pub(crate) struct Args {
    /// The question, in plain words; SQL is checked and run as it stands.
    question: Option<String>,
    /// Answer each line `{"id", "question"}` of this file with one line of JSON; "-" is standard input.
    #[arg(long, value_name = "FILE")]
    batch: Option<PathBuf>,
    /// The SQLite file or the server to ask (postgres://…, mysql://…); without it, the pack's demo database.
    #[arg(long, value_name = "FILE|URL")]
    db: Option<String>,
    /// The pack to ask with: a name, or a folder.
    #[arg(long)]
    pack: Option<String>,
    /// The model folder to ask with.
    #[arg(long, value_name = "DIR")]
    model: Option<String>,
    /// A conversation: the question may go on from the last one answered under this name ("only the active ones").
    #[arg(long, value_name = "NAME", conflicts_with = "batch")]
    session: Option<String>,
    /// The day that "last month" is counted from, YYYY-MM-DD; without it, today.
    #[arg(long, value_name = "DATE")]
    today: Option<String>,
    /// Only make and check the SQL.
    #[arg(long)]
    no_execute: bool,
    /// Rows returned at most.
    #[arg(long, value_name = "N")]
    max_rows: Option<u32>,
    /// Further candidates to list, at most 5.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=5))]
    alternatives: Option<u16>,
    /// Candidates drawn and run, of which the result with the most weight is the answer, at most 64.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    candidates: Option<u16>,
    /// How sure an answer has to be: "default", "strict", or a probability.
    #[arg(long, value_name = "T")]
    threshold: Option<String>,
    /// Let the model say a plan before its query, which is then checked against it.
    #[arg(long)]
    plan: bool,
    /// Put the rows into the replies of a batch.
    #[arg(long)]
    rows: bool,
    /// Show the SQL in this engine's words too: postgres, mysql, sqlserver or oracle.
    #[arg(long, value_name = "DIALECT", value_parser = str::parse::<Dialect>, conflicts_with = "batch")]
    dialect: Option<Dialect>,
    /// Time for the query in the database, as "500ms" or "5s".
    #[arg(long, value_name = "TIME", value_parser = milliseconds)]
    deadline: Option<u32>,
    #[command(flatten)]
    access: AccessArgs,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        let text = |key, flag, value: &Option<String>| value.clone().map(|v| (key, flag, Value::String(v)));
        let number = |key, flag, value: Option<i64>| value.map(|v| (key, flag, Value::Integer(v)));
        let flags = [
            text("database.path", "--db", &self.db),
            text("pack", "--pack", &self.pack),
            text("model.path", "--model", &self.model),
            text("ask.threshold", "--threshold", &self.threshold),
            number("limits.max_rows", "--max-rows", self.max_rows.map(i64::from)),
            number("ask.alternatives", "--alternatives", self.alternatives.map(i64::from)),
            number("ask.candidates", "--candidates", self.candidates.map(i64::from)),
            number("limits.deadline_ms", "--deadline", self.deadline.map(i64::from)),
        ];
        let plan = self.plan.then_some(("ask.plan", "--plan", Value::Boolean(true)));
        flags.into_iter().flatten().chain(plan).collect()
    }

    fn reject(self, json: bool, failure: Failure) -> Outcome {
        fail(self.question.as_deref().unwrap_or(""), json, failure)
    }
}

/// "500ms", "5s", "2m"; a bare number is seconds.
fn milliseconds(text: &str) -> Result<u32, String> {
    let digits = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "ms" => 1.0,
        "" | "s" => 1000.0,
        "m" | "min" => 60_000.0,
        _ => return Err("expected a time such as \"500ms\" or \"5s\"".to_owned()),
    };
    let ms = number.parse::<f64>().map(|n| n * factor).map_err(|e| e.to_string())?;
    if (1.0..=f64::from(u32::MAX)).contains(&ms) { Ok(ms as u32) } else { Err("expected at least 1ms".to_owned()) }
}

/// Asks.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    match &args.batch {
        Some(path) => batch(path, &args, context),
        None => {
            let question = args.question.as_deref().unwrap_or("");
            match one(question, &args, context) {
                Ok((answer, kept)) => show(&answer, args.dialect, context).and_then(|exit| kept.map(|()| exit)),
                Err(failure) => fail(question, context.json, failure),
            }
        }
    }
}

/// The answer, and whether the conversation was kept; an answer is shown all the same.
fn one(question: &str, args: &Args, context: &Context) -> Result<(Answer, Result<(), Failure>), Failure> {
    let today = today(args.today.as_deref())?;
    // What needs neither database nor model is told without them.
    if let (None, Some(answer)) = (&args.session, orchestrator::turned_away(question)) {
        return Ok((with_script(answer, args, context), Ok(())));
    }
    let session = args.session.as_deref().map(|name| Session::named(name, context)).transpose()?;
    let engine = engine_for(&args.access, context)?;
    let previous = session.as_ref().and_then(|session| session.previous(&engine.pack.catalog));
    let answer = ask(&engine, question, &Options { previous, ..options(args, context, today) });
    let kept = match (session, &answer.sql) {
        (Some(session), Some(sql)) => session.keep(question, sql),
        _ => Ok(()),
    };
    Ok((answer, kept))
}

/// The reply with the reviewed script, where the request is one that the pack's definitions tell something of. Under a
/// policy there is none: it could tell of what is hidden.
fn with_script(mut answer: Answer, args: &Args, context: &Context) -> Answer {
    let Ok(pack) = context.pack() else { return answer };
    let open = matches!(args.access.access(&pack.catalog, &pack.files.policies), Ok(None));
    if open && answer.intent == Some(Intent::Write) {
        add_script(&pack, &mut answer);
    }
    answer
}

/// Pack, database, values and model, opened once.
pub(super) fn engine(context: &Context) -> Result<Engine, Failure> {
    let pack = context.pack()?;
    let database = context.database(&pack)?;
    let model = context.model(&pack).map_err(|failure| {
        let causes = [Cause::ModelMissing, Cause::ModelForAnother];
        let cause = causes.into_iter().find(|cause| cause.code() == failure.code).unwrap_or(Cause::ModelDamaged);
        Problem { cause, message: failure.message, hint: failure.hint }
    });
    let values = context.settings().values.of_profile();
    Ok(Engine::new(pack, database, model, context.cache_folder().as_deref(), &values))
}

/// The engine, asked by a user who may see what a policy lets through.
fn engine_for(user: &AccessArgs, context: &Context) -> Result<Engine, Failure> {
    let engine = engine(context)?;
    let access = user.access(&engine.pack.catalog, &engine.pack.files.policies)?;
    Ok(engine.restricted(access))
}

fn options(args: &Args, context: &Context, today: Date) -> Options {
    let options = context.settings().asking(today);
    // Candidates are compared by their rows, so nothing is run only where there is one.
    let candidates = if args.no_execute { 1 } else { options.candidates };
    Options { execute: !args.no_execute, candidates, ..options }
}

/// A failure before there was an answer; `--json` promises one object all the same.
fn fail(question: &str, json: bool, failure: Failure) -> Outcome {
    if !json {
        return Err(failure);
    }
    let cause = match failure.exit {
        Exit::Usage => Cause::Question,
        Exit::Unavailable => Cause::DatabaseUnavailable,
        Exit::Data => Cause::DatabaseInvalid,
        Exit::Model => Cause::ModelDamaged,
        _ => Cause::Internal,
    };
    let answer = Answer::to(question).declined(Problem { cause, message: failure.message, hint: failure.hint });
    // The failure's own code is the more exact one.
    let mut object = serde_json::to_value(&answer).unwrap_or_default();
    object["error"]["code"] = Json::from(failure.code);
    output::line(object)?;
    Ok(failure.exit)
}

fn exit_of(answer: &Answer) -> Exit {
    let Some(problem) = &answer.error else { return Exit::Done };
    match problem.cause {
        Cause::Question => Exit::Usage,
        Cause::Write | Cause::Unsafe => Exit::Refused,
        Cause::Unanswerable | Cause::Ambiguous | Cause::FollowUp | Cause::ChitChat => Exit::NoAnswer,
        Cause::InvalidSql | Cause::NoCandidate | Cause::LowConfidence => Exit::NoAnswer,
        Cause::ModelMissing | Cause::ModelDamaged | Cause::ModelForAnother => Exit::Model,
        Cause::DatabaseUnavailable => Exit::Unavailable,
        Cause::DatabaseInvalid => Exit::Data,
        Cause::Deadline => Exit::Deadline,
        Cause::Limit | Cause::Internal => Exit::Failed,
    }
}

fn show(answer: &Answer, dialect: Option<Dialect>, context: &Context) -> Outcome {
    let elsewhere = dialect.zip(answer.sql.as_ref()).map(|(dialect, sql)| Elsewhere::new(dialect, sql, context));
    if context.json {
        let mut object = serde_json::to_value(answer).unwrap_or_default();
        match elsewhere {
            Some(elsewhere) => {
                object["elsewhere"] = elsewhere.json();
                output::line(object)?;
            }
            None => output::line(answer.to_json())?,
        }
        return Ok(exit_of(answer));
    }
    if let Some(sql) = &answer.sql {
        show_query(answer, sql, elsewhere.as_ref(), context)?;
    }
    if !answer.alternatives.is_empty() {
        show_alternatives(answer, context)?;
    }
    for line in answer.script.iter().flat_map(|script| script.lines()) {
        output::line(output::plain(line))?;
    }
    if let Some(problem) = &answer.error {
        // A script says itself what was found.
        for diagnostic in answer.validation.iter().filter(|_| answer.script.is_none()) {
            output::talk(format_args!("{}", one_line(diagnostic)));
        }
        output::talk(format_args!("{}", output::plain(&problem.message)));
        if let Some(hint) = &problem.hint {
            output::talk(format_args!("  hint: {}", output::plain(hint)));
        }
    }
    Ok(exit_of(answer))
}

/// The SQL of an answer in another engine's words, or why it cannot be said in them.
struct Elsewhere {
    dialect: Dialect,
    sql: Result<String, String>,
}

impl Elsewhere {
    fn new(dialect: Dialect, sql: &str, context: &Context) -> Self {
        let said = |pack: Pack| translate(sql, &pack.catalog, Dialect::Sqlite, dialect).map_err(|e| e.to_string());
        Elsewhere { dialect, sql: context.pack().map_err(|failure| failure.message).and_then(said) }
    }

    fn json(&self) -> Json {
        serde_json::json!({ "dialect": self.dialect.name(), "sql": self.sql.as_ref().ok(), "error": self.sql.as_ref().err() })
    }

    fn show(&self, context: &Context) -> Result<(), Failure> {
        output::line(context.paint().bold(&format!("SQL for {}", self.dialect.title())))?;
        let text = self.sql.as_ref().unwrap_or_else(|why| why);
        for line in text.lines() {
            output::line(format_args!("  {}", output::plain(line)))?;
        }
        output::line("")?;
        Ok(())
    }
}

fn show_query(
    answer: &Answer,
    sql: &str,
    elsewhere: Option<&Elsewhere>,
    context: &Context,
) -> Result<(), Failure> {
    let paint = context.paint();
    if let Some(reasoning) = &answer.reasoning {
        output::line(format_args!("{} {}", paint.bold("Reasoning"), paint.faint("(derived from the query)")))?;
        for step in reasoning.lines() {
            output::line(format_args!("  {}", output::plain(step)))?;
        }
        output::line("")?;
    }
    output::line(paint.bold("SQL"))?;
    for line in sql.lines() {
        output::line(format_args!("  {}", output::plain(line)))?;
    }
    output::line("")?;
    if let Some(elsewhere) = elsewhere {
        elsewhere.show(context)?;
    }
    if let Some(confidence) = answer.confidence_score {
        output::line(format_args!("{} {:.1} %", paint.bold("Confidence"), 100.0 * confidence))?;
    }
    let verdict = if answer.validation.is_empty() { paint.green("passed") } else { paint.yellow("passed, with remarks") };
    output::line(format_args!("{} {verdict}", paint.bold("Validation")))?;
    for diagnostic in &answer.validation {
        output::line(format_args!("  {}", one_line(diagnostic)))?;
    }
    show_rows(answer, context)
}

fn show_rows(answer: &Answer, context: &Context) -> Result<(), Failure> {
    let Some(rows) = &answer.rows else { return Ok(()) };
    output::line("")?;
    if !rows.is_empty() {
        output::line(table(&answer.columns, rows))?;
    }
    let count = output::separated(rows.len() as i128);
    let noun = if rows.len() == 1 { "row" } else { "rows" };
    let more = if answer.truncated { ", and there are more (--max-rows)" } else { "" };
    let time = context.paint().faint(&format!("({})", output::duration(answer.elapsed_ms)));
    output::line(format_args!("{count} {noun}{more}  {time}"))?;
    Ok(())
}

fn table(columns: &[String], rows: &[Vec<Datum>]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED);
    if let Some((terminal_size::Width(width), _)) = terminal_size::terminal_size().filter(|_| output::is_terminal()) {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(columns.iter().map(|name| output::plain(name)));
    for row in rows {
        table.add_row(row.iter().map(|value| {
            let is_number = matches!(value, Datum::Integer(_) | Datum::Real(_));
            let alignment = if is_number { CellAlignment::Right } else { CellAlignment::Left };
            Cell::new(output::cell(value)).set_alignment(alignment)
        }));
    }
    table
}

fn show_alternatives(answer: &Answer, context: &Context) -> Result<(), Failure> {
    let paint = context.paint();
    output::line("")?;
    output::line(paint.bold(if answer.status == Status::Answered { "Alternatives" } else { "Candidates" }))?;
    for alternative in &answer.alternatives {
        let confidence = format!("{:.1} %", 100.0 * alternative.confidence_score);
        output::line(format_args!("  {}", paint.faint(&confidence)))?;
        for line in alternative.sql.lines() {
            output::line(format_args!("    {}", output::plain(line)))?;
        }
    }
    Ok(())
}

fn one_line(diagnostic: &Diagnostic) -> String {
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    output::plain(&format!("{severity} {}: {}", diagnostic.code, diagnostic.message))
}

/// Answers each line of a file with one line.
fn batch(path: &Path, args: &Args, context: &Context) -> Outcome {
    let today = today(args.today.as_deref())?;
    let mut lines = Lines::open(path, "question")?;
    let engine = engine_for(&args.access, context)?;
    let options = options(args, context, today);
    while let Some(line) = lines.next()? {
        let mut answer = match line.text {
            Ok(question) => Answer { id: line.id, ..ask(&engine, &question, &options) },
            Err(problem) => bad_line(line.id, line.number, problem),
        };
        if !args.rows {
            answer.rows = None;
        }
        output::line(answer.to_json())?;
    }
    Ok(Exit::Done)
}

fn bad_line(id: Json, number: usize, message: String) -> Answer {
    let answer = Answer::to("").declined(Problem::new(Cause::Question, message));
    Answer { id, line: Some(number), ..answer }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        assert_eq!(milliseconds("500ms"), Ok(500));
        assert_eq!(milliseconds("1.5s"), Ok(1500));
        assert_eq!(milliseconds("2"), Ok(2000));
        assert!(milliseconds("0ms").is_err() && milliseconds("soon").is_err() && milliseconds("5h").is_err());
    }
}
