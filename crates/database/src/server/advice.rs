//! What a careful owner of a server would change: found by asking it, told with the statement to run.

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What was found.
    pub found: String,
    /// What to do, statements to run included; `None` where it is as it should be.
    pub remedy: Option<String>,
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl Advice {
    /// Nothing to change.
    pub(crate) fn fine(found: impl Into<String>) -> Self {
        Advice { found: found.into(), remedy: None }
    }

    /// Something to change.
    pub(crate) fn warning(found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Advice { found: found.into(), remedy: Some(remedy.into()) }
    }
}
