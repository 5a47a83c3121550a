//! `--policy FILE --user KEY=VALUE`: what of the tables the asker may see.

use std::path::PathBuf;

use schema::Catalog;
use sql::policy::{Access, Policy, PolicyFile};

use crate::exit::{Exit, Failure};

/// The policy and the user it is applied for.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct AccessArgs {
    /// Show only the rows and columns that this policy (TOML) lets the user see; without it, the pack's `policies.toml`
    /// counts, where there is one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// An attribute of the user, as the policy declares it; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    user: Vec<(String, String)>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    if key.is_empty() { Err("expected KEY=VALUE".to_owned()) } else { Ok((key.to_owned(), value.to_owned())) }
}

impl AccessArgs {
    /// What the user may see, by the policy named or by `of_pack`; all, where there is neither.
    pub(crate) fn access(&self, catalog: &Catalog, of_pack: &str) -> Result<Option<Access>, Failure> {
        let (name, text) = match &self.policy {
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|e| Failure::unreadable(path, &e))?;
                (path.display().to_string(), text)
            }
            None if !of_pack.is_empty() => ("policies.toml".to_owned(), of_pack.to_owned()),
            None if self.user.is_empty() => return Ok(None),
            None => {
                return Err(Failure::usage("--user says who asks, but no policy does anything with it")
                    .hint("name one with --policy FILE"));
            }
        };
        let wrong = |e: &dyn std::fmt::Display| Failure::data(format_args!("{name}: {e}"));
        let file: PolicyFile = toml::from_str(&text).map_err(|e| wrong(&e))?;
        let policy = Policy::new(&file, catalog).map_err(|e| wrong(&e))?;
        let user = self.user.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let access = Access::new(policy, user).map_err(|e| Failure::new(Exit::Usage, "usage", e))?;
        Ok(Some(access))
    }
}
