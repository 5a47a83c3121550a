//! The validator: between a candidate and the database stand five layers, and a query that passed them is a type.

use schema::slot::NormalizedQuestion;
use sql::Options;
use sql::canonical::{Unfilled, fill_from, text};
use sql::diagnostic::Diagnostic;
use sql::lexeme::Lexeme;
use sql::policy::verify_for;
use sql::print::readable;
use sql::tree::Query;
use sql::verify::{VerifiedQuery, verify};
use sql::visit::each_query_mut;

use crate::engine::{Engine, LoadedModel};

/// Why a candidate cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub enum Rejected {
    /// It uses a value that the question does not have there.
    Unfilled(Unfilled),
    /// Validation found errors.
    Invalid(Vec<Diagnostic>),
}

/// Fills the question's values into a candidate, and checks the query as a person reads it: what is shown is what runs.
///
/// # Errors
/// When a value is missing or a layer finds an error.
pub fn validate_candidate(
    engine: &Engine,
    model: &LoadedModel,
    lexemes: &[u32],
    question: &NormalizedQuestion,
) -> Result<VerifiedQuery, Rejected> {
    let lexicon = &model.vocabulary.lexicon;
    let lexemes: Vec<Lexeme> = lexemes.iter().filter_map(|id| lexicon.lexeme(*id)).collect();
    let today = question.today.to_string();
    let sql =
        text(&lexemes, &engine.pack.catalog, lexicon, &fill_from(question, &[]), &today).map_err(Rejected::Unfilled)?;
    let asked = Some(question.original.as_str());
    let canonical = verify(&sql, &engine.pack.catalog, &engine.validation());
    let mut query = canonical.map_err(|report| Rejected::Invalid(report.diagnostics))?.query().clone();
    drop_numbered_names(&mut query);
    validate_text(engine, &readable(&query, &engine.pack.catalog), asked).map_err(Rejected::Invalid)
}

/// Checks a query that was found before, in all that [`validate_candidate`] checks: it has to be as our printer writes it, so
/// that nothing stands in the text that is not in the query.
///
/// # Errors
/// The diagnostics, when one of them is an error; none, when the text is not as it was written.
pub fn validate_found(engine: &Engine, sql: &str, question: &str) -> Result<VerifiedQuery, Vec<Diagnostic>> {
    let catalog = &engine.pack.catalog;
    let whole = verify(sql, catalog, &engine.validation()).map_err(|report| report.diagnostics)?;
    if readable(whole.query(), catalog) != sql {
        return Err(vec![]);
    }
    validate_text(engine, sql, Some(question))
}

/// Takes away `AS c1`, `AS c2` …, so that the printer gives computed outputs telling names.
fn drop_numbered_names(query: &mut Query) {
    let is_number = |alias: &String| alias.strip_prefix('c').is_some_and(|n| n.parse::<u8>().is_ok());
    each_query_mut(query, &mut |query| {
        let items = query.select_mut().map(|select| &mut select.items);
        for item in items.into_iter().flatten() {
            item.alias.take_if(|alias| is_number(alias));
        }
    });
}

/// Checks SQL in all five layers, beside the question that it answers, where there is one; where a policy restricts the
/// asker, the query is what the asker may see of it.
///
/// # Errors
/// The diagnostics, when one of them is an error.
pub fn validate_text(engine: &Engine, sql: &str, question: Option<&str>) -> Result<VerifiedQuery, Vec<Diagnostic>> {
    let catalog = &engine.pack.catalog;
    let checked = match engine.access() {
        // The engine's own rules know values of rows that the asker may not see.
        Some(access) => verify_for(sql, catalog, &Options { question, ..engine.pack.validation() }, access),
        None => verify(sql, catalog, &Options { question, ..engine.validation() }),
    };
    checked.map_err(|report| report.diagnostics)
}
