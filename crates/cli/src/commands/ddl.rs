//! `glrl ddl review`: statements that change definitions, as a reviewed script. Nothing is run.

use std::path::PathBuf;

use answer::ddl::reviewed;
use serde_json::{Value as Json, json};
use sql::ddl::review::{Definitions, Review, review};

use super::Arguments;
use super::schema::{TablesArgs, live, text_of};
use super::validate::{DialectArg, exit_of, talk_of};
use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::output;
use crate::settings::FlagValue;

/// What to do with definitions.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Check CREATE, ALTER and DROP against what is defined; print the script with what depends on it and how to undo it.
    Review(ReviewArgs),
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("input").required(true).args(["sql", "file"]))]
struct ReviewArgs {
    /// The statements, with semicolons between.
    sql: Option<String>,
    /// Read the statements from this file; "-" is standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    tables: TablesArgs,
    #[command(flatten)]
    dialect: DialectArg,
    /// How the review is printed: text, or json (as `--json`).
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How a review is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// The script; findings on standard error.
    Text,
    /// One object.
    Json,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        let Action::Review(args) = &self.action;
        args.tables.flags()
    }
}

/// Reviews.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let Action::Review(args) = args.action;
    let sql = match &args.file {
        Some(path) => text_of(path)?,
        None => args.sql.clone().unwrap_or_default(),
    };
    let review = review_of(&sql, &args, context)?;
    if context.json || args.format == Format::Json {
        output::line(reply(&review))?;
    } else {
        show(&sql, &review, context)?;
    }
    Ok(exit_of(&review.diagnostics))
}

fn review_of(sql: &str, args: &ReviewArgs, context: &Context) -> Result<Review, Failure> {
    let standing = match (&args.tables.ddl, &args.tables.db) {
        (Some(path), _) => (path.display().to_string(), text_of(path)?),
        (None, Some(place)) if database::server::url::is_url(place) => {
            let hint = "give its definitions as a script with --ddl FILE (pg_dump --schema-only, mysqldump --no-data)";
            return Err(Failure::usage("the definitions of a server are not read as a script").hint(hint));
        }
        (None, Some(path)) => (path.clone(), live(path, context)?.script),
        (None, None) => {
            let pack = context.pack()?;
            let unread = |why| Failure::data(format_args!("the definitions of the pack \"{}\": {why}", pack.name()));
            return reviewed(&pack, sql, args.dialect.dialect).map_err(unread);
        }
    };
    let (path, script) = standing;
    let definitions = Definitions::read(&script, args.dialect.dialect);
    let definitions = definitions.map_err(|e| Failure::data(format_args!("{path}: {e}")))?;
    Ok(review(sql, &definitions, args.dialect.dialect))
}

/// What a script reads.
fn reply(review: &Review) -> Json {
    let mut reply = serde_json::to_value(review).unwrap_or_default();
    reply["script"] = json!(review.script());
    reply
}

/// The script is data, findings are talk.
fn show(sql: &str, review: &Review, context: &Context) -> Result<(), Failure> {
    talk_of(&review.diagnostics, sql, context);
    for line in review.script().lines() {
        output::line(output::plain(line))?;
    }
    Ok(())
}
