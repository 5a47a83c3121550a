//! What a key or token is good for: an action, of one schema or of all.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Ask questions.
    Ask,
    /// Check and explain SQL.
    Validate,
    /// Run SQL of one's own.
    Execute,
    /// See tables and columns.
    Schema,
    /// See one's own earlier questions.
    History,
    /// Say what was good and what was not.
    Feedback,
    /// Learn what completions are worth.
    Reward,
    /// Make and revoke keys.
    Admin,
}

impl Action {
    /// All of them.
    pub const ALL: [Action; 8] = [
        Action::Ask,
        Action::Validate,
        Action::Execute,
        Action::Schema,
        Action::History,
        Action::Feedback,
        Action::Reward,
        Action::Admin,
    ];

    /// The name in scopes.
    pub fn name(self) -> &'static str {
        match self {
            Action::Ask => "ask",
            Action::Validate => "validate",
            Action::Execute => "execute",
            Action::Schema => "schema",
            Action::History => "history",
            Action::Feedback => "feedback",
            Action::Reward => "reward",
            Action::Admin => "admin",
        }
    }
}

/// `ask:gl`, `ask` (of every schema), `*:gl`, or `*`, which is everything but `admin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// What may be done; everything but administration where none is named.
    pub action: Option<Action>,
    /// With which schema; with each where none is named.
    pub schema: Option<String>,
}

/// A text that is no scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{given}\" is no scope: expected ACTION, ACTION:SCHEMA or *, with one of the actions {}", names())]
pub struct ScopeError {
    /// The text.
    pub given: String,
}

fn names() -> String {
    Action::ALL.map(Action::name).join(", ")
}

impl Scope {
    /// Everything but administration.
    pub const EVERYTHING: Scope = Scope { action: None, schema: None };

    /// Whether it covers an action, of a schema where the action has one.
    pub fn covers(&self, action: Action, schema: Option<&str>) -> bool {
        let fits_action = match self.action {
            None => action != Action::Admin,
            Some(own) => own == action,
        };
        let fits_schema = match (&self.schema, schema) {
            (Some(own), Some(schema)) => own == schema,
            // What concerns no schema is open to whoever may do it with one.
            _ => true,
        };
        fits_action && fits_schema
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.action.map_or("*", Action::name))?;
        self.schema.as_ref().map_or(Ok(()), |schema| write!(f, ":{schema}"))
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let wrong = || ScopeError { given: text.to_owned() };
        let (action, schema) = match text.split_once(':') {
            Some((action, schema)) => (action, Some(schema)),
            None => (text, None),
        };
        let action = match action {
            "*" => None,
            name => Some(Action::ALL.into_iter().find(|known| known.name() == name).ok_or_else(wrong)?),
        };
        let schema = match schema {
            Some("") => return Err(wrong()),
            Some("*") | None => None,
            Some(name) => Some(name.to_owned()),
        };
        // Keys are of no schema: who made them for one could make them for all.
        if action == Some(Action::Admin) && schema.is_some() {
            return Err(wrong());
        }
        Ok(Scope { action, schema })
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_covers_its_action_and_schema_and_nothing_else() {
        let may = |scope: &str, action, schema| scope.parse::<Scope>().unwrap().covers(action, schema);
        assert!(may("ask:gl", Action::Ask, Some("gl")) && may("ask", Action::Ask, Some("gl")));
        assert!(!may("ask:gl", Action::Ask, Some("hr")) && !may("ask:gl", Action::Execute, Some("gl")));
        assert!(may("*:gl", Action::Execute, Some("gl")) && !may("*:gl", Action::Execute, Some("hr")));
        assert!(may("*", Action::Execute, Some("hr")) && !may("*", Action::Admin, None));
        assert!(may("admin", Action::Admin, None));
    }

    #[test]
    fn what_is_no_scope_is_refused_and_the_others_print_as_they_were() {
        for text in ["", "read", "ask:", ":gl", "ASK", "admin:gl"] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
        for text in ["*", "ask", "ask:gl", "*:gl"] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
    }
}
