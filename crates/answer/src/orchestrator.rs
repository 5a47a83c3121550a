//! The orchestrator: the whole way from a question to its answer. [`ask`] is the architecture: [`begin`] reads the question,
//! the model writes candidates, [`Asking::go_on`] checks them, [`Asking::weigh`] compares them, and [`Asking::answer`] answers. Who answers many questions at once takes the
//! same steps and lets one batch write for all of them.
//!
//! Nothing here ever makes up a query: what is answered was written by the model under the matcher (or pasted by the
//! asker), passed validation, and is at least as sure as it has to be.

use std::time::Instant;

use database::{Fault, Limits, RunError};
use jiff::civil::Date;
use sql::diagnostic::{Layer, Severity};
use sql::features::tables;
use sql::reasoning::plan;
use sql::verify::VerifiedQuery;

pub use crate::asking::Asking;
use crate::confidence::Threshold;
use crate::ddl::add_script;
use crate::engine::{Engine, LoadedModel};
use crate::guard::{is_write_request, pasted_sql};
use crate::intent::Intent;
use crate::prompt::prompt;
use crate::query_generator::{Candidate, GenerateError, generate};
use crate::reply::{Alternative, Answer, Cause, Problem, Status};
use crate::schema_analyzer::{Analysis, analyze};
use crate::stage::stage;
use crate::stop::{Stop, run_until};
use crate::validator::validate_text;

/// The longest question, in characters.
pub const MAX_CHARACTERS: usize = 4_000;
/// The diagnostic of a name that is no table.
const UNKNOWN_TABLE: &str = "SCH201";

/// How a question is to be answered.
#[derive(Debug, Clone)]
pub struct Options {
    /// The day from which "last month" is counted.
    pub today: Date,
    /// Whether the query is run.
    pub execute: bool,
    /// Whether SQL that came instead of a question is run too, where `execute` says so.
    pub runs_given: bool,
    /// How far a run may go.
    pub limits: Limits,
    /// Further candidates to list.
    pub alternatives: usize,
    /// Candidates whose results are compared, the most likely query among them; each is run, whatever `execute` says. With
    /// one, results are not compared.
    pub candidates: usize,
    /// Candidates drawn beside the most likely query when it does not pass validation, or the model is not sure of it and
    /// can compare it with them ([`crate::channel`]).
    pub samples: usize,
    /// Seed of those draws.
    pub seed: u64,
    /// How sure an answer has to be.
    pub threshold: Threshold,
    /// Whether the model says a plan before each query.
    pub plan: bool,
    /// The query that answered the question before, which this one may go on from.
    pub previous: Option<VerifiedQuery>,
    /// Threads of the network.
    pub threads: usize,
    /// The sign that nobody waits any more, where somebody may leave.
    pub stop: Option<Stop>,
}

impl Options {
    /// The usual way: run the query, others drawn only beside an answer that is not sure, the default threshold.
    pub fn on(today: Date) -> Self {
        let limits = Limits::default();
        let threshold = Threshold::Default;
        Options {
            today,
            execute: true,
            runs_given: true,
            limits,
            alternatives: 0,
            candidates: 1,
            samples: 15,
            seed: 0,
            threshold,
            plan: false,
            previous: None,
            threads: 1,
            stop: None,
        }
    }
}

/// Answers a question.
pub fn ask(engine: &Engine, question: &str, options: &Options) -> Answer {
    let mut step = begin(engine, question, options);
    loop {
        match step {
            Step::Done(answer) => return *answer,
            Step::Write(asking) => {
                let written = write(engine, &asking);
                step = asking.go_on(engine, written);
            }
            Step::Weigh(mut asking) => {
                let weighed = asking.weigh(engine);
                return asking.answer(engine, weighed);
            }
        }
    }
}

/// What a question needs next.
#[derive(Debug)]
pub enum Step {
    /// Candidates for [`Asking::request`], which [`Asking::go_on`] takes.
    Write(Box<Asking>),
    /// Candidates to be compared: [`Asking::weigh`], then [`Asking::answer`].
    Weigh(Box<Asking>),
    /// Nothing more.
    Done(Box<Answer>),
}

/// All that comes before the model: what needs none is answered, any other question is read.
pub fn begin(engine: &Engine, question: &str, options: &Options) -> Step {
    let started = Instant::now();
    let mut answer = Answer::to(question);
    match prepare(engine, question, options, &mut answer) {
        Ok(Some((analysis, prompt))) => {
            Step::Write(Box::new(Asking::new(answer, started, options.clone(), analysis, prompt)))
        }
        Ok(None) => Step::Done(Box::new(end(engine, answer, started))),
        Err(problem) => Step::Done(Box::new(end(engine, answer.declined(problem), started))),
    }
}

/// Checks SQL and runs it as it stands, whatever else it may look like.
pub fn run_sql(engine: &Engine, sql: &str, options: &Options) -> Answer {
    let started = Instant::now();
    let mut answer = Answer::to(sql);
    if let Err(problem) = answer_sql(engine, sql, options, &mut answer) {
        answer = answer.declined(problem);
    }
    end(engine, answer, started)
}

/// The reply as it is sent.
pub(crate) fn end(engine: &Engine, mut answer: Answer, started: Instant) -> Answer {
    // Under a policy, a review could tell of columns that are hidden.
    if answer.intent == Some(Intent::Write) && engine.access().is_none() {
        add_script(&engine.pack, &mut answer);
    }
    answer.elapsed_ms = started.elapsed().as_secs_f64() * 1000.0;
    answer
}

/// What can be told of a question without engine or model: it is no question, or it asks to change data.
pub fn turned_away(question: &str) -> Option<Answer> {
    let mut answer = Answer::to(question);
    let problem = check(question, false, &mut answer).err()?;
    Some(answer.declined(problem))
}

/// The question as the model reads it; none where it is SQL, which is answered at once.
fn prepare(
    engine: &Engine,
    question: &str,
    options: &Options,
    answer: &mut Answer,
) -> Result<Option<(Analysis, Vec<u32>)>, Problem> {
    check(question, options.previous.is_some(), answer)?;
    if let Some(sql) = pasted_sql(question, |text| is_query(engine, text)) {
        answer_sql(engine, sql, options, answer)?;
        return Ok(None);
    }
    let model = engine.model.as_ref().map_err(Problem::clone)?;
    can_plan(model, options)?;
    let mut analysis = analyze(engine, question, options.today);
    if let Some(previous) = &options.previous {
        analysis = analysis.after(previous.query(), &engine.pack.catalog, &model.vocabulary.lexicon);
    }
    let prompt = prompt(&model.vocabulary, &analysis.for_model());
    Ok(Some((analysis, prompt)))
}

/// The candidates that a question waits for, written alone.
fn write(engine: &Engine, asking: &Asking) -> Result<Vec<Candidate>, Problem> {
    let model = engine.model.as_ref().map_err(Problem::clone)?;
    let options = asking.options();
    let request = asking.request(model.least_answerable);
    let written = generate(model.generator(options.threads, options.plan), &[request]).map_err(|e| unwritten(&e))?;
    Ok(written.into_iter().flatten().collect())
}

/// What a question is told for which nothing could be written.
pub fn unwritten(error: &GenerateError) -> Problem {
    match error {
        GenerateError::TooLong { .. } => Problem::new(Cause::NoCandidate, error.to_string()).hint("ask in fewer words"),
        GenerateError::Model(_) => Problem::new(Cause::ModelDamaged, error.to_string()),
    }
}

/// Length, characters, and requests to change data.
pub(crate) fn check(question: &str, in_conversation: bool, answer: &mut Answer) -> Result<(), Problem> {
    let bad = |message: String| Err(Problem::new(Cause::Question, message));
    let length = question.chars().count();
    if question.trim().is_empty() {
        return bad("the question is empty".to_owned());
    }
    if length > MAX_CHARACTERS {
        return bad(format!("the question has {length} characters; at most {MAX_CHARACTERS} are read"));
    }
    if question.chars().any(|c| (c.is_control() && !c.is_whitespace()) || c == '\u{fffd}') {
        return bad("the question holds control characters; it is not text".to_owned());
    }
    if is_write_request(question, in_conversation) {
        answer.intent = Some(Intent::Write);
        return Err(reply_to(Intent::Write));
    }
    Ok(())
}

/// A plan can be asked only of a model that was taught to say one.
fn can_plan(model: &LoadedModel, options: &Options) -> Result<(), Problem> {
    if !options.plan || model.plan.is_some() {
        return Ok(());
    }
    let problem = Problem::new(Cause::ModelForAnother, "this model was not taught to say a plan before its query");
    Err(problem.hint("ask without a plan, or train a model with `plan` above 0 under [data]"))
}

/// What each intent that is not answered is told.
pub(crate) fn reply_to(intent: Intent) -> Problem {
    let (cause, message, hint) = match intent {
        Intent::Write => (
            Cause::Write,
            "this asks to change data or tables; nothing is ever changed here, the database is only read",
            "ask what the data says instead",
        ),
        Intent::Unanswerable => (
            Cause::Unanswerable,
            "the tables do not hold what this asks for",
            "`glrl schema show` lists what they hold",
        ),
        Intent::Ambiguous => (
            Cause::Ambiguous,
            "this can be read in several ways, or leaves out what is needed to answer it",
            "say which records you mean, which figure, and over what time",
        ),
        Intent::FollowUp => {
            (Cause::FollowUp, "this leans on an earlier question, and there is none", "ask it as a whole sentence")
        }
        Intent::ChitChat | Intent::Answerable | Intent::PastedSql => (
            Cause::ChitChat,
            "this is not a question about the data",
            "ask about what the tables hold; `glrl schema show` lists it",
        ),
    };
    Problem::new(cause, message).hint(hint)
}

/// Whether a text is SQL over tables that exist, right or wrong in its details.
pub(crate) fn is_query(engine: &Engine, text: &str) -> bool {
    match validate_text(engine, text, None) {
        Ok(_) => true,
        Err(found) => !found.iter().any(|d| d.code.starts_with("SYN") || d.code == UNKNOWN_TABLE),
    }
}

/// SQL instead of a question: checked and run as it stands.
fn answer_sql(engine: &Engine, sql: &str, options: &Options, answer: &mut Answer) -> Result<(), Problem> {
    answer.intent = Some(Intent::PastedSql);
    let query = stage!("validate", validate_text(engine, sql, None)).map_err(|found| {
        let errors = || found.iter().filter(|d| d.severity == Severity::Error);
        let too_far = errors().find(|d| d.layer == Layer::Security);
        let reason = too_far.or_else(|| errors().next()).map_or_else(String::new, |d| format!(": {}", d.message));
        let reaches_too_far = too_far.is_some();
        answer.validation = found;
        if reaches_too_far {
            Problem::new(Cause::Unsafe, format!("this SQL is refused{reason}"))
        } else {
            Problem::new(Cause::InvalidSql, format!("this SQL does not fit the tables{reason}"))
        }
    })?;
    let execute = options.execute && options.runs_given;
    conclude(engine, &query, &Options { execute, ..options.clone() }, answer)
}

/// Shows the query and its plan, and runs it.
pub(crate) fn conclude(
    engine: &Engine,
    query: &VerifiedQuery,
    options: &Options,
    answer: &mut Answer,
) -> Result<(), Problem> {
    let sql = query.sql().to_owned();
    answer.validation = query.report().diagnostics.clone();
    let catalog = &engine.pack.catalog;
    answer.tables = tables(query.query()).into_iter().map(|table| catalog.table(table).name.clone()).collect();
    if options.execute {
        let run = stage!("execute", run_until(options.stop.as_ref(), &engine.database(), query, &options.limits));
        let rows = run.map_err(|e| {
            let confidence_score = answer.confidence_score.unwrap_or(1.0);
            answer.alternatives.insert(0, Alternative { sql: sql.clone(), confidence_score });
            cannot_run(&e)
        })?;
        answer.columns = rows.columns.into_iter().map(|column| column.name).collect();
        answer.row_count = Some(rows.rows.len());
        answer.truncated = rows.truncated;
        answer.rows = Some(rows.rows);
    }
    let steps = stage!("explain", plan(query.query(), &engine.pack.catalog, &engine.pack.glossary));
    answer.reasoning = Some(steps.join("\n"));
    answer.sql = Some(sql);
    answer.written = Some(query.given().to_owned());
    answer.status = Status::Answered;
    Ok(())
}

fn cannot_run(error: &RunError) -> Problem {
    let cause = match (error.fault(), error) {
        (Fault::Unavailable, _) => Cause::DatabaseUnavailable,
        (Fault::Data, _) => Cause::DatabaseInvalid,
        (_, RunError::Deadline { .. }) => Cause::Deadline,
        (_, RunError::Unsayable { .. }) => Cause::NoCandidate,
        (Fault::Limit, _) => Cause::Limit,
        (Fault::Refused, _) => Cause::Unsafe,
        // SQLite does not accept what passed validation, or fails computing it.
        (Fault::Statement, _) => Cause::Internal,
    };
    let problem = Problem::new(cause, error.to_string());
    match cause {
        Cause::Deadline => problem.hint("give it more time with --deadline, or ask for less"),
        Cause::DatabaseUnavailable if matches!(error, RunError::Server(_)) => {
            problem.hint("see that the server runs and can be reached; `glrl doctor --db URL` looks")
        }
        Cause::DatabaseUnavailable => problem.hint("try again when the other process has finished"),
        _ => problem,
    }
}
