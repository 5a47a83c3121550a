//! `glrl validate`: SQL, checked in five layers.

use std::path::{Path, PathBuf};

use answer::pack::Pack;
use schema::Catalog;
use serde_json::{Value as Json, json};
use sql::diagnostic::caret;
use sql::policy::Access;
use sql::{Dialect, Layer, Report, Severity, validate, verify_for};
use toml::Value;

use super::Arguments;
use super::schema::catalog_of_script;
use crate::access::AccessArgs;
use crate::context::Context;
use crate::exit::{Exit, Outcome};
use crate::lines::Lines;
use crate::output;
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
    /// The pack whose tables and rules count: a name, or a folder.
    #[arg(long)]
    pack: Option<String>,
    /// Whose SQL it is: sqlite, postgres or mysql.
    #[arg(long, default_value = "sqlite", value_parser = str::parse::<Dialect>)]
    dialect: Dialect,
    /// The layers that count, by name and with commas between.
    #[arg(long, value_delimiter = ',', value_parser = layer, default_value = "syntax,schema,business,performance,security")]
    layers: Vec<Layer>,
    #[command(flatten)]
    access: AccessArgs,
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
    fn check(&self, sql: &str, args: &Args, access: Option<&Access>) -> Report {
        let (catalog, options) = match self {
            Ground::Pack(pack) => (&pack.catalog, pack.validation()),
            Ground::Script(catalog) => (catalog, sql::Options::default()),
        };
        let options = sql::Options { dialect: args.dialect, layers: &args.layers, ..options };
        match access {
            Some(access) => restricted(sql, catalog, &options, access),
            None => validate(sql, catalog, &options),
        }
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
    let ground = match &args.ddl {
        Some(path) => Ground::Script(catalog_of_script(path)?),
        None => Ground::Pack(Box::new(context.pack()?)),
    };
    let access = args.access.access(ground.catalog(), ground.policies())?;
    let check = |sql: &str| ground.check(sql, &args, access.as_ref());
    match (&args.batch, &args.sql) {
        (Some(path), _) => batch(path, &check),
        (None, sql) => one(sql.as_deref().unwrap_or(""), &check, context),
    }
}

fn one(sql: &str, check: &dyn Fn(&str) -> Report, context: &Context) -> Outcome {
    let report = check(sql);
    if context.json {
        output::line(reply(Json::Null, &report))?;
    } else {
        for diagnostic in &report.diagnostics {
            let shown: Vec<String> = caret(sql, diagnostic).lines().map(output::plain).collect();
            output::line(shown.join("\n"))?;
        }
        let paint = context.paint();
        output::line(if report.valid { paint.green("valid") } else { paint.red("not valid") })?;
    }
    Ok(exit_of(&report))
}

/// Unsafe SQL has an exit code of its own.
fn exit_of(report: &Report) -> Exit {
    let is_unsafe = |layer, severity| layer == Layer::Security && severity == Severity::Error;
    match report.valid {
        true => Exit::Done,
        false if report.diagnostics.iter().any(|d| is_unsafe(d.layer, d.severity)) => Exit::Refused,
        false => Exit::Gate,
    }
}

fn reply(id: Json, report: &Report) -> Json {
    json!({ "id": id, "valid": report.valid, "diagnostics": report.diagnostics })
}

fn batch(path: &Path, check: &dyn Fn(&str) -> Report) -> Outcome {
    let mut lines = Lines::open(path, "sql")?;
    while let Some(line) = lines.next()? {
        output::line(match line.text {
            Ok(sql) => reply(line.id, &check(&sql)),
            Err(problem) => json!({
                "id": line.id, "line": line.number, "valid": false, "diagnostics": [],
                "error": { "code": "invalid_line", "message": problem, "hint": null },
            }),
        })?;
    }
    Ok(Exit::Done)
}
