//! What operators reach, on a port of its own: `GET /metrics`, `/livez`, `/readyz`.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::sync::oneshot;

use super::App;
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
    // Files of the system are read for it, on a thread of its own: under load it waits for no question.
    let (tell, told) = oneshot::channel();
    let service = Arc::clone(&service);
    let look = move || drop(tell.send(service.metrics.render(&service.gauges())));
    if let Err(error) = std::thread::Builder::new().name("metrics".to_owned()).spawn(look) {
        tracing::error!(%error, "metrics");
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    told.await.map(|text| (kind, text)).map_err(|_| StatusCode::SERVICE_UNAVAILABLE).into_response()
}

async fn ready(service: App) -> (StatusCode, &'static str) {
    match service.is_ready() {
        true => (StatusCode::OK, "ready\n"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready\n"),
    }
}
