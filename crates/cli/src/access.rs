//! `--policy FILE --user KEY=VALUE`: what of the tables the asker may see.

use std::path::{Path, PathBuf};

use schema::Catalog;
use sql::policy::{Access, Policy, PolicyFile};

use crate::exit::{Exit, Failure};

/// The policy and the user it is applied for.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct AccessArgs {
    /// Show only the rows and columns that this policy (TOML) lets the user see. The pack's `policies.toml` counts
    /// too, where there is one.
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// An attribute of the user, as the policy declares it; may be given several times.
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    user: Vec<(String, String)>,
}

/// `KEY=VALUE`.
pub(crate) fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    if key.is_empty() { Err("expected KEY=VALUE".to_owned()) } else { Ok((key.to_owned(), value.to_owned())) }
}

impl AccessArgs {
    /// What the user may see, by the policy named and by `of_pack`; all, where there is neither.
    pub(crate) fn access(&self, catalog: &Catalog, of_pack: &str) -> Result<Option<Access>, Failure> {
        let own = (!of_pack.is_empty()).then(|| policy("policies.toml", of_pack, catalog)).transpose()?;
        let policy = match (own, self.named(catalog)?) {
            (Some(own), Some(named)) => own.and(&named, catalog).map_err(Failure::data)?,
            (Some(policy), None) | (None, Some(policy)) => policy,
            (None, None) if self.user.is_empty() => return Ok(None),
            (None, None) => {
                return Err(Failure::usage("--user says who asks, but no policy does anything with it")
                    .hint("name one with --policy FILE"));
            }
        };
        let user = self.user.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let access = Access::new(policy, user).map_err(|e| Failure::new(Exit::Usage, "usage", e))?;
        Ok(Some(access))
    }

    /// The policy of `--policy FILE`.
    fn named(&self, catalog: &Catalog) -> Result<Option<Policy>, Failure> {
        self.policy.as_deref().map(|path| policy_at(path, catalog)).transpose()
    }
}

/// The policy of a file.
pub(crate) fn policy_at(path: &Path, catalog: &Catalog) -> Result<Policy, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| Failure::unreadable(path, &e))?;
    policy(&path.display().to_string(), &text, catalog)
}

fn policy(name: &str, text: &str, catalog: &Catalog) -> Result<Policy, Failure> {
    let wrong = |e: &dyn std::fmt::Display| Failure::data(format_args!("{name}: {e}"));
    let file: PolicyFile = toml::from_str(text).map_err(|e| wrong(&e))?;
    Policy::new(&file, catalog).map_err(|e| wrong(&e))
}
