//! `glrl validate`: SQL, checked in five layers.

use std::path::{Path, PathBuf};

use answer::pack::Pack;
use schema::Catalog;
use serde_json::{Value as Json, json};
use sql::diagnostic::caret;
use sql::{Dialect, Layer, Report, Severity, validate};
use toml::Value;

use super::Arguments;
use super::schema::catalog_of_script;
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
    fn check(&self, sql: &str, args: &Args) -> Report {
        let (catalog, options) = match self {
            Ground::Pack(pack) => (&pack.catalog, pack.validation()),
            Ground::Script(catalog) => (catalog, sql::Options::default()),
        };
        validate(sql, catalog, &sql::Options { dialect: args.dialect, layers: &args.layers, ..options })
    }
}

/// Checks SQL.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let ground = match &args.ddl {
        Some(path) => Ground::Script(catalog_of_script(path)?),
        None => Ground::Pack(Box::new(context.pack()?)),
    };
    match (&args.batch, &args.sql) {
        (Some(path), _) => batch(path, &args, &ground),
        (None, sql) => one(sql.as_deref().unwrap_or(""), &args, &ground, context),
    }
}

fn one(sql: &str, args: &Args, ground: &Ground, context: &Context) -> Outcome {
    let report = ground.check(sql, args);
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

fn batch(path: &Path, args: &Args, ground: &Ground) -> Outcome {
    let mut lines = Lines::open(path, "sql")?;
    while let Some(line) = lines.next()? {
        output::line(match line.text {
            Ok(sql) => reply(line.id, &ground.check(&sql, args)),
            Err(problem) => json!({
                "id": line.id, "line": line.number, "valid": false, "diagnostics": [],
                "error": { "code": "invalid_line", "message": problem, "hint": null },
            }),
        })?;
    }
    Ok(Exit::Done)
}
