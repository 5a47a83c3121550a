//! `glrl completions SHELL`.

use clap::CommandFactory;
use clap_complete::{Shell, generate};

use super::Arguments;
use crate::context::Context;
use crate::exit::{Exit, Outcome};
use crate::{Cli, output};

/// Which shell.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The shell to complete for.
    shell: Shell,
}

impl Arguments for Args {}

/// Prints the script that completes `glrl` in a shell.
pub(crate) fn run(args: Args, _context: &Context) -> Outcome {
    let mut script = vec![];
    generate(args.shell, &mut Cli::command(), "glrl", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Done)
}
