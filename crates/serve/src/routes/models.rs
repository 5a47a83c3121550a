//! `GET /v1/models`: the models, as OpenAI lists them.

use std::sync::Arc;

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::model_info::name_of;
use super::{App, Who};
use crate::auth::Action;
use crate::problem::Problem;
use crate::service::Served;

/// A list of models.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelList {
    /// Always `list`.
    object: &'static str,
    /// The models.
    data: Vec<ModelEntry>,
}

/// A model in the list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelEntry {
    /// Its name in requests.
    id: String,
    /// Always `model`.
    object: &'static str,
    /// When it was made, in seconds since 1970; 0, since that is not known.
    created: i64,
    /// Who serves it.
    owned_by: &'static str,
}

/// The models, as OpenAI lists them.
#[utoipa::path(get, path = "/v1/models", tag = "openai", responses((status = 200, body = ModelList), (status = "default", body = Object)))]
pub(crate) async fn models(service: App, who: Who) -> Result<Json<ModelList>, Problem> {
    let schemas = service.schemas();
    let may = |served: &&Arc<Served>| {
        who.principal.may(Action::Ask, Some(&served.name)) && served.seen_by(&who.principal).is_ok()
    };
    let seen = schemas.iter().filter(may);
    let entry =
        |served: &Arc<Served>| ModelEntry { id: name_of(served), object: "model", created: 0, owned_by: "glrl" };
    Ok(Json(ModelList { object: "list", data: seen.map(entry).collect() }))
}
