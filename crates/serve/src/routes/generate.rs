//! `POST /generate`: a question to SQL that passed validation; nothing is run.

use answer::reply::Alternative;
use axum::Json;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use sql::diagnostic::Diagnostic;
use utoipa::ToSchema;

use super::{App, Body, MOST_ALTERNATIVES, Who, facts_of, options, question, threshold, with_facts};
use crate::asking::{Reply, ask};
use crate::auth::Action;
use crate::layers::Caller;
use crate::problem::{Code, Problem, ProblemBody};
use crate::service::Service;

/// A question.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GenerateRequest {
    /// In plain words.
    #[schema(min_length = 1, max_length = 4000, example = "Show all active projects")]
    pub(crate) query: String,
    /// Whether the plan is returned.
    #[serde(default)]
    pub(crate) include_reasoning: bool,
    /// Whether further candidates are returned.
    #[serde(default)]
    pub(crate) include_alternatives: bool,
    /// How many of them.
    #[schema(minimum = 1, maximum = 5)]
    pub(crate) num_alternatives: Option<usize>,
    /// How sure an answer has to be.
    #[schema(minimum = 0, maximum = 1)]
    pub(crate) confidence_threshold: Option<f64>,
    /// The schema to ask; the first, where none is named.
    pub(crate) schema: Option<String>,
}

/// SQL for a question.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GenerateReply {
    /// The query, for reading.
    pub(crate) sql: String,
    /// How likely it is right, 0 to 1; none for SQL that was given.
    pub(crate) confidence_score: Option<f64>,
    /// The plan, a step a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reasoning: Option<String>,
    /// Further candidates.
    #[schema(value_type = Vec<AlternativeBody>)]
    pub(crate) alternatives: Vec<Alternative>,
    /// What validation said.
    #[schema(value_type = Vec<Object>)]
    pub(crate) validation: Vec<Diagnostic>,
    /// Tokens read and written.
    pub(crate) tokens_used: usize,
    /// Whether the answer was kept from an earlier request.
    pub(crate) cache_hit: bool,
    /// Time from question to answer.
    pub(crate) elapsed_ms: f64,
    /// The request.
    pub(crate) request_id: String,
}

/// Another query that a question may mean.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlternativeBody {
    /// The query, for reading.
    sql: String,
    /// How sure it is.
    confidence_score: f64,
}

/// SQL for a question.
#[utoipa::path(post, path = "/generate", tag = "generate", request_body = GenerateRequest,
    responses((status = 200, body = GenerateReply), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn generate(
    service: App,
    who: Who,
    Body(request): Body<GenerateRequest>,
) -> Result<Response, Problem> {
    let served = &service.schema(request.schema.as_deref())?;
    let reply = reply_to(&service, &who, &request).await?;
    let facts = facts_of(served, &reply);
    Ok(with_facts(Json(body_of(&reply, &request, &who)?), facts))
}

/// Answers one request, of a batch too.
pub(super) async fn reply_to(service: &Service, who: &Caller, request: &GenerateRequest) -> Result<Reply, Problem> {
    let served = &service.schema(request.schema.as_deref())?;
    who.principal.permit(Action::Ask, Some(&served.name))?;
    let count = request.num_alternatives.unwrap_or(MOST_ALTERNATIVES);
    if !(1..=MOST_ALTERNATIVES).contains(&count) {
        return Err(Problem::new(Code::InvalidRequest, format!("num_alternatives is 1 to {MOST_ALTERNATIVES}")));
    }
    let mut options = options(service);
    // Candidates are compared by their rows, and nothing is run here.
    (options.execute, options.candidates) = (false, 1);
    options.alternatives = if request.include_alternatives { count } else { 0 };
    threshold(request.confidence_threshold, &mut options)?;
    ask(service, served, question(who, &request.query, options), None).await
}

/// The reply with SQL, or why there is none.
pub(super) fn body_of(reply: &Reply, request: &GenerateRequest, who: &Caller) -> Result<GenerateReply, Problem> {
    let (answer, cost) = (&reply.asked.answer, reply.asked.cost);
    let (None, Some(sql)) = (Problem::of(answer), &answer.sql) else {
        return Err(Problem::of(answer).unwrap_or_else(|| Problem::new(Code::Internal, "there is no query")));
    };
    Ok(GenerateReply {
        sql: sql.clone(),
        confidence_score: answer.confidence_score,
        reasoning: answer.reasoning.clone().filter(|_| request.include_reasoning),
        alternatives: answer.alternatives.clone(),
        validation: answer.validation.clone(),
        tokens_used: if reply.cache_hit { 0 } else { cost.read_tokens + cost.written_tokens },
        cache_hit: reply.cache_hit,
        elapsed_ms: reply.elapsed.as_secs_f64() * 1000.0,
        request_id: who.request_id.clone(),
    })
}

/// As JSON.
pub(super) fn json_of(reply: &GenerateReply) -> Json_ {
    serde_json::to_value(reply).unwrap_or_default()
}
