//! `glrl keys`: the API keys of the service, in a file that it reads at its start and on SIGHUP.

use std::path::PathBuf;

use jiff::{Span, Timestamp};
use serde_json::json;
use serve::auth::{KeyError, KeyRecord, KeyStore, Scope, View};
use toml::Value;

use super::Arguments;
use crate::access::pair;
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::settings::FlagValue;

/// Which key, and what to do with it.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    /// The file of keys; without it, the one that settings name.
    #[arg(long, value_name = "FILE", global = true)]
    keys: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make a key. It is shown once.
    Create {
        /// Who or what it is for.
        #[arg(long)]
        name: String,
        /// What it is good for: ACTION, ACTION:SCHEMA or *, with commas between. The actions are ask, validate, execute,
        /// schema, history,
        /// feedback, reward and admin; * is all but admin.
        #[arg(long, value_delimiter = ',', default_value = "*", value_parser = str::parse::<Scope>)]
        scopes: Vec<Scope>,
        /// Days until it is not good any more; without it, it stays good.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: Option<u16>,
        /// The policy that its requests are answered under: a name from [[server.policies]].
        #[arg(long, value_name = "NAME")]
        policy: Option<String>,
        /// What that policy is told of the user; may be given several times.
        #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
        user: Vec<(String, String)>,
    },
    /// List the keys: what names them, never what they are.
    List,
    /// Take a key back.
    Revoke {
        /// Its first eight characters after the mark.
        prefix: String,
    },
    /// Make a key in place of another, which is taken back.
    Rotate {
        /// The first eight characters of the other.
        prefix: String,
    },
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        self.keys.iter().map(|path| ("server.keys", "--keys", Value::String(path.clone()))).collect()
    }
}

/// The file of keys.
pub(super) fn path(context: &Context) -> Result<PathBuf, Failure> {
    let set = &context.settings().server.keys;
    let path = context.state_path(set, "keys.json")?;
    path.ok_or_else(|| Failure::new(Exit::Settings, "settings", "server.keys = \"off\": keys are kept in a file"))
}

/// A failure of keys as a command ends with it.
pub(super) fn failed(error: &KeyError) -> Failure {
    let exit = if matches!(error, KeyError::Random(_)) { Exit::Failed } else { Exit::Data };
    Failure::new(exit, "keys", error)
}

/// Makes, lists or changes keys.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    let store = KeyStore::open(&path(context)?).map_err(|e| failed(&e))?;
    match args.action {
        Action::Create { name, scopes, days, policy, user } => {
            let view = View { policy, user: user.into_iter().collect() };
            let expires = days.map(|days| Timestamp::now() + Span::new().hours(24 * i64::from(days)));
            let (key, record) = store.create_for(&name, scopes, expires, view).map_err(|e| failed(&e))?;
            show_made(&key, &record, context)?;
        }
        Action::Rotate { prefix } => {
            let (key, record) = store.rotate(&prefix).map_err(|e| failed(&e))?;
            show_made(&key, &record, context)?;
        }
        Action::Revoke { prefix } => {
            show(&store.revoke(&prefix).map_err(|e| failed(&e))?, context)?;
            context.note("a service that runs takes it until it is told to read its keys again (SIGHUP)");
        }
        Action::List => store.list().iter().try_for_each(|record| show(record, context))?,
    }
    Ok(Exit::Done)
}

fn show_made(key: &str, record: &KeyRecord, context: &Context) -> std::io::Result<()> {
    if context.json {
        return output::line(json!({ "key": key, "prefix": record.prefix, "name": record.name, "scopes": record.scopes }));
    }
    output::line(key)?;
    context.note("this key is shown once; a service that runs reads it on SIGHUP");
    Ok(())
}

/// One key a line, without its hash.
fn show(record: &KeyRecord, context: &Context) -> std::io::Result<()> {
    if context.json {
        return output::line(json!({
            "prefix": record.prefix, "name": record.name, "scopes": record.scopes, "created": record.created,
            "expires": record.expires, "revoked": record.revoked, "policy": record.policy, "user": record.user,
        }));
    }
    let state = match (record.revoked, record.expires) {
        (Some(time), _) => format!("revoked {time}"),
        (None, Some(time)) if !record.is_good(Timestamp::now()) => format!("expired {time}"),
        (None, Some(time)) => format!("good until {time}"),
        (None, None) => "good".to_owned(),
    };
    let state = match &record.policy {
        Some(policy) => format!("{state}  policy {}", output::plain(policy)),
        None => state,
    };
    let scopes: Vec<String> = record.scopes.iter().map(Scope::to_string).collect();
    output::line(format_args!("{}  {}  {}  {state}", record.prefix, output::plain(&record.name), scopes.join(",")))
}
