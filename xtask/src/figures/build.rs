//! The lock file, a clean build, and the first answer of a fresh process.

use std::time::Instant;

use super::Target::{Is, Shown, Under};
use super::{Figure, quick, slow};
use crate::tools::{cargo, root, run};

pub const FIGURES: &[Figure] = &[
    quick("packages in the lock file", Under(200.0), "", |_| packages()),
    slow("clean release build", Under(300.0), "s", |_| clean(&["--jobs", "2"])),
    quick("cold ask, start to rows, median", Under(300.0), "ms", |r| r.bench(&["cold"], "cold.median")),
    quick("cold ask, first ever", Shown, "ms", |r| r.bench(&["cold"], "cold.first")),
    quick("cold ask, exit code", Is(0.0), "", |r| r.bench(&["cold"], "cold.exit code")),
    quick("cold ask, peak memory", Under(150.0), "MB", |r| r.bench(&["cold"], "cold.peak memory")),
];

fn packages() -> Result<f64, String> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).map_err(|e| e.to_string())?;
    Ok(lock.lines().filter(|line| *line == "[[package]]").count() as f64)
}

/// Seconds of a release build that finds nothing built.
pub fn clean(args: &[&str]) -> Result<f64, String> {
    let target = root().join("target/clean-build");
    let _ = std::fs::remove_dir_all(&target);
    let mut build = cargo(&["build", "--release", "--quiet"]);
    build.args(args);
    build.env("CARGO_TARGET_DIR", &target);
    let started = Instant::now();
    run(build)?;
    let seconds = started.elapsed().as_secs_f64();
    let _ = std::fs::remove_dir_all(&target);
    Ok(seconds)
}
