//! The table of routes: one line here, one file beside this one.

pub(crate) use ask::Usage;
pub(crate) use model_info::name_of;

mod api_keys;
mod ask;
mod chat;
mod docs;
mod examples;
mod execute;
mod explain;
mod feedback;
mod generate;
mod generate_batch;
mod get_reward;
mod health;
mod history;
mod invocations;
mod load;
mod model_info;
mod models;
mod openapi;
pub mod operators;
mod problems;
mod reward_batch;
mod rm;
mod schema_tables;
mod schemas;
mod validate;
mod verify;

use std::sync::Arc;

use answer::orchestrator::{MAX_CHARACTERS, Options};
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, FromRequest, FromRequestParts};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::CorsLayer;

use crate::asking::Question;
use crate::auth::Action;
use crate::layers::Caller;
use crate::layers::authenticate::authenticate;
use crate::layers::gate::gate;
use crate::layers::idempotent::idempotent;
use crate::layers::outer::outer;
use crate::layers::whole::whole;
use crate::problem::{Code, Problem};
use crate::service::{Served, Service};

/// Which schema, where a request has no body to say it in.
#[derive(Debug, serde::Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SchemaQuery {
    /// The schema; the first, where none is named.
    pub(crate) schema: Option<String>,
}

/// What handlers are given.
pub(crate) type App = axum::extract::State<Arc<Service>>;
/// Who asks.
pub(crate) type Who = axum::Extension<Caller>;

/// Everything that users reach.
pub fn users(service: &Arc<Service>) -> Router {
    let costly = Router::new()
        .route("/generate", post(generate::generate))
        .route("/generate/batch", post(generate_batch::generate_batch))
        .route("/v1/ask", post(ask::ask))
        .route("/v1/feedback", post(feedback::feedback))
        .layer(from_fn_with_state(Arc::clone(service), idempotent));
    let with_caller = Router::new()
        .merge(costly)
        .route("/model/info", get(model_info::model_info))
        .route("/schema/tables", get(schema_tables::schema_tables))
        .route("/examples", get(examples::examples))
        .route("/v1/sql/validate", post(validate::validate))
        .route("/v1/sql/explain", post(explain::explain))
        .route("/v1/sql/execute", post(execute::execute))
        .route("/v1/schemas", get(schemas::schemas))
        .route("/v1/schemas/{name}", get(schemas::schema))
        .route("/v1/schemas/{name}/erd", get(schemas::erd))
        .route("/v1/history", get(history::history))
        .route("/v1/reward/batch", post(reward_batch::reward_batch))
        .route("/get_reward", post(get_reward::get_reward))
        .route("/rm", post(rm::rm))
        .route("/seed_session", post(verify::seed_session))
        .route("/verify", post(verify::verify))
        .route("/v1/api-keys", get(api_keys::list).post(api_keys::create))
        .route("/v1/api-keys/{prefix}", delete(api_keys::revoke))
        .route("/v1/api-keys/{prefix}/rotate", post(api_keys::rotate))
        .route("/v1/chat/completions", post(chat::chat))
        .route("/v1/models", get(models::models))
        .route("/v1/models/load", post(load::load))
        .route("/invocations", post(invocations::invocations))
        // The whole body is there already.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::clone(service), whole))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(service), authenticate))
        .layer(from_fn_with_state(Arc::clone(service), gate));
    let open = Router::new()
        .route("/health", get(health::health))
        .route("/ping", get(health::ping))
        .route("/docs", get(docs::docs))
        .route("/docs/docs.js", get(docs::script))
        .route("/docs/docs.css", get(docs::style))
        .route("/openapi.json", get(openapi::openapi))
        .route("/problems/{code}", get(problems::problem));
    with_caller
        .merge(open)
        .fallback(|| async {
            Problem::new(Code::NotFound, "nothing stands at this path").hint("/docs lists the routes")
        })
        .layer(cors(&service.settings.origins))
        .layer(from_fn_with_state(Arc::clone(service), outer))
        .with_state(Arc::clone(service))
}

/// Closed, unless origins are named.
fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    if origins.is_empty() {
        return CorsLayer::new();
    }
    CorsLayer::new().allow_origin(origins).allow_methods([Method::GET, Method::POST, Method::DELETE]).allow_headers([
        header::AUTHORIZATION,
        header::CONTENT_TYPE,
        header::ACCEPT,
        HeaderName::from_static("x-api-key"),
        HeaderName::from_static("idempotency-key"),
        HeaderName::from_static("last-event-id"),
    ])
}

/// A handler that panicked: its words may hold anything, so they are not handed on.
fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    tracing::error!("a request failed by a defect");
    Problem::new(Code::Internal, "a defect of the service").into_response()
}

/// A body of JSON, or why it is none.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T> FromRequest<S> for Body<T>
where
    Json<T>: FromRequest<S, Rejection = JsonRejection>,
{
    type Rejection = Problem;

    async fn from_request(request: axum::extract::Request, state: &S) -> Result<Self, Problem> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Body(body)),
            Err(rejection) => {
                let code = match Code::of_status(rejection.status()) {
                    code @ (Code::PayloadTooLarge | Code::UnsupportedMediaType) => code,
                    _ => Code::InvalidRequest,
                };
                Err(Problem::new(code, rejection.body_text()))
            }
        }
    }
}

/// A query string, or why it is none.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T> FromRequestParts<S> for Query<T>
where
    axum::extract::Query<T>: FromRequestParts<S, Rejection = QueryRejection>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        read.map(|query| Query(query.0)).map_err(|e| Problem::new(Code::InvalidRequest, e.body_text()))
    }
}

/// A part of the path, or why it is none.
pub(crate) struct Path<T>(pub(crate) T);

impl<S: Send + Sync, T> FromRequestParts<S> for Path<T>
where
    axum::extract::Path<T>: FromRequestParts<S, Rejection = PathRejection>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        read.map(|path| Path(path.0)).map_err(|e| Problem::new(Code::InvalidRequest, e.body_text()))
    }
}

/// The schema that a request names, where its caller may do this with it. The audit log is told either way.
pub(crate) fn permitted(
    service: &Service,
    who: &Caller,
    name: Option<&str>,
    action: Action,
) -> Result<Served, Problem> {
    let served = service.schema(name, &who.principal)?;
    who.audit.note(|entry| entry.schema = Some(served.name.clone()));
    who.principal.permit(action, Some(&served.name))?;
    Ok(served)
}

/// A caller's question.
pub(crate) fn question(caller: &Caller, text: &str, options: Options) -> Result<Question, Problem> {
    if text.chars().nth(MAX_CHARACTERS).is_some() {
        let problem = Problem::new(Code::InvalidQuestion, "the question is too long");
        return Err(problem.hint(format!("at most {MAX_CHARACTERS} characters are read")));
    }
    Ok(Question { text: text.to_owned(), options, caller: caller.clone() })
}

/// How a question is answered where the request does not say.
pub(crate) fn options(service: &Service) -> Options {
    Options { today: service.settings.today.date(), ..service.settings.ask.clone() }
}

/// Checks a probability.
pub(crate) fn threshold(given: Option<f64>, options: &mut Options) -> Result<(), Problem> {
    let Some(given) = given else { return Ok(()) };
    if !(0.0..=1.0).contains(&given) {
        return Err(Problem::new(Code::InvalidRequest, "confidence_threshold is a number between 0 and 1"));
    }
    options.threshold = answer::Threshold::At(given);
    Ok(())
}

/// The most alternatives there may be.
pub(crate) const MOST_ALTERNATIVES: usize = 5;
