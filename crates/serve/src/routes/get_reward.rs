//! `POST /get_reward`: as OpenRLHF asks a remote reward (`--reward.remote_url`).

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json_, json};
use utoipa::ToSchema;

use super::rm::asked;
use super::{App, Body, Query, SchemaQuery, Who};
use crate::problem::{Code, Problem, ProblemBody};
use crate::rewards::{ByProfile, Item, rewarded};

/// Completions, as OpenRLHF sends them. Further fields are taken and have no effect.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct GetReward {
    /// Each the prompt with its completion behind.
    #[schema(min_items = 1, max_items = 1000)]
    query: Vec<String>,
    /// The prompts alone.
    #[serde(default)]
    prompts: Vec<String>,
    /// What is right: a query, or JSON with `sql`, `alternatives`, `ordered`, `status` and `question`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    labels: Vec<Json_>,
}

/// What they are worth.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GotReward {
    /// One for each; 0 where a reference cannot be used.
    rewards: Vec<f64>,
    /// The same, by which OpenRLHF filters prompts.
    scores: Vec<f64>,
    /// What it logs, one number for each completion.
    #[schema(value_type = Object)]
    extra_logs: Json_,
}

/// What completions are worth.
#[utoipa::path(post, path = "/get_reward", tag = "reward", request_body = GetReward, params(SchemaQuery),
    responses((status = 200, body = GotReward), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn get_reward(
    service: App,
    who: Who,
    Query(wanted): Query<SchemaQuery>,
    Body(request): Body<GetReward>,
) -> Result<Json<GotReward>, Problem> {
    let GetReward { query, prompts, labels } = request;
    let fits = |length: usize| length == 0 || length == query.len();
    if !fits(prompts.len()) || !fits(labels.len()) {
        let message = "prompts and labels are as many as queries, or none";
        return Err(Problem::new(Code::InvalidRequest, message));
    }
    let item = |(i, whole): (usize, &String)| {
        let completion = prompts.get(i).and_then(|prompt| whole.strip_prefix(prompt)).unwrap_or(whole);
        Ok(Item { asked: asked(labels.get(i).unwrap_or(&Json_::Null))?, completion: completion.to_owned() })
    };
    let items = query.iter().enumerate().map(item).collect::<Result<Vec<_>, Problem>>()?;
    let found = rewarded(&service, &who, wanted.schema.as_deref(), ByProfile::Execution, items).await?;
    let rewards: Vec<f64> = found.iter().map(|one| one.reward.unwrap_or(0.0)).collect();
    let unusable: Vec<f64> = found.iter().map(|one| f64::from(u8::from(one.error.is_some()))).collect();
    let extra_logs = json!({ "unusable_labels": unusable });
    let reply = GotReward { scores: rewards.clone(), rewards, extra_logs };
    Ok(Json(reply))
}
