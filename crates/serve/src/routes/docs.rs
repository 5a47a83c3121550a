//! `GET /docs`: the routes as a page that reads `/openapi.json` and lets one try them. A hundred lines of our own, since it
//! has to work without a network; the pages that others make bring megabytes.

use axum::http::header;
use axum::response::{IntoResponse, Response};

fn file(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// The page.
pub(crate) async fn docs() -> Response {
    file("text/html; charset=utf-8", include_str!("docs.html"))
}

/// Its script.
pub(crate) async fn script() -> Response {
    file("text/javascript; charset=utf-8", include_str!("docs.js"))
}

/// Its style.
pub(crate) async fn style() -> Response {
    file("text/css; charset=utf-8", include_str!("docs.css"))
}
