//! `POST /invocations`: SageMaker's name for `/generate`; a body with `queries` is a batch.

use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::generate::{GenerateReply, GenerateRequest, generate};
use super::generate_batch::{BatchReply, BatchRequest, generate_batch};
use super::{App, Body, Who};
use crate::problem::{Problem, ProblemBody};

/// One question, or many.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Invocation {
    /// As `/generate/batch` takes them.
    Many(BatchRequest),
    /// As `/generate` takes it.
    One(GenerateRequest),
}

/// The reply to either, for the document.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "each route makes its own reply; this only names both")]
pub(crate) enum InvocationReply {
    /// As `/generate/batch` replies.
    Many(BatchReply),
    /// As `/generate` replies.
    One(GenerateReply),
}

/// SQL for one question or many.
#[utoipa::path(post, path = "/invocations", tag = "clouds", request_body = Invocation,
    responses((status = 200, body = InvocationReply), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn invocations(service: App, who: Who, Body(request): Body<Invocation>) -> Result<Response, Problem> {
    match request {
        Invocation::One(request) => generate(service, who, Body(request)).await.map(IntoResponse::into_response),
        Invocation::Many(request) => generate_batch(service, who, Body(request)).await.map(IntoResponse::into_response),
    }
}
