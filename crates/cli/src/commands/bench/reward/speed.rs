//! Rewards a second, from the text of a completion to its worth.

use std::collections::HashSet;
use std::time::Instant;

use database::{Limits, run};
use judge::mutants;
use judge::reward::{Court, Settings, is_right, reward};
use sql::print::readable;
use sql::{Options, verify};
use train::evaluate::{in_parallel, limits};

use super::{Args, Docket, Ground};
use crate::commands::bench::{Even, Figure, quantile};

/// Completions of one question, as many as GRPO draws: half of them may be right.
const GROUP: usize = 16;
/// Rewards that are measured without `--count`.
const COUNT: u32 = 10_000;
/// Steps that a plain execution may take: what the least query may in a reward.
const PLAIN_STEPS: u64 = 150_000;
/// A second has so many of the ticks in which the system counts a process's time.
const TICKS: f64 = 100.0;

/// Completions of one question.
type Group<'a> = (&'a Docket, Vec<String>);

/// What one reward took, in seconds.
#[derive(Clone, Copy)]
struct Took {
    whole: f64,
    is_right: bool,
}

/// What many took together.
struct Pass {
    took: Vec<Took>,
    seconds: f64,
    /// Of the processor, where the system tells.
    busy: Option<f64>,
}

/// Rewards a second and their times, on the databases that stand ready and with those that are made for each question;
/// and the same texts checked and run once, without any comparison.
pub(super) fn measure(ground: &Ground<'_>, args: &Args) -> Vec<Figure> {
    let (threads, groups) = (usize::from(args.threads), args.count(COUNT).div_ceil(GROUP));
    let mut even = Even::of(args.seed, 0);
    let drawn: Vec<Group<'_>> = (0..groups)
        .map(|_| {
            let docket = &ground.dockets[even.below(ground.dockets.len())];
            (docket, completions(docket, ground, &mut even))
        })
        .collect();
    // Databases are opened once a thread.
    in_parallel(threads * 4, threads, &|_| rewarded(&drawn[0], &ground.court(0), ground));
    let ready = pass(&drawn, threads, &|group| rewarded(group, &ground.court(0), ground));
    let plain = pass(&drawn, threads, &|group| plain(group, ground));
    let validation = pass(&drawn, threads, &|group| validated(group, ground));
    // A question's own databases are kept with it: asked twice, it would look cheaper than it is.
    let mut seen = HashSet::new();
    let first: Vec<Group<'_>> = drawn.into_iter().filter(|(docket, _)| seen.insert(&docket.question.id)).collect();
    let court = ground.court(args.witnesses);
    let witnessed = pass(&first, threads, &|group| rewarded(group, &court, ground));
    figures(ground, args.witnesses, threads as f64, [&ready, &witnessed, &plain, &validation])
}

/// All groups, on so many threads.
fn pass(groups: &[Group<'_>], threads: usize, work: &(dyn Fn(&Group<'_>) -> Vec<Took> + Sync)) -> Pass {
    let (began, busy) = (Instant::now(), processor());
    let took = in_parallel(groups.len(), threads, &|i| work(&groups[i])).concat();
    let busy = busy.and_then(|before| Some(processor()? - before));
    Pass { took, seconds: began.elapsed().as_secs_f64(), busy }
}

/// Seconds that this process has kept the processor busy: fields 14 and 15 of `/proc/self/stat`, past the program's name.
fn processor() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let ticks = text.rsplit(')').next()?.split_whitespace().skip(11).take(2).map(|field| field.parse::<f64>().ok());
    Some(ticks.collect::<Option<Vec<f64>>>()?.iter().sum::<f64>() / TICKS)
}

fn figures(
    ground: &Ground<'_>,
    witnesses: u16,
    threads: f64,
    [ready, witnessed, plain, validation]: [&Pass; 4],
) -> Vec<Figure> {
    let of = |name: &str, value: f64, unit| Figure::new(format!("reward.{name}"), value, unit);
    let mut figures =
        vec![of("questions", ground.dockets.len() as f64, ""), of("databases", ground.images.len() as f64, "")];
    figures.push(of("witnesses", f64::from(witnesses), ""));
    figures.extend(ready.figures("", threads));
    figures.extend(witnessed.figures(", with witnesses", threads));
    let each = |pass: &Pass| pass.busy.unwrap_or(pass.seconds) / pass.took.len() as f64;
    figures.push(of("plain execution on one database, by a reward's time", each(plain) / each(ready), ""));
    figures.push(of("validation, share of the time", 100.0 * each(validation) / each(ready), "%"));
    figures
}

impl Pass {
    /// Rewards a second as the clock says, and as the processor's time says, which does not depend on what else runs.
    fn figures(&self, with: &str, threads: f64) -> Vec<Figure> {
        let count = self.took.len() as f64;
        let mut whole: Vec<f64> = self.took.iter().map(|one| 1e3 * one.whole).collect();
        whole.sort_by(f64::total_cmp);
        let right = self.took.iter().filter(|one| one.is_right).count() as f64;
        let of = |name: &str, value: f64, unit| Figure::new(format!("reward.{name}{with}"), value, unit);
        let mut figures = vec![of("rewards", count / self.seconds, "rewards/s")];
        let alone = self.busy.filter(|busy| *busy > 0.0).map(|busy| count * threads / busy);
        figures.extend(alone.map(|value| of("rewards, by the processor's time", value, "rewards/s")));
        figures.extend(
            [(0.5, "p50"), (0.99, "p99"), (1.0, "longest")]
                .map(|(share, name)| of(name, quantile(&whole, share), "ms")),
        );
        figures.push(of("right", 100.0 * right / count, "%"));
        figures
    }
}

/// Completions of one question, all different: the reference and alternatives, then queries with one mistake.
fn completions(docket: &Docket, ground: &Ground<'_>, even: &mut Even) -> Vec<String> {
    let catalog = &ground.pack.catalog;
    let mut texts = vec![docket.text.clone()];
    texts.extend(docket.question.alternatives.iter().take(GROUP / 2 - 1).cloned());
    let mut wrong: Vec<_> = mutants(docket.reference.query(), catalog).collect();
    while texts.len() < GROUP && !wrong.is_empty() {
        let mutant = wrong.swap_remove(even.below(wrong.len()));
        let text = readable(&mutant.query, catalog);
        if verify(&text, catalog, &Options::default()).is_ok() && !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts
}

/// Rewards a group, completion by completion.
fn rewarded((docket, texts): &Group<'_>, court: &Court<'_>, ground: &Ground<'_>) -> Vec<Took> {
    let options = Options { question: Some(&docket.question.question), ..ground.pack.validation() };
    let settings = Settings::default();
    timed(texts, |text| is_right(reward(&court.text(&docket.case, text, &options), &settings)))
}

/// Checks completions and runs them on the first database alone.
fn plain((docket, texts): &Group<'_>, ground: &Ground<'_>) -> Vec<Took> {
    let options = Options { question: Some(&docket.question.question), ..ground.pack.validation() };
    let limits = Limits { max_steps: Some(PLAIN_STEPS), ..limits() };
    timed(texts, |text| {
        let query = verify(text, &ground.pack.catalog, &options).ok();
        query.is_some_and(|query| {
            ground.images[0].with(|database| run(database, &query, &limits).is_ok()).is_ok_and(|ran| ran)
        })
    })
}

/// Checks completions alone.
fn validated((docket, texts): &Group<'_>, ground: &Ground<'_>) -> Vec<Took> {
    let options = Options { question: Some(&docket.question.question), ..ground.pack.validation() };
    timed(texts, |text| verify(text, &ground.pack.catalog, &options).is_ok())
}

fn timed(texts: &[String], is_right: impl Fn(&str) -> bool) -> Vec<Took> {
    let one = |text: &String| {
        let began = Instant::now();
        let is_right = is_right(text);
        Took { whole: began.elapsed().as_secs_f64(), is_right }
    };
    texts.iter().map(one).collect()
}
