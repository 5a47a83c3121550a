//! `glrl train watch`: a run as it goes on, followed from its files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};
use train::curves::curves;
use train::error::TrainError;
use train::metrics::{self, Metrics};
use train::report::Miss;
use train::samples::{self, Drawn};
use train::summary::{self, Summary};

use super::frame::frame;
use crate::commands::eval::failed;
use crate::context::Context;
use crate::exit::{Exit, Failure, Outcome};
use crate::output;

/// Clears a terminal and goes to its first place.
const CLEAR: &str = "\u{1b}[2J\u{1b}[H";
/// Where the terminal does not say how wide it is.
const WIDTH: usize = 100;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The run's folder, of a run that goes on or has ended.
    #[arg(value_name = "RUN")]
    run: PathBuf,
    /// Print what there is and end; so does --json, and standard output that is no terminal.
    #[arg(long)]
    once: bool,
    /// Seconds between two looks.
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..))]
    every: u16,
}

/// What the files of a run say.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The run's folder.
    pub(super) run: PathBuf,
    /// Steps in all, where the settings can be read.
    pub(super) max_steps: Option<u64>,
    /// Everything measured.
    pub(super) lines: Vec<Metrics>,
    /// How it ended; none while it goes on.
    pub(super) summary: Option<Summary>,
    /// Seconds since a line was written.
    pub(super) age: Option<u64>,
    /// The newest evaluation's misses.
    pub(super) misses: Option<(u64, Vec<Miss>)>,
    /// The newest completions drawn in practice.
    pub(super) drawn: Option<(u64, Vec<Drawn>)>,
}

/// Follows a run until it ends.
pub(super) fn run(args: &Args, context: &Context) -> Outcome {
    let once = args.once || context.json || !output::is_terminal();
    loop {
        let view = View::read(&args.run, once)?;
        if context.json {
            output::line(view.json())?;
        } else {
            let width = terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0));
            let clear = if once { "" } else { CLEAR };
            output::line(format_args!("{clear}{}", frame(&view, width, context.paint())))?;
        }
        if once || view.summary.is_some() {
            return Ok(Exit::Done);
        }
        std::thread::sleep(Duration::from_secs(args.every.into()));
    }
}

impl View {
    /// Reads a run's folder. One in which nothing was measured yet is waited for, unless there is only one look.
    fn read(run: &Path, once: bool) -> Result<View, Failure> {
        let lines = match metrics::read(run) {
            Err(TrainError::Io { .. }) if run.is_dir() && !once => vec![],
            lines => lines.map_err(|e| failed(&e).hint("name the folder of a run: `glrl train … --run DIR` makes one"))?,
        };
        Ok(View {
            run: run.to_owned(),
            max_steps: max_steps(run),
            lines,
            summary: summary::read(run).map_err(|e| failed(&e))?,
            age: age(&run.join("metrics.jsonl")),
            misses: samples::newest_misses(run).map_err(|e| failed(&e))?,
            drawn: samples::newest_drawn(run).map_err(|e| failed(&e))?,
        })
    }

    /// Steps done.
    pub(super) fn step(&self) -> u64 {
        self.lines.last().map_or(0, |line| line.step)
    }

    fn json(&self) -> Value {
        let newest = |curve: &train::curves::Curve| Some((curve.name.to_owned(), json!(curve.last()?)));
        let figures: Map<String, Value> = curves(&self.lines).iter().filter_map(newest).collect();
        let summary = json!(self.summary);
        json!({ "run": self.run, "step": self.step(), "max_steps": self.max_steps, "figures": figures, "summary": summary })
    }
}

/// Steps that the run's settings name.
fn max_steps(run: &Path) -> Option<u64> {
    let text = std::fs::read_to_string(run.join(train::checkpoint::SETTINGS)).ok()?;
    let settings: toml::Table = text.parse().ok()?;
    settings.get("schedule")?.get("max_steps")?.as_integer().and_then(|steps| steps.try_into().ok())
}

/// Seconds since a file was written; none where the clock or the file does not say.
fn age(path: &Path) -> Option<u64> {
    Some(path.metadata().ok()?.modified().ok()?.elapsed().ok()?.as_secs())
}
