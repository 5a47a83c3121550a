//! Every acceptance figure with its target, measured by the command that it names: one file a subject, one entry a figure.
//!
//! * [`build`]: the lock file, a clean build, the first answer of a fresh process.
//! * [`network`]: training and decoding, beside peers where there are some.
//! * [`matcher`]: walks and masks.
//! * [`answers`]: speed and sameness of answers.
//! * [`accuracy`]: how many questions are answered rightly.
//! * [`synthesis`]: made questions.
//! * [`sql`]: names, lineage and validation.
//! * [`optimise`]: queries rewritten.
//! * [`dialects`]: queries in other engines' words.
//! * [`rewards`]: what completions are worth.
//! * [`card`]: the shipped weights and their model card.
//! * [`safety`]: policies and hostile statements.
//! * [`servers`]: PostgreSQL and MariaDB: the same rows, and nothing but rows.
//! * [`grpo`]: learning from the rows of a model's own answers; [`crashes`]: runs that are killed.
//! * [`service`]: questions over HTTP; [`caches`]: answers that instances share; [`load`]: what it bears; [`monitoring`]: what it
//!   tells of itself, and what changes while it runs.
//! * [`fuzzing`]: inputs that nobody thought of.

mod accuracy;
mod answers;
mod build;
mod caches;
mod card;
mod crashes;
mod dialects;
mod explain;
mod fuzzing;
mod grpo;
mod load;
mod matcher;
mod monitoring;
mod network;
mod optimise;
mod rewards;
mod runs;
mod safety;
mod servers;
mod service;
mod sql;
mod synthesis;

use crate::tools::{cargo, run};
use Target::{AtLeast, Is, Shown, Under};
pub use runs::EXAMPLES;
use runs::Runs;

/// What a figure has to be.
#[derive(Clone, Copy)]
enum Target {
    /// Less than this.
    Under(f64),
    /// At least this.
    AtLeast(f64),
    /// Exactly this.
    Is(f64),
    /// Printed for information.
    Shown,
}

type Measure = fn(&mut Runs) -> Result<f64, String>;

/// One line of the table.
struct Figure {
    /// What is measured.
    what: &'static str,
    target: Target,
    unit: &'static str,
    /// Whether it takes minutes.
    is_slow: bool,
    measure: Measure,
}

const fn quick(what: &'static str, target: Target, unit: &'static str, measure: Measure) -> Figure {
    Figure { what, target, unit, is_slow: false, measure }
}

const fn slow(what: &'static str, target: Target, unit: &'static str, measure: Measure) -> Figure {
    Figure { what, target, unit, is_slow: true, measure }
}

/// Figures of one subject.
struct Subject {
    name: &'static str,
    figures: &'static [Figure],
}

const SUBJECTS: &[Subject] = &[
    Subject { name: "build", figures: build::FIGURES },
    Subject { name: "network", figures: network::FIGURES },
    Subject { name: "matcher", figures: matcher::FIGURES },
    Subject { name: "answers", figures: answers::FIGURES },
    Subject { name: "accuracy", figures: accuracy::FIGURES },
    Subject { name: "synthesis", figures: synthesis::FIGURES },
    Subject { name: "sql", figures: sql::FIGURES },
    Subject { name: "dialects", figures: dialects::FIGURES },
    Subject { name: "explain", figures: explain::FIGURES },
    Subject { name: "optimise", figures: optimise::FIGURES },
    Subject { name: "rewards", figures: rewards::FIGURES },
    Subject { name: "card", figures: card::FIGURES },
    Subject { name: "safety", figures: safety::FIGURES },
    Subject { name: "servers", figures: servers::FIGURES },
    Subject { name: "grpo", figures: grpo::FIGURES },
    Subject { name: "service", figures: service::FIGURES },
    Subject { name: "caches", figures: caches::FIGURES },
    Subject { name: "load", figures: load::FIGURES },
    Subject { name: "monitoring", figures: monitoring::FIGURES },
    Subject { name: "fuzz", figures: fuzzing::FIGURES },
];

/// The names of all subjects, on lines of a terminal's width.
pub fn subjects() -> String {
    let names: Vec<&str> = SUBJECTS.iter().map(|subject| subject.name).collect();
    names.chunks(10).map(|line| format!("  {}", line.join(", "))).collect::<Vec<_>>().join(",\n")
}

/// Which figures are wanted.
#[derive(Clone, Copy)]
pub enum Wanted<'a> {
    /// Those that take seconds.
    Quick,
    /// All.
    All,
    /// Those of the subject with this name, or whose text has this in it, however long they take.
    Only(&'a str),
}

impl Wanted<'_> {
    fn has(self, subject: &Subject, figure: &Figure) -> bool {
        match self {
            Wanted::Quick => !figure.is_slow,
            Wanted::All => true,
            Wanted::Only(name) => subject.name == name || figure.what.contains(name),
        }
    }
}

/// What came of the figures.
#[derive(Default)]
struct Tally {
    measured: usize,
    missed: usize,
    unknown: usize,
}

/// Prints the table; an error when a figure misses its target or cannot be measured.
pub fn print(wanted: Wanted<'_>) -> Result<(), String> {
    let in_subject =
        |subject: &'static Subject| subject.figures.iter().filter(move |figure| wanted.has(subject, figure));
    let figures: Vec<&Figure> = SUBJECTS.iter().flat_map(in_subject).collect();
    if let (Wanted::Only(name), true) = (wanted, figures.is_empty()) {
        return Err(format!("no figure has {name:?} in it; the subjects are\n{}", subjects()));
    }
    run(cargo(&["build", "--release", "--quiet"]))?;
    let (mut runs, mut tally) = (Runs::default(), Tally::default());
    println!("{:66} {:>18} {:>22}  verdict", "figure", "target", "measured");
    figures.into_iter().for_each(|figure| figure.print(&mut runs, &mut tally));
    match tally {
        Tally { missed: 0, unknown: 0, .. } => Ok(()),
        Tally { measured, missed, unknown } => {
            Err(format!("of {measured} figures {missed} miss their target, {unknown} could not be measured"))
        }
    }
}

impl Figure {
    fn print(&self, runs: &mut Runs, tally: &mut Tally) {
        tally.measured += 1;
        let (measured, verdict) = match (self.measure)(runs) {
            Ok(value) => {
                let met = self.target.is_met(value);
                tally.missed += usize::from(!met);
                (format!("{} {}", shown(value), self.unit), self.target.verdict(met).to_owned())
            }
            Err(problem) => {
                tally.unknown += 1;
                ("—".to_owned(), format!("not measured: {problem}"))
            }
        };
        println!("{:66} {:>18} {:>22}  {verdict}", self.what, self.target.shown(self.unit), measured.trim_end());
    }
}

impl Target {
    fn is_met(self, value: f64) -> bool {
        match self {
            Under(limit) => value < limit,
            AtLeast(least) => value >= least,
            Is(wanted) => (value - wanted).abs() < 1e-9,
            Shown => true,
        }
    }

    fn verdict(self, met: bool) -> &'static str {
        match (self, met) {
            (Shown, _) => "",
            (_, true) => "pass",
            (_, false) => "MISS",
        }
    }

    fn shown(self, unit: &str) -> String {
        match self {
            Under(limit) => format!("< {} {unit}", shown(limit)),
            AtLeast(least) => format!(">= {} {unit}", shown(least)),
            Is(wanted) => format!("{} {unit}", shown(wanted)),
            Shown => "—".to_owned(),
        }
    }
}

fn shown(value: f64) -> String {
    match value {
        // No sum of nothing is shown as "-0".
        value if value.fract() == 0.0 => format!("{:.0}", value + 0.0),
        value if value.abs() >= 100.0 => format!("{value:.0}"),
        value if value.abs() < 0.01 => format!("{value:.1e}"),
        value if value.abs() < 0.1 => format!("{value:.3}"),
        value => format!("{value:.2}"),
    }
}
