//! Who asks, how often, for how long, and what is written down of it.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Caller, Facts, RequestId};
use crate::audit::Entry;
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
    if let Err(wait) = service.rate.take(&principal.name, Instant::now()) {
        service.metrics.count(TURNED_AWAY, &["rate"]);
        let seconds = wait.as_secs_f64().ceil().max(1.0) as u64;
        let problem = Problem::new(Code::RateLimited, format!("too many requests; go on in {seconds} s"));
        return Problem { retry_after: Some(seconds), ..problem }.into_response();
    }
    let path = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str);
    let route = format!("{} {path}", request.method());
    let request_id = request.extensions().get::<RequestId>().map_or(String::new(), |id| id.0.clone());
    let deadline = Instant::now() + service.settings.deadline;
    let caller = Caller { principal, request_id, route, deadline, place: None };
    request.extensions_mut().insert(caller.clone());
    let response = match tokio::time::timeout_at((deadline + GRACE).into(), next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(Code::Deadline, "the request took longer than it may").into_response(),
    };
    audited(&service, &caller, response)
}

/// The reply, once the audit log holds it; what cannot be written down is not handed out.
fn audited(service: &Service, caller: &Caller, response: Response) -> Response {
    let facts = response.extensions().get::<Facts>().cloned().unwrap_or_default();
    let code = response.extensions().get::<Problem>().map(|problem| problem.code);
    match facts.later || record(service, caller, &facts, response.status().as_u16(), code) {
        true => response,
        false => {
            Problem::new(Code::Internal, "the audit log cannot be written, so nothing is answered").into_response()
        }
    }
}

/// Writes a line of the audit log, where there is one; whether that went well.
pub fn record(service: &Service, caller: &Caller, facts: &Facts, status: u16, code: Option<Code>) -> bool {
    let Some(audit) = &service.audit else { return true };
    let entry = Entry {
        principal: caller.principal.name.clone(),
        route: caller.route.clone(),
        schema: facts.schema.clone(),
        status,
        code: code.map(|code| code.name().to_owned()),
        request_id: caller.request_id.clone(),
        tables: facts.tables.clone(),
        rows: facts.rows,
    };
    let written = audit.record(entry);
    written.inspect_err(|error| tracing::error!(%error, "audit")).is_ok()
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
        return Ok(Principal::anonymous());
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
