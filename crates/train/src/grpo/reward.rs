//! What a completion is worth: its query is run beside the reference on every database.

use answer::engine::{Engine, LoadedModel};
use answer::intent::Intent;
use answer::query_generator::Candidate;
use answer::validator::validate_candidate;
use database::Image;
use judge::{Expected, expect_on, judge_on};
use schema::slot::NormalizedQuestion;
use sql::verify;

use crate::evaluate::limits;
use crate::question::Question;

/// The databases on which completions are judged.
pub(crate) struct Court<'a> {
    pub(crate) databases: &'a [Image],
}

/// A question with what its reference and its alternatives return on each database.
pub(crate) struct Case {
    is_answerable: bool,
    expected: Vec<Vec<Expected>>,
}

impl Court<'_> {
    /// Runs the reference and its alternatives.
    pub(crate) fn open(&self, question: &Question) -> Case {
        let catalog = self.databases[0].catalog();
        let references = question.sql.iter().chain(&question.alternatives);
        let run = |sql: &String| {
            let query = verify(sql, catalog, &Default::default()).ok()?;
            expect_on(self.databases, &query, question.ordered, &limits()).ok()
        };
        Case { is_answerable: question.is_answerable(), expected: references.filter_map(run).collect() }
    }

    /// Right rows on every database 1, other rows and what cannot be run 0; declining rightly 1, wrongly 0, and answering
    /// what should be declined −1.
    pub(crate) fn reward(
        &self,
        case: &Case,
        engine: &Engine,
        model: &LoadedModel,
        question: &NormalizedQuestion,
        candidate: &Candidate,
    ) -> f64 {
        match (case.is_answerable, candidate.intent == Intent::Answerable) {
            (false, false) => 1.0,
            (false, true) => -1.0,
            (true, false) => 0.0,
            (true, true) => f64::from(u8::from(self.is_right(case, engine, model, question, candidate))),
        }
    }

    fn is_right(
        &self,
        case: &Case,
        engine: &Engine,
        model: &LoadedModel,
        question: &NormalizedQuestion,
        candidate: &Candidate,
    ) -> bool {
        let Ok(query) = validate_candidate(engine, model, &candidate.lexemes, question) else { return false };
        let right = |expected: &Vec<Expected>| judge_on(self.databases, &query, expected, &limits()).is_right();
        candidate.finished && case.expected.iter().any(right)
    }
}
