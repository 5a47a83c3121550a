//! A cold `ask`: a process of its own, from its start to its rows, and the most memory it takes.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Args, Figure, Measured, quantile};
use crate::context::Context;
use crate::exit::{Exit, Failure};

const QUESTION: &str = "Show all active projects with budget over 100000";
const RUNS: u32 = 7;

/// Runs `ask` several times with a warm cache folder, and once with an empty one.
pub(super) fn measure(args: &Args, context: &Context) -> Measured {
    let empty = std::env::temp_dir().join(format!("glrl-cold-{}", std::process::id()));
    let first = once(&empty, context);
    let runs: Result<Vec<_>, Failure> = (0..args.count(RUNS)).map(|_| once(&empty, context)).collect();
    let _ = std::fs::remove_dir_all(&empty);
    let (first, runs) = (first?, runs?);
    let mut times: Vec<f64> = runs.iter().map(|run| run.ms).collect();
    times.sort_by(f64::total_cmp);
    let memory = runs.iter().chain([&first]).map(|run| run.memory_mb).fold(0.0, f64::max);
    let mut figures = vec![
        Figure::new("cold.median", quantile(&times, 0.5), "ms"),
        Figure::new("cold.slowest", quantile(&times, 1.0), "ms"),
        Figure::new("cold.first (makes the demo database)", first.ms, "ms"),
        Figure::new("cold.exit code", f64::from(first.code), ""),
    ];
    if memory > 0.0 {
        figures.push(Figure::new("cold.peak memory", memory, "MB"));
    }
    Ok(figures)
}

struct Run {
    ms: f64,
    memory_mb: f64,
    code: i32,
}

fn once(cache: &Path, context: &Context) -> Result<Run, Failure> {
    let failed = |e: std::io::Error| Failure::new(Exit::Failed, "internal", format_args!("cannot run glrl: {e}"));
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command.args(["ask", QUESTION, "--json", "--today", "2026-11-20"]).env("XDG_CACHE_HOME", cache);
    if !context.settings().model.path.is_empty() {
        command.args(["--model", &context.settings().model.path]);
    }
    let started = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(failed)?;
    let mut memory_mb = 0.0f64;
    let code = loop {
        memory_mb = memory_mb.max(peak_memory_mb(&child).unwrap_or(0.0));
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status.code().unwrap_or(-1);
        }
        std::thread::sleep(Duration::from_micros(300));
    };
    Ok(Run { ms: started.elapsed().as_secs_f64() * 1000.0, memory_mb, code })
}

/// The most memory a process has held so far, where the system tells (Linux).
fn peak_memory_mb(child: &Child) -> Option<f64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1000.0)
}
