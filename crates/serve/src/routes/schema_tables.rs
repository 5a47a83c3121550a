//! `GET /schema/tables`: the tables of the first schema.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::schemas::{TableBody, tables_of};
use super::{App, Who};
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
#[utoipa::path(get, path = "/schema/tables", tag = "service",
    responses((status = 200, body = Tables), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn schema_tables(service: App, who: Who) -> Result<Json<Tables>, Problem> {
    let served = &service.schema(None)?;
    who.principal.permit(Action::Schema, Some(&served.name))?;
    Ok(Json(Tables { schema: served.name.clone(), tables: tables_of(served) }))
}
