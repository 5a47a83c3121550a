//! Names, lineage and the five layers, beside SQLite's own verdict and beside sqlglot.

use super::Target::{AtLeast, Is, Shown, Under};
use super::runs::{QUERIES, Runs, suite};
use super::{Figure, build, slow};

pub const FIGURES: &[Figure] = &[
    slow("validated queries: suite, question files, 20,000 synthesised", AtLeast(20_273.0), "", |r| {
        validate(r, "validate.queries")
    }),
    slow("queries wrongly refused", Is(0.0), "", |r| validate(r, "validate.wrongly refused")),
    slow("lineage: queries whose set is not the authorizer's", Is(0.0), "", |r| lineage(r, "lineage.unequal")),
    slow("lineage: equal sets", Shown, "", |r| lineage(r, "lineage.equal")),
    slow("lineage: known differences, USING and NATURAL", Shown, "", |r| lineage(r, "lineage.known difference")),
    slow("mutants that SQLite refuses", AtLeast(1000.0), "", |r| validate(r, "validate.mutants")),
    slow("mutants missed", Is(0.0), "", |r| validate(r, "validate.mutants missed")),
    slow("mutants with the span elsewhere", Is(0.0), "", |r| validate(r, "validate.mutants pointed at elsewhere")),
    slow("slips of one or two letters", AtLeast(1000.0), "", |r| validate(r, "validate.slips")),
    slow("slips missed", Is(0.0), "", |r| validate(r, "validate.slips missed")),
    slow("slips: first fix right", AtLeast(98.0), "%", |r| validate(r, "validate.slips with the first fix right")),
    slow("five layers, one core, median", Under(40.0), "µs", |r| validate(r, "validate.p50")),
    slow("five layers, one core, 99th percentile", Under(200.0), "µs", |r| validate(r, "validate.p99")),
    slow("five layers over sqlglot's qualify, compiled", AtLeast(8.0), "times", over_sqlglot),
    slow("clean build of `sql`, one core", Under(200.0), "s", |_| build::clean(&["--package", "sql", "--jobs", "1"])),
];

fn validate(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    bench(runs, "validate", figure)
}

fn lineage(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    bench(runs, "lineage", figure)
}

/// A figure over the suite, the pack's question files and synthesised queries.
fn bench(runs: &mut Runs, bench: &str, figure: &str) -> Result<f64, String> {
    let (suite, questions) = (suite()?, "packs/gl/questions");
    let args = [bench, "--suite", &suite, "--questions", questions, "--count", "20000", "--out", QUERIES];
    runs.bench(&args, figure)
}

/// sqlglot's mean time over ours, over the same queries, measured one after the other.
fn over_sqlglot(runs: &mut Runs) -> Result<f64, String> {
    let ours = validate(runs, "validate.mean")?;
    Ok(runs.peer("bench/sqlglot_qualify.py", "qualify mean")? / ours)
}
