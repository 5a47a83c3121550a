//! `POST /v1/sql/execute`: SQL of one's own, checked like any other and run read-only.

use answer::orchestrator::run_sql;
use answer::reply::rows_as_json;
use axum::Json;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use sql::diagnostic::Diagnostic;
use std::sync::Arc;
use utoipa::ToSchema;

use super::{App, Body, Who, options, with_facts};
use crate::asking::computing;
use crate::auth::Action;
use crate::layers::Facts;
use crate::problem::{Code, Problem, ProblemBody};

/// SQL to run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExecuteRequest {
    /// One query.
    #[schema(example = "SELECT 1 AS one")]
    sql: String,
    /// The schema to run it on; the first, where none is named.
    schema: Option<String>,
    /// Rows returned at most; never more than the service's own limit.
    #[schema(minimum = 1)]
    max_rows: Option<usize>,
}

/// Rows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExecuteReply {
    /// The query as it ran.
    sql: Option<String>,
    /// Names of the columns.
    columns: Vec<String>,
    /// The rows.
    rows: Vec<Vec<serde_json::Value>>,
    /// How many came.
    row_count: usize,
    /// Whether limits cut them.
    truncated: bool,
    /// What validation said.
    #[schema(value_type = Vec<Object>)]
    validation: Vec<Diagnostic>,
    /// Time of it all.
    elapsed_ms: f64,
    /// The request.
    request_id: String,
}

/// Rows of a query.
#[utoipa::path(post, path = "/v1/sql/execute", tag = "sql", request_body = ExecuteRequest,
    responses((status = 200, body = ExecuteReply), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn execute(service: App, who: Who, Body(request): Body<ExecuteRequest>) -> Result<Response, Problem> {
    let served = &service.schema(request.schema.as_deref())?;
    who.principal.permit(Action::Execute, Some(&served.name))?;
    if request.max_rows == Some(0) {
        return Err(Problem::new(Code::InvalidRequest, "max_rows is at least 1"));
    }
    let mut options = options(&service);
    options.execute = true;
    options.limits.max_rows = request.max_rows.unwrap_or(usize::MAX).min(options.limits.max_rows);
    let engine = Arc::clone(&served.engine);
    let answer = computing(move || run_sql(&engine, &request.sql, &options)).await?;
    if let Some(problem) = Problem::of(&answer) {
        return Err(problem);
    }
    let facts = Facts {
        schema: Some(served.name.clone()),
        tables: answer.tables.clone(),
        rows: answer.row_count,
        later: false,
    };
    let reply = ExecuteReply {
        sql: answer.sql,
        columns: answer.columns,
        rows: answer.rows.as_deref().map(rows_as_json).unwrap_or_default(),
        row_count: answer.row_count.unwrap_or(0),
        truncated: answer.truncated,
        validation: answer.validation,
        elapsed_ms: answer.elapsed_ms,
        request_id: who.request_id.clone(),
    };
    Ok(with_facts(Json(reply), facts))
}
