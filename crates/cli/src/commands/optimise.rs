//! `glrl optimise "SELECT …"`: the same rows in a quicker way, and indexes that would help; each tried before it is suggested.

use std::path::Path;

use database::advice::{Advice, Gain, Redundant, advise, redundant};
use database::{Database, Fault, Image, Limits, Place, RunError, Times};
use judge::Verdict;
use judge::improve::{Dropped, Improved, Trials, Why, improve, stored_days};
use schema::Catalog;
use serde_json::{Value as Json, json};
use sql::optimise::days::days_asked;
use sql::optimise::{Ground, left_open};
use sql::print::readable;
use sql::{Options, VerifiedQuery, verify};

use super::Arguments;
use super::schema::{TablesArgs, text_of};
use super::validate::{exit_of, talk_of};
use crate::context::{Context, cannot_open};
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::settings::FlagValue;

/// The largest database, in bytes, of which a copy is made in memory to try indexes on.
const LARGEST_COPY: u64 = 256 << 20;
/// Runs of each query of a pair.
const RUNS: usize = 7;

/// What to optimise, and on what.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The query; "-" reads it from standard input.
    sql: String,
    #[command(flatten)]
    tables: TablesArgs,
    /// Run nothing: rewrites by proof alone, indexes by the planner's estimate.
    #[arg(long)]
    no_measure: bool,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        self.tables.flags()
    }
}

/// Where a query is tried.
struct Stage {
    catalog: Catalog,
    /// The statements that made the tables.
    script: String,
    /// Where queries run; none where there are no rows.
    database: Option<Database>,
    /// Where indexes are tried; with the rows of the database, or without any.
    image: Option<Image>,
    with_rows: bool,
}

/// What is said of a query.
struct Suggestions<'a> {
    query: &'a VerifiedQuery,
    stage: &'a Stage,
    improved: Improved,
    /// Why nothing is rewritten.
    left_open: Option<String>,
    indexes: Vec<Advice>,
    redundant: Vec<Redundant>,
}

/// Optimises a query that validation finds right; else its findings are shown, with the exit code of `glrl validate`.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let sql = if args.sql == "-" { text_of(Path::new("-"))? } else { args.sql.clone() };
    let stage = Stage::open(&args, context)?;
    let query = match verify(&sql, &stage.catalog, &Options::default()) {
        Ok(query) => query,
        Err(report) => {
            talk_of(&report.diagnostics, &sql, context);
            return Ok(exit_of(&report.diagnostics));
        }
    };
    let suggestions = Suggestions::find(&query, &stage, args.no_measure)?;
    if context.json {
        output::line(suggestions.json())?;
    } else {
        suggestions.text(context)?;
    }
    Ok(Exit::Done)
}

impl Stage {
    fn open(args: &Args, context: &Context) -> Result<Self, Failure> {
        let named = &context.settings().database.path;
        let of_settings = (!named.is_empty() && args.tables.ddl.is_none()).then_some(named);
        match (args.tables.db.as_ref().or(of_settings), &args.tables.ddl) {
            (Some(place), _) => match context.place(place)? {
                Place::File(path) => Stage::of_file(&path, context),
                Place::Server(_) => Err(Failure::usage("only SQLite files are optimised so far")
                    .hint("name one with --db, or a script of definitions with --ddl")),
            },
            (None, Some(path)) => Stage::of_script(path),
            (None, None) => Stage::of_pack(context),
        }
    }

    /// Of a user's file: its own definitions count, and it is only read.
    fn of_file(path: &Path, context: &Context) -> Result<Self, Failure> {
        let live = super::schema::live(&path.to_string_lossy(), context)?;
        let size = std::fs::metadata(path).map_or(u64::MAX, |file| file.len());
        let (catalog, script) = (live.catalog, live.script);
        if size <= LARGEST_COPY {
            let image = Image::load(path, &catalog).map_err(|e| cannot_open(&e))?;
            let database = Some(image.open().map_err(internal)?);
            return Ok(Stage { catalog, script, database, image: Some(image), with_rows: true });
        }
        context.note(format_args!("{} is too large to be copied: indexes are only estimated", path.display()));
        let (database, _) = database::open_any(path).map_err(|e| cannot_open(&e))?;
        let image = Image::without_rows(&script, &catalog).ok();
        Ok(Stage { catalog, script, database: Some(database), image, with_rows: false })
    }

    fn of_script(path: &Path) -> Result<Self, Failure> {
        let script = text_of(path)?;
        let wrong = |e: &dyn std::fmt::Display| Failure::data(format_args!("{}: {e}", path.display()));
        let catalog = sql::ddl::catalog_from_ddl(&script).map_err(|e| wrong(&e))?;
        let image = Image::without_rows(&script, &catalog).ok();
        Ok(Stage { catalog, script, database: None, image, with_rows: false })
    }

    fn of_pack(context: &Context) -> Result<Self, Failure> {
        let pack = context.pack()?;
        let image = Image::copy(context.database(&pack)?).map_err(internal)?;
        let database = Some(image.open().map_err(internal)?);
        Ok(Stage { catalog: pack.catalog, script: pack.files.schema, database, image: Some(image), with_rows: true })
    }
}

fn internal(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, "internal", error)
}

/// A query that does not come to its end, or fails where it is run.
fn cannot_run(error: &RunError) -> Failure {
    let (exit, code) = match error.fault() {
        Fault::Limit => (Exit::Deadline, "deadline"),
        Fault::Unavailable => (Exit::Unavailable, "database_unavailable"),
        Fault::Refused => (Exit::Refused, "refused"),
        Fault::Data => (Exit::Data, "database_invalid"),
        Fault::Statement => (Exit::Failed, "rejected"),
    };
    Failure::new(exit, code, error).hint("with --no-measure nothing is run")
}

impl<'a> Suggestions<'a> {
    fn find(query: &'a VerifiedQuery, stage: &'a Stage, no_measure: bool) -> Result<Self, Failure> {
        let limits = Limits { max_rows: 200_000, ..Limits::default() };
        let database = stage.database.as_ref().filter(|_| !no_measure);
        if let Some(database) = database {
            database::run(database, query, &limits).map_err(|e| cannot_run(&e))?;
        }
        let asked = days_asked(query.query(), &stage.catalog);
        let days = database.map(|database| stored_days(database, asked, &limits)).unwrap_or_default();
        let ground = Ground::new(&stage.catalog, &stage.script).with_days(days);
        let improved = improve(query, &ground, database, &Trials { limits: limits.clone(), runs: RUNS });
        let quickest = improved.query.as_ref().unwrap_or(query);
        let with_rows = stage.with_rows && !no_measure;
        let advised = stage.image.as_ref().map(|image| advise(image, quickest, with_rows, RUNS, &limits));
        let indexes = advised.unwrap_or_else(|| Ok(vec![])).map_err(|e| cannot_run(&e))?;
        let redundant = stage.image.as_ref().map_or_else(|| Ok(vec![]), redundant).map_err(internal)?;
        let left_open = left_open(query.query(), &ground);
        Ok(Suggestions { query, stage, improved, left_open, indexes, redundant })
    }

    /// The rewritten text, where there is one.
    fn rewritten(&self) -> Option<&str> {
        self.improved.query.as_ref().map(VerifiedQuery::sql)
    }

    fn json(&self) -> Json {
        let kept = self.improved.kept.iter().map(|kept| {
            json!({ "name": kept.step.rewrite.name, "title": kept.step.rewrite.title, "reason": kept.step.reason, "times": kept.times })
        });
        let dropped = self.improved.dropped.iter().map(|dropped| {
            json!({ "name": dropped.rewrite.name, "sql": dropped.sql, "why": why(dropped), "mistake": dropped.why.is_mistake() })
        });
        json!({
            "sql": self.query.sql(),
            "rewritten": self.rewritten(),
            "rewrites": kept.collect::<Vec<_>>(),
            "dropped": dropped.collect::<Vec<_>>(),
            "left_open": self.left_open,
            "rows": self.improved.verdict.map(rows),
            "times": self.improved.times,
            "indexes": self.indexes,
            "redundant_indexes": self.redundant,
        })
    }

    fn text(&self, context: &Context) -> std::io::Result<()> {
        let paint = context.paint();
        output::line(paint.bold("Before"))?;
        indented(&readable(self.query.query(), &self.stage.catalog))?;
        match (self.rewritten(), &self.left_open) {
            (Some(rewritten), _) => {
                output::line(format_args!("\n{}", paint.bold("After")))?;
                indented(rewritten)?;
                self.steps(context)?;
            }
            (None, Some(reason)) => output::line(format_args!("\nIt is left as it is. {reason}"))?,
            (None, None) => output::line("\nIt is left as it is: nothing known here makes it better.")?,
        }
        for dropped in &self.improved.dropped {
            let line = format!("not suggested: {} ({})", dropped.rewrite.title, why(dropped));
            let line = if dropped.why.is_mistake() { paint.red(&line) } else { paint.faint(&line) };
            output::line(line)?;
        }
        self.index_lines(context)
    }

    fn steps(&self, context: &Context) -> std::io::Result<()> {
        let paint = context.paint();
        output::line(format_args!("\n{}", paint.bold("Why")))?;
        for kept in &self.improved.kept {
            output::line(format_args!("  {}: {}", kept.step.rewrite.title, output::plain(&kept.step.reason)))?;
        }
        if let Some(verdict) = self.improved.verdict {
            output::line(format_args!("\nrows: {}", rows(verdict)))?;
        }
        if let Some(times) = self.improved.times {
            output::line(format_args!("time: {}", told(times)))?;
        }
        Ok(())
    }

    fn index_lines(&self, context: &Context) -> std::io::Result<()> {
        let paint = context.paint();
        if !self.indexes.is_empty() {
            output::line(format_args!("\n{}", paint.bold("Indexes")))?;
        }
        for advice in &self.indexes {
            output::line(format_args!("  {}", output::plain(&advice.statement)))?;
            let gain = match &advice.gain {
                Gain::Measured(times) => format!("Measured on a copy: {}.", told(*times)),
                Gain::Planned { before, after } => {
                    let [before, after] = [before, after].map(|lines| lines.join("; "));
                    format!("Not measured. The planner's estimate: \"{after}\" instead of \"{before}\".")
                }
            };
            output::line(format_args!("    {} {}", advice.reason, output::plain(&gain)))?;
        }
        for Redundant { table, index, served_by } in &self.redundant {
            let [table, index, by] = [table, index, served_by].map(|name| output::plain(name));
            output::line(format_args!("\nThe index {index} of {table} says nothing that {by} does not: it can be dropped."))?;
        }
        Ok(())
    }
}

fn indented(text: &str) -> std::io::Result<()> {
    text.lines().try_for_each(|line| output::line(format_args!("  {}", output::plain(line))))
}

fn rows(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Same => "same",
        Verdict::SameEmpty => "same, none at all",
        Verdict::Different(_) => "different",
    }
}

/// "12.0 ms, then 3.0 ms (4.0 times quicker)".
fn told(times: Times) -> String {
    let change = match times.gain() {
        gain if gain >= 1.05 => format!("{gain:.1} times quicker"),
        _ => "as quick".to_owned(),
    };
    format!("{}, then {} ({change})", output::duration(times.before_ms), output::duration(times.after_ms))
}

fn why(dropped: &Dropped) -> String {
    match &dropped.why {
        Why::Rows(difference) => format!("a mistake of this program: the rows differ, {difference:?}; please report it"),
        Why::Ties => "the LIMIT cuts through too many tied rows to compare".to_owned(),
        Why::Refused => "a mistake of this program: the rewritten text is refused; please report it".to_owned(),
        Why::Unfinished(error) => format!("it was not run to its end: {error}"),
        Why::Slower(times) => {
            let [before, after] = [times.before_ms, times.after_ms].map(output::duration);
            format!("slower: {after} for {before}")
        }
    }
}
