//! Question to SQL and to rows, warm and on one core: whole answers, and each stage by itself, over the pack's example
//! questions.

use std::collections::BTreeMap;
use std::time::Instant;

use answer::engine::{Engine, LoadedModel};
use answer::intent::Intent;
use answer::orchestrator::{self, Options};
use answer::prompt::{ModelQuestion, prompt};
use answer::query_generator::{Draw, Request, generate};
use answer::reply::Status;
use answer::validator::validate_candidate;
use jiff::civil::{Date, date};
use model::inference::{Logits, prefill};
use schema::link::link;
use schema::normalize;
use sql::matcher::SlotTable;

use super::pipeline::examples;
use super::{Args, Figure, Measured, times};
use crate::commands::ask;
use crate::context::Context;
use crate::exit::{Exit, Failure};

const TODAY: Date = date(2026, 11, 20);
/// Candidates of an answer that is voted for.
const CANDIDATES: usize = 8;

/// Answers each question, rows included; then answers each again stage by stage, once with SQL alone and, where the
/// model can, once with a plan before it.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let engine = ask::engine(context)?;
    let model = engine.model.as_ref().map_err(|problem| {
        let failure = Failure::new(Exit::Model, problem.cause.code(), &problem.message);
        problem.hint.iter().fold(failure, |failure, hint| failure.hint(hint))
    })?;
    let questions: Vec<String> = examples(&engine);
    let count = args.count(questions.len() as u32);
    let asked: Vec<&str> = questions.iter().map(String::as_str).cycle().take(count).collect();
    let mut figures = answers(&engine, &asked, "ask", &Options::on(TODAY));
    let voted = Options { candidates: CANDIDATES, execute: false, ..Options::on(TODAY) };
    figures.extend(answers(&engine, &asked, "ask.voted", &voted));
    figures.extend(stages(&engine, model, &asked, false, "ask.sql")?);
    if model.plan.is_some() {
        figures.extend(stages(&engine, model, &asked, true, "ask.plan")?);
    }
    Ok(figures)
}

/// Answers each question.
fn answers(engine: &Engine, questions: &[&str], name: &str, options: &Options) -> Vec<Figure> {
    let (mut timed, mut answered) = (vec![], 0usize);
    for question in questions {
        let started = Instant::now();
        let answer = orchestrator::ask(engine, question, options);
        timed.push(milliseconds(started));
        answered += usize::from(answer.status == Status::Answered);
    }
    let share = 100.0 * answered as f64 / timed.len().max(1) as f64;
    let mut figures = times(name, timed, "ms");
    figures.push(Figure::new(format!("{name}.answered"), share, "%"));
    figures
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// Times of each stage, in the order in which the stages come.
#[derive(Default)]
struct Stages {
    times: BTreeMap<usize, (&'static str, Vec<f64>)>,
    /// From the question to valid SQL, where there is some.
    to_sql: Vec<f64>,
}

impl Stages {
    fn note(&mut self, stage: usize, name: &'static str, milliseconds: f64) {
        self.times.entry(stage).or_insert((name, vec![])).1.push(milliseconds);
    }

    fn timed<T>(&mut self, stage: usize, name: &'static str, work: impl FnOnce() -> T) -> T {
        let started = Instant::now();
        let done = work();
        self.note(stage, name, milliseconds(started));
        done
    }
}

/// The same way as [`orchestrator::ask`] with the most likely candidate, with a clock at each stage. The prompt is read
/// once more by itself, and what generation takes beyond that is decoding.
fn stages(engine: &Engine, model: &LoadedModel, questions: &[&str], plans: bool, name: &str) -> Measured {
    let mut stages = Stages::default();
    if let Some(first) = questions.first() {
        one(engine, model, first, plans, &mut Stages::default())?;
    }
    for question in questions {
        one(engine, model, question, plans, &mut stages)?;
    }
    let mut figures = times(name, stages.to_sql, "ms");
    for (stage, timed) in stages.times.into_values() {
        figures.extend(times(&format!("{name}.{stage}"), timed, "ms"));
    }
    Ok(figures)
}

fn one(
    engine: &Engine,
    model: &LoadedModel,
    question: &str,
    plans: bool,
    stages: &mut Stages,
) -> Result<(), Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::new(Exit::Failed, "internal", e);
    let mut logits = Logits::default();
    let begun = Instant::now();
    let words = engine.context(TODAY);
    let question = stages.timed(0, "normalise", || normalize(question, &words));
    let (links, slots) = stages.timed(1, "link", || (link(&question, &words), SlotTable::of(&question)));
    let prompt = stages.timed(2, "prompt", || prompt(&model.vocabulary, &ModelQuestion::new(&question, &links)));
    let before = milliseconds(begun);
    let started = Instant::now();
    prefill(&model.model, &[&prompt], Default::default(), &mut logits).map_err(|e| failed(&e))?;
    let prefilled = milliseconds(started);
    let started = Instant::now();
    let request = Request::new(&prompt, &slots, &[Draw::GREEDY]);
    let written = generate(model.generator(1, plans), &[request]).map_err(|e| failed(&e))?;
    let generated = milliseconds(started);
    stages.note(3, "prefill", prefilled);
    stages.note(4, "decode", (generated - prefilled).max(0.0));
    let candidate = written.into_iter().flatten().find(|c| c.intent == Intent::Answerable && c.finished);
    let Some(candidate) = candidate else { return Ok(()) };
    let started = Instant::now();
    let valid = validate_candidate(engine, model, &candidate.lexemes, &question);
    let validated = milliseconds(started);
    stages.note(5, "validate", validated);
    let Ok(query) = valid else { return Ok(()) };
    stages.to_sql.push(before + generated + validated);
    let limits = database::Limits::default();
    let rows = stages.timed(6, "execute", || database::run(&engine.database(), &query, &limits));
    rows.map(|_| ()).map_err(|e| failed(&e))
}
