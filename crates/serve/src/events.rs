//! An answer as a stream of server-sent events, in this order: `status`, `schema`, `sql.delta` while the query is written,
//! then `reasoning.delta`, `sql`, `validation`, `rows`, `chart`, `explanation`, `usage`, and `done`; or `error`. There is
//! exactly one of these two, and nothing after it.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use answer::reply::rows_as_json;
use answer::schema_analyzer::analyze;
use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use schema::slot::NormalizedQuestion;
use serde_json::{Value as Json, json};
use sql::canonical::{fill_from, text};
use sql::lexeme::Lexeme;
use tokio::sync::mpsc;
use tracing::Instrument;

use crate::asking::{Question, Reply, ask, computing};
use crate::chart::chart;
use crate::layers::authenticate::record;
use crate::layers::{Caller, Facts};
use crate::problem::{Code, Problem};
use crate::routes::{Usage, facts_of, with_facts};
use crate::service::{Phase, Served, Service, reached};

/// A comment keeps the connection open for as long as nothing is said.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events that wait for a slow reader.
const WAITING: usize = 64;

/// The way to the caller: names events and counts them.
struct Teller {
    events: mpsc::Sender<Event>,
    count: u64,
}

/// Whoever listened has gone.
struct Gone;

impl Teller {
    async fn tell(&mut self, name: &str, data: &Json) -> Result<(), Gone> {
        let event = Event::default().event(name).id(self.count.to_string()).data(data.to_string());
        self.count += 1;
        self.events.send(event).await.map_err(|_| Gone)
    }
}

/// Answers a question as a stream.
pub fn stream(service: Arc<Service>, caller: Caller, schema: String, question: Question) -> Response {
    let (events, receiver) = mpsc::channel(WAITING);
    let told = run(service, caller, schema, question, Teller { events, count: 0 });
    tokio::spawn(told.in_current_span());
    let stream = stream::unfold(receiver, |mut receiver| async {
        let event = receiver.recv().await?;
        Some((Ok::<_, Infallible>(event), receiver))
    });
    let mut response = Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    let uncached = (axum::http::header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response.headers_mut().extend([unbuffered, uncached]);
    with_facts(response, Facts { later: true, ..Facts::default() })
}

/// Runs the whole stream, to its one last event, and writes the audit log's line.
async fn run(service: Arc<Service>, caller: Caller, schema: String, question: Question, mut teller: Teller) {
    let mut facts = Facts { schema: Some(schema.clone()), ..Facts::default() };
    let mut phase = service.phase.subscribe();
    let listening = teller.events.clone();
    let deadline = question.deadline;
    let outcome = {
        let told = tell(&service, &schema, question, &mut teller, &mut facts);
        tokio::select! {
            told = told => told,
            () = listening.closed() => Ok(Err(Gone)),
            () = tokio::time::sleep_until(deadline.into()) => Err(Problem::new(Code::Deadline, "the answer took longer than a request may")),
            () = reached(&mut phase, Phase::Ended) => Err(Problem::new(Code::Draining, "the service has stopped")),
        }
    };
    let code = outcome.as_ref().err().map(|problem| problem.code);
    let status = code.map_or(200, |code| code.status().as_u16());
    let is_written = record(&service, &caller, &facts, status, code);
    let path = caller.route.split(' ').next_back().unwrap_or_default();
    let last = match outcome {
        Ok(Err(Gone)) => return,
        Ok(Ok(usage)) if is_written => {
            teller.tell("done", &json!({ "request_id": caller.request_id, "usage": usage })).await
        }
        Ok(Ok(_)) => {
            let problem = Problem::new(Code::Internal, "the audit log cannot be written");
            teller.tell("error", &json!(problem.body(path, &caller.request_id))).await
        }
        Err(problem) => teller.tell("error", &json!(problem.body(path, &caller.request_id))).await,
    };
    // Nobody may be there to read the last event.
    let _ = last;
}

/// Everything but the last event.
async fn tell(
    service: &Service,
    schema: &str,
    question: Question,
    teller: &mut Teller,
    facts: &mut Facts,
) -> Result<Result<Usage, Gone>, Problem> {
    let served = &service.schema(Some(schema))?;
    let text = question.text.clone();
    let started = json!({ "status": "started", "request_id": question.request_id });
    if teller.tell("status", &started).await.is_err()
        || teller.tell("schema", &json!({ "name": schema })).await.is_err()
    {
        return Ok(Err(Gone));
    }
    let (progress, mut lexemes) = mpsc::unbounded_channel();
    let mut draft = Draft::of(served, &question).await?;
    let answering = ask(service, served, question, Some(progress));
    tokio::pin!(answering);
    let reply = loop {
        tokio::select! {
            biased;
            Some(written) = lexemes.recv() => {
                if let Some(delta) = draft.delta(served, &written)
                    && teller.tell("sql.delta", &json!({ "delta": delta })).await.is_err()
                {
                    return Ok(Err(Gone));
                }
            }
            reply = &mut answering => break reply?,
        }
    };
    *facts = facts_of(served, &reply);
    match Problem::of(&reply.asked.answer) {
        Some(problem) => Err(problem),
        None => Ok(tell_answer(&text, &reply, teller).await),
    }
}

/// The parts of an answer, each as an event.
async fn tell_answer(question: &str, reply: &Reply, teller: &mut Teller) -> Result<Usage, Gone> {
    let answer = &reply.asked.answer;
    for line in answer.reasoning.iter().flat_map(|reasoning| reasoning.lines()) {
        teller.tell("reasoning.delta", &json!({ "delta": format!("{line}\n") })).await?;
    }
    let sql = json!({ "question": question, "sql": answer.sql, "confidence_score": answer.confidence_score, "cache_hit": reply.cache_hit });
    teller.tell("sql", &sql).await?;
    teller.tell("validation", &json!({ "valid": true, "diagnostics": answer.validation })).await?;
    if let Some(rows) = &answer.rows {
        let rows = json!({ "columns": answer.columns, "rows": rows_as_json(rows), "row_count": answer.row_count, "truncated": answer.truncated });
        teller.tell("rows", &rows).await?;
    }
    if let Some(chart) = chart(answer) {
        teller.tell("chart", &json!(chart)).await?;
    }
    teller.tell("explanation", &json!({ "text": answer.reasoning })).await?;
    let usage = Usage::of(reply);
    teller.tell("usage", &json!(usage)).await?;
    Ok(usage)
}

/// The query as it is being written, in canonical SQL; the `sql` event then brings it as it is read and run.
struct Draft {
    question: Option<NormalizedQuestion>,
    told: String,
}

impl Draft {
    /// Of a question. Under a policy nothing is told of a query before it is checked.
    async fn of(served: &Served, question: &Question) -> Result<Draft, Problem> {
        let (engine, text, today) = (Arc::clone(&served.engine), question.text.clone(), question.options.today);
        let question = match engine.access() {
            Some(_) => None,
            None => Some(computing(move || analyze(&engine, &text, today).question).await?),
        };
        Ok(Draft { question, told: String::new() })
    }

    /// What is new in a query that has grown.
    fn delta(&mut self, served: &Served, written: &[u32]) -> Option<String> {
        let (question, model) = (self.question.as_ref()?, served.engine.model.as_ref().ok()?);
        let lexicon = &model.vocabulary.lexicon;
        let lexemes: Vec<Lexeme> = written.iter().filter_map(|id| lexicon.lexeme(*id)).collect();
        let today = question.today.to_string();
        let sql = text(&lexemes, &served.engine.pack.catalog, lexicon, &fill_from(question, &[]), &today).ok()?;
        let delta = sql.strip_prefix(&self.told)?.to_owned();
        self.told = sql;
        (!delta.is_empty()).then_some(delta)
    }
}
