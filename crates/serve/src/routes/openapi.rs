//! `GET /openapi.json`: OpenAPI 3.1, made from the types and functions of the routes.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;

/// Every route that users reach.
#[derive(OpenApi)]
#[openapi(
    info(title = "GL RL", description = "Business questions to checked SQL and rows.", license(name = "MIT")),
    paths(
        super::generate::generate,
        super::generate_batch::generate_batch,
        super::model_info::model_info,
        super::health::health,
        super::schema_tables::schema_tables,
        super::examples::examples,
        super::ask::ask,
        super::validate::validate,
        super::explain::explain,
        super::execute::execute,
        super::schemas::schemas,
        super::schemas::schema,
        super::schemas::erd,
        super::history::history,
        super::feedback::feedback,
        super::api_keys::create,
        super::api_keys::list,
        super::api_keys::revoke,
        super::api_keys::rotate,
        super::chat::chat,
        super::models::models,
        super::load::load,
        super::health::ping,
        super::invocations::invocations,
        super::problems::problem,
        super::reward_batch::reward_batch,
        super::get_reward::get_reward,
        super::rm::rm,
        super::verify::seed_session,
        super::verify::verify,
    )
)]
struct Document;

/// The document.
pub(crate) async fn openapi() -> Response {
    let text = Document::openapi().to_json().unwrap_or_default();
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}
