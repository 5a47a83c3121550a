//! `glrl bench`: speed and correctness, one figure a line. Adding one is a file beside these and a line in the table.

mod ask;
mod client;
mod cold;
mod corpus;
mod coverage;
mod determinism;
mod dialects;
mod explain;
mod hits;
mod hostile;
mod lineage;
mod load;
mod mask;
mod mutants;
mod network;
mod optimise;
mod pipeline;
mod policies;
mod reward;
mod serve;
mod synth;
mod validate;
mod vocabulary;
mod walks;

use std::path::PathBuf;

use serde_json::json;
use toml::Value;

use super::Arguments;
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::settings::FlagValue;

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to measure; several may be named. Without a name, all that take seconds.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(BENCHES.iter().map(|bench| bench.name)))]
    names: Vec<String>,
    /// How many walks, queries, questions or steps; each has its own default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// Seed of what is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Questions that synthesis asks of one query, at most.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=64))]
    voices: u16,
    /// Also reward so many queries whose rows are wrong on a database that rewards never see, and count those that earn as
    /// much as the right one.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    adversarial: Option<u32>,
    /// Databases that rewards make for each question, beside the three that stand ready.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(0..=32))]
    witnesses: u16,
    /// Walk through untrained weights at temperature 2 instead of evenly.
    #[arg(long)]
    weights: bool,
    /// The folder of queries to measure on (`queries.jsonl` and a schema for each of its databases), or of attack texts that
    /// hostile statements are made of (text files).
    #[arg(long, value_name = "DIR")]
    suite: Option<String>,
    /// Question files, or folders of them, whose queries are measured on too; without it, the pack's examples.
    #[arg(long, value_name = "PATH")]
    questions: Vec<PathBuf>,
    /// Write the queries that validation is measured on there, with their schemas.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The rows that other engines returned for the queries of `--out`, to be compared with SQLite's.
    #[arg(long, value_name = "FILE")]
    rows: Option<PathBuf>,
    /// How long to soak.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1440))]
    minutes: u16,
    /// The model folder to measure.
    #[arg(long, value_name = "DIR")]
    model: Option<String>,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        self.model.clone().map(|path| ("model.path", "--model", Value::String(path))).into_iter().collect()
    }
}

impl Args {
    /// How many, where the command line says so.
    fn count(&self, otherwise: u32) -> usize {
        self.count.unwrap_or(otherwise) as usize
    }
}

/// One figure.
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
}

impl Figure {
    fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Figure { name: name.into(), value, unit }
    }
}

type Measured = Result<Vec<Figure>, Failure>;

struct Bench {
    name: &'static str,
    /// Whether it runs when none is named.
    is_quick: bool,
    measure: fn(&Args, &Context) -> Measured,
}

const BENCHES: &[Bench] = &[
    Bench { name: "walks", is_quick: true, measure: walks::measure },
    Bench { name: "mask", is_quick: true, measure: mask::measure },
    Bench { name: "coverage", is_quick: false, measure: coverage::measure },
    Bench { name: "lineage", is_quick: false, measure: lineage::measure },
    Bench { name: "explain", is_quick: false, measure: explain::measure },
    Bench { name: "dialects", is_quick: false, measure: dialects::measure },
    Bench { name: "validate", is_quick: true, measure: validate::measure },
    Bench { name: "optimise", is_quick: false, measure: optimise::measure },
    Bench { name: "normalize", is_quick: true, measure: pipeline::normalize },
    Bench { name: "ask", is_quick: false, measure: ask::measure },
    Bench { name: "hits", is_quick: false, measure: hits::measure },
    Bench { name: "serve", is_quick: false, measure: serve::measure },
    Bench { name: "overload", is_quick: false, measure: load::overload::measure },
    Bench { name: "slow", is_quick: false, measure: load::slow::measure },
    Bench { name: "bodies", is_quick: false, measure: load::bodies::measure },
    Bench { name: "soak", is_quick: false, measure: load::soak::measure },
    Bench { name: "rolling", is_quick: false, measure: load::rolling::measure },
    Bench { name: "hostile", is_quick: false, measure: hostile::measure },
    Bench { name: "policies", is_quick: false, measure: policies::measure },
    Bench { name: "cold", is_quick: true, measure: cold::measure },
    Bench { name: "decode", is_quick: true, measure: network::decode },
    Bench { name: "train", is_quick: true, measure: network::train },
    Bench { name: "grpo", is_quick: false, measure: network::grpo },
    Bench { name: "reward", is_quick: true, measure: reward::measure },
    Bench { name: "synth", is_quick: true, measure: synth::measure },
    Bench { name: "determinism", is_quick: false, measure: determinism::measure },
];

/// Measures, and prints each figure as soon as it is known.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    context.choose_cpu()?;
    let wanted = |bench: &&Bench| match args.names.is_empty() {
        true => bench.is_quick,
        false => args.names.iter().any(|name| name == bench.name),
    };
    for bench in BENCHES.iter().filter(wanted) {
        for figure in (bench.measure)(&args, context)? {
            show(&figure, context)?;
        }
    }
    Ok(Exit::Done)
}

fn show(figure: &Figure, context: &Context) -> std::io::Result<()> {
    let Figure { name, value, unit } = figure;
    if context.json {
        return output::line(json!({ "figure": name, "value": value, "unit": unit }));
    }
    let value = match value {
        value if value.fract() == 0.0 && value.abs() < 1e15 => output::separated(*value as i128),
        value if value.abs() >= 1000.0 => output::separated(value.round() as i128),
        value => format!("{value:.3}"),
    };
    output::line(format_args!("{name:44} {value:>14} {unit}"))
}

/// A folder for a benchmark's files, which nobody needs afterwards.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, context: &Context) -> Result<Self, Failure> {
        let own = format!("bench-{name}-{}", std::process::id());
        let folder = context.cache_folder().unwrap_or_else(std::env::temp_dir).join(own);
        std::fs::create_dir_all(&folder)?;
        Ok(Scratch(folder))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The value below which a share of the sorted values lies.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((share * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
}

/// Mean, median and 99th percentile of times, as figures named `name.mean` and so on.
fn times(name: &str, mut times: Vec<f64>, unit: &'static str) -> Vec<Figure> {
    times.sort_by(f64::total_cmp);
    let mean = times.iter().sum::<f64>() / times.len().max(1) as f64;
    let of = |part: &str, value| Figure::new(format!("{name}.{part}"), value, unit);
    vec![of("mean", mean), of("p50", quantile(&times, 0.5)), of("p99", quantile(&times, 0.99))]
}

/// A small generator of even numbers for what needs no better one (Steele et al. 2014, SplitMix64).
struct Even(u64);

impl Even {
    /// The generator of one of many pieces of work with a common seed.
    fn of(seed: u64, index: u64) -> Self {
        Even(Even(seed ^ Even(index).next()).next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}
