//! The orchestrator: the whole way from a question to its answer. [`ask`] is the architecture.
//!
//! Nothing here ever makes up a query: what is answered was written by the model under the matcher (or pasted by the
//! asker), passed validation, and is at least as sure as it has to be.

use std::time::Instant;

use database::{Fault, Limits, RunError};
use jiff::civil::Date;
use model::sampling::Sampling;
use sql::diagnostic::{Layer, Severity};
use sql::reasoning::plan;
use sql::verify::VerifiedQuery;

use crate::confidence::Threshold;
use crate::ddl::add_script;
use crate::engine::{Engine, LoadedModel};
use crate::guard::{is_write_request, pasted_sql};
use crate::intent::Intent;
use crate::plan::Plan;
use crate::prompt::prompt;
use crate::query_generator::{Candidate, Draw, GenerateError, Request, generate};
use crate::reply::{Alternative, Answer, Cause, Problem, Status};
use crate::schema_analyzer::{Analysis, analyze};
use crate::validator::{Rejected, validate_candidate, validate_text};
use crate::vote::agreements;

/// The longest question, in characters.
pub const MAX_CHARACTERS: usize = 4_000;
/// The diagnostic of a name that is no table.
const UNKNOWN_TABLE: &str = "SCH201";
/// Temperature at which further candidates are drawn.
const TEMPERATURE: f32 = 0.8;

/// How a question is to be answered.
#[derive(Debug, Clone)]
pub struct Options {
    /// The day from which "last month" is counted.
    pub today: Date,
    /// Whether the query is run.
    pub execute: bool,
    /// How far a run may go.
    pub limits: Limits,
    /// Further candidates to list.
    pub alternatives: usize,
    /// Candidates whose results are compared, the most likely query among them; each is run, whatever `execute` says. With
    /// one, the most likely query is the answer.
    pub candidates: usize,
    /// Candidates drawn when the first does not pass validation.
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
}

impl Options {
    /// The usual way: run the query, no further candidates, few samples, the default threshold.
    pub fn on(today: Date) -> Self {
        let limits = Limits::default();
        let threshold = Threshold::Default;
        Options {
            today,
            execute: true,
            limits,
            alternatives: 0,
            candidates: 1,
            samples: 4,
            seed: 0,
            threshold,
            plan: false,
            previous: None,
            threads: 1,
        }
    }
}

/// A candidate that passed validation.
struct Valid {
    query: VerifiedQuery,
    log_likelihood: f64,
    confidence: f64,
    /// The plan the model said before it, and whether the query keeps to it.
    plan: Option<String>,
}

/// Answers a question.
pub fn ask(engine: &Engine, question: &str, options: &Options) -> Answer {
    let started = Instant::now();
    let mut answer = Answer::to(question);
    if let Err(problem) = answer_to(engine, question, options, &mut answer) {
        answer = answer.declined(problem);
    }
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

fn answer_to(engine: &Engine, question: &str, options: &Options, answer: &mut Answer) -> Result<(), Problem> {
    check(question, options.previous.is_some(), answer)?;
    if let Some(sql) = pasted_sql(question, |text| is_query(engine, text)) {
        return answer_sql(engine, sql, options, answer);
    }
    let model = engine.model.as_ref().map_err(Problem::clone)?;
    can_plan(model, options)?;
    let mut analysis = analyze(engine, question, options.today);
    if let Some(previous) = &options.previous {
        analysis = analysis.after(previous.query(), &engine.pack.catalog, &model.vocabulary.lexicon);
    }
    let found = candidates(engine, model, &analysis, options, answer)?;
    let best = decide(model, found, options, answer)?;
    answer.confidence_score = Some(best.confidence);
    conclude(engine, &best.query, options, answer)?;
    if let (Some(plan), Some(steps)) = (best.plan, &mut answer.reasoning) {
        *steps = format!("{plan}\n{steps}");
    }
    Ok(())
}

/// Length, characters, and requests to change data.
fn check(question: &str, in_conversation: bool, answer: &mut Answer) -> Result<(), Problem> {
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
fn reply_to(intent: Intent) -> Problem {
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
fn is_query(engine: &Engine, text: &str) -> bool {
    match validate_text(engine, text, None) {
        Ok(_) => true,
        Err(found) => !found.iter().any(|d| d.code.starts_with("SYN") || d.code == UNKNOWN_TABLE),
    }
}

/// SQL instead of a question: checked and run as it stands.
fn answer_sql(engine: &Engine, sql: &str, options: &Options, answer: &mut Answer) -> Result<(), Problem> {
    answer.intent = Some(Intent::PastedSql);
    let query = validate_text(engine, sql, None).map_err(|found| {
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
    conclude(engine, &query, options, answer)
}

/// The candidates that pass validation, best first; there is at least one. The most likely one decides what the question
/// is; others are drawn where it is refused, or where more are wanted.
fn candidates(
    engine: &Engine,
    model: &LoadedModel,
    analysis: &Analysis,
    options: &Options,
    answer: &mut Answer,
) -> Result<Vec<Valid>, Problem> {
    let draws: Vec<Draw> = (0..options.candidates.max(1) as u64).map(|i| nth_draw(options.seed, i)).collect();
    let first = write(model, analysis, &draws, options)?;
    let intent = first.first().map_or(Intent::Ambiguous, |candidate| candidate.intent);
    answer.intent = Some(intent);
    answer.answerable = first.first().map(|candidate| candidate.answerable);
    if intent == Intent::FollowUp && options.previous.is_some() {
        let problem =
            Problem::new(Cause::FollowUp, "this leans on an earlier question, but not on the last one answered");
        return Err(problem.hint("ask it as a whole sentence"));
    }
    if intent != Intent::Answerable {
        return Err(reply_to(intent));
    }
    let mut valid: Vec<Valid> = vec![];
    add_new(&mut valid, passed(engine, model, analysis, first, answer));
    let enough = valid.len() > options.alternatives;
    let further = if valid.is_empty() { options.samples.max(options.alternatives) } else { 2 * options.alternatives };
    if further > 0 && !(options.candidates > 1 && enough) {
        let from = draws.len() as u64;
        let draws: Vec<Draw> = (from..from + further as u64).map(|i| nth_draw(options.seed, i)).collect();
        let mut others = passed(engine, model, analysis, write(model, analysis, &draws, options)?, answer);
        others.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
        add_new(&mut valid, others);
    }
    if options.candidates > 1 {
        valid = voted(engine, model, valid, &options.limits);
    }
    if valid.is_empty() {
        let problem = Problem::new(Cause::NoCandidate, "no candidate query passed validation, so there is no answer");
        return Err(problem.hint("ask in other words"));
    }
    Ok(valid)
}

/// The most likely query first, then draws.
fn nth_draw(seed: u64, n: u64) -> Draw {
    match n {
        0 => Draw::GREEDY,
        _ => Draw { sampling: Sampling::at_temperature(TEMPERATURE), seed: seed.wrapping_add(n) },
    }
}

/// Adds those whose query is not there yet.
fn add_new(valid: &mut Vec<Valid>, others: Vec<Valid>) {
    for other in others {
        if valid.iter().all(|known| known.query.sql() != other.query.sql()) {
            valid.push(other);
        }
    }
}

/// The likeliest query of each result, the result with the most probability first.
fn voted(engine: &Engine, model: &LoadedModel, valid: Vec<Valid>, limits: &Limits) -> Vec<Valid> {
    let candidates: Vec<_> = valid.iter().map(|one| (&one.query, one.log_likelihood)).collect();
    let agreements = agreements(&engine.database(), &candidates, limits);
    let mut valid: Vec<Option<Valid>> = valid.into_iter().map(Some).collect();
    let speakers = agreements.into_iter().filter_map(|agreement| {
        let likeliest = valid[*agreement.candidates.first()?].take()?;
        Some(Valid { confidence: model.voted_calibration.confidence(agreement.log_mass), ..likeliest })
    });
    speakers.collect()
}

/// Prompt and decode.
fn write(
    model: &LoadedModel,
    analysis: &Analysis,
    draws: &[Draw],
    options: &Options,
) -> Result<Vec<Candidate>, Problem> {
    let prompt = prompt(&model.vocabulary, &analysis.for_model());
    let least_answerable = model.least_answerable;
    let request = Request { prompt: &prompt, slots: &analysis.slots, draws, intent: None, least_answerable };
    let written = generate(model.generator(options.threads, options.plan), &[request]).map_err(|e| match e {
        GenerateError::TooLong { .. } => Problem::new(Cause::NoCandidate, e.to_string()).hint("ask in fewer words"),
        GenerateError::Model(_) => Problem::new(Cause::ModelDamaged, e.to_string()),
    })?;
    Ok(written.into_iter().flatten().collect())
}

/// Those that pass validation. What is wrong with the first that does not is kept, in case none does.
fn passed(
    engine: &Engine,
    model: &LoadedModel,
    analysis: &Analysis,
    written: Vec<Candidate>,
    answer: &mut Answer,
) -> Vec<Valid> {
    let is_query = |candidate: &Candidate| candidate.intent == Intent::Answerable && candidate.finished;
    let answerable = written.into_iter().filter(is_query);
    let mut valid = vec![];
    for candidate in answerable {
        match validate_candidate(engine, model, &candidate.lexemes, &analysis.question) {
            Ok(query) => {
                let log_likelihood = candidate.log_likelihood;
                let confidence = model.calibration.confidence(log_likelihood);
                valid.push(Valid { query, log_likelihood, confidence, plan: said_plan(engine, model, &candidate) })
            }
            Err(Rejected::Invalid(found)) if answer.validation.is_empty() => answer.validation = found,
            Err(_) => {}
        }
    }
    valid
}

/// The generated plan, checked against what the query uses.
fn said_plan(engine: &Engine, model: &LoadedModel, candidate: &Candidate) -> Option<String> {
    let (order, said) = (model.plan.as_ref()?, candidate.plan.as_ref()?);
    let (catalog, lexicon) = (&engine.pack.catalog, &model.vocabulary.lexicon);
    let used = Plan::of(order, catalog, lexicon, &candidate.lexemes);
    let verdict = if used.parts == said.parts { "the query agrees" } else { "the query uses other parts" };
    Some(format!("<think> {} </think> ({verdict})", said.shown(catalog, lexicon)))
}

/// The best candidate, if it is as sure as it has to be; the others become alternatives.
fn decide(model: &LoadedModel, found: Vec<Valid>, options: &Options, answer: &mut Answer) -> Result<Valid, Problem> {
    let wanted = model.calibration_for(options.candidates).threshold(options.threshold);
    let mut found = found.into_iter();
    let Some(best) = found.next() else {
        return Err(Problem::new(Cause::NoCandidate, "no candidate query passed validation, so there is no answer"));
    };
    answer.validation.clear();
    answer.alternatives = found.take(options.alternatives).map(|other| alternative(&other)).collect();
    if best.confidence >= wanted {
        return Ok(best);
    }
    answer.confidence_score = Some(best.confidence);
    answer.alternatives.insert(0, alternative(&best));
    let (is, least) = (100.0 * best.confidence, 100.0 * wanted);
    let message = format!("not sure enough: the best candidate is {is:.1} % sure, {least:.1} % are asked for");
    Err(Problem::new(Cause::LowConfidence, message).hint("look at the candidates, or ask in other words"))
}

fn alternative(candidate: &Valid) -> Alternative {
    Alternative { sql: candidate.query.sql().to_owned(), confidence_score: candidate.confidence }
}

/// Shows the query and its plan, and runs it.
fn conclude(engine: &Engine, query: &VerifiedQuery, options: &Options, answer: &mut Answer) -> Result<(), Problem> {
    let sql = query.sql().to_owned();
    answer.validation = query.report().diagnostics.clone();
    if options.execute {
        let run = database::run(&engine.database(), query, &options.limits);
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
    let steps = plan(query.query(), &engine.pack.catalog, &engine.pack.glossary);
    answer.reasoning = Some(steps.join("\n"));
    answer.sql = Some(sql);
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
