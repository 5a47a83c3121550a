//! What every request passes before its route, outermost first: [`outer`] (id, log, metrics, headers, and the body of
//! problems), CORS, [`gate`] (drain and load), [`authenticate`] (deadline, who asks, how often), which begins the
//! [`audit_line`], [`whole`] (the body, then a place), and [`idempotent`] (what was asked before) of what costs.

pub mod audit_line;
pub mod authenticate;
pub mod gate;
pub mod idempotent;
pub mod outer;
pub mod whole;

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::OwnedSemaphorePermit;

use self::audit_line::AuditLine;
use crate::auth::Principal;

/// The id of a request, as the caller gave it or as it was made.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Who a request comes from, and until when it has time.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who.
    pub principal: Arc<Principal>,
    /// The request.
    pub request_id: String,
    /// The route, as `POST /v1/ask`.
    pub route: String,
    /// Until when.
    pub deadline: Instant,
    /// What the audit log will hold of it.
    pub audit: Arc<AuditLine>,
    /// Its place among the requests in progress, which is free once nobody holds it: a stream does to its end.
    pub place: Option<Place>,
}

impl Caller {
    /// The path of the route.
    pub fn path(&self) -> &str {
        self.route.split(' ').next_back().unwrap_or_default()
    }
}

/// A place among the requests in progress.
pub type Place = Arc<OwnedSemaphorePermit>;

/// Marks a reply whose line in the audit log is written, and whose time is taken, once the stream has ended.
#[derive(Debug, Clone, Copy)]
pub struct Streamed;

/// Marks a reply of which a part may come out otherwise when the request is sent again.
#[derive(Debug, Clone, Copy)]
pub struct MayPass;
