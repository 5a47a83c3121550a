//! `glrl doctor`: looks at everything an answer needs, and says what is wrong with it.

mod service;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use answer::pack::Pack;
use database::server::Advice;
use model::cpu::Cpu;
use serde_json::{Value as Json, json};
use serve::shared::remote::Remote;
use toml::Value;

use super::Arguments;
use crate::context::{Context, cannot_open};
use crate::exit::{Exit, Failure, Outcome};
use crate::output::{self, Paint};
use crate::settings::FlagValue;
use crate::shared;

/// Which database and model to look at.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The SQLite file or the server to look at (postgres://…, mysql://…); without it, the pack's demo database.
    #[arg(long, value_name = "FILE|URL")]
    db: Option<String>,
    /// The model folder to look at.
    #[arg(long, value_name = "DIR")]
    model: Option<String>,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        let db = self.db.clone().map(|path| ("database.path", "--db", Value::String(path)));
        let model = self.model.clone().map(|path| ("model.path", "--model", Value::String(path)));
        db.into_iter().chain(model).collect()
    }
}

/// One thing looked at, and what was found.
struct Check {
    name: &'static str,
    /// The schema that it is of, where settings name several.
    schema: Option<String>,
    found: Result<Advice, Failure>,
}

impl Check {
    /// Something that is as it should be, or is wrong.
    fn of(name: &'static str, found: Result<String, Failure>) -> Self {
        Check::advised(name, found.map(|found| Advice { found, remedy: None }))
    }

    /// The same of something that may be better.
    fn advised(name: &'static str, found: Result<Advice, Failure>) -> Self {
        Check { name, schema: None, found }
    }

    fn json(&self) -> Json {
        let mut json = match &self.found {
            Ok(Advice { found, remedy }) => json!({ "check": self.name, "ok": true, "found": found, "remedy": remedy }),
            Err(e) => json!({ "check": self.name, "ok": false, "found": e.message, "hint": e.hint }),
        };
        if let Some(schema) = &self.schema {
            json["schema"] = json!(schema);
        }
        json
    }
}

/// Looks at everything; the exit code is that of the first thing that is wrong.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let checks = look(&args, context);
    if context.json {
        output::line(json!({ "checks": checks.iter().map(Check::json).collect::<Vec<_>>() }))?;
    } else {
        checks.iter().try_for_each(|check| show(check, context.paint()))?;
    }
    Ok(checks.iter().find_map(|check| check.found.as_ref().err().map(|e| e.exit)).unwrap_or(Exit::Done))
}

fn show(check: &Check, paint: Paint) -> std::io::Result<()> {
    let (mark, text, behind) = match &check.found {
        Ok(Advice { found, remedy: None }) => (paint.green("ok   "), found, None),
        Ok(Advice { found, remedy: Some(remedy) }) => (paint.yellow("warn "), found, Some(("remedy", remedy))),
        Err(e) => (paint.red("wrong"), &e.message, e.hint.as_ref().map(|hint| ("hint", hint))),
    };
    let of = check.schema.as_ref().map_or_else(String::new, |schema| format!("{schema}: "));
    output::line(format_args!("{mark} {:10} {}{}", check.name, output::plain(&of), output::plain(text)))?;
    match behind {
        Some((what, text)) => output::line(format_args!("      {what}: {}", output::plain(text))),
        None => Ok(()),
    }
}

fn look(args: &Args, context: &Context) -> Vec<Check> {
    let mut checks = vec![
        Check::of("settings", Ok(origins(context))),
        Check::of("processor", context.choose_cpu().map(|()| processor())),
        Check::of("cache", Ok(cache(context.cache_folder().as_deref()))),
    ];
    checks.extend(look_at_stores(context));
    // What is named with the command is looked at instead of what the service asks.
    let named = args.db.is_some() || args.model.is_some();
    let schemas = if named { vec![context.clone()] } else { context.of_schemas() };
    let packs: Vec<Result<Pack, Failure>> = schemas.iter().map(Context::pack).collect();
    let names = service::names(context, &packs);
    let policies = if named { vec![] } else { service::policies(context, &names, &packs) };
    for ((own, pack), name) in schemas.iter().zip(packs).zip(names) {
        let schema = (schemas.len() > 1).then_some(name);
        checks.extend(look_at_schema(own, pack).into_iter().map(|check| Check { schema: schema.clone(), ..check }));
    }
    checks.extend(policies);
    checks.extend(service::look(context));
    checks
}

/// Pack, database and model.
fn look_at_schema(context: &Context, pack: Result<Pack, Failure>) -> Vec<Check> {
    let pack = match pack {
        Ok(pack) => pack,
        Err(failure) => return vec![Check::of("pack", Err(failure))],
    };
    let found = format!("{}: {} tables, catalog {}", pack.name(), pack.catalog.tables.len(), &pack.catalog_hash()[..12]);
    let mut checks = vec![Check::of("pack", Ok(found))];
    checks.extend(look_at_database(context, &pack));
    let model = context.model(&pack);
    let parameters = |count: usize| format!("{} parameters", output::separated(count as i128));
    checks.push(Check::of("model", model.map(|loaded| parameters(loaded.model.config().parameter_count()))));
    checks
}

/// The stores that instances of the service share: whether each answers.
fn look_at_stores(context: &Context) -> Vec<Check> {
    let shared = match shared::open(context) {
        Ok(shared) => shared,
        Err(failure) => return vec![Check::of("shared", Err(failure))],
    };
    let look = |store: Arc<Remote>| {
        let away = |e: &dyn std::fmt::Display| {
            let failure = Failure::new(Exit::Unavailable, "shared", format_args!("does not answer: {e}"));
            failure.hint("the service runs without it; see [cache], and that the store runs and lets this program in")
        };
        let asked = super::serve::runtime().and_then(|runtime| {
            // The first time it is also connected to, which may take longer than an operation may.
            let first = runtime.block_on(store.ping());
            first.or_else(|_| runtime.block_on(store.ping())).map_err(|e| away(&e))
        });
        let name = if store.tier == "l2" { "redis" } else { "s3" };
        Check::of(name, asked.map(|time| format!("answers in {:.1} ms", time.as_secs_f64() * 1000.0)))
    };
    shared.tiers.into_iter().map(look).collect()
}

/// The database and its rows; of a server also what its owner should change. Advice is no failure.
fn look_at_database(context: &Context, pack: &Pack) -> Vec<Check> {
    let mut checks = Vec::new();
    let opened = match context.database(pack) {
        Ok(database) => {
            checks.push(Check::of("database", Ok(rows(&database))));
            Some(database)
        }
        Err(failure) => {
            checks.push(Check::of("database", Err(failure)));
            // One that lacks the pack's tables can still be advised on.
            let place = context.place(&context.settings().database.path).ok();
            place.and_then(|place| database::open_any_at(&place).ok()).map(|(database, _)| database)
        }
    };
    let Some(database) = opened else { return checks };
    match database.advice() {
        Ok(advice) => checks.extend(advice.into_iter().map(|one| Check::advised("role", Ok(one)))),
        Err(e) => checks.push(Check::of("role", Err(cannot_open(&e.into())))),
    }
    checks
}

fn origins(context: &Context) -> String {
    let mut origins: Vec<String> = context.resolved.values.values().map(|(_, origin)| origin.to_string()).collect();
    origins.sort_unstable();
    origins.dedup();
    format!("from {}", origins.join(", "))
}

fn processor() -> String {
    let available: Vec<&str> = Cpu::available().into_iter().map(Cpu::name).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{} of {}; {threads} threads", model::cpu::current(), available.join(", "))
}

/// A cache that cannot be written is slower, not wrong.
fn cache(folder: Option<&Path>) -> String {
    let Some(folder) = folder else { return "none (no home folder); everything is made in memory".to_owned() };
    let probe = folder.join(format!("probe-{}", std::process::id()));
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&probe, b""));
    let _ = std::fs::remove_file(&probe);
    match written {
        Ok(()) => folder.display().to_string(),
        Err(e) => format!("{} cannot be written ({e}); everything is made in memory", folder.display()),
    }
}

fn rows(database: &database::Database) -> String {
    let counts = database::profile::row_counts(database, 1_000_000, Duration::from_secs(1));
    let total: u64 = counts.iter().flatten().sum();
    let place = match (database.path(), database.server()) {
        (Some(path), _) => path.display().to_string(),
        (None, Some(server)) => server.to_string(),
        (None, None) => "in memory".to_owned(),
    };
    let more = if counts.iter().any(Option::is_none) { "at least " } else { "" };
    format!("{place}: {more}{} rows in {} tables", output::separated(i128::from(total)), counts.len())
}
