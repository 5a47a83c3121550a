//! The table of commands: one line here, one file beside this one.

use crate::context::Context;
use crate::exit::{Failure, Outcome};
use crate::settings::FlagValue;

/// What every command's arguments can do.
pub(crate) trait Arguments: Sized {
    /// The settings that these flags set.
    fn flags(&self) -> Vec<FlagValue> {
        vec![]
    }

    /// What to say when settings are invalid and the command cannot start.
    fn reject(self, _json: bool, failure: Failure) -> Outcome {
        Err(failure)
    }
}

macro_rules! commands {
    ($($(#[$doc:meta])* $name:ident => $module:ident,)*) => {
        $(mod $module;)*

        #[derive(Debug, clap::Subcommand)]
        pub(crate) enum Command {
            $($(#[$doc])* $name($module::Args),)*
        }

        impl Command {
            /// The settings that the command's flags set.
            pub(crate) fn flags(&self) -> Vec<FlagValue> {
                match self {
                    $(Command::$name(args) => args.flags(),)*
                }
            }

            /// Ends the command before it starts.
            pub(crate) fn reject(self, json: bool, failure: Failure) -> Outcome {
                match self {
                    $(Command::$name(args) => args.reject(json, failure),)*
                }
            }

            /// Runs the command.
            pub(crate) fn run(self, context: &Context) -> Outcome {
                match self {
                    $(Command::$name(args) => $module::run(args, context),)*
                }
            }
        }
    };
}

commands! {
    /// Ask a question; get checked SQL and rows.
    Ask => ask,
    /// Answer questions over HTTP.
    Serve => serve,
    /// Make, list and revoke API keys of the service.
    Keys => keys,
    /// Check the service's audit log.
    Audit => audit,
    /// Check SQL in five layers.
    Validate => validate,
    /// Review statements that change definitions; none is run.
    Ddl => ddl,
    /// Explain a query in words and pictures, or what a code of a finding means.
    Explain => explain,
    /// Suggest quicker ways to ask a query, and indexes that help.
    #[command(visible_alias = "optimize")]
    Optimise => optimise,
    /// Say a query of one engine in another's SQL.
    Translate => translate,
    /// Show the tables a model or a database knows.
    Schema => schema,
    /// Make data: databases to try things on, and training sets.
    Data => data,
    /// Train a model.
    Train => train,
    /// Measure how many answers are right, by the rows they return.
    Eval => eval,
    /// Say what completions are worth, by the rows they return.
    Reward => reward,
    /// Compare two evaluations of the same questions.
    Compare => compare,
    /// What a model is and what it was made for; ship one.
    Model => model,
    /// Measure: one figure a line.
    Bench => bench,
    /// Look for what could be wrong on this machine.
    Doctor => doctor,
    /// Show settings and where they come from.
    Config => config,
    /// Print a completion script for a shell.
    Completions => completions,
}
