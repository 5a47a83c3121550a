//! The only way to a query that may be run.

use schema::{Catalog, Value};

use crate::diagnostic::Layer;
use crate::print::readable;
use crate::tree::Query;
use crate::validate::{Options, Report, validate};

/// A query that passed every layer that can make it an error. Its fields are private: only [`verify`] makes one.
#[derive(Debug, Clone)]
pub struct VerifiedQuery {
    sql: String,
    query: Query,
    report: Report,
    parameters: Vec<(String, Value)>,
}

impl VerifiedQuery {
    /// A query that passed and was rewritten for one user; [`crate::verify_for`] alone makes such.
    pub(crate) fn rewritten(query: Query, catalog: &Catalog, parameters: Vec<(String, Value)>, report: Report) -> Self {
        VerifiedQuery { sql: readable(&query, catalog), query, report, parameters }
    }

    /// The text that was verified, and that is to be run.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The tree of that text.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The values to be bound to `:name` in the text, by name.
    pub fn parameters(&self) -> &[(String, Value)] {
        &self.parameters
    }

    /// What was found, none of it an error.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

/// Checks a text in every layer, whichever the options name.
///
/// # Errors
/// The report, when anything in it is an error or the text is no query.
pub fn verify(text: &str, catalog: &Catalog, options: &Options) -> Result<VerifiedQuery, Box<Report>> {
    let options = Options { layers: &Layer::ALL, ..options.clone() };
    let mut report = validate(text, catalog, &options);
    match report.query.take() {
        Some(query) if report.valid => {
            let sql = crate::validate::sql_of(text);
            Ok(VerifiedQuery { sql, query, report, parameters: vec![] })
        }
        query => {
            report.query = query;
            report.valid = false;
            Err(Box::new(report))
        }
    }
}
