//! The way of one question: cache, then analysis, the engine thread, and what comes after it. What computes runs on threads
//! made for that; this only hands over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use answer::intent::Intent;
use answer::known::Known;
use answer::orchestrator::{Asking, Options, Step, begin};
use answer::reply::{Answer, Status};
use answer::stop::Stop;
use tracing::Instrument;

use crate::auth::Action;
use crate::engine::Progress;
use crate::history::Past;
use crate::layers::Caller;
use crate::metrics::{CACHE, CONFIDENCE, OVERHEAD, QUESTIONS, STAGE, TABLES, TOKENS, VALIDATION};
use crate::problem::{Code, Problem};
use crate::routes::name_of;
use crate::service::{Served, Service};
use crate::traces;

/// An answer, and what it took.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The answer.
    pub answer: Answer,
    /// What it took.
    pub cost: Cost,
    /// Whether its query was kept in a store that instances share.
    pub is_kept: bool,
}

/// What an answer took; nothing, where no model was needed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// Tokens of prompts.
    pub read_tokens: usize,
    /// Tokens of candidates.
    pub written_tokens: usize,
    /// Waiting for a place in the batch.
    pub waited: Duration,
    /// Being written, and weighed.
    pub writing: Duration,
}

/// A question that came with a request.
#[derive(Debug, Clone)]
pub struct Question {
    /// As asked.
    pub text: String,
    /// How it is to be answered.
    pub options: Options,
    /// Who asks, and until when there is time.
    pub caller: Caller,
}

/// An answer as a request gets it.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The answer.
    pub asked: Arc<Asked>,
    /// Whether it was kept from an earlier request.
    pub cache_hit: bool,
    /// Time from question to answer, for this request.
    pub elapsed: Duration,
}

/// Answers a question of a request: from memory, or by making the answer.
///
/// # Errors
/// When it was not begun or not ended: too many wait, or time ran out. A question without an answer is none of these.
pub async fn ask(
    service: &Service,
    served: &Served,
    question: Question,
    progress: Option<Progress>,
) -> Result<Reply, Problem> {
    let started = Instant::now();
    let metrics = &service.metrics;
    let keys = service.cache.keys(served, &question.text, &question.options);
    let making = || async {
        let made = find_or_make(service, served, &question, keys.shared.as_deref(), progress.clone()).await?;
        in_time(made, question.caller.deadline)
    };
    let (asked, in_memory) = match keys.own {
        None => (Arc::new(making().await?), false),
        Some(key) => service.cache.get(key, making).await?,
    };
    // What memory may not hold is missed there, so that hits of all tiers are a share of what is looked for in the first.
    if keys.own.is_some() || keys.shared.is_some() {
        metrics.count(CACHE, &["l1", if in_memory { "hit" } else { "miss" }]);
    }
    let elapsed = started.elapsed();
    let cache_hit = in_memory || asked.is_kept;
    let answer = &asked.answer;
    question.caller.audit.note_read(&answer.tables, answer.row_count);
    // SQL instead of a question was not run for whoever may only ask, and says why here.
    if answer.intent == Some(Intent::PastedSql) && question.options.execute {
        question.caller.principal.permit(Action::Execute, Some(&served.name))?;
    }
    metrics.count(QUESTIONS, &[&served.name, status_name(answer.status)]);
    answer.confidence_score.into_iter().for_each(|confidence| metrics.observe(CONFIDENCE, &[], confidence));
    answer.tables.iter().for_each(|table| metrics.count(TABLES, &[&served.name, table]));
    if !cache_hit {
        metrics.time(OVERHEAD, &[], elapsed.saturating_sub(asked.cost.waited + asked.cost.writing));
    }
    service.history.add(past(served, question, answer, elapsed));
    Ok(Reply { asked, cache_hit, elapsed })
}

/// The name in JSON.
pub fn status_name(status: Status) -> &'static str {
    match status {
        Status::Answered => "answered",
        Status::Abstained => "abstained",
        Status::Refused => "refused",
        Status::Error => "error",
    }
}

fn past(served: &Served, question: Question, answer: &Answer, elapsed: Duration) -> Past {
    Past {
        request_id: question.caller.request_id.clone(),
        at: jiff::Timestamp::now(),
        schema: served.name.clone(),
        question: question.text,
        status: answer.status,
        sql: answer.sql.clone(),
        reasoning: answer.reasoning.clone(),
        confidence_score: answer.confidence_score,
        elapsed_ms: elapsed.as_secs_f64() * 1000.0,
        identity: question.caller.principal.identity(),
        number: 0,
    }
}

/// An answer, unless it only says that the time of its request is over: others who wait for it may have more.
fn in_time(asked: Asked, deadline: Instant) -> Result<Asked, Problem> {
    let late = Problem::of(&asked.answer).filter(|problem| problem.code == Code::Deadline);
    match late.filter(|_| deadline <= Instant::now()) {
        Some(problem) => Err(problem),
        None => Ok(asked),
    }
}

/// Answers with a query that instances share, or makes the answer and shares it.
async fn find_or_make(
    service: &Service,
    served: &Served,
    question: &Question,
    key: Option<&str>,
    progress: Option<Progress>,
) -> Result<Asked, Problem> {
    let Some(key) = key else { return make(service, served, question, progress).await };
    let further = &service.cache.further;
    if let Some(answer) = further.find(key, |known| use_known(served, question, known)).await {
        count_layers(service, &answer);
        return Ok(Asked { answer, cost: Cost::default(), is_kept: true });
    }
    let asked = make(service, served, question, progress).await?;
    if let Some(known) = Known::of(&asked.answer) {
        further.keep(key, &known);
    }
    Ok(asked)
}

/// The answer that a kept query comes to now; none where it does not pass what a new one would have to pass.
async fn use_known(served: &Served, question: &Question, known: Known) -> Option<Answer> {
    let engine = Arc::clone(&served.engine);
    let Question { text, mut options, caller } = question.clone();
    let left = caller.deadline.saturating_duration_since(Instant::now());
    options.limits.deadline = left.min(options.limits.deadline);
    let leaving = Leaving::default();
    options.stop = Some(leaving.0.clone());
    let answered = computing(move || known.answer(&engine, &text, &options)).await;
    answered.ok()?.inspect_err(|reason| tracing::warn!(%reason, "a shared answer is not used")).ok()
}

/// Makes an answer: the same steps as [`answer::orchestrator::ask`], with the engine thread writing for many at once.
async fn make(
    service: &Service,
    served: &Served,
    question: &Question,
    mut progress: Option<Progress>,
) -> Result<Asked, Problem> {
    let metrics = &service.metrics;
    let started = Instant::now();
    let engine = Arc::clone(&served.engine);
    let deadline = question.caller.deadline;
    if deadline <= started {
        return Err(Problem::new(Code::Deadline, "the answer took longer than a request may"));
    }
    let (text, mut options) = (question.text.clone(), question.options.clone());
    let leaving = Leaving::default();
    options.stop = Some(leaving.0.clone());
    let mut step = computing(move || begin(&engine, &text, &options)).await?;
    metrics.time(STAGE, &["analyse"], started.elapsed());
    let mut cost = Cost::default();
    loop {
        let asking = match step {
            Step::Done(answer) => {
                count_layers(service, &answer);
                metrics.add(TOKENS, &["read"], cost.read_tokens as f64);
                metrics.add(TOKENS, &["written"], cost.written_tokens as f64);
                return Ok(Asked { answer: *answer, cost, is_kept: false });
            }
            Step::Weigh(asking) => {
                step = Step::Done(Box::new(weigh(service, served, asking, (deadline, &mut cost)).await?));
                continue;
            }
            Step::Write(asking) => asking,
        };
        let span = traces::decode(&name_of(served), question.options.seed, asking.request(0.0).draws.len());
        // Only the first candidate is told as it is written.
        let writing = served.decoder.write(asking, deadline, progress.take());
        let mut written = writing.instrument(span.clone()).await?;
        span.record("gen_ai.usage.input_tokens", written.read_tokens as i64);
        span.record("gen_ai.usage.output_tokens", written.written_tokens as i64);
        span.record("glrl.waited_ms", written.waited.as_secs_f64() * 1000.0);
        cost.read_tokens += written.read_tokens;
        cost.written_tokens += written.written_tokens;
        cost.waited += written.waited;
        cost.writing += written.writing;
        metrics.time(STAGE, &["wait"], written.waited);
        metrics.time(STAGE, &["write"], written.writing);
        let started = Instant::now();
        let engine = Arc::clone(&served.engine);
        written.asking.hurry(deadline.saturating_duration_since(started));
        step = computing(move || written.asking.go_on(&engine, written.candidates)).await?;
        metrics.time(STAGE, &["check_and_run"], started.elapsed());
    }
}

/// Compares candidates and answers.
async fn weigh(
    service: &Service,
    served: &Served,
    asking: Box<Asking>,
    (deadline, cost): (Instant, &mut Cost),
) -> Result<Answer, Problem> {
    let started = Instant::now();
    let (mut asking, weighed) = served.weigher.weigh(asking).await?;
    cost.writing += started.elapsed();
    service.metrics.time(STAGE, &["weigh"], started.elapsed());
    let (started, engine) = (Instant::now(), Arc::clone(&served.engine));
    asking.hurry(deadline.saturating_duration_since(started));
    let answer = computing(move || asking.answer(&engine, weighed)).await?;
    service.metrics.time(STAGE, &["check_and_run"], started.elapsed());
    Ok(answer)
}

/// A sign that is given once nobody waits any more: the caller has left, or the time is over, and what waited is dropped.
#[derive(Debug, Default)]
pub(crate) struct Leaving(pub(crate) Stop);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Runs what computes on a thread for that.
///
/// # Errors
/// When it fails by a defect.
pub async fn computing<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    let span = tracing::Span::current();
    let done = tokio::task::spawn_blocking(move || span.in_scope(work)).await;
    done.map_err(|_| Problem::new(Code::Internal, "computing the answer failed"))
}

/// Counts what each layer of validation said.
fn count_layers(service: &Service, answer: &Answer) {
    for layer in sql::Layer::ALL {
        let found = answer.validation.iter().any(|d| d.layer == layer && d.severity == sql::Severity::Error);
        service.metrics.count(VALIDATION, &[layer.name(), if found { "error" } else { "ok" }]);
    }
}
