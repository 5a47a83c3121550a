//! A query in one engine's SQL to the same query in another's.
//!
//! The text is read into the one tree; what its own engine means by it is then said in the tree's terms, which are SQLite's
//! (`meaning`, `compare`, `dates`, `patterns`, `texts`), or refused as [`Unread`]; and [`emit`] writes the tree for the other engine. Texts are taken
//! to be compared by the codes of their characters everywhere.

mod compare;
mod dates;
mod meaning;
mod patterns;
#[cfg(test)]
mod tests;
mod texts;

use schema::Catalog;

use crate::diagnostic::{Diagnostic, Severity};
use crate::dialect::Dialect;
use crate::print::{Target, Unsayable, emit};
use crate::resolve::parse;
use crate::tree::{Query, Span};
use crate::validate::{Options, validate};

/// What is not read of an engine's SQL, and where it stood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} of {} is not translated", dialect.title())]
pub struct Unread {
    /// The engine whose SQL it is.
    pub dialect: Dialect,
    /// What it is: a function, an operator.
    pub what: String,
    /// Where it stood.
    pub span: Span,
}

/// Why there is no translation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TranslateError {
    /// The text is no query over these tables.
    #[error("the query cannot be read: {}", first_error(.0))]
    Invalid(Vec<Diagnostic>),
    /// The query says something that the tree does not hold.
    #[error(transparent)]
    Unread(#[from] Unread),
    /// The other engine cannot say it.
    #[error(transparent)]
    Unsayable(#[from] Unsayable),
}

fn first_error(diagnostics: &[Diagnostic]) -> &str {
    let first = diagnostics.iter().find(|d| d.severity == Severity::Error);
    first.map_or("it has no meaning", |d| &d.message)
}

/// The tree of a text, with the meaning that it has in its own engine.
///
/// # Errors
/// When the text is no query over the catalog, or means something that the tree does not hold.
pub fn read(text: &str, catalog: &Catalog, from: Dialect) -> Result<Query, TranslateError> {
    let Some(query) = parse(text, catalog, from).ok() else {
        // Validation tells a statement that is none of a query from a query that is wrong.
        let report = validate(text, catalog, &Options { dialect: from, ..Options::default() });
        return Err(TranslateError::Invalid(report.diagnostics));
    };
    Ok(meaning::settled(query, catalog, from)?)
}

/// A query of one engine as a query of another.
///
/// # Errors
/// When it is not read, or cannot be said there.
pub fn translate(
    text: &str,
    catalog: &Catalog,
    from: Dialect,
    to: impl Into<Target>,
) -> Result<String, TranslateError> {
    Ok(emit(&read(text, catalog, from)?, catalog, to)?)
}
