//! An answer as a stream of server-sent events, in this order: `status`, `schema`, `sql.delta` while the query is written,
//! then `reasoning.delta`, `sql`, `validation`, `rows`, `chart`, `explanation`, `usage`, and `done`; or `error`. There is
//! exactly one of these two, and nothing after it. A client whose connection broke names the last event it had and goes on
//! from there, as long as the stream is kept.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use answer::reply::rows_as_json;
use answer::schema_analyzer::analyze;
use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use schema::slot::NormalizedQuestion;
use serde_json::json;
use sql::canonical::{fill_from, text};
use sql::lexeme::Lexeme;
use tokio::sync::mpsc;
use tracing::Instrument;

use crate::asking::{Question, Reply, ask, computing};
use crate::chart::chart;
use crate::kept::{Reader, Stream, Streams};
use crate::layers::audit_line::LEFT;
use crate::layers::{Caller, Place, Streamed};
use crate::metrics::HTTP;
use crate::problem::{Code, Problem};
use crate::routes::Usage;
use crate::service::{Phase, Served, Service, reached};

/// A comment keeps the connection open for as long as nothing is said.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Why a stream ends without an answer.
enum Ended {
    /// With a problem.
    Problem(Problem),
    /// Whoever listened has gone.
    Left,
}

impl From<Problem> for Ended {
    fn from(problem: Problem) -> Self {
        Ended::Problem(problem)
    }
}

/// Answers a question as a stream.
pub fn stream(service: Arc<Service>, schema: String, question: Question) -> Response {
    let caller = &question.caller;
    let stream = service.streams.open(caller.principal.identity(), &caller.request_id);
    let mut response = sent(stream.read(0), None);
    response.extensions_mut().insert(Streamed);
    tokio::spawn(run(service, schema, question, stream).in_current_span());
    response
}

/// Goes on with a stream after the event that the caller had last, named as `Last-Event-ID` has it; says so where that cannot
/// be. The reader has a place of their own to the end.
pub fn resume(service: &Service, caller: &Caller, last: &str) -> Response {
    let named = last.split_once('-').and_then(|(number, id)| Some((number.parse::<usize>().ok()?, id)));
    let identity = caller.principal.identity();
    let kept = named.and_then(|(number, id)| Some((service.streams.find(&identity, id)?, number.checked_add(1)?)));
    let reader = kept.map_or_else(|| gone(caller), |(stream, from)| stream.read(from));
    sent(reader, caller.place.clone())
}

/// A stream of one event: the one asked for is not kept any more.
fn gone(caller: &Caller) -> Reader {
    let problem = Problem::new(Code::StreamGone, "this stream is not kept any more").hint("ask the question anew");
    let stream = Streams::default().open(String::new(), &caller.request_id);
    stream.tell("error", &json!(problem.body(caller.path(), &caller.request_id)));
    stream.end();
    stream.read(0)
}

/// The events as they are sent, to a reader who may hold a place.
fn sent(reader: Reader, place: Option<Place>) -> Response {
    let stream = stream::unfold((reader, place), |(mut reader, place)| async {
        let event = reader.next().await?;
        Some((Ok::<_, Infallible>(event), (reader, place)))
    });
    let mut response = Sse::new(stream).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response();
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    let uncached = (axum::http::header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response.headers_mut().extend([unbuffered, uncached]);
    response
}

/// Runs the whole stream, to its one last event, takes its time and writes the audit log's line.
async fn run(service: Arc<Service>, schema: String, question: Question, stream: Arc<Stream>) {
    let (started, caller) = (Instant::now(), question.caller.clone());
    let mut phase = service.phase.subscribe();
    let outcome = tokio::select! {
        told = tell(&service, &schema, question, &stream) => told.map_err(Ended::from),
        () = stream.left() => Err(Ended::Left),
        () = tokio::time::sleep_until(caller.deadline.into()) => Err(Problem::new(Code::Deadline, "the answer took longer than a request may").into()),
        () = reached(&mut phase, Phase::Ended) => Err(Problem::new(Code::Draining, "the service has stopped").into()),
    };
    let status = match &outcome {
        Ok(_) => 200,
        Err(Ended::Problem(problem)) => problem.code.status().as_u16(),
        Err(Ended::Left) => LEFT,
    };
    let (method, route) = caller.route.split_once(' ').unwrap_or_default();
    // Before the last event: who has read that finds the stream counted.
    service.metrics.time(HTTP, &[route, method, &status.to_string()], started.elapsed());
    match outcome {
        Ok(usage) => stream.tell("done", &json!({ "request_id": caller.request_id, "usage": usage })),
        Err(Ended::Problem(problem)) => {
            // What fails after an answer was written down has that line already.
            caller.audit.write(problem.code.status().as_u16(), Some(problem.code));
            stream.tell("error", &json!(problem.body(caller.path(), &caller.request_id)));
        }
        // There is nothing to take up again: the answer was given up.
        Err(Ended::Left) => service.streams.forget(&stream),
    }
    stream.end();
}

/// Everything but the last event.
async fn tell(service: &Service, schema: &str, question: Question, stream: &Stream) -> Result<Usage, Problem> {
    let caller = question.caller.clone();
    let served = &service.schema(Some(schema), &caller.principal)?;
    let text = question.text.clone();
    stream.tell("status", &json!({ "status": "started", "request_id": caller.request_id }));
    stream.tell("schema", &json!({ "name": schema }));
    let (progress, mut lexemes) = mpsc::unbounded_channel();
    let (asked, mut draft) = (question.clone(), None);
    let answering = ask(service, served, question, Some(progress));
    tokio::pin!(answering);
    let reply = loop {
        tokio::select! {
            biased;
            Some(written) = lexemes.recv() => {
                if draft.is_none() {
                    draft = Some(Draft::of(served, &asked).await?);
                }
                if let Some(delta) = draft.as_mut().and_then(|draft| draft.delta(served, &written)) {
                    stream.tell("sql.delta", &json!({ "delta": delta }));
                }
            }
            reply = &mut answering => break reply?,
        }
    };
    match Problem::of(&reply.asked.answer) {
        Some(problem) => Err(problem),
        None if caller.audit.write(200, None) => Ok(tell_answer(&text, &reply, stream)),
        None => Err(Problem::new(Code::Internal, "the audit log cannot be written, so nothing is answered")),
    }
}

/// The parts of an answer, each as an event.
fn tell_answer(question: &str, reply: &Reply, stream: &Stream) -> Usage {
    let answer = &reply.asked.answer;
    for line in answer.reasoning.iter().flat_map(|reasoning| reasoning.lines()) {
        stream.tell("reasoning.delta", &json!({ "delta": format!("{line}\n") }));
    }
    let sql = json!({ "question": question, "sql": answer.sql, "confidence_score": answer.confidence_score, "cache_hit": reply.cache_hit });
    stream.tell("sql", &sql);
    stream.tell("validation", &json!({ "valid": true, "diagnostics": answer.validation }));
    if let Some(rows) = &answer.rows {
        let rows = json!({ "columns": answer.columns, "rows": rows_as_json(rows), "row_count": answer.row_count, "truncated": answer.truncated });
        stream.tell("rows", &rows);
    }
    if let Some(chart) = chart(answer) {
        stream.tell("chart", &json!(chart));
    }
    stream.tell("explanation", &json!({ "text": answer.reasoning }));
    let usage = Usage::of(reply);
    stream.tell("usage", &json!(usage));
    usage
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
