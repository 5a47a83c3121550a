//! A schema as one principal sees it: under the policy that everybody is under, and the one that a key or token names.

use std::sync::Arc;

use ::sql::policy::{Access, Policy, PolicyError};
use answer::engine::Engine;
use sha2::{Digest, Sha256};

use crate::auth::keys::hex;
use crate::auth::{Principal, View};
use crate::problem::{Code, Problem};
use crate::rewards::Rewards;
use crate::service::{Served, Service};
use crate::settings::DecoderSettings;

impl Served {
    /// The same under another name.
    pub fn named(mut self, name: String) -> Self {
        self.name = name;
        self
    }

    /// The same, where completions are rewarded too.
    pub fn with_rewards(mut self, rewards: Rewards) -> Self {
        self.rewards = Some(Arc::new(rewards));
        self
    }

    /// The same, with a policy that keys and tokens may name. It holds beside the one that everybody is under.
    ///
    /// # Errors
    /// When the two do not go together.
    pub fn with_policy(mut self, name: &str, policy: Policy) -> Result<Self, PolicyError> {
        let access = match self.engine.access() {
            Some(access) => access.and(&policy, &self.engine.pack.catalog)?,
            None => Access::new(policy, [])?,
        };
        self.policies.insert(name.to_owned(), (*self.engine).clone().restricted(Some(access)));
        Ok(self)
    }

    /// The same by another engine: name, rewards and policies stay, that of everybody too, whatever the other engine is under.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn by(&self, engine: Engine, decoder: DecoderSettings) -> std::io::Result<Served> {
        let under = |old: &Engine| engine.clone().restricted(old.access().cloned());
        let policies = self.policies.iter().map(|(name, old)| (name.clone(), under(old))).collect();
        let mut new = Served::start(Arc::new(under(&self.engine)), decoder)?;
        (new.name, new.policies, new.rewards) = (self.name.clone(), policies, self.rewards.clone());
        Ok(new)
    }

    /// What a principal sees of it. Whoever has no policy of their own sees what everybody does.
    ///
    /// # Errors
    /// When the principal's policy is not known here, or does not take what is said of the user: nothing is shown then.
    pub fn seen_by(&self, principal: &Principal) -> Result<Served, Problem> {
        let View { policy, user } = &principal.view;
        if policy.is_none() && user.is_empty() {
            return Ok(self.clone());
        }
        let engine = match policy {
            Some(name) => {
                self.policies.get(name).ok_or_else(|| closed(&self.name, &format!("no policy \"{name}\"")))?
            }
            None if self.engine.access().is_some() => &*self.engine,
            None => return Err(closed(&self.name, "no policy that asks who the user is")),
        };
        let user = user.iter().map(|(name, text)| (name.as_str(), text.as_str()));
        let engine = engine.with_user(user).map_err(|e| closed(&self.name, &format!("another user in mind: {e}")))?;
        let mut seen = self.clone();
        // Instances may have other rules under the same name.
        let subject = format!("{} {:?} {:?}", self.subject, principal.view, engine.access());
        seen.subject = hex(&Sha256::digest(subject));
        seen.engine = Arc::new(engine);
        Ok(seen)
    }
}

impl Service {
    /// Checks that a key with this view would be shown something.
    ///
    /// # Errors
    /// When no schema has its policy, or none takes its user.
    pub fn check_view(&self, view: &View) -> Result<(), Problem> {
        let principal = Principal { name: String::new(), scopes: vec![], view: view.clone() };
        let fits = |served: &Served| served.seen_by(&principal).map(drop);
        let schemas = self.schemas();
        if schemas.iter().any(|served| fits(served).is_ok()) {
            return Ok(());
        }
        let problem = schemas.first().and_then(|served| fits(served).err());
        let detail = problem.map_or_else(|| "there is no schema".to_owned(), |problem| problem.detail);
        Err(Problem::new(Code::InvalidRequest, detail))
    }
}

/// What is not settled is not shown.
fn closed(schema: &str, reason: &str) -> Problem {
    let problem = Problem::new(Code::Forbidden, format!("schema \"{schema}\" has {reason}"));
    problem.hint("whoever gave you the key or token can say which policy it is to name")
}
