//! PostgreSQL and MariaDB as live databases: tests start both and print what they count.

use super::Target::{AtLeast, Is, Shown, Under};
use super::runs::Runs;
use super::{Figure, slow};

pub const FIGURES: &[Figure] = &[
    slow("PostgreSQL: queries with the rows of SQLite", AtLeast(100.0), "", |r| rows(r, "Postgres same rows")),
    slow("MariaDB: queries with the rows of SQLite", AtLeast(100.0), "", |r| rows(r, "MariaDb same rows")),
    slow("PostgreSQL: queries with other rows", Is(0.0), "", |r| rows(r, "Postgres different")),
    slow("MariaDB: queries with other rows", Is(0.0), "", |r| rows(r, "MariaDb different")),
    slow("PostgreSQL: hostile statements", Shown, "", |r| hostile(r, "Postgres hostile statements")),
    slow("MariaDB: hostile statements", Shown, "", |r| hostile(r, "MariaDb hostile statements")),
    slow("PostgreSQL: hostile statements that wrote", Is(0.0), "", |r| hostile(r, "Postgres writes")),
    slow("MariaDB: hostile statements that wrote", Is(0.0), "", |r| hostile(r, "MariaDb writes")),
    slow("PostgreSQL: hostile statements that made a file", Is(0.0), "", |r| hostile(r, "Postgres files")),
    slow("MariaDB: hostile statements that made a file", Is(0.0), "", |r| hostile(r, "MariaDb files")),
    slow("PostgreSQL: functions outside the list that were called", Is(0.0), "", |r| hostile(r, "Postgres functions")),
    slow("MariaDB: functions outside the list that were called", Is(0.0), "", |r| hostile(r, "MariaDb functions")),
    slow("PostgreSQL: slowest hostile statement (deadline 500 ms)", Under(750.0), "ms", |r| {
        hostile(r, "Postgres slowest")
    }),
    slow("MariaDB: slowest hostile statement (deadline 500 ms)", Under(750.0), "ms", |r| hostile(r, "MariaDb slowest")),
    slow("held-out questions answered rightly on SQLite", Shown, "", |r| held_out(r, "SQLite right")),
    slow("held-out questions answered rightly on PostgreSQL, less those", Is(0.0), "", |r| {
        Ok(held_out(r, "Postgres right")? - held_out(r, "SQLite right")?)
    }),
];

fn rows(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    runs.test("database", "servers::rows::a_hundred", figure)
}

fn hostile(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    runs.test("database", "servers::hostile", figure)
}

fn held_out(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    runs.test("cli", "servers::held_out", figure)
}
