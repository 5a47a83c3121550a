//! Rewritten queries: whether the rows are the same, and whether they come sooner.
//!
//! * [`roundabout`]: queries that say things in a roundabout way, drawn from a catalog.
//!
//! Queries are those of question files, synthesised ones, even walks of the matcher, and roundabout ones until enough that
//! return rows were rewritten. Each is rewritten as far as it goes, with no regard to speed, and compared on three databases and on one made for
//! it. Those that take long enough are then improved as `glrl optimise` does, and what that suggests is timed again.

mod roundabout;

use std::collections::{BTreeMap, BTreeSet};

use answer::query_generator::MAX_LEXEMES;
use database::timing::SLOWER;
use database::{Database, Image, Limits, RunError, side_by_side};
use judge::improve::{Trials, improve, stored_days};
use judge::reward::ready;
use judge::reward::witness::witness;
use judge::{Verdict, same_rows};
use sql::canonical::{fill_from, text};
use sql::matcher::Matcher;
use sql::matcher::walk::walk;
use schema::ColumnId;
use sql::optimise::days::days_asked;
use sql::optimise::{Ground, REWRITES, left_open, may_cut_ties, steps};
use sql::{Options, VerifiedQuery, verify};
use train::evaluate::in_parallel;
use train::synth::studio::Workshop;

use super::corpus::asked;
use super::policies::synthesised;
use super::{Args, Even, Figure, Measured, quantile, walks};
use crate::commands::eval::{FILL_SEED, TODAY, databases, fixed_day};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use roundabout::Samples;

/// Synthesised questions, and walks, whose queries are looked at.
const SYNTHESISED: usize = 2_000;
const WALKS: usize = 2_000;
/// Roundabout queries that are drawn at a time, and how often at most.
const DRAWN: usize = 2_000;
const ROUNDS: u64 = 20;
/// Steps that a query may take.
const STEPS: u64 = 1_000_000;
/// Unequal pairs that are shown.
const SHOWN: usize = 10;
/// Queries that take less are not timed: milliseconds.
const SHORTEST: f64 = 1.0;
/// Queries that are timed, and runs of each.
const TIMED: usize = 120;
const RUNS: usize = 5;

/// What one query came to.
enum Outcome {
    /// It is not read, or nothing can be rewritten.
    Untouched,
    /// What it returns depends on the order in which rows are found, or it may fail on a row.
    Open,
    /// It did not come to its end anywhere.
    Failed,
    /// The LIMIT cuts through more tied rows than are compared.
    Ties,
    /// The rows are the same, on so many databases; on none of them is there a row.
    Same { uses: Vec<&'static str>, databases: usize, is_empty: bool },
    Different(String),
}

#[derive(Default)]
struct Tally {
    queries: usize,
    rewritten: usize,
    open: usize,
    failed: usize,
    ties: usize,
    empty: usize,
    comparisons: usize,
    uses: BTreeMap<&'static str, usize>,
    different: Vec<String>,
    /// Queries whose rows were the same, to be timed.
    same: Vec<String>,
}

/// Compares, then times.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let pack = context.pack()?;
    let whole = databases(&pack, FILL_SEED)?;
    let images = ready(whole.clone());
    let scene = Scene::new(&pack.files.schema, &images)?;
    let threads = usize::from(args.threads);
    let workshop = Workshop::new(&pack, whole, fixed_day(TODAY)?).map_err(Failure::data)?;
    let mut texts = asked(args, &pack)?;
    texts.extend(synthesised(&workshop, SYNTHESISED, args.seed, threads));
    texts.extend(walked(&walks::Ground::new(&pack)?, args.seed));
    let mut tally = Tally::default();
    tally.add_all(&scene, &texts, threads);
    let samples = images[0].with(Samples::of).map_err(broken)?;
    for round in 0..ROUNDS {
        if tally.rewritten - tally.empty >= args.count(10_000) {
            break;
        }
        let number = |i: usize| round * DRAWN as u64 + i as u64;
        let texts: Vec<String> =
            (0..DRAWN).map(|i| roundabout::query(&pack.catalog, &samples, &mut Even::of(args.seed, number(i)))).collect();
        tally.add_all(&scene, &texts, threads);
        context.note(format_args!("{} queries, {} rewritten", tally.queries, tally.rewritten));
    }
    tally.different.iter().take(SHOWN).for_each(|told| context.note(told));
    let mut figures = tally.figures();
    let timed = images[images.len() - 1].with(|database| scene.timed(database, &tally.same, context));
    figures.extend(timed.map_err(broken)?);
    Ok(figures)
}

fn broken(message: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, "internal", message)
}

/// The queries of even walks.
fn walked(ground: &walks::Ground<'_>, seed: u64) -> Vec<String> {
    let (catalog, lexicon) = (&ground.pack.catalog, &ground.vocabulary.lexicon);
    let walk = |index: usize| {
        let mut even = Even::of(seed, index as u64);
        let mut matcher = Matcher::new(&ground.grammar, &ground.slots, MAX_LEXEMES);
        let lexemes = walk(&mut matcher, &mut |n| even.below(n));
        text(&lexemes, catalog, lexicon, &fill_from(&ground.question, &[]), TODAY).ok()
    };
    (0..WALKS).filter_map(walk).collect()
}

fn limits() -> Limits {
    Limits { max_rows: 200_000, max_steps: Some(STEPS), ..Limits::default() }
}

/// Where queries are compared.
struct Scene<'a> {
    script: &'a str,
    /// Two small ones and one whole.
    images: &'a [Image],
    /// Columns that hold days in all of them.
    days: BTreeSet<ColumnId>,
}

impl<'a> Scene<'a> {
    fn new(script: &'a str, images: &'a [Image]) -> Result<Self, Failure> {
        let catalog = images[0].catalog();
        let mut days: BTreeSet<ColumnId> = catalog.table_ids().flat_map(|table| catalog.columns_of(table)).collect();
        for image in images {
            days = image.with(|database| stored_days(database, days, &limits())).map_err(broken)?;
        }
        Ok(Scene { script, images, days })
    }

    fn look(&self, sql: &str) -> Outcome {
        let catalog = self.images[0].catalog();
        let Ok(query) = verify(sql, catalog, &Options::default()) else { return Outcome::Untouched };
        let plain = Ground::new(catalog, self.script);
        if left_open(query.query(), &plain).is_some() {
            return Outcome::Open;
        }
        let mut images = self.images.to_vec();
        images.extend(witness(&self.images[0], query.query(), 0));
        let mut days = days_asked(query.query(), catalog);
        days.retain(|day| self.days.contains(day));
        // What is stored as days in one database may not be in another.
        for made in &images[self.images.len()..] {
            days = made.with(|database| stored_days(database, days, &limits())).unwrap_or_default();
        }
        let steps = steps(query.query(), &plain.with_days(days));
        let Some(last) = steps.last() else { return Outcome::Untouched };
        let became = sql::optimise::text(&last.query, catalog);
        let uses: Vec<&'static str> = steps.iter().map(|step| step.rewrite.name).collect();
        let Ok(rewritten) = verify(&became, catalog, &Options::default()) else {
            return Outcome::Different(format!("refused after {uses:?}\n{sql}\n{became}"));
        };
        let verdicts = images.iter().map(|image| compare(image, &query, &rewritten));
        let (mut databases, mut is_empty) = (0, true);
        for verdict in verdicts {
            match verdict {
                Ok(Verdict::Different(_)) if may_cut_ties(query.query(), &Ground::new(catalog, self.script)) => {
                    return Outcome::Ties;
                }
                Ok(Verdict::Different(how)) => {
                    return Outcome::Different(format!("{how:?} after {uses:?}\n{sql}\n{became}"));
                }
                Ok(verdict) => (databases, is_empty) = (databases + 1, is_empty && verdict == Verdict::SameEmpty),
                Err(Unfinished::Before) => {}
                Err(Unfinished::After(error)) => {
                    return Outcome::Different(format!("{error} after {uses:?}\n{sql}\n{became}"));
                }
            }
        }
        if databases == 0 { Outcome::Failed } else { Outcome::Same { uses, databases, is_empty } }
    }

    /// Improves queries that take long enough, and times what was suggested again.
    fn timed(&self, database: &Database, queries: &[String], context: &Context) -> Vec<Figure> {
        let mut timing = Timing::default();
        for sql in queries {
            if timing.gains.len() == TIMED {
                break;
            }
            let Ok(query) = verify(sql, database.catalog(), &Options::default()) else { continue };
            let alone = side_by_side((database, &query), (database, &query), RUNS, &limits());
            if alone.map_or(0.0, |times| times.before_ms) < SHORTEST {
                continue;
            }
            let ground = Ground::new(database.catalog(), self.script).with_days(self.days.iter().copied());
            timing.add(&query, &ground, database, context);
        }
        timing.figures()
    }
}

/// Which of the two queries did not come to its end.
enum Unfinished {
    Before,
    After(RunError),
}

fn compare(image: &Image, query: &VerifiedQuery, rewritten: &VerifiedQuery) -> Result<Verdict, Unfinished> {
    let compared = image.with(|database| {
        let in_order = !query.query().order_by.is_empty();
        let expected = judge::expect(database, query, in_order, &limits()).map_err(|_| Unfinished::Before)?;
        if expected.is_truncated() {
            return Err(Unfinished::Before);
        }
        // Rewriting must not make a query that ends one that does not, but it may take longer.
        let more = Limits { max_steps: Some(10 * STEPS), ..limits() };
        let given = database::run(database, rewritten, &more).map_err(Unfinished::After)?;
        Ok(same_rows(&expected, &given))
    });
    compared.unwrap_or(Err(Unfinished::Before))
}

impl Tally {
    fn add_all(&mut self, scene: &Scene<'_>, texts: &[String], threads: usize) {
        let outcomes = in_parallel(texts.len(), threads, &|i| scene.look(&texts[i]));
        for (sql, outcome) in texts.iter().zip(outcomes) {
            self.queries += 1;
            match outcome {
                Outcome::Untouched => {}
                Outcome::Open => self.open += 1,
                Outcome::Failed => self.failed += 1,
                Outcome::Ties => self.ties += 1,
                Outcome::Same { uses, databases, is_empty } => {
                    self.rewritten += 1;
                    self.comparisons += databases;
                    self.empty += usize::from(is_empty);
                    uses.into_iter().for_each(|name| *self.uses.entry(name).or_default() += 1);
                    self.same.push(sql.clone());
                }
                Outcome::Different(told) => {
                    self.rewritten += 1;
                    self.different.push(told);
                }
            }
        }
    }

    fn figures(&self) -> Vec<Figure> {
        let of = |name: &str, value: usize| Figure::new(format!("optimise.{name}"), value as f64, "");
        let mut figures = vec![
            of("queries", self.queries),
            of("rewritten queries", self.rewritten),
            of("rewritten queries with rows", self.rewritten - self.empty),
            of("rewritten queries with other rows", self.different.len()),
            of("comparisons of rows", self.comparisons),
            of("left alone: SQL leaves the rows open, or they may fail", self.open),
            of("not counted: not run to their end", self.failed),
            of("not counted: more tied rows at the LIMIT than are compared", self.ties),
        ];
        let uses = REWRITES.iter().map(|rewrite| (rewrite.name, self.uses.get(rewrite.name).copied().unwrap_or(0)));
        figures.extend(uses.map(|(name, count)| of(&format!("uses of {name}"), count)));
        figures
    }
}

/// What suggestions came to.
#[derive(Default)]
struct Timing {
    gains: Vec<f64>,
    slower: usize,
    kept: usize,
    dropped: usize,
}

impl Timing {
    fn add(&mut self, query: &VerifiedQuery, ground: &Ground<'_>, database: &Database, context: &Context) {
        let improved = improve(query, ground, Some(database), &Trials { limits: limits(), runs: RUNS });
        self.dropped += improved.dropped.len();
        let Some(last) = &improved.query else { return };
        self.kept += improved.kept.len();
        let Ok(times) = side_by_side((database, query), (database, last), 3 * RUNS, &limits()) else { return };
        self.gains.push(times.gain());
        if times.is_slower() {
            self.slower += 1;
            let [before, after] = [times.before_ms, times.after_ms];
            context.note(format_args!("slower: {after:.2} ms for {before:.2} ms\n{}\n{}", query.sql(), last.sql()));
        }
    }

    fn figures(mut self) -> Vec<Figure> {
        self.gains.sort_by(f64::total_cmp);
        let of = |name: &str, value: f64, unit| Figure::new(format!("optimise.{name}"), value, unit);
        let quicker = self.gains.iter().filter(|gain| **gain > SLOWER).count();
        vec![
            of("suggestions timed (queries of 1 ms and more)", self.gains.len() as f64, ""),
            of("suggestions slower than 1.1 times", self.slower as f64, ""),
            of("suggestions quicker than 1.1 times", quicker as f64, ""),
            of("steps suggested", self.kept as f64, ""),
            of("steps thrown away", self.dropped as f64, ""),
            of("gain.p10", quantile(&self.gains, 0.1), "times"),
            of("gain.p50", quantile(&self.gains, 0.5), "times"),
            of("gain.p90", quantile(&self.gains, 0.9), "times"),
            of("gain.largest", quantile(&self.gains, 1.0), "times"),
        ]
    }
}
