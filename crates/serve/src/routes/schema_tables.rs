//! `GET /schema/tables`: the tables of a schema.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::schemas::{TableBody, tables_of};
use super::{App, Query, SchemaQuery, Who};
use crate::auth::Action;
use crate::problem::{Problem, ProblemBody};

/// Tables.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tables {
    /// The schema.
    schema: String,
    /// Its tables.
    tables: Vec<TableBody>,
}

/// The tables that questions may be asked of.
#[utoipa::path(get, path = "/schema/tables", tag = "service", params(SchemaQuery),
    responses((status = 200, body = Tables), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn schema_tables(
    service: App,
    who: Who,
    Query(query): Query<SchemaQuery>,
) -> Result<Json<Tables>, Problem> {
    let served = service.schema(query.schema.as_deref(), &who.principal)?;
    who.principal.permit(Action::Schema, Some(&served.name))?;
    Ok(Json(Tables { schema: served.name.clone(), tables: tables_of(&served) }))
}
