//! What users may not see stays unseen, and what is hostile does nothing.

use super::Target::{AtLeast, Is, Shown};
use super::runs::Runs;
use super::{Figure, slow};

const POLICIES: [&str; 3] = ["policies", "--count", "10000"];

pub const FIGURES: &[Figure] = &[
    slow("policies: pairs of a query and a policy", AtLeast(10_000.0), "", |r| r.bench(&POLICIES, "policies.pairs")),
    slow("policies: rows unlike those of a filtered copy", Is(0.0), "", |r| r.bench(&POLICIES, "policies.unequal")),
    slow("policies: pairs whose rows the policy changes", Shown, "", |r| {
        r.bench(&POLICIES, "policies.pairs whose rows the policy changes")
    }),
    slow("policies: pairs without rows", Shown, "", |r| r.bench(&POLICIES, "policies.pairs without rows")),
    slow("policies: queries whose rows SQL leaves open", Shown, "", |r| {
        r.bench(&POLICIES, "policies.not counted: SQL leaves the rows open")
    }),
    slow("hostile statements", AtLeast(10_000.0), "", |r| hostile(r, "hostile.statements")),
    slow("hostile statements: violations", Is(0.0), "", |r| hostile(r, "hostile.violations")),
    slow("hostile statements that unrestricted would do harm", Shown, "", |r| hostile(r, "hostile.would do harm")),
    slow("harmful statements stopped by the validator alone", AtLeast(95.0), "%", |r| {
        hostile(r, "hostile.stopped by the validator alone")
    }),
    slow("harmful statements stopped by the sandbox alone", AtLeast(95.0), "%", |r| {
        hostile(r, "hostile.stopped by the sandbox alone")
    }),
    slow("named cases let through in other dialects", Is(0.0), "", |r| {
        hostile(r, "hostile.let through in other dialects")
    }),
    slow("the legal list: blocked", Is(0.0), "", |r| hostile(r, "hostile.legal list: blocked")),
    slow("attack texts as values: blocked", Is(0.0), "", |r| hostile(r, "hostile.attack texts as values: blocked")),
];

/// A figure of the attack texts below the folder that `GLRL_SUITES` names.
fn hostile(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    let suites = std::env::var("GLRL_SUITES").map_err(|_| "GLRL_SUITES names no folder of suites".to_owned())?;
    runs.bench(&["hostile", "--suite", &format!("{suites}/sql-injection")], figure)
}
