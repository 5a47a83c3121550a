//! `GET /problems/{code}`: the page of a kind of problem, which its `type` points to.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::Path;
use crate::problem::{Code, Problem, ProblemBody};

/// What a code means.
#[utoipa::path(get, path = "/problems/{code}", tag = "service", params(("code" = String, Path, description = "As in `code`")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn problem(Path(name): Path<String>) -> Result<Response, Problem> {
    let found = Code::ALL.iter().find(|code| code.name() == name);
    let code = found.ok_or_else(|| Problem::new(Code::NotFound, "there is no problem of this name"))?;
    let again = if code.is_retryable() { "The same request may succeed later." } else { "Trying again does not help." };
    let page = format!(
        "{}\n\ncode: {}\nstatus: {}\n\n{} {again}\n",
        code.title(),
        code.name(),
        code.status().as_u16(),
        code.meaning()
    );
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], page).into_response())
}
