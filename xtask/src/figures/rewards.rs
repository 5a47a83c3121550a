//! What completions are worth: how quickly that is known, and whether a wrong one can earn what a right one does.

use super::Target::{AtLeast, Shown, Under};
use super::runs::Runs;
use super::{Figure, quick, slow};

pub const FIGURES: &[Figure] = &[
    quick("rewards, executed on three databases, two threads", AtLeast(5000.0), "rewards/s", |r| {
        r.bench(&["reward"], "reward.rewards")
    }),
    quick("the same by the processor's time, whatever else runs", AtLeast(5000.0), "rewards/s", |r| {
        r.bench(&["reward"], "reward.rewards, by the processor's time")
    }),
    quick("a reward on three databases, 99th percentile", Under(20.0), "ms", |r| r.bench(&["reward"], "reward.p99")),
    quick("rewards, right ones on databases made for the question too", Shown, "rewards/s", |r| {
        r.bench(&["reward"], "reward.rewards, with witnesses")
    }),
    quick("such a reward, 99th percentile", Shown, "ms", |r| r.bench(&["reward"], "reward.p99, with witnesses")),
    slow("wrong queries that are rewarded", AtLeast(100_000.0), "", |r| deceptions(r, "reward.wrong queries")),
    slow("as well rewarded as the right one, execution, of 100,000", Under(10.0), "", |r| {
        deceptions(r, "reward.earn what the right one does, execution, of 100,000")
    }),
    slow("highest reward of the others, execution", Under(0.8), "", |r| {
        deceptions(r, "reward.highest reward of the others, execution")
    }),
    slow("as well rewarded as the right one, seed, of 100,000", Shown, "", |r| {
        deceptions(r, "reward.earn what the right one does, seed, of 100,000")
    }),
];

/// A figure of wrong queries to hand-written questions.
fn deceptions(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    let [examples, some, more] =
        ["examples", "corpus-a", "corpus-c"].map(|name| format!("packs/gl/questions/{name}.jsonl"));
    let questions = ["--questions", &examples, "--questions", &some, "--questions", &more];
    runs.bench(&[&["reward", "--adversarial", "100000"], &questions[..]].concat(), figure)
}
