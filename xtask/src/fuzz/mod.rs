//! `cargo xtask fuzz [--minutes N | --seconds N] [--only TARGET]`: each fuzz target for a while, one line each.
//!
//! * [`setup`]: what fuzzing needs, and the one build of all targets.
//! * [`seeds`]: inputs to start from, out of files that the project has anyway.
//! * [`run`]: one target, and what its log says of it.

pub mod run;
mod seeds;
mod setup;

use std::time::Duration;

pub use run::Outcome;

/// A fuzz target.
pub struct Target {
    /// Its file below `fuzz/fuzz_targets`, and its program.
    pub name: &'static str,
    /// Its words below `fuzz/dictionaries`.
    dictionary: Option<&'static str>,
    /// Bytes of an input, at most.
    longest: usize,
    /// Where an input that was found becomes a test.
    test: &'static str,
    /// What to start from.
    seeds: fn() -> Result<Vec<Vec<u8>>, String>,
}

/// Statements that are compared with SQLite, printed and read back.
const EDGES: &str = "crates/sql/tests/it/edges.sql";

/// All targets, in the order of a question's way.
pub const TARGETS: [Target; 7] = [
    Target { name: "parse", dictionary: Some("sql"), longest: 4_096, test: EDGES, seeds: seeds::queries },
    Target { name: "resolve", dictionary: Some("sql"), longest: 4_096, test: EDGES, seeds: seeds::queries },
    Target { name: "validate", dictionary: Some("sql"), longest: 4_096, test: EDGES, seeds: seeds::queries },
    Target {
        name: "matcher",
        dictionary: None,
        longest: 2_048,
        test: "crates/sql/src/matcher/tests.rs",
        seeds: seeds::noise,
    },
    Target {
        name: "ddl",
        dictionary: Some("ddl"),
        longest: 16_384,
        test: "crates/sql/src/ddl/tests.rs",
        seeds: seeds::scripts,
    },
    Target {
        name: "normalise",
        dictionary: Some("question"),
        longest: 16_000,
        test: "crates/schema/tests/it/robustness.rs",
        seeds: seeds::questions,
    },
    Target {
        name: "weights",
        dictionary: Some("weights"),
        longest: 32_768,
        test: "crates/model/tests/it/files.rs",
        // The target itself makes a whole model and damages it.
        seeds: || Ok(vec![]),
    },
];

/// What was asked for on the command line.
struct Wanted<'a> {
    each: Duration,
    only: Option<&'a str>,
}

/// Runs the targets that the arguments ask for.
///
/// # Errors
/// When the arguments mean nothing, something that fuzzing needs is missing, or a target found an input that it should
/// not have.
pub fn fuzz(args: &[&str]) -> Result<(), String> {
    let wanted = wanted(args)?;
    let targets: Vec<&Target> = TARGETS.iter().filter(|t| wanted.only.is_none_or(|only| only == t.name)).collect();
    if targets.is_empty() {
        let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
        return Err(format!(
            "there is no target {:?}; the targets are {}",
            wanted.only.unwrap_or(""),
            names.join(", ")
        ));
    }
    setup::build()?;
    println!("{}", Outcome::HEADER);
    let mut found = 0;
    for target in targets {
        let outcome = run::run(target, wanted.each)?;
        println!("{}", outcome.line(target.name));
        if let Some(input) = &outcome.found {
            found += 1;
            println!("          {}: {}", input.kind, input.message);
            println!("          run again: {} {}", run::program(target.name).display(), input.path.display());
            println!("          then mend it, and add the input to {}", target.test);
        }
    }
    if found == 0 { Ok(()) } else { Err(format!("{found} targets found an input that they should not have")) }
}

/// One target for a while; what it needs is set up first.
///
/// # Errors
/// When there is no such target, or something that fuzzing needs is missing.
pub fn measure(name: &str, each: Duration) -> Result<Outcome, String> {
    let target = TARGETS.iter().find(|target| target.name == name).ok_or_else(|| format!("no target {name}"))?;
    setup::build()?;
    run::run(target, each)
}

fn wanted<'a>(args: &[&'a str]) -> Result<Wanted<'a>, String> {
    let mut wanted = Wanted { each: Duration::from_secs(60), only: None };
    for pair in args.chunks(2) {
        let number = |value: &str| value.parse::<u64>().ok().filter(|n| *n > 0);
        match *pair {
            ["--only", name] => wanted.only = Some(name),
            [unit @ ("--minutes" | "--seconds"), value] => {
                let number = number(value).ok_or_else(|| format!("{unit} takes a number above 0, not {value:?}"))?;
                wanted.each = Duration::from_secs(if unit == "--minutes" { 60 * number } else { number });
            }
            _ => return Err("usage: cargo xtask fuzz [--minutes N | --seconds N] [--only TARGET]".to_owned()),
        }
    }
    Ok(wanted)
}
