//! `/v1/api-keys`: keys made, listed, taken back and replaced, by whoever has the scope `admin`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{App, Body, Path, Who};
use crate::asking::computing;
use crate::auth::{Action, KeyError, KeyRecord, Scope, View};
use crate::layers::Caller;
use crate::problem::{Code, Problem, ProblemBody};

/// A key to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKey {
    /// Who or what it is for.
    name: String,
    /// What it is good for: `ask`, `ask:gl`, `*` …
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
    /// From when on it is not good any more.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires: Option<Timestamp>,
    /// The policy of the service's settings that its requests are answered under.
    policy: Option<String>,
    /// What that policy is told of the user.
    #[serde(default)]
    user: BTreeMap<String, String>,
}

/// A key that was made. It is shown here and never again.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MadeKey {
    /// The key.
    key: String,
    /// Its first characters, which name it.
    prefix: String,
    /// What it is good for.
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
}

/// A key without what would let one use or guess it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ListedKey {
    /// Its first characters, which name it.
    prefix: String,
    /// Who or what it is for.
    name: String,
    /// What it is good for.
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
    /// When it was made.
    created: String,
    /// From when on it is not good any more.
    expires: Option<String>,
    /// When it was taken back.
    revoked: Option<String>,
    /// The policy that its requests are answered under.
    policy: Option<String>,
    /// What that policy is told of the user.
    user: BTreeMap<String, String>,
}

impl From<KeyRecord> for ListedKey {
    fn from(key: KeyRecord) -> Self {
        ListedKey {
            prefix: key.prefix,
            name: key.name,
            scopes: key.scopes,
            created: key.created.to_string(),
            expires: key.expires.map(|time| time.to_string()),
            revoked: key.revoked.map(|time| time.to_string()),
            policy: key.policy,
            user: key.user,
        }
    }
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Unknown { .. } => Problem::new(Code::NotFound, error.to_string()),
            _ => {
                tracing::error!(%error, "keys");
                Problem::new(Code::Internal, "the keys cannot be kept")
            }
        }
    }
}

/// Makes a key.
#[utoipa::path(post, path = "/v1/api-keys", tag = "admin", request_body = NewKey,
    responses((status = 201, body = MadeKey), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn create(
    service: App,
    who: Who,
    Body(wanted): Body<NewKey>,
) -> Result<(StatusCode, Json<MadeKey>), Problem> {
    who.principal.permit(Action::Admin, None)?;
    if wanted.scopes.is_empty() || wanted.name.trim().is_empty() {
        return Err(Problem::new(Code::InvalidRequest, "a key has a name and at least one scope"));
    }
    let service = Arc::clone(&service);
    let view = View { policy: wanted.policy, user: wanted.user };
    service.check_view(&view)?;
    let (key, record) =
        computing(move || service.keys.create_for(&wanted.name, wanted.scopes, wanted.expires, view)).await??;
    note(&who, &record.prefix);
    Ok((StatusCode::CREATED, Json(MadeKey { key, prefix: record.prefix, scopes: record.scopes })))
}

/// Lists the keys.
#[utoipa::path(get, path = "/v1/api-keys", tag = "admin",
    responses((status = 200, body = Vec<ListedKey>), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn list(service: App, who: Who) -> Result<Json<Vec<ListedKey>>, Problem> {
    who.principal.permit(Action::Admin, None)?;
    Ok(Json(service.keys.list().into_iter().map(ListedKey::from).collect()))
}

/// Takes a key back.
#[utoipa::path(delete, path = "/v1/api-keys/{prefix}", tag = "admin", params(("prefix" = String, Path, description = "Its first characters")),
    responses((status = 200, body = ListedKey), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn revoke(service: App, who: Who, Path(prefix): Path<String>) -> Result<Json<ListedKey>, Problem> {
    who.principal.permit(Action::Admin, None)?;
    note(&who, &prefix);
    let service = Arc::clone(&service);
    Ok(Json(computing(move || service.keys.revoke(&prefix)).await??.into()))
}

/// Makes a key in place of another, which is taken back.
#[utoipa::path(post, path = "/v1/api-keys/{prefix}/rotate", tag = "admin", params(("prefix" = String, Path, description = "Its first characters")),
    responses((status = 201, body = MadeKey), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn rotate(
    service: App,
    who: Who,
    Path(prefix): Path<String>,
) -> Result<(StatusCode, Json<MadeKey>), Problem> {
    who.principal.permit(Action::Admin, None)?;
    let (service, old) = (Arc::clone(&service), prefix.clone());
    let (key, record) = computing(move || service.keys.rotate(&old)).await??;
    note(&who, &format!("{prefix}, {}", record.prefix));
    Ok((StatusCode::CREATED, Json(MadeKey { key, prefix: record.prefix, scopes: record.scopes })))
}

/// Tells the audit log which key it is.
fn note(who: &Caller, prefix: &str) {
    who.audit.note(|entry| entry.key = Some(prefix.to_owned()));
}
