//! `POST /seed_session` and `POST /verify`: as NeMo-Gym asks a resources server. What comes goes back with the reward.

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json_};
use utoipa::ToSchema;

use super::rm::asked;
use super::{App, Body, Query, SchemaQuery, Who};
use crate::auth::Action;
use crate::problem::{Code, Problem, ProblemBody};
use crate::rewards::{Item, reward_of};

/// A rollout: the fields of its line of data, and the model's response as OpenAI's responses API has it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Verify {
    /// The response; its last message is the completion.
    #[schema(value_type = Object)]
    response: Json_,
    /// `sql`, `alternatives`, `ordered`, `status` and `question` say what is right; all goes back as it came.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    rest: Map<String, Json_>,
}

/// The same, with what it is worth.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verified {
    /// What the completion is worth.
    reward: f64,
    /// What came.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    rest: Map<String, Json_>,
}

/// Begins a rollout; nothing is kept of one.
#[utoipa::path(post, path = "/seed_session", tag = "reward",
    responses((status = 200, body = Object), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn seed_session(who: Who) -> Result<Json<Map<String, Json_>>, Problem> {
    who.principal.permit(Action::Reward, None)?;
    Ok(Json(Map::new()))
}

/// What a rollout is worth.
#[utoipa::path(post, path = "/verify", tag = "reward", request_body = Verify, params(SchemaQuery),
    responses((status = 200, body = Verified), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn verify(
    service: App,
    who: Who,
    Query(wanted): Query<SchemaQuery>,
    Body(request): Body<Verify>,
) -> Result<Json<Verified>, Problem> {
    let Verify { response, mut rest } = request;
    let completion = last_words(&response).ok_or_else(|| {
        Problem::new(Code::InvalidRequest, "the response has no message: expected output[].content[].text")
    })?;
    let known = ["question", "sql", "alternatives", "ordered", "status"];
    let label = known.into_iter().filter_map(|name| Some((name.to_owned(), rest.get(name)?.clone()))).collect();
    let item = Item { asked: asked(&Json_::Object(label))?, completion };
    let reward = reward_of(&service, &who, wanted.schema.as_deref(), item).await?;
    rest.insert("response".to_owned(), response);
    Ok(Json(Verified { reward, rest }))
}

/// The text of the last message.
fn last_words(response: &Json_) -> Option<String> {
    let mut messages = response["output"].as_array()?.iter().filter(|item| item["type"] == "message");
    let parts = messages.next_back()?["content"].as_array()?;
    Some(parts.iter().filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join(""))
}
