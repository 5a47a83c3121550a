//! `glrl audit verify`: whether the audit log is whole.

use std::path::{Path, PathBuf};

use serde_json::json;
use serve::audit::{AuditError, verify};

use super::Arguments;
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// What to do with the log.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Check that no line was changed or taken out. A log that was cut off at its end is whole; compare the last hash with
    /// one noted before.
    Verify {
        /// The log; without it, the one that settings name.
        file: Option<PathBuf>,
    },
}

impl Arguments for Args {}

/// A failure of the log as a command ends with it.
pub(super) fn failed(error: &AuditError) -> Failure {
    let failure = Failure::new(Exit::Data, "audit", error);
    match error {
        AuditError::Locked { .. } => failure.hint("give this one a log of its own with server.audit"),
        AuditError::Broken { .. } => failure.hint("keep the file for whoever looks into it, and begin another"),
        AuditError::File { .. } => failure,
    }
}

/// Checks the log.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let Action::Verify { file } = args.action;
    let set = &context.settings().server.audit;
    let path = match file {
        Some(path) => path,
        None => context.state_path(set, "audit.jsonl")?.ok_or_else(|| {
            Failure::new(Exit::Settings, "settings", "server.audit = \"off\": there is no log")
        })?,
    };
    let path: &Path = &path;
    let (lines, hash) = verify(path).map_err(|e| failed(&e))?;
    if context.json {
        output::line(json!({ "lines": lines, "last_hash": hash }))?;
    } else {
        output::line(format_args!("{} lines, whole; last hash {hash}", output::separated(i128::from(lines))))?;
    }
    Ok(Exit::Done)
}
