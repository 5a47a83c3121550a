//! `POST /rm`: as slime asks a remote reward (`--rm-type remote_rm --rm-url`): one completion, and a number back.

use axum::Json;
use judge::reward::Asked;
use serde::Deserialize;
use serde_json::Value as Json_;
use utoipa::ToSchema;

use super::{App, Body, Query, SchemaQuery, Who};
use crate::problem::{Code, Problem, ProblemBody};
use crate::rewards::{Item, reward_of};

/// A completion, as slime sends it. The prompt and further fields are taken and have no effect.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Rm {
    /// The completion.
    response: String,
    /// What is right: a query, or JSON with `sql`, `alternatives`, `ordered`, `status` and `question`.
    #[serde(default)]
    #[schema(value_type = Object)]
    label: Json_,
}

/// What a label may say.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Label {
    question: Option<String>,
    sql: Option<String>,
    alternatives: Vec<String>,
    ordered: bool,
    status: Option<String>,
}

/// What a label says of its question: nothing, a query, or an object, which trainers often carry as text.
pub(super) fn asked(label: &Json_) -> Result<Asked, Problem> {
    let wrong = |what: &str| Problem::new(Code::InvalidRequest, format!("a label {what}"));
    let label = match label {
        Json_::Null => Label::default(),
        Json_::String(text) if text.trim_start().starts_with('{') => {
            serde_json::from_str(text).map_err(|e| wrong(&format!("cannot be read: {e}")))?
        }
        Json_::String(text) if text.trim().is_empty() => Label::default(),
        Json_::String(text) => Label { sql: Some(text.clone()), ..Label::default() },
        object => Label::deserialize(object).map_err(|e| wrong(&format!("cannot be read: {e}")))?,
    };
    let must_decline = match label.status.as_deref() {
        None | Some("answered") => false,
        Some("refused" | "abstained") => true,
        Some(other) => {
            return Err(wrong(&format!("has the status \"{other}\": expected answered, refused or abstained")));
        }
    };
    let references = label.sql.into_iter().chain(label.alternatives).collect();
    Ok(Asked { question: label.question, references, ordered: label.ordered, must_decline })
}

/// What a completion is worth.
#[utoipa::path(post, path = "/rm", tag = "reward", request_body = Rm, params(SchemaQuery),
    responses((status = 200, body = f64, content_type = "application/json"), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn rm(
    service: App,
    who: Who,
    Query(wanted): Query<SchemaQuery>,
    Body(request): Body<Rm>,
) -> Result<Json<f64>, Problem> {
    let item = Item { asked: asked(&request.label)?, completion: request.response };
    reward_of(&service, &who, wanted.schema.as_deref(), item).await.map(Json)
}
