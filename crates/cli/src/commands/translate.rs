//! `glrl translate`: a query in one engine's SQL as a query of another.

use std::path::Path;

use serde_json::json;
use sql::print::{Target, Texts};
use sql::translate::{TranslateError, translate};
use sql::tree::Span;
use sql::{Dialect, Layer, Options, validate};

use super::Arguments;
use super::schema::{TablesArgs, text_of};
use super::validate::{exit_of, talk_of};
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::settings::FlagValue;

/// What to translate, from whose SQL, and into whose.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The query; "-" is standard input.
    sql: String,
    /// Whose SQL it is: sqlite, postgres, mysql, sqlserver or oracle. Texts are taken to be compared by the codes of their
    /// characters there, too, which is not so under most collations of MySQL and SQL Server.
    #[arg(long, default_value = "sqlite", value_parser = str::parse::<Dialect>)]
    from: Dialect,
    /// Whose SQL it is to become.
    #[arg(long, value_parser = str::parse::<Dialect>)]
    to: Dialect,
    /// How texts are compared and ordered: by the codes of their characters, as SQLite does, or as the server's collations
    /// have it, which is shorter to write.
    #[arg(long, value_enum, default_value_t = TextsArg::Code)]
    texts: TextsArg,
    #[command(flatten)]
    tables: TablesArgs,
}

/// How texts are compared and ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum TextsArg {
    /// By the codes of their characters.
    Code,
    /// As the server's collations have it.
    Server,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        self.tables.flags()
    }
}

/// Prints the translation, or says what stands in its way.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let (catalog, _) = args.tables.read(context)?;
    let sql = match args.sql.as_str() {
        "-" => text_of(Path::new("-"))?,
        sql => sql.to_owned(),
    };
    let texts = match args.texts {
        TextsArg::Code => Texts::ByCode,
        TextsArg::Server => Texts::AsServer,
    };
    let target = Target { texts, ..Target::from(args.to) };
    match translate(&sql, &catalog, args.from, target) {
        Ok(text) if context.json => {
            output::line(json!({ "from": args.from.name(), "to": args.to.name(), "sql": text }))?;
            Ok(Exit::Done)
        }
        Ok(text) => {
            output::line(text)?;
            Ok(Exit::Done)
        }
        Err(TranslateError::Invalid(_)) => {
            // Every layer that can refuse it says why, as `glrl validate` would.
            let layers = &[Layer::Syntax, Layer::Schema, Layer::Security];
            let report = validate(&sql, &catalog, &Options { dialect: args.from, layers, ..Options::default() });
            talk_of(&report.diagnostics, &sql, context);
            Ok(exit_of(&report.diagnostics))
        }
        Err(error) => Err(refused(&error, &sql)),
    }
}

/// What is not read, or cannot be said, with the piece of the text that says it.
fn refused(error: &TranslateError, sql: &str) -> Failure {
    let span = match error {
        TranslateError::Unread(unread) => unread.span,
        TranslateError::Unsayable(unsayable) => unsayable.span,
        TranslateError::Invalid(_) => Span::default(),
    };
    let failure = Failure::new(Exit::Failed, "untranslatable", error);
    match sql.get(span.start as usize..span.end as usize).filter(|piece| !piece.is_empty()) {
        Some(piece) => failure.hint(format_args!("it is said by: {}", output::plain(piece))),
        None => failure,
    }
}
