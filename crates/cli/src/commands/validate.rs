//! `glrl validate`: SQL, checked in five layers.

use std::path::{Path, PathBuf};

use answer::pack::Pack;
use schema::Catalog;
use serde_json::{Value as Json, json};
use sql::diagnostic::{Diagnostic, caret};
use sql::policy::Access;
use sql::validate::fixed;
use sql::{Dialect, Layer, Report, Severity, validate, verify_for};
use toml::Value;

use super::Arguments;
use super::schema::{catalog_of_script, live};
use crate::access::AccessArgs;
use crate::context::Context;
use crate::exit::{Exit, Outcome};
use crate::lines::Lines;
use crate::output;
use crate::sarif::{self, Checked};
use crate::settings::FlagValue;

/// What to check, against which tables.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("input").required(true).args(["sql", "batch"]))]
pub(crate) struct Args {
    /// The SQL.
    sql: Option<String>,
    /// Check each line `{"id", "sql"}` of this file with one line of JSON; "-" is standard input.
    #[arg(long, value_name = "FILE")]
    batch: Option<PathBuf>,
    /// The tables that this script creates, instead of the pack's.
    #[arg(long, value_name = "FILE")]
    ddl: Option<PathBuf>,
    /// The tables that this SQLite file, or the server of this URL, holds, instead of the pack's.
    #[arg(long, value_name = "FILE|URL", conflicts_with = "ddl")]
    db: Option<String>,
    /// The pack whose tables and rules count: a name, or a folder.
    #[arg(long)]
    pack: Option<String>,
    #[command(flatten)]
    dialect: DialectArg,
    /// The layers that count, by name and with commas between.
    #[arg(long, value_delimiter = ',', value_parser = layer, default_value = "syntax,schema,business,performance,security")]
    layers: Vec<Layer>,
    /// The question that the SQL is to answer: some rules look at its words.
    #[arg(long, value_name = "TEXT")]
    question: Option<String>,
    /// Apply the safe fixes, those that keep the meaning, and print the SQL as it is then.
    #[arg(long)]
    fix: bool,
    /// How findings are printed: text, json (as `--json`) or sarif.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    access: AccessArgs,
}

/// Whose SQL is looked at.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct DialectArg {
    /// Whose SQL it is: sqlite, postgres or mysql.
    #[arg(long, default_value = "sqlite", value_parser = Dialect::checked)]
    pub(super) dialect: Dialect,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Carets under each place.
    Text,
    /// One object a line.
    Json,
    /// One SARIF 2.1.0 log.
    Sarif,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        self.pack.iter().map(|pack| ("pack", "--pack", Value::String(pack.clone()))).collect()
    }
}

fn layer(name: &str) -> Result<Layer, String> {
    let names = Layer::ALL.map(Layer::name).join(", ");
    Layer::from_name(name).ok_or_else(|| format!("the layers are {names}"))
}

/// What SQL is checked against.
enum Ground {
    Pack(Box<Pack>),
    Script(Catalog),
}

impl Ground {
    fn options<'a>(&'a self, args: &'a Args) -> (&'a Catalog, sql::Options<'a>) {
        let (catalog, options) = match self {
            Ground::Pack(pack) => (&pack.catalog, pack.validation()),
            Ground::Script(catalog) => (catalog, sql::Options::default()),
        };
        let question = args.question.as_deref();
        (catalog, sql::Options { dialect: args.dialect.dialect, layers: &args.layers, question, ..options })
    }

    fn policies(&self) -> &str {
        match self {
            Ground::Pack(pack) => &pack.files.policies,
            Ground::Script(_) => "",
        }
    }

    fn catalog(&self) -> &Catalog {
        match self {
            Ground::Pack(pack) => &pack.catalog,
            Ground::Script(catalog) => catalog,
        }
    }
}

/// What SQL is checked against, and for whom.
struct Check<'a> {
    args: &'a Args,
    ground: Ground,
    /// What the user may see, where a policy says it.
    access: Option<Access>,
}

impl Check<'_> {
    /// The SQL, with its safe fixes applied where that is asked for, and what is found in it then.
    fn fixed(&self, sql: &str) -> (String, Report) {
        let (catalog, options) = self.ground.options(self.args);
        let (text, report) = match self.args.fix {
            true => fixed(sql, catalog, &options),
            false => (sql.to_owned(), validate(sql, catalog, &options)),
        };
        match &self.access {
            Some(access) => (text.clone(), restricted(&text, catalog, &options, access)),
            None => (text, report),
        }
    }
}

/// What is said of SQL that a user asks under a policy. Every layer runs; those that were asked for are shown.
fn restricted(sql: &str, catalog: &Catalog, options: &sql::Options, access: &Access) -> Report {
    let mut report = match verify_for(sql, catalog, options, access) {
        Ok(query) => query.report().clone(),
        Err(report) => *report,
    };
    report.diagnostics.retain(|d| options.layers.contains(&d.layer));
    report.valid = report.diagnostics.iter().all(|d| d.severity != Severity::Error);
    report
}

/// Checks SQL.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let ground = match (&args.ddl, &args.db) {
        (Some(path), _) => Ground::Script(catalog_of_script(path)?),
        (None, Some(place)) => Ground::Script(live(place, context)?.catalog),
        (None, None) => Ground::Pack(Box::new(context.pack()?)),
    };
    let access = args.access.access(ground.catalog(), ground.policies())?;
    let check = Check { args: &args, ground, access };
    match (&args.batch, args.sql.as_deref().unwrap_or(""), args.format) {
        (Some(path), _, Format::Sarif) => batch_sarif(path, &check),
        (Some(path), _, _) => batch(path, &check),
        (None, sql, Format::Sarif) => one_sarif(sql, &check),
        (None, sql, format) if context.json || format == Format::Json => one_json(sql, &check),
        (None, sql, _) => one(sql, &check, context),
    }
}

/// For people: findings, then the verdict; with `--fix` the SQL alone is data, the rest is talk.
fn one(sql: &str, check: &Check<'_>, context: &Context) -> Outcome {
    let (text, report) = check.fixed(sql);
    let findings = report.diagnostics.iter().map(|diagnostic| {
        let shown: Vec<String> = caret(&text, diagnostic).lines().map(output::plain).collect();
        shown.join("\n")
    });
    if check.args.fix {
        output::line(text.trim_end())?;
        findings.for_each(|finding| context.note(finding));
        return Ok(exit_of(&report.diagnostics));
    }
    for finding in findings {
        output::line(finding)?;
    }
    let paint = context.paint();
    output::line(if report.valid { paint.green("valid") } else { paint.red("not valid") })?;
    Ok(exit_of(&report.diagnostics))
}

fn one_json(sql: &str, check: &Check<'_>) -> Outcome {
    let (text, report) = check.fixed(sql);
    output::line(reply(Json::Null, &text, &report, check.args))?;
    Ok(exit_of(&report.diagnostics))
}

fn one_sarif(sql: &str, check: &Check<'_>) -> Outcome {
    let (text, report) = check.fixed(sql);
    let exit = exit_of(&report.diagnostics);
    output::line(sarif::log(&[Checked { uri: "query.sql".to_owned(), text, diagnostics: report.diagnostics }]))?;
    Ok(exit)
}

/// One log for all lines of a file; a line that is none has no SQL to find anything in, and is talked of.
fn batch_sarif(path: &Path, check: &Check<'_>) -> Outcome {
    let mut lines = Lines::open(path, "sql")?;
    let mut checked = vec![];
    while let Some(line) = lines.next()? {
        match line.text {
            Ok(sql) => {
                let (text, report) = check.fixed(&sql);
                let uri = format!("line-{}.sql", line.number);
                checked.push(Checked { uri, text, diagnostics: report.diagnostics });
            }
            Err(problem) => output::talk(format_args!("line {}: {problem}", line.number)),
        }
    }
    output::line(sarif::log(&checked))?;
    Ok(Exit::Done)
}

/// Findings beside what a command prints as its data.
pub(super) fn talk_of(found: &[Diagnostic], sql: &str, context: &Context) {
    for finding in found {
        caret(sql, finding).lines().for_each(|line| context.note(output::plain(line)));
    }
}

/// Unsafe SQL has an exit code of its own.
pub(super) fn exit_of(found: &[Diagnostic]) -> Exit {
    let errors = || found.iter().filter(|finding| finding.severity == Severity::Error);
    match errors().next() {
        None => Exit::Done,
        Some(_) if errors().any(|finding| finding.layer == Layer::Security) => Exit::Refused,
        Some(_) => Exit::Gate,
    }
}

/// What a script reads; with `--fix` the SQL as it is then stands beside what is still found in it.
fn reply(id: Json, text: &str, report: &Report, args: &Args) -> Json {
    let mut reply = json!({ "id": id, "valid": report.valid, "diagnostics": report.diagnostics });
    if args.fix {
        reply["sql"] = json!(text);
    }
    reply
}

fn batch(path: &Path, check: &Check<'_>) -> Outcome {
    let mut lines = Lines::open(path, "sql")?;
    while let Some(line) = lines.next()? {
        output::line(match line.text {
            Ok(sql) => {
                let (text, report) = check.fixed(&sql);
                reply(line.id, &text, &report, check.args)
            }
            Err(problem) => json!({
                "id": line.id, "line": line.number, "valid": false, "diagnostics": [],
                "error": { "code": "invalid_line", "message": problem, "hint": null },
            }),
        })?;
    }
    Ok(Exit::Done)
}
