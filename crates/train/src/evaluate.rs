//! Accuracy by execution: each answer's rows against the reference's, on every database.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use answer::engine::{Engine, LoadedModel, Writes};
use answer::orchestrator::{Options, ask};
use answer::reply::{Answer, Status as AnswerStatus};
use database::{Image, Limits, Rows};
use judge::{Expected, Verdict as Same, expect_on, same_answer};
use model::parameters::Parameters;
use sql::{VerifiedQuery, features, verify};

use crate::elements::{Confusion, elements};
use crate::error::{Result, TrainError};
use crate::question::{Question, Status};
use crate::report::{Difference, Fault, Miss, Report, Verdict};

/// How many failing references an error names.
const NAMED: usize = 10;

/// What a question was answered with.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reply {
    /// What the asker was told.
    pub status: Status,
    /// The query, where there is one.
    pub sql: Option<String>,
    /// How sure it is, 0 to 1.
    pub confidence: Option<f64>,
    /// Why there is no query.
    pub reason: Option<String>,
}

impl From<Answer> for Reply {
    fn from(answer: Answer) -> Self {
        let status = match answer.status {
            AnswerStatus::Answered => Status::Answered,
            AnswerStatus::Abstained => Status::Abstained,
            AnswerStatus::Refused => Status::Refused,
            AnswerStatus::Error => Status::Error,
        };
        let reason = answer.error.map(|problem| problem.message);
        Reply { status, sql: answer.sql, confidence: answer.confidence_score, reason }
    }
}

/// Asks the whole pipeline, from the question's text to its query, with the query that was answered before it in a
/// conversation. Nothing is run: the exam runs it everywhere.
pub fn pipeline<'e>(
    engine: &'e Engine,
    options: &Options,
) -> impl Fn(&Question, Option<&str>) -> Reply + Sync + use<'e> {
    let options = Options { execute: false, alternatives: 0, ..options.clone() };
    move |question, previous| {
        let previous = previous.and_then(|sql| verify(sql, &engine.pack.catalog, &Default::default()).ok());
        Reply::from(ask(engine, &question.question, &Options { previous, ..options.clone() }))
    }
}

/// What the engine's model gets right with given weights for its network that writes this: what a training run is judged by.
///
/// # Errors
/// When the engine has no such network, or one of another shape.
pub fn grade_weights(
    exam: &Exam<'_>,
    engine: &mut Engine,
    (parameters, writes): (&Parameters, Writes),
    options: &Options,
) -> Result<Report> {
    let model = own_model(engine)?;
    match (writes, &mut model.channel) {
        (Writes::Questions, Some(channel)) => channel.network.update(parameters)?,
        (Writes::Questions, None) => {
            return Err(TrainError::Evaluation("no network of the model writes questions".to_owned()));
        }
        (Writes::Queries | Writes::PlansAndQueries, _) => model.model.update(parameters)?,
    }
    Ok(exam.grade(&pipeline(engine, options)))
}

/// The engine's model, to be changed.
///
/// # Errors
/// When there is none, or another engine shares it.
pub fn own_model(engine: &mut Engine) -> Result<&mut LoadedModel> {
    match &mut engine.model {
        Ok(loaded) => Arc::get_mut(loaded).ok_or_else(|| TrainError::Evaluation("the model is in use".to_owned())),
        Err(problem) => Err(TrainError::Evaluation(problem.message.clone())),
    }
}

/// Questions with what their references return, computed once for many evaluations.
pub struct Exam<'a> {
    questions: &'a [Question],
    databases: &'a [Image],
    /// For each question the results of the reference and of each alternative, on each database.
    expected: Vec<Vec<Vec<Expected>>>,
    /// Tables in each reference.
    tables: Vec<usize>,
    threads: usize,
}

/// Limits for references and answers alike: a comparison needs all rows.
pub fn limits() -> Limits {
    Limits { deadline: Duration::from_secs(10), max_rows: 200_000, ..Limits::default() }
}

impl<'a> Exam<'a> {
    /// Runs every reference and alternative on every database.
    ///
    /// # Errors
    /// When there is no database, or references or alternatives cannot be run; names their questions.
    pub fn new(questions: &'a [Question], databases: &'a [Image], threads: usize) -> Result<Self> {
        if databases.is_empty() {
            return Err(TrainError::Evaluation("no database to compare rows on".to_owned()));
        }
        let found = in_parallel(questions.len(), threads, &|i| references(&questions[i], databases));
        let (mut expected, mut tables, mut failures) = (vec![], vec![], vec![]);
        for one in found {
            match one {
                Ok((results, count)) => {
                    expected.push(results);
                    tables.push(count);
                }
                Err(failure) => failures.push(failure),
            }
        }
        if failures.is_empty() {
            return Ok(Exam { questions, databases, expected, tables, threads });
        }
        let (count, first) = (failures.len(), failures[..failures.len().min(NAMED)].join("; "));
        Err(TrainError::Evaluation(format!("{count} questions have references that fail: {first}")))
    }

    /// The questions.
    pub fn questions(&self) -> &'a [Question] {
        self.questions
    }

    /// How many threads work on it.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Looks at every question, on several threads; what was found, in the questions' order.
    pub fn each<T: Send>(&self, look: &(dyn Fn(&Question) -> T + Sync)) -> Vec<T> {
        in_parallel(self.questions.len(), self.threads, &|i| look(&self.questions[i]))
    }

    /// Judges a query as the answer to question `i`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn judge(&self, i: usize, sql: &str) -> std::result::Result<(), Box<Miss>> {
        let reply = Reply { status: Status::Answered, sql: Some(sql.to_owned()), ..Reply::default() };
        self.verdict(i, reply).miss.map_or(Ok(()), |miss| Err(Box::new(miss)))
    }

    /// Asks every question, on several threads, and counts what is right. The report does not depend on the threads.
    ///
    /// A question that follows another is asked after that one's own answer, right or wrong, as in a conversation.
    pub fn grade(&self, ask: &(dyn Fn(&Question, Option<&str>) -> Reply + Sync)) -> Report {
        let began = Instant::now();
        let verdicts = in_parallel(self.questions.len(), self.threads, &|i| self.verdict(i, self.reply(i, ask)));
        let mut report = Report { databases: self.databases.len(), ..Report::default() };
        for (question, verdict) in self.questions.iter().zip(verdicts) {
            if let Some(miss) = &verdict.miss {
                self.confuse(miss, &mut report.confusion);
            }
            report.add(question, verdict);
        }
        report.seconds = began.elapsed().as_secs_f64();
        report
    }

    /// Counts what a wrong query lacks and what it has too much.
    fn confuse(&self, miss: &Miss, confusion: &mut Confusion) {
        let of = |sql: &Option<String>| {
            let query = checked(self.databases, sql.as_ref()?).ok()?;
            Some(elements(query.query(), self.databases[0].catalog()))
        };
        if let (Some(reference), Some(answer)) = (of(&miss.expected), of(&miss.got)) {
            confusion.add(&reference, &answer);
        }
    }

    /// The reply to a question, those before it in its conversation asked first; a line of a data set goes on from the
    /// query that it names.
    fn reply(&self, i: usize, ask: &dyn Fn(&Question, Option<&str>) -> Reply) -> Reply {
        let question = &self.questions[i];
        let before = |id: &String| (0..i).rev().find(|j| self.questions[*j].id == *id);
        let previous = match &question.after {
            Some(id) => before(id).and_then(|j| self.reply(j, ask).sql),
            None => question.previous.clone(),
        };
        ask(question, previous.as_deref())
    }

    /// Judges the reply to one question.
    fn verdict(&self, i: usize, reply: Reply) -> Verdict {
        let question = &self.questions[i];
        let mut verdict = Verdict {
            miss: None,
            tables: self.tables[i],
            both_empty: false,
            answered: reply.status == Status::Answered,
            confidence: reply.confidence,
        };
        let found = match (&reply.sql, verdict.answered) {
            _ if reply.status == Status::Error => Some((Fault::Error, None)),
            (Some(sql), true) if question.is_answerable() => match self.compare(i, sql) {
                Ok(both_empty) => {
                    verdict.both_empty = both_empty;
                    None
                }
                Err(fault) => Some(fault),
            },
            (_, true) => Some((Fault::Answered, None)),
            _ if question.is_answerable() => Some((Fault::Declined, None)),
            _ => None,
        };
        verdict.miss = found.map(|(fault, detail)| miss(question, reply, fault, detail));
        verdict
    }

    /// The rows of the answer to a question on every database; none where it is declined or cannot be run.
    pub(crate) fn rows(&self, i: usize, ask: &dyn Fn(&Question, Option<&str>) -> Reply) -> Option<Vec<Rows>> {
        let reply = self.reply(i, ask);
        let sql = reply.sql.filter(|_| reply.status == Status::Answered)?;
        run_everywhere(self.databases, &checked(self.databases, &sql).ok()?).ok()
    }

    /// Whether the query's rows are right on every database; then whether there were none on any.
    fn compare(&self, i: usize, sql: &str) -> std::result::Result<bool, (Fault, Option<Detail>)> {
        let got = checked(self.databases, sql).and_then(|query| run_everywhere(self.databases, &query));
        let got = got.map_err(|reason| (Fault::Fails, Some(Detail::Reason(reason))))?;
        for candidate in &self.expected[i] {
            let mut verdicts = candidate.iter().zip(&got).map(|(expected, got)| same_answer(expected, got));
            if verdicts.clone().all(Same::is_same) {
                return Ok(verdicts.all(|verdict| verdict == Same::SameEmpty));
            }
        }
        let reference = &self.expected[i][0];
        let differs = |d: &usize| !same_answer(&reference[*d], &got[*d]).is_same();
        let database = (0..got.len()).find(differs).unwrap_or(0);
        let difference = self.difference(i, database, &got[database]);
        Err((Fault::Rows, difference.map(Detail::Difference)))
    }

    /// The first rows that only the reference or only the answer has.
    fn difference(&self, i: usize, database: usize, got: &Rows) -> Option<Difference> {
        let query = checked(self.databases, self.questions[i].sql.as_ref()?).ok()?;
        let expected = run(&self.databases[database], &query).ok()?;
        Some(Difference::of(database, &expected.rows, expected.columns.len(), got))
    }
}

/// What the reference of a question and its alternatives return, and how many tables the reference reads.
fn references(question: &Question, databases: &[Image]) -> std::result::Result<(Vec<Vec<Expected>>, usize), String> {
    let (mut results, mut tables) = (Vec::with_capacity(1 + question.alternatives.len()), 0);
    for (n, sql) in question.sql.iter().chain(&question.alternatives).enumerate() {
        let which = if n == 0 { "reference".to_owned() } else { format!("alternative {n}") };
        let failed = |e: String| format!("{}, {which}: {e}", question.id);
        let query = checked(databases, sql).map_err(failed)?;
        let expected = expect_on(databases, &query, question.ordered, &limits());
        results.push(expected.map_err(|e| failed(e.to_string()))?);
        tables = if n == 0 { features::tables(query.query()).len() } else { tables };
    }
    Ok((results, tables))
}

/// More about a miss.
enum Detail {
    Reason(String),
    Difference(Difference),
}

fn miss(question: &Question, reply: Reply, fault: Fault, detail: Option<Detail>) -> Miss {
    let (reason, difference) = match detail {
        Some(Detail::Reason(reason)) => (Some(reason), None),
        Some(Detail::Difference(difference)) => (None, Some(difference)),
        None => (reply.reason, None),
    };
    Miss {
        id: question.id.clone(),
        question: question.question.clone(),
        difficulty: question.difficulty.clone(),
        tags: question.tags.clone(),
        expected: question.sql.clone(),
        got: reply.sql,
        status: reply.status,
        confidence: reply.confidence,
        fault,
        reason,
        difference,
    }
}

/// The query, if it may run.
fn checked(databases: &[Image], sql: &str) -> std::result::Result<VerifiedQuery, String> {
    let catalog = databases[0].catalog();
    verify(sql, catalog, &Default::default()).map_err(|report| {
        let first = report.diagnostics.first();
        first.map_or_else(|| "it does not pass validation".to_owned(), |d| format!("{}: {}", d.code, d.message))
    })
}

fn run(image: &Image, query: &VerifiedQuery) -> std::result::Result<Rows, String> {
    match image.with(|database| database::run(database, query, &limits())) {
        Ok(Ok(rows)) if rows.truncated => Err("it returns more than can be compared".to_owned()),
        Ok(rows) => rows.map_err(|e| e.to_string()),
        Err(e) => Err(e.to_string()),
    }
}

fn run_everywhere(databases: &[Image], query: &VerifiedQuery) -> std::result::Result<Vec<Rows>, String> {
    databases.iter().map(|image| run(image, query)).collect()
}

/// `work(0)` to `work(count - 1)` on several threads, results in order.
pub fn in_parallel<T: Send>(count: usize, threads: usize, work: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let found: Mutex<Vec<(usize, T)>> = Mutex::new(Vec::with_capacity(count));
    let worker = || {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            if i >= count {
                return;
            }
            let result = work(i);
            found.lock().unwrap_or_else(PoisonError::into_inner).push((i, result));
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.clamp(1, count.max(1)) {
            scope.spawn(worker);
        }
        worker();
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(i, _)| *i);
    found.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parallel_results_stand_in_order() {
        for threads in [1, 2, 7] {
            assert_eq!(in_parallel(50, threads, &|i| i * i), (0..50).map(|i| i * i).collect::<Vec<_>>());
        }
        assert!(in_parallel(0, 2, &|i| i).is_empty());
    }
}
