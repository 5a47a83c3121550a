//! Queries in other engines' words: what can be said, and whether PostgreSQL and MariaDB return SQLite's rows.

use super::Target::{AtLeast, Is, Shown};
use super::runs::{Runs, suite};
use super::{Figure, slow};

/// Where the queries are written in every engine's words, and where the rows of the servers come back to.
const QUERIES: &str = "target/figures/dialects.jsonl";
const ROWS: &str = "target/figures/dialect-rows.jsonl";

pub const FIGURES: &[Figure] = &[
    slow("queries said for PostgreSQL: suite, question files, 5,000 synthesised", AtLeast(10_000.0), "", |r| {
        said(r, "dialects.postgres.said")
    }),
    slow("queries refused by name for PostgreSQL", Shown, "", |r| said(r, "dialects.postgres.refused")),
    slow("queries refused by name for MySQL and MariaDB", Shown, "", |r| said(r, "dialects.mysql.refused")),
    slow("queries refused by name for SQL Server", Shown, "", |r| said(r, "dialects.sqlserver.refused")),
    slow("queries refused by name for Oracle", Shown, "", |r| said(r, "dialects.oracle.refused")),
    slow("T-SQL that sqlglot does not read", Is(0.0), "", |r| unread(r, "sqlserver not read")),
    slow("Oracle SQL that sqlglot does not read", Is(0.0), "", |r| unread(r, "oracle not read")),
    slow("suite: queries that PostgreSQL does not prepare", Is(0.0), "", |r| {
        served(r, "postgres failed of those prepared")
    }),
    slow("PostgreSQL: queries with SQLite's rows", AtLeast(10_000.0), "", |r| {
        compared(r, "dialects.postgres.same rows")
    }),
    slow("PostgreSQL: queries with other rows, but for ROUND at a half", Is(0.0), "", |r| {
        compared(r, "dialects.postgres.other rows")
    }),
    slow("PostgreSQL: queries with other rows, for ROUND at a half", Shown, "", |r| {
        compared(r, "dialects.postgres.other rows for ROUND of what lies between two decimals")
    }),
    slow("PostgreSQL: queries that fail", Is(0.0), "", |r| compared(r, "dialects.postgres.failed")),
    slow("MariaDB: queries with SQLite's rows", AtLeast(10_000.0), "", |r| compared(r, "dialects.mysql.same rows")),
    slow("MariaDB: queries with other rows, but for ROUND at a half", Is(0.0), "", |r| {
        compared(r, "dialects.mysql.other rows")
    }),
    slow("MariaDB: queries with other rows, for ROUND at a half", Shown, "", |r| {
        compared(r, "dialects.mysql.other rows for ROUND of what lies between two decimals")
    }),
    slow("MariaDB: queries that fail", Is(0.0), "", |r| compared(r, "dialects.mysql.failed")),
];

/// A figure of saying the queries, which writes them too.
fn said(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    bench(runs, &["--out", QUERIES], figure)
}

fn unread(runs: &mut Runs, line: &str) -> Result<f64, String> {
    said(runs, "dialects.queries")?;
    runs.counted("bench/sqlglot_parse.py", line)
}

fn served(runs: &mut Runs, line: &str) -> Result<f64, String> {
    said(runs, "dialects.queries")?;
    runs.counted("bench/dialect_servers.py", line)
}

/// A figure of comparing the rows that the servers returned.
fn compared(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    served(runs, "postgres run")?;
    bench(runs, &["--rows", ROWS], figure)
}

fn bench(runs: &mut Runs, more: &[&str], figure: &str) -> Result<f64, String> {
    let suite = suite()?;
    let args = ["dialects", "--suite", &suite, "--questions", "packs/gl/questions", "--count", "5000"];
    let args: Vec<&str> = args.into_iter().chain(more.iter().copied()).collect();
    runs.bench(&args, figure)
}
