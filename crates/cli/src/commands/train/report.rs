//! `glrl train report`: a run as one page with its plots.

use std::path::PathBuf;

use serde_json::json;
use train::run_report::{self, Written};

use crate::commands::eval::failed;
use crate::context::Context;
use crate::exit::{Exit, Outcome};
use crate::output;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run's folder; it may still be going on.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Where to write index.html and a plot for each curve; without it, the run's own folder report/.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Writes the page.
pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let folder = args.out.clone().unwrap_or_else(|| args.run.join("report"));
    let Written { page, plots } = run_report::write(&args.run, &folder).map_err(|e| failed(&e))?;
    if context.json {
        output::line(json!({ "run": args.run, "page": page, "plots": plots }))?;
    } else {
        output::line(format_args!("{} with {} plots", page.display(), plots.len()))?;
    }
    Ok(Exit::Done)
}
