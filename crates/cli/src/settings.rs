//! Settings: the embedded `default.toml`, files, the environment and flags, merged key by key with where each value
//! came from. `default.toml` is documentation, default and schema at once: a key it does not have is an error.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::inference::Weights;
use serde::Deserialize;
use toml::{Table, Value};

use crate::exit::{Exit, Failure};

/// The built-in settings, commented.
pub(crate) const DEFAULT: &str = include_str!("default.toml");

/// Variables with our prefix that are not settings: test suites and the marks of the test runner.
const NOT_SETTINGS: [&str; 1] = ["GLRL_SUITES"];
const PREFIX: &str = "GLRL_";
/// The end of a setting's name whose value stands in a file, as secrets do.
const FILE_SUFFIX: &str = "_file";

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

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// `default.toml`.
    Default,
    /// A settings file.
    File(PathBuf),
    /// A variable of the environment.
    Variable(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Default => f.write_str("default"),
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Variable(name) => write!(f, "${name}"),
            Origin::Flag(name) => f.write_str(name),
        }
    }
}

/// A value given on the command line: the setting's key, the flag, the value.
pub(crate) type FlagValue = (&'static str, &'static str, Value);

/// The environment as settings need it; a value so that tests need not touch the real one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    /// All variables that are Unicode.
    pub(crate) variables: Vec<(String, String)>,
}

impl Environment {
    /// The process's own environment: the one place that reads it.
    pub(crate) fn of_process() -> Self {
        let unicode = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Environment { variables: std::env::vars_os().filter_map(unicode).collect() }
    }

    /// The value of a variable that is set and not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.variables.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    /// The value of a variable, or the text of the file that `NAME_FILE` names; and which of the two it was.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn secret(&self, name: &str) -> Result<Option<(String, String)>, Failure> {
        if let Some(value) = self.get(name) {
            return Ok(Some((value.to_owned(), name.to_owned())));
        }
        let variable = format!("{name}_FILE");
        let text = self.get(&variable).map(|path| text_of(&variable, path)).transpose()?;
        Ok(text.map(|text| (text, variable)))
    }

    /// A folder of the XDG base directories: the variable, else a folder under the home folder.
    pub(crate) fn xdg(&self, variable: &str, under_home: &str) -> Option<PathBuf> {
        let absolute = self.get(variable).map(PathBuf::from).filter(|p| p.is_absolute());
        absolute.or_else(|| self.get("HOME").map(|home| Path::new(home).join(under_home)))
    }
}

/// The merged settings and where each came from.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    /// The settings themselves.
    pub(crate) settings: Settings,
    /// Each key with its value and origin, in the order of their names.
    pub(crate) values: BTreeMap<String, (Value, Origin)>,
}

/// Merges defaults, files, environment and flags.
///
/// # Errors
/// A file that cannot be read, an unknown key, a value of the wrong kind: exit 4 each, naming where it stands.
pub(crate) fn resolve(
    environment: &Environment,
    config_file: Option<&Path>,
    flags: Vec<FlagValue>,
) -> Result<Resolved, Failure> {
    let mut values = BTreeMap::new();
    let defaults: Table = toml::from_str(DEFAULT).map_err(|e| invalid(format!("default.toml: {e}")))?;
    flatten("", &defaults, &mut |key, value| {
        values.insert(key, (value.clone(), Origin::Default));
        Ok(())
    })?;
    for (path, must_exist) in files(environment, config_file) {
        merge_file(&mut values, &path, must_exist)?;
    }
    merge_environment(&mut values, environment)?;
    for (key, flag, value) in flags {
        set(&mut values, key, value, Origin::Flag(flag.to_owned()))?;
    }
    let settings = typed(&values)?;
    check(&settings, &values)?;
    Ok(Resolved { settings, values })
}

/// The settings files in order of precedence, and whether each must exist.
fn files(environment: &Environment, config_file: Option<&Path>) -> Vec<(PathBuf, bool)> {
    let user = environment.xdg("XDG_CONFIG_HOME", ".config").map(|folder| (folder.join("glrl/config.toml"), false));
    let own = match config_file {
        Some(path) => (path.to_owned(), true),
        None => (PathBuf::from("glrl.toml"), false),
    };
    user.into_iter().chain([own]).collect()
}

fn merge_file(values: &mut BTreeMap<String, (Value, Origin)>, path: &Path, must_exist: bool) -> Result<(), Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !must_exist => return Ok(()),
        Err(e) => return Err(invalid(format!("{}: {e}", path.display()))),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let table: Table = toml::from_str(text).map_err(|e| invalid(format!("{}: {e}", path.display())))?;
    flatten("", &table, &mut |key, value| set(values, &key, value.clone(), Origin::File(path.to_owned())))
}

fn merge_environment(values: &mut BTreeMap<String, (Value, Origin)>, environment: &Environment) -> Result<(), Failure> {
    if let Some(path) = environment.get("DATABASE_URL").and_then(place_of_url) {
        set(values, "database.path", Value::String(path), Origin::Variable("DATABASE_URL".to_owned()))?;
    }
    if let Some((url, variable)) = environment.secret("REDIS_URL")? {
        set(values, "cache.redis_url", Value::String(url), Origin::Variable(variable))?;
    }
    if let Some(port) = environment.get("PORT") {
        let port = from_text(&Value::Integer(0), port);
        set(values, "server.port", port, Origin::Variable("PORT".to_owned()))?;
    }
    for (name, text) in &environment.variables {
        let Some(key) = name.strip_prefix(PREFIX).filter(|_| !NOT_SETTINGS.contains(&name.as_str())) else { continue };
        let mut key = key.to_ascii_lowercase().replace("__", ".");
        let mut text = text.clone();
        // A setting's value may stand in a file, unless there is a setting that itself names a file so.
        if let Some(setting) =
            key.strip_suffix(FILE_SUFFIX).filter(|of| !values.contains_key(&key) && values.contains_key(*of))
        {
            (key, text) = (setting.to_owned(), text_of(name, &text)?);
        }
        let value = match values.get(&key) {
            Some((known, _)) => from_text(known, &text),
            None => Value::String(text),
        };
        set(values, &key, value, Origin::Variable(name.clone()))?;
    }
    Ok(())
}

/// What a file holds that a variable names, without the end of its last line.
fn text_of(variable: &str, path: &str) -> Result<String, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| invalid(format!("${variable}: {path}: {e}")))?;
    Ok(text.trim_end_matches(['\n', '\r']).to_owned())
}

/// The path in `sqlite:PATH`, `sqlite://PATH` or `sqlite:///PATH`, or the URL of a server that is read; those of other
/// engines are not for us.
fn place_of_url(url: &str) -> Option<String> {
    if database::server::url::kind_of(url).is_some() {
        return Some(url.to_owned());
    }
    let rest = url.strip_prefix("sqlite:")?;
    Some(rest.strip_prefix("//").unwrap_or(rest).to_owned()).filter(|path| !path.is_empty())
}

/// The text of a variable as a value of the same kind as the default, or as text for [`set`] to refuse.
fn from_text(known: &Value, text: &str) -> Value {
    let parsed = match known {
        Value::Integer(_) => text.trim().parse().ok().map(Value::Integer),
        Value::Float(_) => text.trim().parse().ok().map(Value::Float),
        Value::Boolean(_) => text.trim().parse().ok().map(Value::Boolean),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// Calls `each` with every value of a table and its dotted key.
fn flatten(
    prefix: &str,
    table: &Table,
    each: &mut impl FnMut(String, &Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            Value::Table(inner) => flatten(&key, inner, each)?,
            value => each(key, value)?,
        }
    }
    Ok(())
}

fn set(values: &mut BTreeMap<String, (Value, Origin)>, key: &str, value: Value, origin: Origin) -> Result<(), Failure> {
    let Some((known, _)) = values.get(key) else { return Err(unknown(values, key, &origin)) };
    let number = |v: &Value| matches!(v, Value::Integer(_) | Value::Float(_));
    // The threshold alone is a name or a number.
    let fits = known.same_type(&value) || (key == "ask.threshold" && (number(&value) || value.is_str()));
    if !fits {
        let wanted = match known.type_str() {
            "integer" => "a whole number",
            "string" => "a text",
            other => other,
        };
        return Err(invalid(format!("{origin}: {key} = {value}: expected {wanted}")));
    }
    values.insert(key.to_owned(), (value, origin));
    Ok(())
}

fn unknown(values: &BTreeMap<String, (Value, Origin)>, key: &str, origin: &Origin) -> Failure {
    let failure = invalid(format!("{origin}: there is no setting \"{key}\""));
    let near = values.keys().map(|known| (strsim::jaro_winkler(key, known), known));
    match near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.8) {
        Some((_, known)) => failure.hint(format_args!("did you mean \"{known}\"?")),
        None => failure.hint("`glrl config print` lists all settings"),
    }
}

fn typed(values: &BTreeMap<String, (Value, Origin)>) -> Result<Settings, Failure> {
    let mut root = Table::new();
    for (key, (value, _)) in values {
        match key.split_once('.') {
            Some((section, name)) => {
                let section = root.entry(section).or_insert_with(|| Value::Table(Table::new()));
                if let Value::Table(table) = section {
                    table.insert(name.to_owned(), value.clone());
                }
            }
            None => {
                root.insert(key.clone(), value.clone());
            }
        }
    }
    root.try_into().map_err(|e: toml::de::Error| {
        let message = e.message();
        // The typed reading knows no keys; name the negative number, which is the only way to get here.
        let negative = values.iter().find(|(_, (v, _))| v.as_integer().is_some_and(|i| i < 0));
        match negative {
            Some((key, (value, origin))) => invalid(format!("{origin}: {key} = {value}: {message}")),
            None => invalid(message.to_owned()),
        }
    })
}

/// Checks that each value is one its setting can have.
fn check(settings: &Settings, values: &BTreeMap<String, (Value, Origin)>) -> Result<(), Failure> {
    let bad = |key: &str, wanted: &str| {
        let (value, origin) = &values[key];
        Err(invalid(format!("{origin}: {key} = {value}: expected {wanted}")))
    };
    if settings.threshold().is_none() {
        return bad("ask.threshold", "\"default\", \"strict\" or a number between 0 and 1");
    }
    if !matches!(settings.model.cpu.as_str(), "auto" | "avx512" | "avx2" | "neon" | "plain") {
        return bad("model.cpu", "\"auto\", \"avx512\", \"avx2\", \"neon\" or \"plain\"");
    }
    if settings.model.weights.parse::<Weights>().is_err() {
        return bad("model.weights", "\"f32\" or \"int8\"");
    }
    if !matches!(settings.output.color.as_str(), "auto" | "never") {
        return bad("output.color", "\"auto\" or \"never\"");
    }
    check_server(&settings.server, &bad)?;
    check_cache(&settings.cache, &bad)?;
    if settings.limits.deadline_ms == 0 {
        return bad("limits.deadline_ms", "at least 1");
    }
    Ok(())
}

fn check_cache(cache: &Cache, bad: &dyn Fn(&str, &str) -> Result<(), Failure>) -> Result<(), Failure> {
    let counts = [
        ("cache.redis_timeout_ms", cache.redis_timeout_ms),
        ("cache.s3_timeout_ms", cache.s3_timeout_ms),
        ("cache.breaker_failures", u64::from(cache.breaker_failures)),
        ("cache.breaker_ms", cache.breaker_ms),
    ];
    if !(cache.s3_endpoint.is_empty()
        || cache.s3_endpoint.starts_with("http://")
        || cache.s3_endpoint.starts_with("https://"))
    {
        return bad("cache.s3_endpoint", "a URL such as \"https://objects.example\"");
    }
    counts.into_iter().find(|(_, count)| *count == 0).map_or(Ok(()), |(key, _)| bad(key, "at least 1"))
}

/// The longest time that answers are kept.
const MOST_CACHE_SECONDS: u64 = 365 * 24 * 3_600;

fn check_server(server: &Server, bad: &dyn Fn(&str, &str) -> Result<(), Failure>) -> Result<(), Failure> {
    for (key, host) in [("server.host", &server.host), ("server.operators_host", &server.operators_host)] {
        if host.parse::<std::net::IpAddr>().is_err() {
            return bad(key, "an address such as \"127.0.0.1\", \"0.0.0.0\" or \"::\"");
        }
    }
    if !matches!(server.authentication.as_str(), "auto" | "on") {
        return bad("server.authentication", "\"auto\" or \"on\"");
    }
    if !matches!(server.log.as_str(), "error" | "warn" | "info" | "debug") {
        return bad("server.log", "\"error\", \"warn\", \"info\" or \"debug\"");
    }
    let mut origins = server.cors_origins.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    let is_origin = |origin: &str| {
        (origin.starts_with("http://") || origin.starts_with("https://"))
            && origin.bytes().all(|b| b.is_ascii_graphic())
    };
    if !origins.all(is_origin) {
        return bad(
            "server.cors_origins",
            "origins such as \"https://bi.example.com\", with commas between; not \"*\"",
        );
    }
    if server.cache_seconds > MOST_CACHE_SECONDS {
        return bad("server.cache_seconds", "at most a year");
    }
    if server.queue < server.batch {
        return bad("server.queue", "at least server.batch");
    }
    if !matches!(server.traces.as_str(), "auto" | "on" | "off") {
        return bad("server.traces", "\"auto\", \"on\" or \"off\"");
    }
    for (own, other, path) in [
        ("server.tls_cert", "server.tls_key", &server.tls_key),
        ("server.tls_key", "server.tls_cert", &server.tls_cert),
    ] {
        if path.is_empty() && !(server.tls_cert.is_empty() && server.tls_key.is_empty()) {
            return bad(other, &format!("a file, since {own} names one"));
        }
    }
    if server.operators_tls && server.tls_cert.is_empty() {
        return bad("server.operators_tls", "false where there is no server.tls_cert");
    }
    let counts = [
        ("server.max_requests", u64::from(server.max_requests)),
        ("server.requests_per_minute", u64::from(server.requests_per_minute)),
        ("server.burst", u64::from(server.burst)),
        ("server.batch", u64::from(server.batch)),
        ("server.queue", u64::from(server.queue)),
        ("server.threads", u64::from(server.threads)),
        ("server.connections", u64::from(server.connections)),
        ("server.deadline_ms", server.deadline_ms),
    ];
    counts.into_iter().find(|(_, count)| *count == 0).map_or(Ok(()), |(key, _)| bad(key, "at least 1"))
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
}

fn invalid(message: String) -> Failure {
    Failure::new(Exit::Settings, "settings", message.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(variables: &[(&str, &str)], flags: Vec<FlagValue>) -> Result<Resolved, Failure> {
        let variables = variables.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        resolve(&Environment { variables }, None, flags)
    }

    #[test]
    fn the_defaults_are_complete() {
        let resolved = resolved(&[], vec![]).unwrap();
        assert_eq!(resolved.settings.pack, "gl");
        assert!(resolved.values.values().all(|(_, origin)| *origin == Origin::Default));
    }

    #[test]
    fn flags_win_over_the_environment_and_both_say_so() {
        let flags = vec![("limits.max_rows", "--max-rows", Value::Integer(3))];
        let variables = [("GLRL_LIMITS__MAX_ROWS", "7"), ("GLRL_LIMITS__DEADLINE_MS", "70"), ("GLRL_SUITES", "x")];
        let resolved = resolved(&variables, flags).unwrap();
        assert_eq!((resolved.settings.limits.max_rows, resolved.settings.limits.deadline_ms), (3, 70));
        assert_eq!(resolved.values["limits.max_rows"].1.to_string(), "--max-rows");
        assert_eq!(resolved.values["limits.deadline_ms"].1.to_string(), "$GLRL_LIMITS__DEADLINE_MS");
    }

    #[test]
    fn a_value_may_stand_in_a_file() {
        let path = std::env::temp_dir().join(format!("glrl-secret-{}", std::process::id()));
        std::fs::write(&path, "of the file\n").unwrap();
        let file = path.to_str().unwrap();
        let of_file = resolved(&[("GLRL_CACHE__SECRET_FILE", file), ("REDIS_URL_FILE", file)], vec![]).unwrap();
        assert_eq!(of_file.settings.cache.secret, "of the file");
        assert_eq!(of_file.settings.cache.redis_url, "of the file");
        assert_eq!(of_file.values["cache.redis_url"].1.to_string(), "$REDIS_URL_FILE");
        // This one names a file itself.
        let key_file = resolved(&[("GLRL_JWT__KEY_FILE", file)], vec![]).unwrap();
        assert_eq!(key_file.settings.jwt.key_file, file);
        std::fs::remove_file(&path).unwrap();
        let failure = resolved(&[("GLRL_CACHE__SECRET_FILE", file)], vec![]).unwrap_err();
        assert!(failure.message.contains("GLRL_CACHE__SECRET_FILE") && failure.exit == Exit::Settings, "{failure:?}");
    }

    #[test]
    fn misuse_is_named() {
        let check = |variable: (&str, &str), message: &str| {
            let failure = resolved(&[variable], vec![]).unwrap_err();
            assert_eq!(failure.exit, Exit::Settings);
            let text = format!("{} {}", failure.message, failure.hint.unwrap_or_default());
            assert!(text.contains(message), "{text}");
        };
        check(("GLRL_LIMITS__MAX_ROW", "7"), "did you mean \"limits.max_rows\"?");
        check(("GLRL_LIMITS__MAX_ROWS", "many"), "expected a whole number");
        check(("GLRL_LIMITS__MAX_ROWS", "-1"), "limits.max_rows = -1");
        check(("GLRL_ASK__THRESHOLD", "sure"), "\"default\", \"strict\" or a number");
        check(("GLRL_MODEL__CPU", "gpu"), "model.cpu");
        check(("GLRL_CACHE__S3_ENDPOINT", "objects"), "cache.s3_endpoint");
        check(("GLRL_CACHE__BREAKER_FAILURES", "0"), "cache.breaker_failures");
        check(("GLRL_MODEL__WEIGHTS", "int4"), "model.weights");
    }

    #[test]
    fn a_url_names_the_database() {
        assert_eq!(place_of_url("sqlite:///tmp/a.sqlite").as_deref(), Some("/tmp/a.sqlite"));
        assert_eq!(place_of_url("sqlite:a.sqlite").as_deref(), Some("a.sqlite"));
        assert_eq!(place_of_url("postgres://host/db").as_deref(), Some("postgres://host/db"));
        assert_eq!(place_of_url("oracle://host/db"), None);
    }
}
