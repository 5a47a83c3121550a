//! `POST /v1/chat/completions`: the last message as a question, in the shapes of OpenAI's chat API. The content is SQL that
//! passed validation; what is not answered comes as a refusal, with the reason.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value as Json_, json};
use utoipa::ToSchema;

use super::model_info::name_of;
use super::{App, Body, MOST_ALTERNATIVES, Who, options, permitted, question};
use crate::asking::{Reply, ask};
use crate::auth::Action;
use crate::problem::{Code, Problem};
use crate::service::{Served, Service};

/// A conversation. Fields that steer sampling are taken and have no effect: an answer is the likeliest valid query.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct ChatRequest {
    /// As `/v1/models` lists it.
    model: String,
    /// The last message of the user is the question.
    #[schema(min_items = 1)]
    messages: Vec<Message>,
    /// How many candidates.
    #[schema(minimum = 1, maximum = 6)]
    n: Option<usize>,
    /// Whether the reply comes in chunks.
    #[serde(default)]
    stream: Option<bool>,
    /// What else comes with the chunks.
    stream_options: Option<StreamOptions>,
}

/// What else comes with the chunks.
#[derive(Debug, Deserialize, ToSchema)]
struct StreamOptions {
    /// Whether the last chunk holds the usage.
    #[serde(default)]
    include_usage: bool,
}

/// A message.
#[derive(Debug, Deserialize, ToSchema)]
struct Message {
    /// Who speaks.
    role: String,
    /// What they say.
    content: Option<Content>,
}

/// What is said: a text, or parts of one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
enum Content {
    /// A text.
    Text(String),
    /// Parts, of which texts count.
    Parts(Vec<Part>),
}

/// A part of a message.
#[derive(Debug, Deserialize, ToSchema)]
struct Part {
    /// The text, of a part that is one.
    text: Option<String>,
}

impl Content {
    fn text(&self) -> String {
        match self {
            Content::Text(text) => text.clone(),
            Content::Parts(parts) => parts.iter().filter_map(|part| part.text.as_deref()).collect::<Vec<_>>().join(" "),
        }
    }
}

/// SQL for the last message.
#[utoipa::path(post, path = "/v1/chat/completions", tag = "openai", request_body = ChatRequest,
    responses((status = 200, body = Object), (status = "default", body = Object)))]
pub(crate) async fn chat(service: App, who: Who, Body(request): Body<ChatRequest>) -> Result<Response, Problem> {
    let served = &permitted(&service, &who, Some(&served_by(&service, &request.model)?.name), Action::Ask)?;
    let n = request.n.unwrap_or(1);
    if !(1..=MOST_ALTERNATIVES + 1).contains(&n) {
        return Err(Problem::new(Code::InvalidRequest, format!("n is 1 to {}", MOST_ALTERNATIVES + 1)));
    }
    let said = request.messages.iter().rev().find(|message| message.role == "user").and_then(|m| m.content.as_ref());
    let text = said.map(Content::text).ok_or_else(|| Problem::new(Code::InvalidRequest, "no message is the user's"))?;
    let mut options = options(&service);
    (options.execute, options.candidates, options.alternatives) = (false, 1, n - 1);
    let reply = ask(&service, served, question(&who, &text, options)?, None).await?;
    let id = format!("chatcmpl-{}", who.request_id);
    let choices = choices(&reply)?;
    let head = Head { id, model: name_of(served), created: jiff::Timestamp::now().as_second() };
    if request.stream.unwrap_or(false) {
        let wants_usage = request.stream_options.is_some_and(|options| options.include_usage);
        return Ok(chunks(&head, &choices, wants_usage.then(|| usage(&reply))));
    }
    let choice = |(index, said): (usize, &Said)| json!({ "index": index, "message": said.body("assistant"), "logprobs": null, "finish_reason": "stop" });
    let choices: Vec<Json_> = choices.iter().enumerate().map(choice).collect();
    let body = json!({
        "id": head.id, "object": "chat.completion", "created": head.created, "model": head.model,
        "choices": choices, "usage": usage(&reply),
    });
    Ok(Json(body).into_response())
}

/// What every chunk begins with.
struct Head {
    id: String,
    model: String,
    created: i64,
}

/// A message of the reply: SQL, or why there is none.
struct Said {
    content: Option<String>,
    refusal: Option<String>,
}

impl Said {
    fn body(&self, role: &str) -> Json_ {
        json!({ "role": role, "content": self.content, "refusal": self.refusal })
    }
}

/// The schema of a model.
fn served_by(service: &Service, model: &str) -> Result<Arc<Served>, Problem> {
    let schemas = service.schemas();
    schemas.iter().find(|served| name_of(served) == model).cloned().ok_or_else(|| {
        let known: Vec<String> = schemas.iter().map(|served| name_of(served)).collect();
        let problem = Problem::new(Code::NotFound, format!("there is no model \"{model}\""));
        problem.hint(format!("known: {}", known.join(", ")))
    })
}

/// The answer and its alternatives; a question that is declined is refused, and one that failed is an error.
fn choices(reply: &Reply) -> Result<Vec<Said>, Problem> {
    let answer = &reply.asked.answer;
    if let Some(sql) = &answer.sql {
        let others = answer.alternatives.iter().map(|other| &other.sql);
        let said = |sql: &String| Said { content: Some(sql.clone()), refusal: None };
        return Ok([sql].into_iter().chain(others).map(said).collect());
    }
    let problem = Problem::of(answer).unwrap_or_else(|| Problem::new(Code::Internal, "there is no query"));
    let is_declined = matches!(problem.code.status().as_u16(), 422 | 424);
    if !is_declined {
        return Err(problem);
    }
    let hint = problem.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
    Ok(vec![Said { content: None, refusal: Some(format!("{}{hint}", problem.detail)) }])
}

fn usage(reply: &Reply) -> Json_ {
    let cost = if reply.cache_hit { Default::default() } else { reply.asked.cost };
    json!({
        "prompt_tokens": cost.read_tokens, "completion_tokens": cost.written_tokens,
        "total_tokens": cost.read_tokens + cost.written_tokens,
    })
}

/// The same in chunks, line by line: nothing is told of a query before it has passed validation.
fn chunks(head: &Head, choices: &[Said], usage: Option<Json_>) -> Response {
    let chunk = |choices: Json_, usage: Option<&Json_>| {
        let mut chunk = json!({
            "id": head.id, "object": "chat.completion.chunk", "created": head.created, "model": head.model,
            "choices": choices,
        });
        if let Some(usage) = usage {
            chunk["usage"] = usage.clone();
        }
        chunk.to_string()
    };
    let part = |index: usize, delta: Json_, finish: Option<&str>| {
        chunk(json!([{ "index": index, "delta": delta, "logprobs": null, "finish_reason": finish }]), None)
    };
    let mut all = vec![];
    for (index, said) in choices.iter().enumerate() {
        all.push(part(index, json!({ "role": "assistant", "content": "", "refusal": null }), None));
        for line in said.content.iter().flat_map(|sql| sql.split_inclusive('\n')) {
            all.push(part(index, json!({ "content": line }), None));
        }
        if let Some(refusal) = &said.refusal {
            all.push(part(index, json!({ "refusal": refusal }), None));
        }
        all.push(part(index, json!({}), Some("stop")));
    }
    if let Some(usage) = &usage {
        all.push(chunk(json!([]), Some(usage)));
    }
    all.push("[DONE]".to_owned());
    let events = all.into_iter().map(|data| Ok::<_, Infallible>(Event::default().data(data)));
    Sse::new(stream::iter(events)).into_response()
}
