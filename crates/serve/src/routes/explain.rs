//! `POST /v1/sql/explain`: what a query does, from its resolved tree: words, operators, a picture as Mermaid, and what is
//! read.

use std::sync::Arc;

use answer::validator::validate_text;
use axum::Json;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sql::explain::{Operator, operators};
use sql::lineage;
use sql::reasoning::plan;
use utoipa::ToSchema;

use super::{App, Body, Who, with_facts};
use crate::asking::computing;
use crate::auth::Action;
use crate::layers::Facts;
use crate::problem::{Code, Problem, ProblemBody};

/// SQL to explain.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExplainRequest {
    /// One query.
    #[schema(example = "SELECT 1 AS one")]
    sql: String,
    /// The schema that it is over; the first, where none is named.
    schema: Option<String>,
}

/// What a query does.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainReply {
    /// In words, a step each.
    words: Vec<String>,
    /// As a tree of operators.
    #[schema(value_type = Object)]
    operators: Operator,
    /// The same as a Mermaid flowchart.
    mermaid: String,
    /// The columns that are read.
    reads: Vec<String>,
    /// The request.
    request_id: String,
}

/// What a query does.
#[utoipa::path(post, path = "/v1/sql/explain", tag = "sql", request_body = ExplainRequest,
    responses((status = 200, body = ExplainReply), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn explain(service: App, who: Who, Body(request): Body<ExplainRequest>) -> Result<Response, Problem> {
    let served = &service.schema(request.schema.as_deref())?;
    who.principal.permit(Action::Validate, Some(&served.name))?;
    let engine = Arc::clone(&served.engine);
    let request_id = who.request_id.clone();
    let reply = computing(move || {
        let query = validate_text(&engine, &request.sql, None).map_err(|found| {
            let problem = Problem::new(Code::InvalidSql, "validation found errors in this SQL");
            problem.with("validation", json!(found))
        })?;
        let (catalog, glossary) = (&engine.pack.catalog, &engine.pack.glossary);
        let operators = operators(query.query(), catalog, glossary);
        let reads = lineage(query.query(), catalog).reads;
        Ok::<_, Problem>(ExplainReply {
            words: plan(query.query(), catalog, glossary),
            mermaid: operators.mermaid(),
            operators,
            reads: reads.iter().map(|read| read.name(catalog)).collect(),
            request_id,
        })
    })
    .await??;
    let facts = Facts { schema: Some(served.name.clone()), ..Facts::default() };
    Ok(with_facts(Json(reply), facts))
}
