//! What operators reach, on a port of its own: `GET /metrics`, `/livez`, `/readyz`.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::App;
use crate::asking::computing;
use crate::service::Service;

/// Everything that operators reach.
pub fn operators(service: &Arc<Service>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(Arc::clone(service))
}

async fn metrics(service: App) -> Response {
    // Files of the system are read for it.
    let service = Arc::clone(&service);
    let text = computing(move || service.metrics.render(&service.gauges())).await;
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    text.map(|text| (kind, text)).into_response()
}

async fn ready(service: App) -> (StatusCode, &'static str) {
    match service.is_ready() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    }
}
