//! `GET /examples`: questions that the pack shows as examples, with their queries.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{App, Who};
use crate::auth::Action;
use crate::problem::{Problem, ProblemBody};

/// How many are shown.
const SHOWN: usize = 20;

/// Examples.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Examples {
    /// Some of the pack's own, spread over all of them.
    examples: Vec<Example>,
}

/// A question with its query.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Example {
    /// In plain words.
    #[serde(rename(serialize = "query", deserialize = "question"))]
    #[schema(rename = "query")]
    question: String,
    /// Its query.
    sql: String,
    /// How hard it is.
    #[serde(default)]
    difficulty: String,
}

/// Questions with their queries.
#[utoipa::path(get, path = "/examples", tag = "service",
    responses((status = 200, body = Examples), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn examples(service: App, who: Who) -> Result<Json<Examples>, Problem> {
    let served = &service.schema(None)?;
    who.principal.permit(Action::Schema, Some(&served.name))?;
    // Examples may name columns that a policy hides.
    let lines = served.engine.pack.files.examples.lines().filter(|_| served.engine.access().is_none());
    let all: Vec<Example> = lines.filter_map(|line| serde_json::from_str(line).ok()).collect();
    let step = (all.len() / SHOWN).max(1);
    let examples = all.into_iter().step_by(step).take(SHOWN).collect();
    Ok(Json(Examples { examples }))
}
