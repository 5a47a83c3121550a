//! What may be wrong with a policy or with what is said of a user.

use super::AttributeType;

/// Why a policy cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A table that the catalog does not have.
    #[error("the policy names a table {table}, which does not exist{}", did_you_mean(.nearest))]
    UnknownTable {
        /// As the policy names it.
        table: String,
        /// The one most like it.
        nearest: Option<String>,
    },
    /// A column that its table does not have.
    #[error("the policy hides {table}.{column}, which does not exist{}", did_you_mean(.nearest))]
    UnknownColumn {
        /// The table.
        table: String,
        /// As the policy names it.
        column: String,
        /// The one most like it.
        nearest: Option<String>,
    },
    /// A table with two entries.
    #[error("the policy speaks of {table} twice")]
    Twice {
        /// The table.
        table: String,
    },
    /// Nothing of a table is left.
    #[error("the policy hides every column of {table}; to show none of its rows, say rows = \"FALSE\"")]
    NothingLeft {
        /// The table.
        table: String,
    },
    /// A condition that is no SQL over its table.
    #[error("the policy's rows of {table}: {problem}")]
    Condition {
        /// The table.
        table: String,
        /// What is wrong.
        problem: String,
    },
    /// A parameter that `[attributes]` does not declare.
    #[error("the policy's rows of {table} use :{attribute}, which [attributes] does not declare")]
    Undeclared {
        /// The table.
        table: String,
        /// The parameter.
        attribute: String,
    },
    /// A comparison that can never be true.
    #[error("the policy's rows of {table} compare {column}, which holds {holds}, with :{attribute}, which is {ty}")]
    Unlike {
        /// The table.
        table: String,
        /// What the attribute is compared with.
        column: String,
        /// What that holds.
        holds: &'static str,
        /// The attribute.
        attribute: String,
        /// Its type.
        ty: AttributeType,
    },
    /// More attributes than can be bound to a statement.
    #[error("the policy declares {given} attributes; at most {most} can be")]
    TooManyAttributes {
        /// How many it declares.
        given: usize,
        /// How many it may.
        most: usize,
    },
    /// Two policies that apply together declare an attribute differently.
    #[error("two policies apply, and declare {attribute} with different types")]
    TwoTypes {
        /// The attribute.
        attribute: String,
    },
    /// An attribute with two values.
    #[error("the user's {attribute} is given twice")]
    GivenTwice {
        /// The attribute.
        attribute: String,
    },
    /// Something said of the user that the policy has no use for.
    #[error("the policy declares no attribute {attribute}{}", did_you_mean(.nearest))]
    UnknownAttribute {
        /// As given.
        attribute: String,
        /// The one most like it.
        nearest: Option<String>,
    },
    /// A value that is not of its attribute's type.
    #[error("the user's {attribute} is \"{given}\", which is not {ty}")]
    BadValue {
        /// The attribute.
        attribute: String,
        /// Its type.
        ty: AttributeType,
        /// The value as given.
        given: String,
    },
}

fn did_you_mean(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!("; did you mean {name}?"))
}
