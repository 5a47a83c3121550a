//! `POST /v1/sql/validate`: what is to be said of SQL, in five layers. SQL that is wrong is a reply, not a problem.

use std::sync::Arc;

use axum::Json;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use sql::diagnostic::Diagnostic;
use sql::{Dialect, Layer, Severity, validate as check, verify_for};
use utoipa::ToSchema;

use super::{App, Body, Who, with_facts};
use crate::asking::computing;
use crate::auth::Action;
use crate::layers::Facts;
use crate::problem::{Code, Problem, ProblemBody};

/// SQL to check.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ValidateRequest {
    /// The text.
    #[schema(example = "SELECT 1 AS one")]
    sql: String,
    /// The schema to check it against; the first, where none is named.
    schema: Option<String>,
    /// Whose SQL it is: sqlite, postgres or mysql.
    dialect: Option<String>,
    /// The layers that count: syntax, schema, business, performance, security; all, where none is named.
    layers: Option<Vec<String>>,
    /// The question that it is to answer: some rules look at its words.
    question: Option<String>,
}

/// What was found.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ValidateReply {
    /// Whether none of the findings is an error.
    valid: bool,
    /// The findings.
    #[schema(value_type = Vec<Object>)]
    diagnostics: Vec<Diagnostic>,
    /// The request.
    request_id: String,
}

/// What is to be said of SQL.
#[utoipa::path(post, path = "/v1/sql/validate", tag = "sql", request_body = ValidateRequest,
    responses((status = 200, body = ValidateReply), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn validate(
    service: App,
    who: Who,
    Body(request): Body<ValidateRequest>,
) -> Result<Response, Problem> {
    let served = &service.schema(request.schema.as_deref())?;
    who.principal.permit(Action::Validate, Some(&served.name))?;
    let dialect = dialect(request.dialect.as_deref())?;
    let layers = layers(request.layers.as_deref())?;
    let engine = Arc::clone(&served.engine);
    let diagnostics = computing(move || {
        let catalog = &engine.pack.catalog;
        let asked = sql::Options { dialect, question: request.question.as_deref(), ..engine.pack.validation() };
        let mut found = match engine.access() {
            Some(access) => match verify_for(&request.sql, catalog, &asked, access) {
                Ok(query) => query.report().diagnostics.clone(),
                Err(report) => report.diagnostics,
            },
            None => check(&request.sql, catalog, &asked).diagnostics,
        };
        found.retain(|diagnostic| layers.contains(&diagnostic.layer));
        found
    })
    .await?;
    let valid = diagnostics.iter().all(|diagnostic| diagnostic.severity != Severity::Error);
    let facts = Facts { schema: Some(served.name.clone()), ..Facts::default() };
    Ok(with_facts(Json(ValidateReply { valid, diagnostics, request_id: who.request_id.clone() }), facts))
}

/// A dialect by its name.
pub(super) fn dialect(name: Option<&str>) -> Result<Dialect, Problem> {
    let Some(name) = name else { return Ok(Dialect::default()) };
    name.parse()
        .map_err(|_| Problem::new(Code::InvalidRequest, format!("\"{name}\" is no dialect: sqlite, postgres or mysql")))
}

fn layers(names: Option<&[String]>) -> Result<Vec<Layer>, Problem> {
    let Some(names) = names else { return Ok(Layer::ALL.to_vec()) };
    let unknown = |name: &str| {
        let known = Layer::ALL.map(Layer::name).join(", ");
        Problem::new(Code::InvalidRequest, format!("\"{name}\" is no layer: {known}"))
    };
    names.iter().map(|name| Layer::from_name(name).ok_or_else(|| unknown(name))).collect()
}
