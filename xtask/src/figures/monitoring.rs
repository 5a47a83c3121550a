//! What a service tells of itself while it is loaded, and what changes while it runs: tests print what they count.

use super::Target::{AtLeast, Is, Shown};
use super::runs::Runs;
use super::{Figure, slow};

pub const FIGURES: &[Figure] = &[
    slow("dashboards: queries run against a Prometheus that scrapes a load", AtLeast(50.0), "", |r| {
        dashboards(r, "dashboard queries")
    }),
    slow("dashboards: queries without data", Is(0.0), "", |r| dashboards(r, "dashboard without data")),
    slow("alerts with a test in which they are raised and one in which not", AtLeast(5.0), "", |r| {
        r.test("cli", "monitoring::alerts", "alerts tested")
    }),
    slow("a model changed under load: requests meanwhile", Shown, "", |r| swap(r, "swap requests")),
    slow("a model changed under load: requests that failed", Is(0.0), "", |r| swap(r, "swap failed")),
    slow("a model changed under load: models whose answers were seen", Is(2.0), "", |r| swap(r, "swap models heard")),
    slow("log of a load at info: lines", Shown, "", |r| log(r, "log lines")),
    slow("log of a load at info: literals, rows, keys and tokens in it", Is(0.0), "", |r| log(r, "log secrets found")),
];

fn dashboards(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    runs.test("cli", "monitoring::every", figure)
}

fn swap(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    runs.test("serve", "swap::a_model", figure)
}

fn log(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    runs.test("cli", "logs::", figure)
}
