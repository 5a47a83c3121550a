//! The outermost layer: the request's id, the log line, the time, the headers of every reply, and problems written as the
//! path's clients expect them.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tracing::Instrument;

use super::{RequestId, Streamed};
use crate::auth::keys::hex;
use crate::metrics::HTTP;
use crate::problem::{Code, Problem};
use crate::service::Service;
use crate::traces::{self, TRACEPARENT, trace_of};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken from a caller.
const LONGEST_ID: usize = 64;
/// Headers of every reply. Pages of the service run scripts of their own only, and nobody may frame them.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
];

/// Passes a request on and finishes its reply.
pub async fn outer(State(service): State<Arc<Service>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = id_of(request.headers());
    let path = request.uri().path().to_owned();
    let method = method_of(request.method());
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let route = matched.unwrap_or_else(|| "none".to_owned());
    let span = traces::request(method, &route, request.headers());
    span.record("glrl.request_id", &id);
    // Of the caller's own making where nothing is traced here.
    let trace = traces::traceparent(&span);
    let trace_id = trace.as_ref().or_else(|| request.headers().get(TRACEPARENT)).and_then(trace_of).unwrap_or_default();
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = written(next.run(request).instrument(span.clone()).await, &path, &id);
    if let Some(trace) = trace {
        response.headers_mut().insert(HeaderName::from_static(TRACEPARENT), trace);
    }
    for (name, value) in HEADERS {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let (status, elapsed) = (response.status().as_u16(), started.elapsed());
    span.record("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
    // A stream is timed where it ends, with the status that it ends with.
    if response.extensions().get::<Streamed>().is_none() {
        service.metrics.time(HTTP, &[&route, method, &status.to_string()], elapsed);
    }
    // The route and never the path or the query string: those may hold what people ask.
    let elapsed_ms = elapsed.as_secs_f64() * 1000.0;
    tracing::info!(request_id = id, trace_id, method, route, status, elapsed_ms, "request");
    response
}

/// The method's name, of those that routes know: a caller may write any word there, and each would be another series.
fn method_of(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "POST" => "POST",
        "DELETE" => "DELETE",
        "HEAD" => "HEAD",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// The caller's id, where it is a plain word; a random one otherwise.
fn id_of(headers: &HeaderMap) -> String {
    let is_plain = |id: &&str| {
        !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(is_plain);
    given.map_or_else(new_id, str::to_owned)
}

/// A random id.
pub fn new_id() -> String {
    let mut bytes = [0; 12];
    // Without random bytes all ids are alike, which logs can bear.
    let _ = getrandom::fill(&mut bytes);
    format!("req_{}", hex(&bytes))
}

/// The reply with the body of its problem, where it has one; failures of the framework become problems here.
fn written(mut response: Response, path: &str, id: &str) -> Response {
    let status = response.status();
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if status.is_client_error() || status.is_server_error() => {
            Problem::new(Code::of_status(status), status.canonical_reason().unwrap_or("failed"))
        }
        None => return response,
    };
    let is_openai = path.starts_with("/v1/chat/") || path == "/v1/models";
    let mut body = if is_openai {
        Json(openai(&problem)).into_response()
    } else {
        let mut body = Json(problem.body(path, id)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        body.headers_mut().insert(header::CONTENT_TYPE, kind);
        body
    };
    let mut headers = std::mem::take(response.headers_mut());
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::CONTENT_TYPE);
    body.headers_mut().extend(headers);
    *body.status_mut() = problem.code.status();
    body
}

/// OpenAI's shape of errors.
pub fn openai(problem: &Problem) -> serde_json::Value {
    let kind = match problem.code.status().as_u16() {
        401 => "authentication_error",
        403 => "permission_error",
        429 => "rate_limit_error",
        status if status >= 500 => "server_error",
        _ => "invalid_request_error",
    };
    let message = match &problem.hint {
        Some(hint) => format!("{}; {hint}", problem.detail),
        None => problem.detail.clone(),
    };
    json!({ "error": { "message": message, "type": kind, "param": null, "code": problem.code.name() } })
}
