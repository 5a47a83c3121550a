//! An answer that was found before, by this process or by another: its query is checked again as if the model had just
//! written it, and run again. Rows are never taken from elsewhere.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::engine::Engine;
use crate::guard::pasted_sql;
use crate::intent::Intent;
use crate::orchestrator::{Options, check, conclude, end, is_query};
use crate::reply::{Alternative, Answer, Status};
use crate::validator::validate_found;

/// What is worth knowing of an answer: its query, how sure it is, and the other candidates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// The query, before a policy makes another of it.
    pub sql: String,
    /// How likely it is right.
    pub confidence_score: f64,
    /// Further candidates, as they were asked for.
    pub alternatives: Vec<Alternative>,
}

/// Why what is known cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// The question is not one that the model answers.
    #[error("the question is not one for the model")]
    Question,
    /// There is no model that could have written it.
    #[error("there is no model")]
    Model,
    /// It is less sure than asked for, no probability, or has candidates that were not asked for.
    #[error("it does not fit the options")]
    Options,
    /// A query does not pass validation, or is not as it was written.
    #[error("a query does not pass validation")]
    Query,
}

impl Known {
    /// What is worth knowing of an answer; nothing of one that is no query of the model.
    pub fn of(answer: &Answer) -> Option<Known> {
        if answer.status != Status::Answered || answer.intent != Some(Intent::Answerable) {
            return None;
        }
        let alternatives = answer.alternatives.clone();
        Some(Known { sql: answer.written.clone()?, confidence_score: answer.confidence_score?, alternatives })
    }

    /// Answers a question with it, under the options that it was found with.
    ///
    /// # Errors
    /// When it cannot be what was found: then it has to be found anew.
    pub fn answer(self, engine: &Engine, question: &str, options: &Options) -> Result<Answer, Unusable> {
        let started = Instant::now();
        let mut answer = Answer::to(question);
        let is_sql = || pasted_sql(question, |text| is_query(engine, text)).is_some();
        if check(question, false, &mut answer).is_err() || is_sql() {
            return Err(Unusable::Question);
        }
        self.fits(engine, options)?;
        let passes = |sql: &str| validate_found(engine, sql, question).map_err(|_| Unusable::Query);
        let query = passes(&self.sql)?;
        self.alternatives.iter().try_for_each(|other| passes(&other.sql).map(drop))?;
        answer.intent = Some(Intent::Answerable);
        answer.confidence_score = Some(self.confidence_score);
        answer.alternatives = self.alternatives;
        let answer = match conclude(engine, &query, options, &mut answer) {
            Ok(()) => answer,
            Err(problem) => answer.declined(problem),
        };
        Ok(end(engine, answer, started))
    }

    fn fits(&self, engine: &Engine, options: &Options) -> Result<(), Unusable> {
        let model = engine.model.as_ref().map_err(|_| Unusable::Model)?;
        let least = model.calibration_for(options.candidates).threshold(options.threshold);
        let mut others = self.alternatives.iter().map(|other| other.confidence_score);
        let is_sure = (least..=1.0).contains(&self.confidence_score);
        let fits =
            is_sure && self.alternatives.len() <= options.alternatives && others.all(|p| (0.0..=1.0).contains(&p));
        if fits { Ok(()) } else { Err(Unusable::Options) }
    }
}
