//! What goes wrong, for whoever called: RFC 9457 "problem details" with a stable code, what to do about it, and whether to
//! try again. Every failure of the service ends as one of these, those of the framework included.

use answer::reply::{Answer, Cause};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

use crate::engine::Stopped;

macro_rules! codes {
    ($($name:ident = $code:literal, $status:ident, $title:literal, $retryable:literal, $meaning:literal;)*) => {
        /// The kinds of problems. The name in JSON never changes; each has a page under `/problems/`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// The stable name.
            pub fn name(self) -> &'static str {
                match self { $(Code::$name => $code,)* }
            }

            /// The status that a reply with it has.
            pub fn status(self) -> StatusCode {
                match self { $(Code::$name => StatusCode::$status,)* }
            }

            /// The kind in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// Whether the same request may succeed later.
            pub fn is_retryable(self) -> bool {
                match self { $(Code::$name => $retryable,)* }
            }

            /// What it means, in a sentence or two.
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$name => $meaning,)* }
            }
        }
    };
}

codes! {
    InvalidRequest = "invalid_request", BAD_REQUEST, "The request cannot be read", false, "The body or the query string is not what this route takes.";
    InvalidQuestion = "invalid_question", BAD_REQUEST, "The question cannot be used", false, "The question is empty, too long, or no text.";
    Unauthenticated = "unauthenticated", UNAUTHORIZED, "A key or token is needed", false, "The request carries no key or token, or one that is not valid.";
    Forbidden = "forbidden", FORBIDDEN, "This is not allowed", false, "The key or token is valid, but its scopes do not cover this.";
    NotFound = "not_found", NOT_FOUND, "There is no such thing", false, "Nothing stands at this path or under this name.";
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "This method is not for this path", false, "The path exists, but takes other methods.";
    Conflict = "conflict", CONFLICT, "Something else is in the way", true, "Another request that this one cannot go beside is in progress.";
    ModelRefused = "model_refused", UNPROCESSABLE_ENTITY, "The model cannot serve", false, "The model is damaged, made for other tables, or cannot answer; the one before it goes on serving.";
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "The body is too large", false, "The body has more bytes than the service reads.";
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body is not JSON", false, "Bodies are sent as application/json.";
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The body came too slowly", true, "The body of a request has a few seconds to arrive.";
    Unanswerable = "unanswerable", UNPROCESSABLE_ENTITY, "The tables do not hold this", false, "The tables do not hold what the question asks for.";
    Ambiguous = "ambiguous", UNPROCESSABLE_ENTITY, "The question can be read in several ways", false, "The question leaves out what is needed to answer it.";
    FollowUp = "follow_up", UNPROCESSABLE_ENTITY, "The question leans on another", false, "The question leans on an earlier one, which is not known here.";
    NotAQuestion = "not_a_question", UNPROCESSABLE_ENTITY, "This is no question about the data", false, "What was said is no question about what the tables hold.";
    WriteRequest = "write_request", UNPROCESSABLE_ENTITY, "Nothing is ever changed here", false, "The question asks to change data or tables; the database is only read.";
    UnsafeSql = "unsafe_sql", UNPROCESSABLE_ENTITY, "The SQL is refused", false, "The SQL reaches for what may not be read, or does more than read.";
    InvalidSql = "invalid_sql", UNPROCESSABLE_ENTITY, "The SQL does not fit the tables", false, "Validation found errors in the SQL; `validation` lists them.";
    NoValidCandidate = "no_valid_candidate", FAILED_DEPENDENCY, "No query passed validation", false, "The model wrote no query that passed validation, so there is no answer.";
    LowConfidence = "low_confidence", FAILED_DEPENDENCY, "Not sure enough to answer", false, "The best query is less sure than asked for; the candidates stand in `alternatives`.";
    RateLimited = "rate_limited", TOO_MANY_REQUESTS, "Too many requests", true, "This caller has sent more requests than it may; Retry-After says when to go on.";
    Overloaded = "overloaded", SERVICE_UNAVAILABLE, "The service is busy", true, "Too many requests wait already; this one was not begun.";
    Draining = "draining", SERVICE_UNAVAILABLE, "The service is stopping", true, "The service takes no more requests; another instance may.";
    DatabaseUnavailable = "database_unavailable", SERVICE_UNAVAILABLE, "The database is out of reach", true, "The database is locked or gone.";
    ModelUnavailable = "model_unavailable", SERVICE_UNAVAILABLE, "There is no usable model", false, "The model is missing, damaged, or made for other tables.";
    Deadline = "deadline", GATEWAY_TIMEOUT, "Time ran out", true, "The answer took longer than a request may.";
    IdempotencyMismatch = "idempotency_mismatch", UNPROCESSABLE_ENTITY, "This key came with another request", false, "An Idempotency-Key names one request; another path or body needs another key.";
    IdempotencyInProgress = "idempotency_in_progress", CONFLICT, "The first request is not answered yet", true, "A request with this Idempotency-Key is in progress; its reply comes to whoever asks again.";
    StreamGone = "stream_gone", GONE, "The stream is not kept any more", false, "Last-Event-ID names a stream that has ended a while ago, that was given up when its reader left, or that never was.";
    Limit = "limit", UNPROCESSABLE_ENTITY, "The query needs too much", false, "The query reached a limit of memory or size.";
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong here", false, "A defect of the service; its logs hold more under the request's id.";
}

impl Code {
    /// The kind that a question's cause is.
    pub fn of(cause: Cause) -> Code {
        match cause {
            Cause::Question => Code::InvalidQuestion,
            Cause::Unanswerable => Code::Unanswerable,
            Cause::Ambiguous => Code::Ambiguous,
            Cause::FollowUp => Code::FollowUp,
            Cause::ChitChat => Code::NotAQuestion,
            Cause::Write => Code::WriteRequest,
            Cause::Unsafe => Code::UnsafeSql,
            Cause::InvalidSql => Code::InvalidSql,
            Cause::NoCandidate => Code::NoValidCandidate,
            Cause::LowConfidence => Code::LowConfidence,
            Cause::ModelMissing | Cause::ModelDamaged | Cause::ModelForAnother => Code::ModelUnavailable,
            Cause::DatabaseUnavailable => Code::DatabaseUnavailable,
            Cause::Deadline => Code::Deadline,
            Cause::Limit => Code::Limit,
            Cause::DatabaseInvalid | Cause::Internal => Code::Internal,
        }
    }

    /// Whether the same request may end otherwise later: what passes by itself, and what is mended here.
    pub fn may_pass(self) -> bool {
        self.is_retryable() || self.status().is_server_error()
    }

    /// The kind that a bare status of the framework is.
    pub fn of_status(status: StatusCode) -> Code {
        let known = [
            Code::Unauthenticated,
            Code::Forbidden,
            Code::NotFound,
            Code::MethodNotAllowed,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
            Code::RequestTimeout,
            Code::RateLimited,
            Code::Overloaded,
            Code::Deadline,
        ];
        let same = known.into_iter().find(|code| code.status() == status);
        same.unwrap_or(if status.is_server_error() { Code::Internal } else { Code::InvalidRequest })
    }
}

/// A failure on its way to the caller.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The kind.
    pub code: Code,
    /// What is wrong this time, in a sentence.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// When to try again, in seconds.
    pub retry_after: Option<u64>,
    /// What else is known: candidates, findings. In a box, since most problems have none and all are returned by value.
    pub more: Box<Map<String, Json>>,
}

/// A problem as it is sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// The page of the code.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time.
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    /// The stable name of the kind.
    pub code: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// The request's id, which stands in the logs too.
    pub request_id: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// What else is known: `alternatives`, `validation`, `intent`, `script`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub more: Map<String, Json>,
}

impl Problem {
    /// A problem of a kind.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Problem { code, detail: detail.into(), hint: None, retry_after: None, more: Box::default() }
    }

    /// Adds what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds a fact.
    pub fn with(mut self, name: &str, fact: Json) -> Self {
        self.more.insert(name.to_owned(), fact);
        self
    }

    /// Why a question has no answer; none where it has one.
    pub fn of(answer: &Answer) -> Option<Problem> {
        let error = answer.error.as_ref()?;
        let problem = Problem::new(Code::of(error.cause), &error.message);
        let mut problem = Problem { hint: error.hint.clone(), ..problem };
        if let Some(intent) = answer.intent {
            problem = problem.with("intent", json!(intent));
        }
        if !answer.alternatives.is_empty() {
            problem = problem.with("alternatives", json!(answer.alternatives));
        }
        if !answer.validation.is_empty() {
            problem = problem.with("validation", json!(answer.validation));
        }
        match &answer.script {
            Some(script) => Some(problem.with("script", json!(script))),
            None => Some(problem),
        }
    }

    /// As it is sent in reply to a request.
    pub fn body(&self, instance: &str, request_id: &str) -> ProblemBody {
        ProblemBody {
            kind: format!("/problems/{}", self.code.name()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.detail.clone(),
            instance: instance.to_owned(),
            code: self.code.name().to_owned(),
            hint: self.hint.clone(),
            request_id: request_id.to_owned(),
            retryable: self.code.is_retryable(),
            more: (*self.more).clone(),
        }
    }
}

impl From<Stopped> for Problem {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Overloaded => {
                Problem { retry_after: Some(1), ..Problem::new(Code::Overloaded, stopped.to_string()) }
            }
            Stopped::Deadline => Problem::new(Code::Deadline, stopped.to_string()).hint("ask for less, or later"),
            Stopped::Failed => Problem::new(Code::Internal, stopped.to_string()),
        }
    }
}

impl IntoResponse for Problem {
    /// The status and the headers; the outermost layer knows path and id, and writes the body.
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == Code::Unauthenticated {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}
