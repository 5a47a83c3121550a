//! The body of a request, whole before the request takes its place among those in progress: one that sends a byte a second
//! holds no place, and not for long.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Caller;
use crate::metrics::TURNED_AWAY;
use crate::problem::{Code, Problem};
use crate::service::Service;

/// How long a body may take.
const BODIES: Duration = Duration::from_secs(10);

/// Passes a request on once its body is there and there is a place for it.
pub async fn whole(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    let (mut head, body) = request.into_parts();
    let most = service.settings.max_body;
    let too_large = || Problem::new(Code::PayloadTooLarge, format!("a body has at most {most} bytes")).into_response();
    if announced(&head.headers).is_some_and(|bytes| bytes > most) {
        return too_large();
    }
    let body = match tokio::time::timeout(BODIES, to_bytes(body, most)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return too_large(),
        Err(_) => return Problem::new(Code::RequestTimeout, format!("no whole body in {BODIES:?}")).into_response(),
    };
    let Ok(place) = Arc::clone(&service.places).try_acquire_owned() else {
        service.metrics.count(TURNED_AWAY, &["overloaded"]);
        let problem = Problem::new(Code::Overloaded, "too many requests are in progress");
        return Problem { retry_after: Some(1), ..problem }.into_response();
    };
    if let Some(caller) = head.extensions.get_mut::<Caller>() {
        caller.place = Some(Arc::new(place));
    }
    next.run(Request::from_parts(head, Body::from(body))).await
}

/// The length that a request announces.
fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
