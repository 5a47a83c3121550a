//! Whether a request is begun at all: not while the service stops, and not beside too many others.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::metrics::TURNED_AWAY;
use crate::problem::{Code, Problem};
use crate::service::{Phase, Service};

/// Passes a request on where there is a place for it. What is turned away is told at once.
pub async fn gate(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    if *service.phase.borrow() != Phase::Serving {
        service.metrics.count(TURNED_AWAY, &["draining"]);
        let problem = Problem::new(Code::Draining, "the service is stopping");
        return Problem { retry_after: Some(1), ..problem }.into_response();
    }
    // The place itself is taken once the body is there.
    if service.places.available_permits() == 0 {
        service.metrics.count(TURNED_AWAY, &["overloaded"]);
        let problem = Problem::new(Code::Overloaded, "too many requests are in progress");
        return Problem { retry_after: Some(1), ..problem }.into_response();
    }
    next.run(request).await
}
