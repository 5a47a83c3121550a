//! Who asks, and what they may do.

pub mod keys;
pub mod limit;
pub mod rate;
pub mod scope;
pub mod token;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::problem::{Code, Problem};
pub use keys::{KeyError, KeyRecord, KeyStore};
pub use rate::RateLimiter;
pub use scope::{Action, Scope, ScopeError};
pub use token::{TokenError, TokenSettings, Tokens};

/// Who a request comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Principal {
    /// `key:PREFIX`, `token:SUBJECT` or `anonymous`.
    pub name: String,
    /// What they may do.
    pub scopes: Vec<Scope>,
    /// What they are shown.
    pub view: View,
}

/// What a key or token says of the rows and columns that are shown: a policy of the service's settings, and the user that it
/// is applied for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The policy, beside the one that everybody is under.
    pub policy: Option<String>,
    /// Attributes of the user, each as text.
    pub user: BTreeMap<String, String>,
}

impl Principal {
    /// Whoever connects where nobody is asked for a key: they may do everything but what administers.
    pub fn anonymous() -> Arc<Self> {
        Arc::new(Principal { name: "anonymous".to_owned(), scopes: vec![Scope::EVERYTHING], view: View::default() })
    }

    /// Another text for each principal and each view of one: what is kept for one must not reach the other.
    pub fn identity(&self) -> String {
        format!("{} {:?}", self.name, self.view)
    }

    /// Whether they may do this with a schema.
    pub fn may(&self, action: Action, schema: Option<&str>) -> bool {
        self.scopes.iter().any(|scope| scope.covers(action, schema))
    }

    /// Refuses what they may not do.
    ///
    /// # Errors
    /// When no scope covers it.
    pub fn permit(&self, action: Action, schema: Option<&str>) -> Result<(), Problem> {
        if self.may(action, schema) {
            return Ok(());
        }
        let wanted = Scope { action: Some(action), schema: schema.map(str::to_owned) };
        let problem = Problem::new(Code::Forbidden, format!("this needs the scope \"{wanted}\""));
        Err(problem.hint("ask whoever gave you the key for one with that scope"))
    }
}
