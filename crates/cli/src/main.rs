//! The binary `glrl`: business questions to checked SQL and rows.
//!
//! Suggested reading order:
//! * [`commands`]: the table of commands, one file each.
//! * [`settings`]: defaults, files, environment and flags, merged once.
//! * [`context`]: what every command is given.
//! * [`exit`]: how a command ends.
//! * [`lines`], [`output`]: batches in, data and talk out.
//! * [`sarif`]: findings for other tools.
//! * [`assets`]: the pack and the model inside the program.

mod access;
mod assets;
mod commands;
mod context;
mod exit;
mod lines;
mod output;
mod sarif;
mod session;
mod settings;
mod shared;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::commands::Command;
use crate::context::{Context, Said};
use crate::exit::{CLOSED_PIPE, Exit, Failure};
use crate::settings::Environment;

/// Business questions to checked SQL and rows, with a compact model that runs on one CPU.
#[derive(Debug, Parser)]
#[command(name = "glrl", version, max_term_width = 110, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// Print JSON instead of text for people.
    #[arg(long, global = true)]
    json: bool,
    /// Say nothing on standard error but errors.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Read this settings file instead of ./glrl.toml.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Stay off the network. No command uses it.
    #[arg(long, global = true)]
    offline: bool,
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let environment = Environment::of_process();
    let outcome = run(cli, environment);
    let exit = outcome.unwrap_or_else(|failure| report(&failure));
    ExitCode::from(exit as u8)
}

fn run(cli: Cli, environment: Environment) -> exit::Outcome {
    let flags = cli.command.flags();
    let resolved = settings::resolve(&environment, cli.config.as_deref(), flags.clone());
    let resolved = match resolved {
        Ok(resolved) => resolved,
        Err(failure) => return cli.command.reject(cli.json, failure),
    };
    let said = Said { json: cli.json, quiet: cli.quiet, config_file: cli.config, flags };
    let context = Context::new(resolved, environment, said);
    cli.command.run(&context)
}

/// Prints a failure once; a closed pipe is none.
fn report(failure: &Failure) -> Exit {
    if failure.code != CLOSED_PIPE {
        output::talk(format_args!("error: {}", failure.message));
        if let Some(hint) = &failure.hint {
            output::talk(format_args!("  hint: {hint}"));
        }
    }
    failure.exit
}
