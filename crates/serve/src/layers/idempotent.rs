//! A request that costs and is sent again with the same `Idempotency-Key` is answered with the reply to the first: nothing is
//! written or kept twice because a connection broke (draft-ietf-httpapi-idempotency-key-header-07).

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::{Caller, MayPass};
use crate::idempotency::{Claim, Kept, LARGEST};
use crate::problem::{Code, Problem};
use crate::service::Service;

/// The header.
const KEY: &str = "idempotency-key";
/// The route that may reply with a stream.
const STREAMED: &str = "/v1/ask";
/// The longest key.
const LONGEST: usize = 255;

/// Passes a request on once for each key.
pub async fn idempotent(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    // Streams have their own way to go on: Last-Event-ID.
    if !request.headers().contains_key(KEY) || is_stream(&request) {
        return next.run(request).await;
    }
    match once(&service, request, next).await {
        Ok(response) => response,
        Err(problem) => problem.into_response(),
    }
}

fn is_stream(request: &Request) -> bool {
    let accepted = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    request.uri().path() == STREAMED && accepted.is_some_and(|text| text.contains("text/event-stream"))
}

async fn once(service: &Service, request: Request, next: Next) -> Result<Response, Problem> {
    let (head, body) = request.into_parts();
    let key = head.headers.get(KEY).and_then(|key| key.to_str().ok()).filter(|key| (1..=LONGEST).contains(&key.len()));
    let key = key.ok_or_else(|| {
        Problem::new(Code::InvalidRequest, format!("Idempotency-Key has 1 to {LONGEST} characters of ASCII"))
    })?;
    let caller = head.extensions.get::<Caller>().cloned();
    let caller = caller.ok_or_else(|| Problem::new(Code::Internal, "nobody asks"))?;
    let identity = caller.principal.identity();
    let slot = digest(&[identity.as_bytes(), key.as_bytes()]);
    let body =
        to_bytes(body, usize::MAX).await.map_err(|_| Problem::new(Code::InvalidRequest, "the body broke off"))?;
    let asked = digest(&[head.uri.to_string().as_bytes(), &body]);
    let claimed = match service.replies.claim(slot, asked) {
        Claim::Mine(claimed) => claimed,
        Claim::Answered(kept) => return Ok(replayed(&kept, &caller)),
        Claim::InProgress => {
            let problem =
                Problem::new(Code::IdempotencyInProgress, "the first request with this key is not answered yet");
            return Err(Problem { retry_after: Some(1), ..problem });
        }
        Claim::AnotherRequest => {
            let problem = Problem::new(Code::IdempotencyMismatch, "another request was sent with this Idempotency-Key");
            return Err(problem.hint("send a new key with each new request"));
        }
    };
    let response = next.run(Request::from_parts(head, Body::from(body))).await;
    if !is_final(&response) {
        return Ok(response);
    }
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|_| Problem::new(Code::Internal, "the reply broke off"))?;
    if body.len() <= LARGEST {
        let problem = head.extensions.get::<Problem>();
        let kind = head.headers.get(header::CONTENT_TYPE).cloned();
        claimed.answer(Kept {
            status: head.status,
            kind,
            body: body.clone(),
            problem: problem.cloned(),
            told: caller.audit.told(),
        });
    }
    Ok(Response::from_parts(head, Body::from(body)))
}

/// Whether sending the request again would change nothing: it was answered, or it cannot be.
fn is_final(response: &Response) -> bool {
    let parts = response.extensions();
    let may_pass = parts.get::<Problem>().is_some_and(|problem| problem.code.may_pass());
    !may_pass && parts.get::<MayPass>().is_none() && !response.status().is_server_error()
}

fn replayed(kept: &Kept, caller: &Caller) -> Response {
    if let Some(told) = &kept.told {
        caller.audit.note(|entry| entry.schema = told.schema.clone());
        caller.audit.note_read(&told.tables, told.rows);
    }
    let mut response = match &kept.problem {
        Some(problem) => problem.clone().into_response(),
        None => (kept.status, kept.body.clone()).into_response(),
    };
    if let (None, Some(kind)) = (&kept.problem, &kept.kind) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
    }
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
}

/// Of several parts, whose ends count.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}
