//! The validator: between a candidate and the database stand five layers, and a query that passed them is a type.

use schema::slot::NormalizedQuestion;
use sql::canonical::{Unfilled, fill_from, text};
use sql::diagnostic::Diagnostic;
use sql::lexeme::Lexeme;
use sql::print::readable;
use sql::verify::{VerifiedQuery, verify};

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
    let canonical = validate_text(engine, &sql).map_err(Rejected::Invalid)?;
    validate_text(engine, &readable(canonical.query(), &engine.pack.catalog)).map_err(Rejected::Invalid)
}

/// Checks SQL in all five layers.
///
/// # Errors
/// The diagnostics, when one of them is an error.
pub fn validate_text(engine: &Engine, sql: &str) -> Result<VerifiedQuery, Vec<Diagnostic>> {
    verify(sql, &engine.pack.catalog, &engine.validation()).map_err(|report| report.diagnostics)
}
