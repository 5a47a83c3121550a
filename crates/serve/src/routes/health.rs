//! `GET /health` and `GET /ping`: whether the service answers, for people and for SageMaker.

use axum::Json;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use crate::service::Phase;

/// How the service is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`, `degraded` (no usable model: SQL is checked and run, questions are not answered) or `draining`.
    status: &'static str,
    /// The program's version.
    version: &'static str,
    /// Whether every schema has its model.
    model_loaded: bool,
    /// Names of the schemas.
    schemas: Vec<String>,
    /// Time since the start.
    uptime_seconds: f64,
}

/// How the service is.
#[utoipa::path(get, path = "/health", tag = "service", responses((status = 200, body = Health), (status = 503, body = Health)))]
pub(crate) async fn health(service: App) -> (StatusCode, Json<Health>) {
    let is_draining = *service.phase.borrow() != Phase::Serving;
    let model_loaded = service.schemas().iter().all(|served| served.engine.model.is_ok());
    let status = match (is_draining, model_loaded) {
        (true, _) => "draining",
        (false, true) => "ok",
        (false, false) => "degraded",
    };
    let code = if status == "ok" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let schemas = service.schemas().iter().map(|served| served.name.clone()).collect();
    let uptime_seconds = service.started.elapsed().as_secs_f64();
    (code, Json(Health { status, version: env!("CARGO_PKG_VERSION"), model_loaded, schemas, uptime_seconds }))
}

/// Whether requests are taken, as SageMaker asks.
#[utoipa::path(get, path = "/ping", tag = "clouds", responses((status = 200, description = "Requests are taken"), (status = 503, description = "They are not")))]
pub(crate) async fn ping(service: App) -> StatusCode {
    if service.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}
