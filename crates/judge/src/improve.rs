//! A query improved: rewritten step by step, each step run beside the one before, and kept only where its rows are the same
//! and it is not slower.

use std::collections::BTreeSet;

use database::{Database, Limits, RunError, Times, run, side_by_side};
use schema::{ColumnId, Value};
use sql::optimise::days::other_than_days;
use sql::optimise::{Ground, Rewrite, Step, may_cut_ties, next, text};
use sql::{Options, VerifiedQuery, verify};

use crate::evaluate::expect;
use crate::same_answer::{Difference, Verdict, same_rows};

/// Steps that are tried, those that are thrown away included.
const MOST_STEPS: usize = 48;

/// How steps are tried.
#[derive(Debug, Clone)]
pub struct Trials {
    /// Limits of each run.
    pub limits: Limits,
    /// Runs of each query of a pair; none are timed where there are to be none.
    pub runs: usize,
}

/// A step that was kept.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What was done, and the query as it is then.
    pub step: Step,
    /// The times before and after it, where they were measured.
    pub times: Option<Times>,
}

/// A step that was thrown away.
#[derive(Debug)]
pub struct Dropped {
    /// What was done.
    pub rewrite: &'static Rewrite,
    /// The query as it was then.
    pub sql: String,
    /// Why it was thrown away.
    pub why: Why,
}

/// Why a step was thrown away.
#[derive(Debug)]
pub enum Why {
    /// The rows are not the same: a mistake of the rewrite.
    Rows(Difference),
    /// A LIMIT cuts through more tied rows than are compared, so that it cannot be told whether the rows are the same.
    Ties,
    /// The rewritten text is refused: a mistake of the rewrite.
    Refused,
    /// The query before it or after it did not come to its end.
    Unfinished(RunError),
    /// It is slower.
    Slower(Times),
}

impl Why {
    /// Whether a rewrite did what it must not.
    pub fn is_mistake(&self) -> bool {
        matches!(self, Why::Rows(_) | Why::Refused)
    }
}

/// What a query came to.
#[derive(Debug, Default)]
pub struct Improved {
    /// The steps that were kept, in order.
    pub kept: Vec<Kept>,
    /// Those that were not.
    pub dropped: Vec<Dropped>,
    /// The last query with its check, where any step was kept.
    pub query: Option<VerifiedQuery>,
    /// The comparison of the rows of the first and the last, where both were run.
    pub verdict: Option<Verdict>,
    /// The times of the first and the last, where they were measured.
    pub times: Option<Times>,
}

/// Rewrites a query, and runs each step on the database where there is one.
pub fn improve(query: &VerifiedQuery, ground: &Ground<'_>, database: Option<&Database>, trials: &Trials) -> Improved {
    let mut improved = Improved::default();
    let mut barred: Vec<&'static str> = vec![];
    for _ in 0..MOST_STEPS {
        let now = improved.kept.last().map_or(query.query(), |kept| &kept.step.query);
        let Some(step) = next(now, ground, &|rewrite| !barred.contains(&rewrite.name)) else { break };
        let before = improved.query.as_ref().unwrap_or(query);
        let sql = text(&step.query, ground.catalog);
        match tried((query, before), &sql, ground, database, trials) {
            Ok((verified, verdict, times)) => {
                improved.verdict = verdict;
                improved.kept.push(Kept { step, times });
                improved.query = Some(verified);
            }
            Err(why) => {
                barred.push(step.rewrite.name);
                improved.dropped.push(Dropped { rewrite: step.rewrite, sql, why });
            }
        }
    }
    if let Some(database) = database {
        improved.compare_ends(query, database, trials);
    }
    improved
}

type Passed = (VerifiedQuery, Option<Verdict>, Option<Times>);

/// Checks the text of a step, and runs it beside the query before it, its rows beside those of the first.
fn tried(
    (first, before): (&VerifiedQuery, &VerifiedQuery),
    sql: &str,
    ground: &Ground<'_>,
    database: Option<&Database>,
    trials: &Trials,
) -> Result<Passed, Why> {
    let verified = verify(sql, ground.catalog, &Options::default()).map_err(|_| Why::Refused)?;
    let Some(database) = database else { return Ok((verified, None, None)) };
    let verdict = same(database, first, &verified, &trials.limits).map_err(Why::Unfinished)?;
    if let Verdict::Different(difference) = verdict {
        return Err(if may_cut_ties(first.query(), ground) { Why::Ties } else { Why::Rows(difference) });
    }
    if trials.runs == 0 {
        return Ok((verified, Some(verdict), None));
    }
    let times = side_by_side((database, before), (database, &verified), trials.runs, &trials.limits);
    let times = times.map_err(Why::Unfinished)?;
    if times.may_be_suggested() { Ok((verified, Some(verdict), Some(times))) } else { Err(Why::Slower(times)) }
}

/// Compares the rows of a query with those of what it became.
///
/// # Errors
/// When either does not run.
pub fn same(
    database: &Database,
    query: &VerifiedQuery,
    became: &VerifiedQuery,
    limits: &Limits,
) -> Result<Verdict, RunError> {
    let expected = expect(database, query, !query.query().order_by.is_empty(), limits)?;
    Ok(same_rows(&expected, &run(database, became, limits)?))
}

impl Improved {
    /// Times the first query beside the last: steps that are each a little slower may together be too slow.
    fn compare_ends(&mut self, first: &VerifiedQuery, database: &Database, trials: &Trials) {
        let Some(last) = self.query.as_ref().filter(|_| trials.runs > 0) else { return };
        let Ok(times) = side_by_side((database, first), (database, last), trials.runs, &trials.limits) else { return };
        if !times.may_be_suggested() {
            let sql = last.sql().to_owned();
            let dropped = self.kept.drain(..).map(|kept| Dropped {
                rewrite: kept.step.rewrite,
                sql: sql.clone(),
                why: Why::Slower(times),
            });
            self.dropped.extend(dropped);
            (self.query, self.verdict, self.times) = (None, None, None);
        } else {
            self.times = Some(times);
        }
    }
}

/// Those of some columns whose values are all stored as days.
pub fn stored_days(
    database: &Database,
    columns: impl IntoIterator<Item = ColumnId>,
    limits: &Limits,
) -> BTreeSet<ColumnId> {
    let catalog = database.catalog();
    let holds = |column: &ColumnId| {
        let asked = verify(&other_than_days(*column, catalog), catalog, &Options::default()).ok();
        let rows = asked.and_then(|asked| run(database, &asked, limits).ok());
        rows.is_some_and(|rows| rows.rows == [[Value::Integer(0)]])
    };
    columns.into_iter().filter(holds).collect()
}
