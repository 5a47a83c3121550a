//! One target for a while, and what its log says of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Target;
use super::setup::folder;
use crate::tools::root;

/// Where cargo-fuzz puts programs: below the name of the machine they are for.
pub fn program(name: &str) -> PathBuf {
    let machine = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    folder().join(machine).join("release").join(name)
}

/// What came of one target.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Inputs that were run.
    pub executions: u64,
    /// Of them in a second.
    pub a_second: u64,
    /// Edges of the program that they reached.
    pub coverage: u64,
    /// Inputs worth keeping.
    pub kept: usize,
    /// Bytes of the largest of those.
    pub largest: u64,
    /// The input at which it stopped, if it did.
    pub found: Option<Found>,
}

/// An input that a target should not have.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// `panic`, `timeout`, `out of memory` …
    pub kind: &'static str,
    /// What was said.
    pub message: String,
    /// The file that holds it.
    pub path: PathBuf,
}

impl Outcome {
    /// The names of what [`Self::line`] shows.
    pub const HEADER: &'static str = "target      executions   a second   coverage   kept inputs   largest   panics";

    /// One line for a person.
    pub fn line(&self, name: &str) -> String {
        let Outcome { executions, a_second, coverage, kept, largest, .. } = self;
        let panics = u8::from(self.found.is_some());
        format!("{name:9} {executions:>12} {a_second:>10} {coverage:>10} {kept:>13} {largest:>7} B {panics:>8}")
    }
}

/// Runs a target, from its seeds and from what earlier runs kept.
///
/// # Errors
/// When its folders cannot be written or its program does not start.
pub fn run(target: &Target, each: Duration) -> Result<Outcome, String> {
    let (corpus, artifacts) = (folder().join("corpus").join(target.name), folder().join("artifacts").join(target.name));
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    sow(target, &corpus)?;
    let path = folder().join(format!("{}.log", target.name));
    let log = fs::File::create(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut command = Command::new(program(target.name));
    command.args(limits(target, each)).arg(format!("-artifact_prefix={}/", artifacts.display())).arg(&corpus);
    command.current_dir(root()).env("ASAN_OPTIONS", "detect_odr_violation=0:detect_leaks=0");
    command.stdout(Stdio::null()).stderr(log);
    let status = command.status().map_err(|e| format!("{}: {e}", program(target.name).display()))?;
    let mut outcome = read(&String::from_utf8_lossy(&fs::read(&path).unwrap_or_default()));
    if !status.success() && outcome.found.is_none() {
        return Err(format!("{} ended with {status}; its log is {}", target.name, path.display()));
    }
    (outcome.kept, outcome.largest) = size(&corpus);
    Ok(outcome)
}

/// Seconds in all and for one input, megabytes in all and for one allocation, bytes of an input; the target's words.
fn limits(target: &Target, each: Duration) -> Vec<String> {
    let mut limits = vec![
        format!("-max_total_time={}", each.as_secs()),
        format!("-max_len={}", target.longest),
        "-timeout=10".to_owned(),
        "-rss_limit_mb=3072".to_owned(),
        "-malloc_limit_mb=512".to_owned(),
        "-print_final_stats=1".to_owned(),
        "-detect_leaks=0".to_owned(),
    ];
    limits.extend(target.dictionary.map(|name| format!("-dict=fuzz/dictionaries/{name}.dict")));
    limits
}

/// Writes the seeds that are not there yet.
fn sow(target: &Target, corpus: &Path) -> Result<(), String> {
    for (number, seed) in (target.seeds)()?.iter().enumerate() {
        let path = corpus.join(format!("seed-{number:04}"));
        if fs::read(&path).ok().as_ref() != Some(seed) {
            fs::write(&path, seed).map_err(|e| format!("{}: {e}", path.display()))?;
        }
    }
    Ok(())
}

/// How many files a folder holds, and the size of the largest.
fn size(folder: &Path) -> (usize, u64) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = files.filter_map(|file| file.metadata().ok()).map(|facts| facts.len());
    sizes.fold((0, 0), |(count, largest), size| (count + 1, largest.max(size)))
}

/// What libFuzzer wrote of a run.
fn read(log: &str) -> Outcome {
    let stat = |name: &str| {
        let line = log.lines().rev().find_map(|line| line.trim().strip_prefix("stat::")?.strip_prefix(name));
        line.and_then(|rest| rest.trim_start_matches(':').trim().parse().ok()).unwrap_or(0)
    };
    let coverage = |line: &str| line.split_once(" cov: ")?.1.split_whitespace().next()?.parse().ok();
    Outcome {
        executions: stat("number_of_executed_units"),
        a_second: stat("average_exec_per_sec"),
        coverage: log.lines().rev().find_map(coverage).unwrap_or(0),
        found: found(log),
        ..Outcome::default()
    }
}

/// What tells one kind of end from another; the first that the log has counts.
const KINDS: [(&str, &str); 6] = [
    ("stack-overflow", "stack overflow"),
    ("libFuzzer: timeout", "timeout"),
    ("libFuzzer: out-of-memory", "out of memory"),
    ("allocation-size-too-big", "out of memory"),
    ("panicked at", "panic"),
    ("ERROR: ", "crash"),
];

fn found(log: &str) -> Option<Found> {
    let path = log.lines().rev().find_map(|line| line.split_once("Test unit written to "))?.1.trim();
    let (mark, kind) = KINDS.into_iter().find(|(mark, _)| log.contains(mark)).unwrap_or(("Test unit", "crash"));
    let mut said = log.lines().skip_while(|line| !line.contains(mark));
    let first = said.next().unwrap_or("");
    // A panic says where on the first line, and why on the next.
    let message = if kind == "panic" { said.next().unwrap_or(first) } else { first };
    Some(Found { kind, message: message.trim().chars().take(300).collect(), path: PathBuf::from(path) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quiet_run_is_read() {
        let log = "#2 INITED cov: 10 ft: 11 corp: 1/1b exec/s: 0 rss: 40Mb\n#900 DONE cov: 417 ft: 11 corp: 9/99b\n\
            Done 900 runs in 2 second(s)\nstat::number_of_executed_units: 900\nstat::average_exec_per_sec:     450\n";
        let outcome = read(log);
        assert_eq!((outcome.executions, outcome.a_second, outcome.coverage), (900, 450, 417));
        assert_eq!(outcome.found, None);
    }

    #[test]
    fn what_stopped_a_run_is_named() {
        let log = "thread '<unnamed>' panicked at crates/sql/src/x.rs:3:4:\nonly we refuse: SYN104\n\
            ==7== ERROR: libFuzzer: deadly signal\nartifact_prefix='t/'; Test unit written to t/crash-0a\n";
        let found = read(log).found.expect("it stopped");
        assert_eq!((found.kind, found.message.as_str()), ("panic", "only we refuse: SYN104"));
        assert_eq!(found.path, Path::new("t/crash-0a"));
        let log = "==7== ERROR: AddressSanitizer: stack-overflow on address 0x7\nx; Test unit written to t/crash-1b\n";
        assert_eq!(read(log).found.map(|found| found.kind), Some("stack overflow"));
    }
}
