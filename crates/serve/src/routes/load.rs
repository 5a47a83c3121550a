//! `POST /v1/models/load`: another model in the place of the one that serves, without a failed request.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{App, Body, Who};
use crate::auth::Action;
use crate::problem::{Code, Problem, ProblemBody};
use crate::swap::swap;

/// A model to load.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoadRequest {
    /// The name of its folder in `server.models`.
    #[schema(example = "gl-2026-11")]
    model: String,
    /// The schema it is to write for; the first, where none is named.
    schema: Option<String>,
}

/// The model that serves from now on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LoadReply {
    /// The name of its folder.
    model: String,
    /// The schema it writes for.
    schema: String,
    /// Hash of model and tables.
    fingerprint: String,
    /// That of the model before it.
    previous_fingerprint: String,
    /// Time to load and try it.
    elapsed_ms: f64,
    /// The request.
    request_id: String,
}

/// Loads and tries a model beside the one that serves, and then lets it serve.
#[utoipa::path(post, path = "/v1/models/load", tag = "admin", request_body = LoadRequest,
    responses((status = 200, body = LoadReply), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn load(service: App, who: Who, Body(request): Body<LoadRequest>) -> Result<Json<LoadReply>, Problem> {
    who.principal.permit(Action::Admin, None)?;
    let schema = service.named(request.schema.as_deref())?.name.clone();
    who.audit.note(|entry| entry.schema = Some(schema.clone()));
    let models = service.models.as_ref();
    let models = models.ok_or_else(|| Problem::new(Code::Forbidden, "this service loads no other models"))?;
    let folder = models.named(&request.model)?;
    let swapped = swap(&service, &schema, &folder).await?;
    let reply = LoadReply {
        model: request.model,
        schema,
        fingerprint: swapped.fingerprint,
        previous_fingerprint: swapped.previous,
        elapsed_ms: swapped.took.as_secs_f64() * 1000.0,
        request_id: who.request_id.clone(),
    };
    Ok(Json(reply))
}
