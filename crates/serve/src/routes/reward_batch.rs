//! `POST /v1/reward/batch`: what completions are worth, for trainers that call a function of their own (TRL, verl).

use std::time::Instant;

use axum::Json;
use judge::reward::Asked;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{App, Body, Who};
use crate::problem::{Problem, ProblemBody};
use crate::rewards::{ByProfile, Item, Rewarded, rewarded};

/// Completions.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RewardRequest {
    /// Each with what is known of its question.
    #[schema(min_items = 1, max_items = 1000)]
    items: Vec<RewardItem>,
    /// What decides: `execution`, the rows, unless said otherwise.
    #[serde(default)]
    profile: ByProfile,
    /// The schema; the first, where none is named.
    schema: Option<String>,
}

/// A completion; the fields of a line of `glrl reward --batch`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RewardItem {
    /// As the model wrote it, its plan too.
    completion: String,
    /// The question in plain words.
    question: Option<String>,
    /// A query that is right.
    sql: Option<String>,
    /// Others that are.
    #[serde(default)]
    alternatives: Vec<String>,
    /// Whether the order of rows counts.
    #[serde(default)]
    ordered: bool,
    /// Whether it is to be answered or declined.
    #[serde(default)]
    status: Wanted,
}

/// What is right to do with a question.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Wanted {
    #[default]
    Answered,
    Refused,
    Abstained,
}

/// What they are worth.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RewardReply {
    /// One for each completion, in their order.
    rewards: Vec<Rewarded>,
    /// Time of them all.
    elapsed_ms: f64,
    /// The request.
    request_id: String,
}

impl From<RewardItem> for Item {
    fn from(item: RewardItem) -> Self {
        let asked = Asked {
            question: item.question,
            references: item.sql.into_iter().chain(item.alternatives).collect(),
            ordered: item.ordered,
            must_decline: item.status != Wanted::Answered,
        };
        Item { asked, completion: item.completion }
    }
}

/// What completions are worth.
#[utoipa::path(post, path = "/v1/reward/batch", tag = "reward", request_body = RewardRequest,
    responses((status = 200, body = RewardReply), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn reward_batch(
    service: App,
    who: Who,
    Body(request): Body<RewardRequest>,
) -> Result<Json<RewardReply>, Problem> {
    let started = Instant::now();
    let items = request.items.into_iter().map(Item::from).collect();
    let rewards = rewarded(&service, &who, request.schema.as_deref(), request.profile, items).await?;
    let elapsed_ms = started.elapsed().as_secs_f64() * 1000.0;
    let reply = RewardReply { rewards, elapsed_ms, request_id: who.request_id.clone() };
    Ok(Json(reply))
}
