//! The sections of `default.toml` as types, and as the crates below take them.

use std::path::PathBuf;
use std::time::Duration;

use answer::orchestrator::Options;
use jiff::civil::Date;
use serde::Deserialize;

/// All settings, as `default.toml` names and explains them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) pack: String,
    pub(crate) ask: Ask,
    pub(crate) limits: Limits,
    pub(crate) database: Database,
    pub(crate) values: Values,
    pub(crate) model: Model,
    pub(crate) server: Server,
    pub(crate) cache: Cache,
    pub(crate) jwt: Jwt,
    pub(crate) paths: Paths,
    pub(crate) output: Output,
}

/// `[ask]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    pub(crate) threshold: Threshold,
    pub(crate) alternatives: u16,
    /// Candidates whose results are compared.
    pub(crate) candidates: u16,
    /// Whether the model says a plan before its query.
    pub(crate) plan: bool,
    pub(crate) samples: u16,
    pub(crate) seed: u64,
}

/// `ask.threshold`: a name or a probability.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Threshold {
    Number(f64),
    Name(String),
}

/// `[limits]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) max_rows: usize,
    pub(crate) deadline_ms: u64,
    pub(crate) max_bytes: usize,
    pub(crate) max_memory: u64,
}

/// `[database]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    pub(crate) path: String,
}

/// `[values]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Values {
    pub(crate) max_rows: u64,
    pub(crate) max_per_column: usize,
    pub(crate) max_values: usize,
    pub(crate) max_bytes: usize,
    pub(crate) max_ms: u64,
}

/// `[model]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    pub(crate) path: String,
    pub(crate) cpu: String,
    pub(crate) weights: String,
}

/// `[server]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Server {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) operators_host: String,
    pub(crate) operators_port: u16,
    pub(crate) authentication: String,
    pub(crate) keys: String,
    pub(crate) audit: String,
    pub(crate) feedback: String,
    pub(crate) deadline_ms: u64,
    pub(crate) drain_ms: u64,
    pub(crate) max_requests: u32,
    pub(crate) max_body_bytes: usize,
    pub(crate) requests_per_minute: u32,
    pub(crate) burst: u32,
    pub(crate) cors_origins: String,
    pub(crate) batch: u16,
    pub(crate) queue: u16,
    pub(crate) threads: u16,
    pub(crate) connections: u16,
    pub(crate) cache_bytes: u64,
    pub(crate) cache_seconds: u64,
    pub(crate) history: usize,
    pub(crate) tls_cert: String,
    pub(crate) tls_key: String,
    pub(crate) operators_tls: bool,
    pub(crate) models: String,
    pub(crate) runs: String,
    pub(crate) traces: String,
    pub(crate) log: String,
    /// In place of `pack`.
    pub(crate) schemas: Vec<NamedSchema>,
    /// What keys and tokens may name.
    pub(crate) policies: Vec<NamedPolicy>,
}

/// `[[server.schemas]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedSchema {
    pub(crate) name: Option<String>,
    pub(crate) pack: String,
    #[serde(default)]
    pub(crate) db: String,
    #[serde(default)]
    pub(crate) model: String,
}

/// `[[server.policies]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedPolicy {
    pub(crate) name: String,
    pub(crate) schema: Option<String>,
    pub(crate) file: PathBuf,
}

/// `[cache]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cache {
    pub(crate) redis_url: String,
    pub(crate) redis_timeout_ms: u64,
    pub(crate) shared_limits: bool,
    pub(crate) s3_bucket: String,
    pub(crate) s3_prefix: String,
    pub(crate) s3_endpoint: String,
    pub(crate) s3_timeout_ms: u64,
    pub(crate) seconds: u64,
    pub(crate) secret: String,
    pub(crate) breaker_failures: u32,
    pub(crate) breaker_ms: u64,
}

/// `[jwt]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Jwt {
    pub(crate) algorithm: String,
    pub(crate) key_file: String,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) leeway_s: u64,
}

/// `[paths]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paths {
    pub(crate) cache: String,
}

/// `[output]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Output {
    pub(crate) color: String,
}

impl Limits {
    /// As the database takes them.
    pub(crate) fn of_run(&self) -> database::Limits {
        database::Limits {
            deadline: Duration::from_millis(self.deadline_ms),
            max_rows: self.max_rows,
            max_bytes: self.max_bytes,
            max_memory: Some(self.max_memory),
            max_steps: None,
        }
    }
}

impl Values {
    /// As profiling takes them.
    pub(crate) fn of_profile(&self) -> database::ProfileLimits {
        database::ProfileLimits {
            rows: self.max_rows,
            values_per_column: self.max_per_column,
            values: self.max_values,
            value_bytes: self.max_bytes,
            time: Duration::from_millis(self.max_ms),
        }
    }
}

impl Settings {
    /// The threshold as the pipeline takes it; `None` when it is neither a known name nor a probability.
    pub(crate) fn threshold(&self) -> Option<answer::Threshold> {
        match &self.ask.threshold {
            Threshold::Number(p) => (0.0..=1.0).contains(p).then_some(answer::Threshold::At(*p)),
            Threshold::Name(name) => match name.as_str() {
                "default" => Some(answer::Threshold::Default),
                "strict" => Some(answer::Threshold::Strict),
                text => text.parse().ok().filter(|p| (0.0..=1.0).contains(p)).map(answer::Threshold::At),
            },
        }
    }

    /// How a question of this day is answered.
    pub(crate) fn asking(&self, today: Date) -> Options {
        Options {
            limits: self.limits.of_run(),
            alternatives: usize::from(self.ask.alternatives),
            candidates: usize::from(self.ask.candidates),
            plan: self.ask.plan,
            samples: usize::from(self.ask.samples),
            seed: self.ask.seed,
            threshold: self.threshold().unwrap_or_default(),
            ..Options::on(today)
        }
    }
}
