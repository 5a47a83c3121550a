//! What a completion is worth: its query is run beside the reference, on one database after another.

use answer::engine::{Engine, LoadedModel};
use answer::intent::Intent;
use answer::query_generator::Candidate;
use answer::validator::{Rejected, validate_candidate};
use database::Image;
use judge::reward::{self, Attempt, Settings};
use schema::slot::NormalizedQuestion;
use sql::{Report, verify};

use crate::evaluate::limits;
use crate::question::Question;

/// The databases on which completions are judged, and how.
pub(crate) struct Court<'a> {
    pub(crate) databases: &'a [Image],
    pub(crate) settings: &'a Settings,
}

/// A question with what its reference and its alternatives return on each database.
pub(crate) struct Case {
    is_answerable: bool,
    references: reward::Case,
}

impl Court<'_> {
    /// Runs the reference and its alternatives. One that does not run is left out.
    pub(crate) fn open(&self, question: &Question) -> Case {
        let catalog = self.databases[0].catalog();
        if !question.is_answerable() {
            return Case { is_answerable: false, references: reward::Case::to_be_declined() };
        }
        let mut references = reward::Case::unknown();
        for sql in question.sql.iter().chain(&question.alternatives) {
            let Ok(query) = verify(sql, catalog, &Default::default()) else { continue };
            let _ = references.add(self.databases, &query, question.ordered, &limits());
        }
        Case { is_answerable: true, references }
    }

    /// The reward of a completion under the settings: see [`judge::reward`].
    pub(crate) fn reward(
        &self,
        case: &Case,
        engine: &Engine,
        model: &LoadedModel,
        question: &NormalizedQuestion,
        candidate: &Candidate,
    ) -> f64 {
        if candidate.intent != Intent::Answerable {
            return self.of(case, Attempt::Declined);
        }
        if !candidate.finished || case.is_answerable && !case.references.has_reference() {
            return self.of(case, Attempt::Unfinished);
        }
        match validate_candidate(engine, model, &candidate.lexemes, question) {
            // Rollouts say no plan that could disagree.
            Ok(query) => self.of(case, Attempt::Query(&query, 1.0)),
            Err(Rejected::Unfilled(_)) => self.of(case, Attempt::Unfinished),
            Err(Rejected::Invalid(diagnostics)) => {
                let report = Report { valid: false, diagnostics, query: None };
                self.of(case, Attempt::Refused(&report, false))
            }
        }
    }

    fn of(&self, case: &Case, attempt: Attempt<'_>) -> f64 {
        let witnesses = self.settings.witnesses;
        let court = reward::Court { images: self.databases, limits: limits(), witnesses, in_words: false };
        reward::reward(&court.attempt(&case.references, attempt), self.settings)
    }
}
