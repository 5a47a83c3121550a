//! The service under more than it can do, for longer than it is used to, behind nginx, and fed with what nobody should send.

use super::Target::{AtLeast, Is, Shown, Under};
use super::runs::Runs;
use super::{Figure, slow};

pub const FIGURES: &[Figure] = &[
    slow("overload, 10 times capacity, 60 s: answers a second, of the peak", AtLeast(90.0), "%", |r| {
        r.bench(&["overload"], "overload.goodput.share")
    }),
    slow("overload: a refusal, 99th percentile", Under(50.0), "ms", |r| r.bench(&["overload"], "overload.refusal.p99")),
    slow("overload: neither answered nor refused", Is(0.0), "", |r| r.bench(&["overload"], "overload.neither")),
    slow("overload: memory at its end", Under(512.0), "MiB", |r| r.bench(&["overload"], "overload.memory.end")),
    slow("overload: growth of memory in its second half", Under(5.0), "%", |r| {
        r.bench(&["overload"], "overload.memory.second_half")
    }),
    slow("overload: until all is well again", Under(5.0), "s", |r| r.bench(&["overload"], "overload.recovery")),
    slow("1,000 slow connections: requests of others that failed", Is(0.0), "", |r| {
        r.bench(&["slow"], "slow.others.failed")
    }),
    slow("1,000 slow connections: others answered, of those without them", AtLeast(80.0), "%", |r| {
        r.bench(&["slow"], "slow.others.share")
    }),
    slow("hostile bodies (100 MB, 100,000 levels, 1 MB questions): unclear", Is(0.0), "", |r| {
        r.bench(&["bodies"], "bodies.unclear")
    }),
    slow("hostile bodies: slowest refusal", Under(1000.0), "ms", |r| r.bench(&["bodies"], "bodies.slowest")),
    slow("hostile bodies: memory taken", Under(64.0), "MiB", |r| r.bench(&["bodies"], "bodies.memory")),
    slow("soak, 20 minutes at half capacity: requests", Shown, "", |r| r.bench(&["soak"], "soak.requests")),
    slow("soak: server errors", Is(0.0), "", |r| r.bench(&["soak"], "soak.failed")),
    slow("soak: growth of memory", Under(1.0), "%", |r| r.bench(&["soak"], "soak.memory.slope")),
    slow("soak: most open files less the fewest", Is(0.0), "", |r| {
        Ok(r.bench(&["soak"], "soak.files.most")? - r.bench(&["soak"], "soak.files.least")?)
    }),
    slow("soak: lines of the log that tell what was asked", Is(0.0), "", |r| r.bench(&["soak"], "soak.log.literals")),
    slow("50 restarts of two services behind nginx: requests", Shown, "", |r| {
        r.bench(&["rolling"], "rolling.requests")
    }),
    slow("50 restarts of two services behind nginx: requests that failed", Is(0.0), "", |r| {
        r.bench(&["rolling"], "rolling.failed")
    }),
    slow("Wycheproof's signatures judged as it judges them, of 401", Shown, "", |r| signatures(r, "right")),
    slow("... judged otherwise for a reason that the test prints", Shown, "", |r| signatures(r, "explained")),
    slow("... judged otherwise without one", Is(0.0), "", |r| signatures(r, "unexplained")),
    slow("schemathesis, 5,000 cases without and with a key: failures", Is(0.0), "", |r| {
        r.counted("bench/serve_contract.py", "failures")
    }),
    slow("OpenAI's Python client: checks that failed", Is(0.0), "", |r| {
        r.counted("bench/serve_clients.py", "python failed")
    }),
    slow("OpenAI's Node client: checks that failed", Is(0.0), "", |r| {
        r.counted("bench/serve_clients.py", "node failed")
    }),
];

fn signatures(runs: &mut Runs, figure: &str) -> Result<f64, String> {
    runs.test("serve", "signatures", &format!("signatures {figure}"))
}
