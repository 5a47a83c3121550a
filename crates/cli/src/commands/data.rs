//! `glrl data`: databases of generated rows, training data over them, and question files of one's own looked over.

mod ground;
mod import;
mod lint;

use std::path::{Path, PathBuf};

use database::fill::Recipe;
use database::{DemoSpec, FillError, ValuesOverride, fill_file};
use serde_json::json;
use toml::Value;
use train::synth::generate::Amount;
use train::synth::pair::Drops;
use train::synth::sets::{Sizes, Written, write_sets};
use train::synth::shapes::count::{Count, Counts};
use train::synth::studio::Workshop;

use super::Arguments;
use super::eval::{FILL_SEED, TODAY, databases, failed as train_failed, fixed_day};
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;
use crate::settings::FlagValue;

/// Letters of a reason shown in the table of shapes.
const REASON: usize = 70;

/// What to make.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Make an SQLite database of generated rows: the same seed gives the same bytes.
    Fill(FillArgs),
    /// Make questions with their queries: train.jsonl, dev.jsonl and test.jsonl.
    Synth(SynthArgs),
    /// Look over question files: every problem with its line, its code and what to do.
    Lint(lint::Args),
    /// Take question files into a folder that is learnt from: what passes, and what does not put aside with its reasons.
    Import(import::Args),
}

#[derive(Debug, clap::Args)]
struct SynthArgs {
    /// The pack that questions are made for: a name, or a folder.
    #[arg(long)]
    pack: Option<String>,
    /// Questions of the training file, hand-written ones apart.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Questions of the development file; a tenth of the training file, at most 1,000.
    #[arg(long, value_name = "N")]
    dev: Option<u32>,
    /// Questions of the test file; a tenth of the training file, at most 3,000.
    #[arg(long, value_name = "N")]
    test: Option<u32>,
    /// Another seed, other questions.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Questions asked of one query, at most.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    voices: u16,
    /// Threads; the data do not depend on them.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// A folder of hand-written or imported questions to add to the training file, several may be given; without one, the
    /// pack's own, where it is found.
    #[arg(long, value_name = "DIR")]
    hand: Vec<PathBuf>,
    /// Pairs made from each hand-written one, at most.
    #[arg(long, default_value_t = 24)]
    variants: u16,
    /// The day that relative dates are counted from.
    #[arg(long, value_name = "DATE", default_value = TODAY)]
    today: String,
    /// The folder to write.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Replace files that exist.
    #[arg(long)]
    force: bool,
}

#[derive(Debug, clap::Args)]
struct FillArgs {
    /// The pack whose tables are filled: a name, or a folder.
    #[arg(long)]
    pack: Option<String>,
    /// Another seed, other rows.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Other names, codes and sizes, as TOML: a file, or the name of one of the pack's lists.
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// The file to make.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Replace the file if it exists.
    #[arg(long)]
    force: bool,
}

impl Arguments for Args {
    fn flags(&self) -> Vec<FlagValue> {
        let pack = match &self.action {
            Action::Fill(args) => &args.pack,
            Action::Synth(args) => &args.pack,
            Action::Lint(args) => &args.ground.pack,
            Action::Import(args) => &args.ground.pack,
        };
        pack.iter().map(|pack| ("pack", "--pack", Value::String(pack.clone()))).collect()
    }
}

/// Makes data.
pub(crate) fn run(args: Args, context: &Context) -> Outcome {
    match args.action {
        Action::Fill(args) => fill(&args, context),
        Action::Synth(args) => synth(&args, context),
        Action::Lint(args) => lint::run(&args, context),
        Action::Import(args) => import::run(&args, context),
    }
}

fn fill(args: &FillArgs, context: &Context) -> Outcome {
    let pack = context.pack()?;
    let mut spec = DemoSpec::from_toml(&pack.files.demo).map_err(|e| failed(&e))?;
    if let Some(path) = &args.values {
        let text = match path.to_str().and_then(|name| pack.files.values.get(name)) {
            Some(text) => text.clone(),
            None => std::fs::read_to_string(path).map_err(|e| Failure::unreadable(path, &e))?,
        };
        let values = ValuesOverride::from_toml(&text).map_err(|e| failed(&e))?;
        spec = spec.with_values(&values).map_err(|e| failed(&e))?;
    }
    let recipe = Recipe { catalog: &pack.catalog, ddl: &pack.files.schema, spec: &spec, seed: args.seed };
    fill_file(&recipe, &args.out, args.force).map_err(|e| failed(&e))?;
    if context.json {
        output::line(json!({ "out": args.out, "seed": args.seed, "fingerprint": recipe.fingerprint() }))?;
    } else {
        context.note(format_args!("wrote {}", args.out.display()));
    }
    Ok(Exit::Done)
}

fn failed(error: &FillError) -> Failure {
    match error {
        FillError::Exists { .. } => Failure::usage(error),
        FillError::Write { .. } => Failure::new(Exit::Failed, "unwritable", error),
        _ => Failure::data(error),
    }
}

fn synth(args: &SynthArgs, context: &Context) -> Outcome {
    let today = fixed_day(&args.today)?;
    if let Some(file) = ["train.jsonl", "dev.jsonl", "test.jsonl"].map(|name| args.out.join(name)).into_iter().find(|path| path.exists())
        && !args.force
    {
        return Err(Failure::usage(format_args!("{} exists; --force replaces it", file.display())));
    }
    std::fs::create_dir_all(&args.out).map_err(|e| Failure::new(Exit::Failed, "unwritable", format_args!("{}: {e}", args.out.display())))?;
    let pack = context.pack()?;
    let images = databases(&pack, FILL_SEED)?;
    let workshop = Workshop::new(&pack, images, today).map_err(Failure::data)?;
    let tenth = |most: u32| (args.count / 10).clamp(10, most);
    let sizes = Sizes {
        train: args.count as usize,
        dev: args.dev.unwrap_or_else(|| tenth(1_000)) as usize,
        test: args.test.unwrap_or_else(|| tenth(3_000)) as usize,
        variants: usize::from(args.variants),
    };
    let amount = Amount {
        questions: 0,
        voices: usize::from(args.voices),
        seed: args.seed,
        threads: usize::from(args.threads),
    };
    let own = hand_folder(&context.settings().pack).filter(|_| args.hand.is_empty());
    let hand: Vec<PathBuf> = args.hand.iter().cloned().chain(own).collect();
    let bar = indicatif::ProgressBar::new((sizes.train + sizes.dev + sizes.test) as u64);
    let mut done = std::collections::BTreeMap::new();
    let done = std::sync::Mutex::new(&mut done);
    let progress = |split: train::synth::split::Split, n: usize| {
        if let Ok(mut done) = done.lock() {
            done.insert(split.name(), n as u64);
            bar.set_position(done.values().sum());
        }
    };
    let written = write_sets(&workshop, sizes, amount, (&hand, &args.out), &progress);
    bar.finish_and_clear();
    show_written(&written.map_err(|e| train_failed(&e))?, &args.out, context)
}

/// Where a pack's hand-written questions lie, if the program runs beside them.
fn hand_folder(pack: &str) -> Option<PathBuf> {
    let folders = [Path::new(pack).join("questions"), Path::new("packs").join(pack).join("questions")];
    folders.into_iter().find(|folder| folder.is_dir())
}

fn show_written(written: &Written, out: &Path, context: &Context) -> Outcome {
    if context.json {
        let splits = written.splits.iter().map(|(split, made)| {
            let counts = json!({ "questions": made.questions, "queries": made.trees, "dropped": made.drops.0, "shapes": shapes_json(&made.shapes) });
            (split.name().to_owned(), counts)
        });
        let splits = serde_json::Value::Object(splits.collect());
        output::line(json!({ "out": out, "hand": written.hand, "varied": written.varied, "hand_dropped": written.hand_drops.0, "splits": splits }))?;
        return Ok(Exit::Done);
    }
    for (split, made) in &written.splits {
        let (questions, queries) = (output::separated(made.questions as i128), output::separated(made.trees as i128));
        output::line(format_args!("{:6} {questions:>10} questions of {queries:>9} queries", split.name()))?;
    }
    let varied = output::separated(written.varied as i128);
    let mut shapes = Counts::default();
    written.splits.iter().for_each(|(_, made)| shapes.merge(&made.shapes));
    show_shapes(&shapes)?;
    output::line(format_args!("hand   {:>10} questions; {varied} varied from them", written.hand))?;
    let dropped: u64 = written.splits.iter().map(|(_, made)| total(&made.drops)).sum();
    context.note(format_args!("{} trees and questions dropped; --json says why", output::separated(i128::from(dropped))));
    Ok(Exit::Done)
}

/// A line for each shape: its trees, its questions handed on, and those that the model could not write.
fn show_shapes(shapes: &Counts) -> Result<(), Failure> {
    let all = shapes.admitted().max(1);
    output::line(format_args!("{:22} {:>7} {:>9} {:>6} {:>7} {:>7}  lost because", "shape", "trees", "questions", "share", "lost", "refused"))?;
    for (name, count) in &shapes.0 {
        let share = 100.0 * count.admitted as f64 / all as f64;
        let refused: u64 = count.refused.values().sum();
        let (trees, questions, lost) = (count.drawn - count.unfit, count.admitted, count.lost());
        let reason: String = count.main_reason().unwrap_or_default().chars().take(REASON).collect();
        output::line(format_args!("{name:22} {trees:>7} {questions:>9} {share:>5.1}% {lost:>7} {refused:>7}  {reason}"))?;
    }
    Ok(())
}

fn shapes_json(shapes: &Counts) -> serde_json::Value {
    let one = |count: &Count| {
        json!({
            "drawn": count.drawn, "unfit": count.unfit, "other_split": count.elsewhere, "unworded": count.unworded,
            "questions": count.admitted, "lost": count.lost, "refused": count.refused,
        })
    };
    serde_json::Value::Object(shapes.0.iter().map(|(name, count)| ((*name).to_owned(), one(count))).collect())
}

fn total(drops: &Drops) -> u64 {
    drops.0.values().sum()
}
