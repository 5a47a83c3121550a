//! `POST /generate/batch`: many questions, each answered or failed by itself.

use std::time::Instant;

use axum::{Extension, Json};
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json_;
use utoipa::ToSchema;

use super::generate::{GenerateRequest, body_of, json_of, reply_to};
use super::{App, Body, Who};
use crate::layers::{Caller, MayPass};
use crate::problem::{Code, Problem, ProblemBody};
use crate::service::Service;

/// The most questions of one batch.
const MOST: usize = 1_000;

/// Questions.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BatchRequest {
    /// Each a text, or an object as `/generate` takes it.
    #[schema(min_items = 1, max_items = 1000)]
    queries: Vec<BatchQuery>,
}

/// A question of a batch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
enum BatchQuery {
    /// In plain words.
    Text(String),
    /// With how it is to be answered.
    Request(GenerateRequest),
}

/// What became of the questions, in their order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchReply {
    /// One for each question.
    results: Vec<BatchResult>,
    /// How many have SQL.
    succeeded: usize,
    /// How many have none.
    failed: usize,
    /// Time of them all.
    elapsed_ms: f64,
    /// The request.
    request_id: String,
}

/// What became of one question.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchResult {
    /// Its place among the questions.
    index: usize,
    /// The status that it would have by itself.
    status: u16,
    /// As `/generate` replies.
    #[schema(value_type = Option<super::generate::GenerateReply>)]
    result: Option<Json_>,
    /// Why there is none.
    #[schema(value_type = Option<ProblemBody>)]
    error: Option<Json_>,
    /// Whether it may end otherwise when it is sent again.
    #[serde(skip)]
    may_pass: bool,
}

/// SQL for many questions.
#[utoipa::path(post, path = "/generate/batch", tag = "generate", request_body = BatchRequest,
    responses((status = 200, body = BatchReply), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn generate_batch(
    service: App,
    who: Who,
    Body(request): Body<BatchRequest>,
) -> Result<(Option<Extension<MayPass>>, Json<BatchReply>), Problem> {
    let count = request.queries.len();
    if !(1..=MOST).contains(&count) {
        return Err(Problem::new(
            Code::InvalidRequest,
            format!("a batch has 1 to {MOST} queries; this one has {count}"),
        ));
    }
    // The request itself was taken already.
    let started = Instant::now();
    service.rate.owe(&who.principal.name, count as u32 - 1).await;
    let requests = request.queries.into_iter().map(|query| match query {
        BatchQuery::Request(request) => request,
        BatchQuery::Text(query) => plain(query),
    });
    let (service, who) = (&*service, &*who);
    let asked = stream::iter(requests.enumerate()).map(|(index, request)| one(service, who, index, request));
    // As many at once as one batch of the network holds, so that a batch never fills the queue.
    let results: Vec<BatchResult> = asked.buffered(service.settings.decoder.batch).collect().await;
    let may_pass = results.iter().any(|result| result.may_pass);
    let succeeded = results.iter().filter(|result| result.result.is_some()).count();
    let reply = BatchReply {
        succeeded,
        failed: results.len() - succeeded,
        results,
        elapsed_ms: started.elapsed().as_secs_f64() * 1000.0,
        request_id: who.request_id.clone(),
    };
    Ok((may_pass.then_some(Extension(MayPass)), Json(reply)))
}

fn plain(query: String) -> GenerateRequest {
    GenerateRequest {
        query,
        include_reasoning: false,
        include_alternatives: false,
        num_alternatives: None,
        confidence_threshold: None,
        schema: None,
    }
}

async fn one(service: &Service, who: &Caller, index: usize, request: GenerateRequest) -> BatchResult {
    // Feedback on one of them has to find that one.
    let who = &Caller { request_id: format!("{}.{index}", who.request_id), ..who.clone() };
    let reply = reply_to(service, who, &request).await.and_then(|reply| body_of(&reply, &request, who));
    match reply {
        Ok(reply) => BatchResult { index, status: 200, result: Some(json_of(&reply)), error: None, may_pass: false },
        Err(problem) => {
            let body = problem.body("/generate/batch", &who.request_id);
            let error = serde_json::to_value(&body).unwrap_or_default();
            let may_pass = problem.code.may_pass();
            BatchResult { index, status: body.status, result: None, error: Some(error), may_pass }
        }
    }
}
