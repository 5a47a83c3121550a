//! Who asks, how often, and for how long. Whoever is known has a line in the audit log.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::audit_line::AuditLine;
use super::{Caller, RequestId, Streamed};
use crate::auth::Principal;
use crate::metrics::TURNED_AWAY;
use crate::problem::{Code, Problem};
use crate::service::Service;

/// Header of keys beside `Authorization: Bearer`.
const API_KEY: &str = "x-api-key";
/// A route may tell of its deadline in its own words before this layer does.
const GRACE: Duration = Duration::from_millis(100);

/// Passes on the requests of those who may ask.
pub async fn authenticate(State(service): State<Arc<Service>>, mut request: Request, next: Next) -> Response {
    let principal = match principal(&service, request.headers()) {
        Ok(principal) => principal,
        Err(problem) => return problem.into_response(),
    };
    let path = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let route = format!("{} {path}", request.method());
    let request_id = request.extensions().get::<RequestId>().map_or(String::new(), |id| id.0.clone());
    let audit = AuditLine::begin(&service, &principal.name, &route, &request_id);
    if let Err(wait) = service.rate.take(&principal.name).await {
        service.metrics.count(TURNED_AWAY, &["rate"]);
        let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
        let problem = Problem::new(Code::RateLimited, format!("too many requests; go on in {seconds} s"));
        return written(&audit, Problem { retry_after: Some(seconds), ..problem }.into_response());
    }
    let deadline = Instant::now() + service.settings.deadline;
    let caller = Caller { principal, request_id, route, deadline, audit: Arc::clone(&audit), place: None };
    request.extensions_mut().insert(caller);
    let response = match tokio::time::timeout_at((deadline + GRACE).into(), next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(Code::Deadline, "the request took longer than it may").into_response(),
    };
    written(&audit, response)
}

/// The reply, once the audit log holds it; what cannot be written down is not handed out.
fn written(audit: &AuditLine, response: Response) -> Response {
    let code = response.extensions().get::<Problem>().map(|problem| problem.code);
    let is_stream = response.extensions().get::<Streamed>().is_some();
    match is_stream || audit.write(response.status().as_u16(), code) {
        true => response,
        false => {
            Problem::new(Code::Internal, "the audit log cannot be written, so nothing is answered").into_response()
        }
    }
}

/// Who sent these headers.
fn principal(service: &Service, headers: &HeaderMap) -> Result<Arc<Principal>, Problem> {
    let refused = |detail: &str| {
        let problem = Problem::new(Code::Unauthenticated, detail);
        problem.hint("send `Authorization: Bearer KEY` with a key of `glrl keys create`, or a token")
    };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = text(header::AUTHORIZATION.as_str()).map(|value| value.split_once(' ').unwrap_or((value, "")));
    let given = match (bearer, text(API_KEY)) {
        (Some((scheme, secret)), _) if scheme.eq_ignore_ascii_case("bearer") => Some(secret.trim()),
        (None, key) => key,
        (Some(_), _) if service.settings.authentication => return Err(refused("only Bearer is understood")),
        _ => None,
    };
    // Where nobody is asked for a key, one that is sent along by habit does no harm.
    if !service.settings.authentication {
        // A page of the web can have its own name point here (DNS rebinding); the browser then calls it the same origin.
        return match text(header::HOST.as_str()).is_some_and(is_own_name) {
            true => Ok(Principal::anonymous()),
            false => Err(Problem::new(Code::Forbidden, "without keys only this machine's own names are answered")
                .hint("ask localhost, or switch server.authentication on")),
        };
    }
    let given = given.ok_or_else(|| refused("there is no key or token with this request"))?;
    if let Some(principal) = service.keys.principal(given) {
        return Ok(principal);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    match service.tokens.as_ref().filter(|_| given.contains('.')).map(|tokens| tokens.principal(given, now)) {
        Some(Ok(principal)) => Ok(principal),
        Some(Err(error)) => Err(refused(&error.to_string())),
        None => Err(refused("this key is not known, or not good any more")),
    }
}

/// Whether a `Host` names this machine to itself.
fn is_own_name(host: &str) -> bool {
    host.parse::<Authority>().is_ok_and(|authority| {
        let name = authority.host().trim_matches(['[', ']']);
        name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}
