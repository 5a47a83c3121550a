//! Policies: a query rewritten for a user returns the rows that it returns of a copy of the database with the other rows
//! deleted and the hidden columns dropped.

mod random;
mod stars;

use std::collections::BTreeSet;
use std::convert::Infallible;

use database::{Database, Image, Limits, RunError, Rows, run};
use judge::{Expected, expect, same_rows};
use schema::{Catalog, TableId};
use sql::visit::each_select;
use sql::{Options, VerifiedQuery, verify, verify_for};
use train::synth::generate::{Amount, generate};
use train::synth::split::Split;
use train::synth::studio::Workshop;

use super::{Args, Even, Figure, Measured};
use crate::commands::eval::{FILL_SEED, TODAY, databases, fixed_day};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use random::Drawn;

/// Queries that are asked under one policy.
const PAIRS_A_POLICY: usize = 25;
/// Queries drawn at most for those.
const DRAWS_A_POLICY: usize = 400;
/// Unequal pairs that are shown.
const SHOWN: usize = 10;

/// What pairs came to.
#[derive(Default)]
struct Tally {
    policies: usize,
    pairs: usize,
    empty: usize,
    changed: usize,
    unequal: usize,
    refused: usize,
    open: usize,
    failed: usize,
    shown: Vec<String>,
}

/// What one pair came to.
enum Outcome {
    /// The policy has nothing to do with the query.
    Untouched,
    /// The query names a hidden column; the copy does not have it either.
    Refused,
    /// Equal; whether there was no row, and whether the rows are others without the policy.
    Equal { is_empty: bool, is_changed: bool },
    /// SQL leaves open what the query returns: another copy with the same rows answers otherwise.
    Open,
    /// Neither side came to an end within its limits.
    Failed,
    Unequal(String),
}

/// A policy with the databases it is compared on.
struct Ground<'a> {
    catalog: &'a Catalog,
    drawn: Drawn,
    whole: Image,
    copy: Image,
    shuffled: Image,
}

/// Compares random queries under random policies.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let pack = context.pack()?;
    let images = databases(&pack, FILL_SEED)?;
    let workshop = Workshop::new(&pack, images, fixed_day(TODAY)?).map_err(Failure::data)?;
    let (count, threads) = (args.count(10_000), usize::from(args.threads));
    let queries = synthesised(&workshop, count.div_ceil(4), args.seed, threads);
    let work = |first: usize| {
        let mut tally = Tally::default();
        for number in (first..).step_by(threads) {
            if tally.pairs >= count.div_ceil(threads) {
                break;
            }
            let mut even = Even::of(args.seed, number as u64);
            let image = &workshop.images[number % workshop.images.len()];
            tally.policy(&Ground::new(image, &pack.catalog, &mut even)?, &queries, &mut even);
        }
        Ok::<_, Failure>(tally)
    };
    let work = &work;
    let total = std::thread::scope(|scope| {
        let started: Vec<_> = (0..threads).map(|first| scope.spawn(move || work(first))).collect();
        let joined = started.into_iter().map(|thread| thread.join().map_err(|_| broken("a comparison broke off"))?);
        joined.collect::<Result<Vec<_>, Failure>>()
    })?;
    let total = total.into_iter().fold(Tally::default(), Tally::merged);
    total.shown.iter().for_each(|pair| context.note(pair));
    Ok(total.figures())
}

fn broken(message: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, "internal", message)
}

/// Queries of synthesis, each once.
pub(super) fn synthesised(workshop: &Workshop<'_>, count: usize, seed: u64, threads: usize) -> Vec<String> {
    let studios = workshop.studios(Split::Test);
    let amount = Amount { questions: count, voices: 1, seed, threads };
    let mut queries = BTreeSet::new();
    let made = generate(&studios, Split::Test, amount, &mut |example| {
        queries.extend(example.sql);
        Ok::<(), Infallible>(())
    });
    let Ok(_) = made;
    queries.into_iter().collect()
}

impl<'a> Ground<'a> {
    fn new(image: &Image, catalog: &'a Catalog, even: &mut Even) -> Result<Self, Failure> {
        let drawn = image.with(|db| random::policy(db, catalog, even)).map_err(broken)?.map_err(broken)?;
        let copy = |script: &str| image.changed(script, drawn.access.policy().visible());
        let wrong = |e| broken(format_args!("{e} in\n{}", drawn.script));
        let (whole, copied) = (image.clone(), copy(&drawn.script).map_err(wrong)?);
        let shuffled = copy(&(drawn.script.clone() + &random::shuffle(&drawn, catalog))).map_err(wrong)?;
        Ok(Ground { catalog, drawn, whole, copy: copied, shuffled })
    }

    fn compare(&self, text: &str) -> Outcome {
        let visible = self.drawn.access.policy().visible();
        let reference = verify(text, visible, &Options::default());
        let rewritten = verify_for(text, self.catalog, &Options::default(), &self.drawn.access);
        let (reference, rewritten) = match (reference, rewritten) {
            (Ok(reference), Ok(rewritten)) => (reference, rewritten),
            (_, Err(_)) => return Outcome::Refused,
            (Err(_), Ok(rewritten)) => return Outcome::Unequal(format!("not refused\n{text}\n{}", rewritten.sql())),
        };
        if !self.is_touched(&reference) {
            return Outcome::Untouched;
        }
        let expected = self.expected(&self.copy, &reference);
        let given = with(&self.whole, |db| run(db, &rewritten, &limits()));
        match (expected, given) {
            (Ok(expected), Ok(given)) if same_rows(&expected, &given).is_same() => {
                Outcome::Equal { is_empty: given.rows.is_empty(), is_changed: self.is_changed(text, &expected) }
            }
            (Err(_), Err(_)) => Outcome::Failed,
            (Ok(expected), _) if self.is_open(&reference, &expected) => Outcome::Open,
            (expected, given) => Outcome::Unequal(self.told(text, &rewritten, expected, given)),
        }
    }

    fn expected(&self, image: &Image, reference: &VerifiedQuery) -> Result<Expected, RunError> {
        let in_order = !reference.query().order_by.is_empty();
        with(image, |db| expect(db, reference, in_order, &limits()))
    }

    /// Whether the policy makes a difference to what a query returns.
    fn is_changed(&self, text: &str, expected: &Expected) -> bool {
        let Ok(query) = verify(text, self.catalog, &Options::default()) else { return false };
        with(&self.whole, |db| run(db, &query, &limits())).is_ok_and(|rows| !same_rows(expected, &rows).is_same())
    }

    /// Whether a copy with the same rows in another order answers otherwise.
    fn is_open(&self, reference: &VerifiedQuery, expected: &Expected) -> bool {
        let other = with(&self.shuffled, |db| run(db, reference, &limits()));
        other.is_ok_and(|other| !same_rows(expected, &other).is_same())
    }

    fn is_touched(&self, query: &VerifiedQuery) -> bool {
        let mut touched = false;
        each_select(query.query(), &mut |select| {
            let tables: Vec<TableId> = select.from.iter().filter_map(|source| source.table_id()).collect();
            touched |= tables.iter().any(|table| self.drawn.tables.contains(table));
        });
        touched
    }

    fn told(
        &self,
        text: &str,
        rewritten: &VerifiedQuery,
        expected: Result<Expected, RunError>,
        given: Result<Rows, RunError>,
    ) -> String {
        let rows = |found: Result<usize, String>| found.map_or_else(|e| e, |rows| format!("{rows} rows"));
        let expected = rows(expected.map(|e| e.len()).map_err(|e| e.to_string()));
        let given = rows(given.map(|g| g.rows.len()).map_err(|e| e.to_string()));
        format!("unequal: {expected} expected, {given} given\n{text}\n{}\n{}", rewritten.sql(), self.drawn.script)
    }
}

fn limits() -> Limits {
    Limits { max_rows: 100_000, ..Limits::default() }
}

fn with<T>(image: &Image, work: impl FnOnce(&Database) -> Result<T, RunError>) -> Result<T, RunError> {
    image.with(work).unwrap_or_else(|error| Err(RunError::Vanished { reason: error.to_string() }))
}

impl Tally {
    fn policy(&mut self, ground: &Ground<'_>, queries: &[String], even: &mut Even) {
        self.policies += 1;
        let mut left = PAIRS_A_POLICY;
        for _ in 0..DRAWS_A_POLICY {
            if left == 0 {
                break;
            }
            let text = stars::query(ground.catalog, ground.drawn.access.policy().visible(), queries, even);
            left -= usize::from(self.add(ground.compare(&text)));
        }
    }

    /// Counts an outcome; whether it is a pair.
    fn add(&mut self, outcome: Outcome) -> bool {
        match outcome {
            Outcome::Untouched => return false,
            Outcome::Refused => self.refused += 1,
            Outcome::Open => self.open += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Equal { is_empty, is_changed } => {
                self.pairs += 1;
                self.empty += usize::from(is_empty);
                self.changed += usize::from(is_changed);
                return true;
            }
            Outcome::Unequal(told) => {
                self.pairs += 1;
                self.unequal += 1;
                self.shown.push(told);
                self.shown.truncate(SHOWN);
                return true;
            }
        }
        false
    }

    fn merged(mut self, other: Tally) -> Tally {
        self.policies += other.policies;
        self.pairs += other.pairs;
        self.empty += other.empty;
        self.changed += other.changed;
        self.unequal += other.unequal;
        self.refused += other.refused;
        self.open += other.open;
        self.failed += other.failed;
        self.shown.extend(other.shown);
        self.shown.truncate(SHOWN);
        self
    }

    fn figures(&self) -> Vec<Figure> {
        let figures = [
            ("pairs", self.pairs),
            ("unequal", self.unequal),
            ("policies", self.policies),
            ("pairs whose rows the policy changes", self.changed),
            ("pairs without rows", self.empty),
            ("not counted: a hidden column is named", self.refused),
            ("not counted: SQL leaves the rows open", self.open),
            ("not counted: out of time on both sides", self.failed),
        ];
        figures.map(|(name, n)| Figure::new(format!("policies.{name}"), n as f64, "")).into()
    }
}
