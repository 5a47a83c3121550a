//! `POST /invocations`: SageMaker's name for `/generate`; a body with `queries` is a batch.

use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::generate::{GenerateReply, GenerateRequest, generate};
use super::generate_batch::{BatchRequest, generate_batch};
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

/// SQL for one question or many.
#[utoipa::path(post, path = "/invocations", tag = "clouds", request_body = Invocation,
    responses((status = 200, body = GenerateReply), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn invocations(service: App, who: Who, Body(request): Body<Invocation>) -> Result<Response, Problem> {
    match request {
        Invocation::One(request) => generate(service, who, Body(request)).await.map(IntoResponse::into_response),
        Invocation::Many(request) => generate_batch(service, who, Body(request)).await.map(IntoResponse::into_response),
    }
}
