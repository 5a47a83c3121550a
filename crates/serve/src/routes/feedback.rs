//! `POST /v1/feedback`: what was good and what was not. A correction is checked like any SQL before it is kept, so that
//! `glrl data import` takes it.

use std::sync::Arc;

use answer::validator::validate_text;
use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{App, Body, Who};
use crate::asking::computing;
use crate::auth::Action;
use crate::history::Past;
use crate::layers::Caller;
use crate::metrics::FEEDBACK;
use crate::problem::{Code, Problem, ProblemBody};
use crate::service::Service;

/// The longest comment, in characters.
const LONGEST_COMMENT: usize = 2_000;

/// What is said of an answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FeedbackRequest {
    /// The request whose answer it is.
    request_id: String,
    /// Up or down.
    rating: Rating,
    /// The query that would have been right.
    sql: Option<String>,
    /// Anything else.
    #[schema(max_length = 2000)]
    comment: Option<String>,
}

/// Good or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Rating {
    Up,
    Down,
}

/// What became of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedbackReply {
    /// Whether a pair of question and query was kept for training.
    kept_for_training: bool,
    /// The request.
    request_id: String,
}

/// Says what was good and what was not.
#[utoipa::path(post, path = "/v1/feedback", tag = "ask", request_body = FeedbackRequest,
    responses((status = 200, body = FeedbackReply), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn feedback(
    service: App,
    who: Who,
    Body(request): Body<FeedbackRequest>,
) -> Result<Json<FeedbackReply>, Problem> {
    let past = service.history.find(&who.principal.identity(), &request.request_id).ok_or_else(|| {
        let problem = Problem::new(Code::NotFound, "none of your questions that are remembered has this request_id");
        problem.hint("GET /v1/history lists them")
    })?;
    who.principal.permit(Action::Feedback, Some(&past.schema))?;
    if request.comment.as_ref().is_some_and(|comment| comment.chars().count() > LONGEST_COMMENT) {
        return Err(Problem::new(Code::InvalidRequest, format!("a comment has at most {LONGEST_COMMENT} characters")));
    }
    let right = match (&request.sql, request.rating) {
        (Some(sql), _) => Some(checked(&service, &who, &past, sql.clone()).await?),
        (None, Rating::Up) => past.sql.clone(),
        (None, Rating::Down) => None,
    };
    let name = if request.rating == Rating::Up { "up" } else { "down" };
    let said = json!({
        "at": jiff::Timestamp::now().to_string(), "principal": who.principal.name, "request_id": past.request_id,
        "schema": past.schema, "question": past.question, "answered": past.sql, "rating": name,
        "correction": request.sql.as_ref().and(right.as_ref()), "comment": request.comment,
    });
    let kept_for_training = keep(&service, &past, said, request.sql.is_some(), right).await?;
    service.metrics.count(FEEDBACK, &[name]);
    Ok(Json(FeedbackReply { kept_for_training, request_id: who.request_id.clone() }))
}

/// The correction, if it passes validation.
async fn checked(service: &Service, who: &Caller, past: &Past, sql: String) -> Result<String, Problem> {
    let engine = service.schema(Some(&past.schema), &who.principal)?.engine;
    let question = past.question.clone();
    computing(move || match validate_text(&engine, &sql, Some(&question)) {
        Ok(_) => Ok(sql),
        Err(found) => {
            let problem = Problem::new(Code::InvalidSql, "validation found errors in the correction");
            Err(problem.with("validation", json!(found)))
        }
    })
    .await?
}

async fn keep(
    service: &Arc<Service>,
    past: &Past,
    said: serde_json::Value,
    is_correction: bool,
    right: Option<String>,
) -> Result<bool, Problem> {
    let (service, question) = (Arc::clone(service), past.question.clone());
    // The plan belongs to the query that was answered, not to a correction of it.
    let reasoning = past.reasoning.clone().filter(|_| !is_correction);
    let written = computing(move || {
        let Some(feedback) = &service.feedback else { return Ok(None) };
        feedback.rate(&said)?;
        if let Some(sql) = &right {
            feedback.correct(&question, sql, reasoning.as_deref())?;
        }
        Ok::<_, std::io::Error>(Some(right.is_some()))
    });
    match written.await? {
        Ok(Some(kept)) => Ok(kept),
        Ok(None) => {
            let problem = Problem::new(Code::NotFound, "this service keeps no feedback");
            Err(problem.hint("its operator sets a folder with server.feedback"))
        }
        Err(error) => {
            tracing::error!(%error, "feedback cannot be kept");
            Err(Problem::new(Code::Internal, "the feedback cannot be kept"))
        }
    }
}
