//! `GET /v1/history`: one's own earlier questions, newest first, page by page. They are kept in memory alone.

use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{App, Query, Who};
use crate::auth::Action;
use crate::history::Past;
use crate::problem::{Code, Problem, ProblemBody};

/// The most questions of a page.
const MOST: usize = 100;

/// Which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    /// How many questions, at most 100.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
    /// `next_cursor` of the page before.
    #[param(minimum = 0)]
    cursor: Option<u64>,
}

/// A page of questions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryPage {
    /// The questions, newest first.
    items: Vec<Past>,
    /// Where the next page begins; none on the last.
    next_cursor: Option<u64>,
}

/// One's own earlier questions.
#[utoipa::path(get, path = "/v1/history", tag = "ask", params(HistoryQuery),
    responses((status = 200, body = HistoryPage), (status = "default", body = ProblemBody, content_type = "application/problem+json")))]
pub(crate) async fn history(
    service: App,
    who: Who,
    Query(page): Query<HistoryQuery>,
) -> Result<Json<HistoryPage>, Problem> {
    who.principal.permit(Action::History, None)?;
    let limit = page.limit.unwrap_or(20);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::new(Code::InvalidRequest, format!("limit is 1 to {MOST}")));
    }
    let mut items = service.history.page(&who.principal.identity(), page.cursor, limit + 1);
    let has_more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| has_more).map(|past| past.number);
    Ok(Json(HistoryPage { items, next_cursor }))
}
