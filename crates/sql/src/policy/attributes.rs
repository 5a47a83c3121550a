//! What is known of a user: typed values, read from text once.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schema::{Catalog, Type, Value};
use serde::{Deserialize, Serialize};

use super::{Policy, PolicyError};
use crate::resolve::nearest;

/// The type of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttributeType {
    /// Character data.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Real,
    /// `true` or `false`.
    Boolean,
    /// A day, `YYYY-MM-DD`.
    Date,
}

impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AttributeType::Text => "a text",
            AttributeType::Integer => "a whole number",
            AttributeType::Real => "a number",
            AttributeType::Boolean => "true or false",
            AttributeType::Date => "a day as YYYY-MM-DD",
        })
    }
}

impl AttributeType {
    /// The value that a text says.
    fn read(self, text: &str) -> Option<Value> {
        match self {
            AttributeType::Text => Some(Value::Text(text.to_owned())),
            AttributeType::Integer => text.parse().ok().map(Value::Integer),
            AttributeType::Real => text.parse().ok().filter(|x: &f64| x.is_finite()).map(Value::Real),
            AttributeType::Boolean => text.parse().ok().map(|truth: bool| Value::Integer(truth.into())),
            AttributeType::Date => {
                let is_day = text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
                is_day.then(|| Value::Text(text.to_owned()))
            }
        }
    }

    /// What a column holds that a value of this type never equals.
    pub(super) fn differs_from(self, ty: Type) -> Option<&'static str> {
        let is_text = matches!(self, AttributeType::Text | AttributeType::Date);
        match ty {
            Type::Text if !is_text => Some("texts"),
            Type::Date | Type::Timestamp if !is_text => Some("days"),
            Type::Integer | Type::Real | Type::Boolean if is_text => Some("numbers"),
            _ => None,
        }
    }
}

/// A policy, and the user that it is applied for.
#[derive(Debug, Clone)]
pub struct Access {
    policy: Arc<Policy>,
    values: BTreeMap<String, Value>,
}

impl Access {
    /// A user with these attributes, each as text. An attribute that is not given is missing: a query that needs it is
    /// refused.
    ///
    /// # Errors
    /// When an attribute is not declared or given twice, or its text is not of its type.
    pub fn new<'v>(policy: Policy, user: impl IntoIterator<Item = (&'v str, &'v str)>) -> Result<Self, PolicyError> {
        Access { policy: Arc::new(policy), values: BTreeMap::new() }.with(user)
    }

    /// The same, where more is known of the user.
    ///
    /// # Errors
    /// As [`Access::new`]; what is known already cannot be given again.
    pub fn with<'v>(&self, user: impl IntoIterator<Item = (&'v str, &'v str)>) -> Result<Self, PolicyError> {
        let (policy, mut values) = (Arc::clone(&self.policy), self.values.clone());
        for (name, text) in user {
            let Some(ty) = policy.attributes().get(name).copied() else {
                let nearest = nearest(name, policy.attributes().keys().map(String::as_str)).map(str::to_owned);
                return Err(PolicyError::UnknownAttribute { attribute: name.to_owned(), nearest });
            };
            let Some(value) = ty.read(text) else {
                return Err(PolicyError::BadValue { attribute: name.to_owned(), ty, given: text.to_owned() });
            };
            if values.insert(name.to_owned(), value).is_some() {
                return Err(PolicyError::GivenTwice { attribute: name.to_owned() });
            }
        }
        Ok(Access { policy, values })
    }

    /// The same user under another policy too.
    ///
    /// # Errors
    /// As [`Policy::and`].
    pub fn and(&self, policy: &Policy, catalog: &Catalog) -> Result<Self, PolicyError> {
        Ok(Access { policy: Arc::new(self.policy.and(policy, catalog)?), values: self.values.clone() })
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The value of an attribute, where it is known.
    pub fn value(&self, attribute: &str) -> Option<&Value> {
        self.values.get(attribute)
    }
}
