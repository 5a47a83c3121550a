//! The only way to a query that may be run.

use std::collections::HashSet;

use schema::{Catalog, Value};

use crate::diagnostic::Layer;
use crate::print::{compact, readable};
use crate::rename::rename_ctes;
use crate::tree::Query;
use crate::validate::{Options, Report, validate};
use crate::visit::each_select;

/// Words by which a text joins whatever columns the tables share.
const JOINS_BY_NAME: [&str; 2] = ["natural", "using"];

/// A query that passed every layer that can make it an error. Its fields are private: only [`verify`] makes one.
#[derive(Debug, Clone)]
pub struct VerifiedQuery {
    given: String,
    sql: String,
    query: Query,
    report: Report,
    parameters: Vec<(String, Value)>,
}

impl VerifiedQuery {
    /// A query that passed and was rewritten for one user; [`crate::verify_for`] alone makes such.
    pub(crate) fn rewritten(
        given: &str,
        query: Query,
        catalog: &Catalog,
        parameters: Vec<(String, Value)>,
        report: Report,
    ) -> Self {
        let given = crate::validate::sql_of(given);
        VerifiedQuery { given, sql: readable(&query, catalog), query, report, parameters }
    }

    /// The text that was verified, before a policy made another of it.
    pub fn given(&self) -> &str {
        &self.given
    }

    /// The text that is to be run: the one that was verified, or what a policy made of it.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// Whether the text may mean other columns where tables have more than the catalog says: by `*` or a join by names.
    pub fn is_open_ended(&self) -> bool {
        let text = self.sql.to_ascii_lowercase();
        let mut starred = false;
        each_select(&self.query, &mut |select| starred |= select.items.iter().any(|item| item.from_star));
        starred || JOINS_BY_NAME.iter().any(|word| text.contains(word))
    }

    /// The same query with every column named, no join by names, and no CTE of a `taken` name (in lower case).
    pub fn spelled_out(&self, catalog: &Catalog, taken: &HashSet<String>) -> String {
        let mut query = self.query.clone();
        rename_ctes(&mut query, taken);
        compact(&query, catalog)
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
            Ok(VerifiedQuery { given: sql.clone(), sql, query, report, parameters: vec![] })
        }
        query => {
            report.query = query;
            report.valid = false;
            Err(Box::new(report))
        }
    }
}
