//! `GET /model/info`: what the model is and what it was made for.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::{App, Query, SchemaQuery, Who};
use crate::auth::Action;
use crate::problem::{Code, Problem, ProblemBody};
use crate::service::Served;

/// A model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelInfo {
    /// Its name.
    name: String,
    /// The schema that it writes for.
    schema: String,
    /// The kind of network.
    architecture: &'static str,
    /// Numbers of the network.
    parameters: usize,
    /// Layers.
    layers: usize,
    /// Width of the residual stream.
    hidden_size: usize,
    /// Tokens it knows.
    vocabulary: usize,
    /// The longest sequence.
    max_tokens: usize,
    /// Hash of model and tables.
    fingerprint: String,
}

/// What a model is called.
pub(crate) fn name_of(served: &Served) -> String {
    format!("{}-compact", served.name)
}

/// What the model is.
#[utoipa::path(get, path = "/model/info", tag = "service", params(SchemaQuery),
    responses((status = 200, body = ModelInfo), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn model_info(
    service: App,
    who: Who,
    Query(query): Query<SchemaQuery>,
) -> Result<Json<ModelInfo>, Problem> {
    let served = service.schema(query.schema.as_deref(), &who.principal)?;
    who.principal.permit(Action::Schema, Some(&served.name))?;
    let model = served.engine.model.as_ref().map_err(|problem| Problem {
        hint: problem.hint.clone(),
        ..Problem::new(Code::ModelUnavailable, &problem.message)
    })?;
    let config = model.model.config();
    Ok(Json(ModelInfo {
        name: name_of(&served),
        schema: served.name.clone(),
        architecture: "Qwen2",
        parameters: config.parameter_count(),
        layers: config.num_hidden_layers,
        hidden_size: config.hidden_size,
        vocabulary: config.vocab_size,
        max_tokens: config.max_position_embeddings,
        fingerprint: served.fingerprint.clone(),
    }))
}
