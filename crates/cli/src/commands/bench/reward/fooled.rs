//! How many wrong queries earn as much as the right one. A query is wrong where its rows are, on one of twenty databases
//! that rewards never see.

use std::collections::{BTreeMap, HashSet};
use std::sync::OnceLock;

use database::{Image, Limits};
use judge::reward::{Profile, Settings, is_right, reward};
use judge::{Expected, expect, judge};
use sql::{Options, VerifiedQuery, verify};
use train::evaluate::{in_parallel, limits};

use super::adversaries::{Adversary, adversaries};
use super::{Args, Docket, Ground, Measured};
use crate::commands::bench::{Even, Figure};
use crate::commands::eval::databases;
use crate::context::Context;
use crate::exit::Failure;

/// Databases that say what is wrong.
const FURTHER: usize = 20;
/// Seed of the first of them.
const FURTHER_SEED: u64 = 5_000;
/// How many are looked for of each question beside its even share: of simple questions there are fewer.
const MARGIN: f64 = 1.15;
/// Completions that are made for each that is looked for: some are right, some cannot be run.
const SPARE: usize = 2;
/// Steps that a query may take on a further database.
const STEPS: u64 = 5_000_000;
/// Deceptions that are shown.
const SHOWN: usize = 60;

/// Counts.
pub(super) fn measure(ground: &Ground<'_>, wanted: usize, args: &Args, context: &Context) -> Measured {
    let further = further(ground)?;
    let share = (MARGIN * wanted as f64 / ground.dockets.len() as f64).ceil() as usize;
    let threads = usize::from(args.threads);
    let looked = in_parallel(ground.dockets.len(), threads, &|i| {
        let mut even = Even::of(args.seed, i as u64);
        Trials::of(&Questioner::new(ground, i, &further, args.witnesses), share, &mut even)
    });
    let mut sum = Trials::default();
    looked.into_iter().for_each(|trials| sum.add(trials));
    for line in sum.passed.iter().take(SHOWN).chain(sum.refused.iter().take(SHOWN)) {
        context.note(line);
    }
    Ok(sum.figures(further.len()))
}

fn further(ground: &Ground<'_>) -> Result<Vec<Image>, Failure> {
    let mut images = vec![];
    for round in 0.. {
        images.extend(databases(ground.pack, FURTHER_SEED + 10 * round)?);
        if images.len() >= FURTHER {
            break;
        }
    }
    images.truncate(FURTHER);
    Ok(images)
}

/// What was found of one question, or of all.
#[derive(Default)]
struct Trials {
    wrong: usize,
    /// Those whose rows are right on every database of the reward.
    passed: Vec<String>,
    /// Those that earn at least what the reference does, under `seed`.
    passed_seed: usize,
    /// The highest reward of one that is not right.
    highest: f64,
    /// Wrong ones, and those that passed, by how they were made.
    by_kind: BTreeMap<&'static str, (usize, usize)>,
    /// Those that are right on every further database, and those of them that are not rewarded as right.
    right: usize,
    refused: Vec<String>,
    /// Those that cannot be run.
    left_out: usize,
}

/// A completion's rewards, and whether its rows are wrong on a further database.
struct Earned {
    kind: &'static str,
    is_wrong: bool,
    execution: f64,
    seed: f64,
    line: String,
}

impl Trials {
    /// Looks at completions of one question until so many were wrong.
    fn of(questioner: &Questioner<'_>, share: usize, even: &mut Even) -> Trials {
        let Questioner { ground, docket, .. } = questioner;
        let others: Vec<&Docket> = (1..4).map(|_| &ground.dockets[even.below(ground.dockets.len())]).collect();
        let made = adversaries(docket, &ground.pack.catalog, &others, SPARE * share, even);
        let (_, right) = questioner.earned(&docket.text);
        let (mut trials, mut seen) = (Trials::default(), HashSet::new());
        for adversary in made.iter().filter(|one| seen.insert(one.text.as_str())) {
            if trials.wrong >= share {
                break;
            }
            match questioner.look(adversary) {
                Some(earned) => trials.count(earned, right),
                None => trials.left_out += 1,
            }
        }
        trials
    }

    fn count(&mut self, earned: Earned, right: f64) {
        if !earned.is_wrong {
            self.right += 1;
            if !is_right(earned.execution) {
                self.refused.push(earned.line);
            }
            return;
        }
        self.wrong += 1;
        let kind = self.by_kind.entry(earned.kind).or_default();
        kind.0 += 1;
        self.passed_seed += usize::from(earned.seed >= right);
        if is_right(earned.execution) {
            kind.1 += 1;
            self.passed.push(earned.line);
        } else {
            self.highest = self.highest.max(earned.execution);
        }
    }

    fn add(&mut self, other: Trials) {
        self.wrong += other.wrong;
        self.passed.extend(other.passed);
        self.passed_seed += other.passed_seed;
        self.highest = self.highest.max(other.highest);
        self.left_out += other.left_out;
        self.right += other.right;
        self.refused.extend(other.refused);
        for (kind, (wrong, passed)) in other.by_kind {
            let sum = self.by_kind.entry(kind).or_default();
            *sum = (sum.0 + wrong, sum.1 + passed);
        }
    }

    fn figures(&self, databases: usize) -> Vec<Figure> {
        let of = |name: &str, value: f64| Figure::new(format!("reward.{name}"), value, "");
        let per = 100_000.0 / self.wrong.max(1) as f64;
        let mut figures = vec![
            of("further databases", databases as f64),
            of("wrong queries", self.wrong as f64),
            of("earn what the right one does, execution", self.passed.len() as f64),
            of("earn what the right one does, execution, of 100,000", self.passed.len() as f64 * per),
            of("earn what the right one does, seed", self.passed_seed as f64),
            of("earn what the right one does, seed, of 100,000", self.passed_seed as f64 * per),
            of("highest reward of the others, execution", self.highest),
            of("left out: cannot be run", self.left_out as f64),
            of("right on every further database", self.right as f64),
            of("right on every further database and not rewarded so", self.refused.len() as f64),
        ];
        for (kind, (wrong, passed)) in &self.by_kind {
            figures.push(of(&format!("wrong by {kind}"), *wrong as f64));
            figures.push(of(&format!("of them passed: {kind}"), *passed as f64));
        }
        figures
    }
}

/// Limits of a query that nothing is known of.
fn bounded() -> Limits {
    Limits { max_steps: Some(STEPS), ..limits() }
}

/// Looks at completions of one question.
struct Questioner<'a> {
    ground: &'a Ground<'a>,
    docket: &'a Docket,
    further: &'a [Image],
    witnesses: u16,
    /// What each right query returns on each further database.
    expected: Vec<Vec<OnceLock<Option<Expected>>>>,
}

impl<'a> Questioner<'a> {
    fn new(ground: &'a Ground<'a>, number: usize, further: &'a [Image], witnesses: u16) -> Self {
        let docket = &ground.dockets[number];
        let of_one = |_| further.iter().map(|_| OnceLock::new()).collect();
        Questioner { ground, docket, further, witnesses, expected: docket.right.iter().map(of_one).collect() }
    }

    /// What a completion earns, if it can be run.
    fn look(&self, adversary: &Adversary) -> Option<Earned> {
        let text = &adversary.text;
        let sql = text.rsplit_once("</think>").map_or(text.as_str(), |(_, sql)| sql);
        let query = verify(sql, &self.ground.pack.catalog, &Options::default()).ok()?;
        let is_wrong = (0..self.expected.len()).all(|right| self.differs(&query, right));
        let (execution, seed) = self.earned(text);
        let Adversary { kind, detail, .. } = adversary;
        let line = match (is_wrong, is_right(execution)) {
            (true, false) | (false, true) => String::new(),
            (true, true) => format!("passed ({kind}, {detail})"),
            (false, false) => format!("refused ({kind}, {detail})"),
        };
        let line = format!("{line} of {}: {}", self.docket.question.id, sql.replace('\n', " "));
        Some(Earned { kind, is_wrong, execution, seed, line })
    }

    /// Whether one of the further databases tells a query from one of the right ones. What does not run there is not told.
    fn differs(&self, query: &VerifiedQuery, right: usize) -> bool {
        (0..self.further.len()).any(|at| {
            let expected = self.expected[right][at].get_or_init(|| self.expect(right, at));
            let told = |expected: &Expected| {
                let verdict = self.further[at].with(|database| judge(database, query, expected, &bounded()));
                verdict.ok().flatten().is_some_and(|verdict| !verdict.is_same())
            };
            expected.as_ref().is_some_and(told)
        })
    }

    fn expect(&self, right: usize, at: usize) -> Option<Expected> {
        let (query, in_order) = (&self.docket.right[right], self.docket.question.ordered);
        self.further[at].with(|database| expect(database, query, in_order, &limits()).ok()).ok().flatten()
    }

    /// Under `execution`, and under `seed`.
    fn earned(&self, text: &str) -> (f64, f64) {
        let court = self.ground.court(self.witnesses);
        let options = Options { question: Some(&self.docket.question.question), ..self.ground.pack.validation() };
        let trial = court.text(&self.docket.case, text, &options);
        let under = |profile| reward(&trial, &Settings { profile, ..Settings::default() });
        (under(Profile::Execution), under(Profile::Seed))
    }
}
