//! What tests of this crate share.

use std::fmt::Display;

/// A text on one line, or why there is none.
pub(crate) fn one_line<E: Display>(result: Result<String, E>) -> String {
    match result {
        Ok(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Err(refused) => refused.to_string(),
    }
}
