//! `POST /v1/ask`: a question to SQL, rows, chart and explanation; as a stream of events where the caller accepts one.

use answer::reply::Alternative;
use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use sql::diagnostic::Diagnostic;
use utoipa::ToSchema;

use super::{App, Body, MOST_ALTERNATIVES, Who, facts_of, options, question, threshold, with_facts};
use crate::asking::{Reply, ask as answer_to};
use crate::auth::Action;
use crate::chart::{Chart, chart};
use crate::events;
use crate::problem::{Code, Problem, ProblemBody};

/// A question.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AskRequest {
    /// In plain words; SQL is checked and run as it stands.
    #[schema(min_length = 1, max_length = 4000, example = "Show all active projects with budget over 100000")]
    question: String,
    /// The schema to ask; the first, where none is named.
    schema: Option<String>,
    /// Whether the query is run.
    #[serde(default = "yes")]
    execute: bool,
    /// Rows returned at most; never more than the service's own limit.
    #[schema(minimum = 1)]
    max_rows: Option<usize>,
    /// Further candidates.
    #[serde(default)]
    #[schema(maximum = 5)]
    alternatives: usize,
    /// How sure an answer has to be.
    #[schema(minimum = 0, maximum = 1)]
    confidence_threshold: Option<f64>,
}

fn yes() -> bool {
    true
}

/// An answer: the fields of `glrl ask --json`, and what belongs to the request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskReply {
    /// As asked.
    question: String,
    /// The schema that was asked.
    schema: String,
    /// How it ended.
    status: &'static str,
    /// What it asks for.
    intent: Option<&'static str>,
    /// The query, for reading.
    sql: Option<String>,
    /// How likely it is right; none for SQL that was given.
    confidence_score: Option<f64>,
    /// The plan, derived from the query, a step a line.
    reasoning: Option<String>,
    /// Names of the columns.
    columns: Vec<String>,
    /// The rows; none where they were not wanted.
    rows: Option<Vec<Vec<serde_json::Value>>>,
    /// How many rows came.
    row_count: Option<usize>,
    /// Whether limits cut the rows.
    truncated: bool,
    /// How the rows may be drawn.
    chart: Option<Chart>,
    /// What validation said.
    #[schema(value_type = Vec<Object>)]
    validation: Vec<Diagnostic>,
    /// Further candidates.
    #[schema(value_type = Vec<super::generate::AlternativeBody>)]
    alternatives: Vec<Alternative>,
    /// What it took.
    usage: Usage,
    /// Whether the answer was kept from an earlier request.
    cache_hit: bool,
    /// Time from question to answer.
    elapsed_ms: f64,
    /// The request.
    request_id: String,
}

/// What an answer took.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct Usage {
    /// Tokens read.
    prompt_tokens: usize,
    /// Tokens written.
    completion_tokens: usize,
    /// Both.
    total_tokens: usize,
    /// Waiting for a place in the batch.
    waited_ms: f64,
    /// Being written.
    model_ms: f64,
}

impl Usage {
    /// Of a reply; nothing for one that was kept.
    pub(crate) fn of(reply: &Reply) -> Self {
        let cost = if reply.cache_hit { Default::default() } else { reply.asked.cost };
        Usage {
            prompt_tokens: cost.read_tokens,
            completion_tokens: cost.written_tokens,
            total_tokens: cost.read_tokens + cost.written_tokens,
            waited_ms: cost.waited.as_secs_f64() * 1000.0,
            model_ms: cost.writing.as_secs_f64() * 1000.0,
        }
    }
}

/// SQL, rows, chart and explanation for a question.
#[utoipa::path(post, path = "/v1/ask", tag = "ask", request_body = AskRequest,
    responses((status = 200, body = AskReply), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn ask(
    service: App,
    who: Who,
    headers: HeaderMap,
    Body(request): Body<AskRequest>,
) -> Result<Response, Problem> {
    let served = &service.schema(request.schema.as_deref())?;
    who.principal.permit(Action::Ask, Some(&served.name))?;
    if request.alternatives > MOST_ALTERNATIVES || request.max_rows == Some(0) {
        let wanted = format!("alternatives is at most {MOST_ALTERNATIVES}, max_rows at least 1");
        return Err(Problem::new(Code::InvalidRequest, wanted));
    }
    let mut options = options(&service);
    options.execute = request.execute;
    options.candidates = if request.execute { options.candidates } else { 1 };
    options.alternatives = request.alternatives;
    options.limits.max_rows = request.max_rows.unwrap_or(usize::MAX).min(options.limits.max_rows);
    threshold(request.confidence_threshold, &mut options)?;
    let question = question(&who, &request.question, options);
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or("");
    if accepts.contains("text/event-stream") {
        let name = served.name.clone();
        return Ok(events::stream((*service).clone(), (*who).clone(), name, question));
    }
    let reply = answer_to(&service, served, question, None).await?;
    if let Some(problem) = Problem::of(&reply.asked.answer) {
        return Err(problem);
    }
    let facts = facts_of(served, &reply);
    Ok(with_facts(Json(body_of(&reply, &request.question, &served.name, &who.request_id)), facts))
}

fn body_of(reply: &Reply, question: &str, schema: &str, request_id: &str) -> AskReply {
    let answer = reply.asked.answer.clone();
    AskReply {
        question: question.to_owned(),
        schema: schema.to_owned(),
        status: crate::asking::status_name(answer.status),
        intent: answer.intent.map(|intent| intent.name()),
        chart: chart(&answer),
        sql: answer.sql,
        confidence_score: answer.confidence_score,
        reasoning: answer.reasoning,
        columns: answer.columns,
        rows: answer.rows.as_deref().map(answer::reply::rows_as_json),
        row_count: answer.row_count,
        truncated: answer.truncated,
        validation: answer.validation,
        alternatives: answer.alternatives,
        usage: Usage::of(reply),
        cache_hit: reply.cache_hit,
        elapsed_ms: reply.elapsed.as_secs_f64() * 1000.0,
        request_id: request_id.to_owned(),
    }
}
