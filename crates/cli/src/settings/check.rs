//! Which values settings may have: a list of rules, one a line.

use model::inference::Weights;

use super::{Known, Settings, unfit};
use crate::exit::Failure;

/// What a setting has to be beyond its kind.
struct Rule {
    key: &'static str,
    holds: fn(&Settings) -> bool,
    wanted: &'static str,
}

const fn rule(key: &'static str, wanted: &'static str, holds: fn(&Settings) -> bool) -> Rule {
    Rule { key, holds, wanted }
}

const fn counted(key: &'static str, holds: fn(&Settings) -> bool) -> Rule {
    rule(key, "at least 1", holds)
}

/// The longest time that answers are kept.
const MOST_CACHE_SECONDS: u64 = 365 * 24 * 3_600;
const ADDRESS: &str = "an address such as \"127.0.0.1\", \"0.0.0.0\" or \"::\"";
const ORIGINS: &str = "origins such as \"https://bi.example.com\", with commas between; not \"*\"";

const RULES: &[Rule] = &[
    rule("ask.threshold", "\"default\", \"strict\" or a number between 0 and 1", |s| s.threshold().is_some()),
    rule("model.cpu", "\"auto\", \"avx512\", \"avx2\", \"neon\" or \"plain\"", |s| {
        matches!(s.model.cpu.as_str(), "auto" | "avx512" | "avx2" | "neon" | "plain")
    }),
    rule("model.weights", "\"f32\" or \"int8\"", |s| s.model.weights.parse::<Weights>().is_ok()),
    rule("output.color", "\"auto\" or \"never\"", |s| matches!(s.output.color.as_str(), "auto" | "never")),
    counted("limits.deadline_ms", |s| s.limits.deadline_ms > 0),
    rule("server.host", ADDRESS, |s| is_address(&s.server.host)),
    rule("server.operators_host", ADDRESS, |s| is_address(&s.server.operators_host)),
    rule("server.authentication", "\"auto\" or \"on\"", |s| matches!(s.server.authentication.as_str(), "auto" | "on")),
    rule("server.log", "\"error\", \"warn\", \"info\" or \"debug\"", |s| {
        matches!(s.server.log.as_str(), "error" | "warn" | "info" | "debug")
    }),
    rule("server.cors_origins", ORIGINS, |s| are_origins(&s.server.cors_origins)),
    rule("server.cache_seconds", "at most a year", |s| s.server.cache_seconds <= MOST_CACHE_SECONDS),
    rule("server.queue", "at least server.batch", |s| s.server.queue >= s.server.batch),
    rule("server.traces", "\"auto\", \"on\" or \"off\"", |s| matches!(s.server.traces.as_str(), "auto" | "on" | "off")),
    rule("server.tls_key", "a file, since server.tls_cert names one", |s| {
        s.server.tls_cert.is_empty() || !s.server.tls_key.is_empty()
    }),
    rule("server.tls_cert", "a file, since server.tls_key names one", |s| {
        s.server.tls_key.is_empty() || !s.server.tls_cert.is_empty()
    }),
    rule("server.operators_tls", "false where there is no server.tls_cert", |s| {
        !s.server.operators_tls || !s.server.tls_cert.is_empty()
    }),
    counted("server.max_requests", |s| s.server.max_requests > 0),
    counted("server.requests_per_minute", |s| s.server.requests_per_minute > 0),
    counted("server.burst", |s| s.server.burst > 0),
    counted("server.batch", |s| s.server.batch > 0),
    counted("server.queue", |s| s.server.queue > 0),
    counted("server.threads", |s| s.server.threads > 0),
    counted("server.connections", |s| s.server.connections > 0),
    counted("server.deadline_ms", |s| s.server.deadline_ms > 0),
    rule("cache.s3_endpoint", "a URL such as \"https://objects.example\"", |s| {
        s.cache.s3_endpoint.is_empty() || is_of_http(&s.cache.s3_endpoint)
    }),
    counted("cache.redis_timeout_ms", |s| s.cache.redis_timeout_ms > 0),
    counted("cache.s3_timeout_ms", |s| s.cache.s3_timeout_ms > 0),
    counted("cache.breaker_failures", |s| s.cache.breaker_failures > 0),
    counted("cache.breaker_ms", |s| s.cache.breaker_ms > 0),
];

/// Checks that each value is one its setting can have.
pub(super) fn check(settings: &Settings, values: &Known) -> Result<(), Failure> {
    let Some(broken) = RULES.iter().find(|rule| !(rule.holds)(settings)) else { return Ok(()) };
    let (value, origin) = &values[broken.key];
    Err(unfit(broken.key, value, origin, broken.wanted))
}

fn is_address(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok()
}

fn is_of_http(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

fn are_origins(text: &str) -> bool {
    let mut origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    origins.all(|origin| is_of_http(origin) && origin.bytes().all(|byte| byte.is_ascii_graphic()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Environment, resolve};

    #[test]
    fn each_rule_is_of_a_setting() {
        let values = resolve(&Environment::default(), None, vec![]).unwrap().values;
        let strange: Vec<&str> = RULES.iter().map(|rule| rule.key).filter(|key| !values.contains_key(*key)).collect();
        assert!(strange.is_empty(), "{strange:?}");
    }
}
