//! What a careful owner of a server would change: found by asking it, told with the statement to run.

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Fine,
    /// It works, and something should be changed.
    Warning,
}

/// One thing looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// How grave it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
    /// What to do, statements to run included.
    pub remedy: Option<String>,
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
impl Advice {
    /// Nothing to change.
    pub(crate) fn fine(found: impl Into<String>) -> Self {
        Advice { verdict: Verdict::Fine, found: found.into(), remedy: None }
    }

    /// Something to change.
    pub(crate) fn warning(found: impl Into<String>, remedy: impl Into<String>) -> Self {
        Advice { verdict: Verdict::Warning, found: found.into(), remedy: Some(remedy.into()) }
    }
}
