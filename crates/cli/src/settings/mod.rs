//! Settings: the embedded `default.toml`, files, the environment and flags, merged key by key with where each value
//! came from. `default.toml` is documentation, default and schema at once: a key it does not have is an error.
//!
//! * [`sections`]: what there is to set.
//! * [`environment`]: what variables say of it.
//! * [`check`]: which values are taken.
//! * [`shown`]: values as anybody may read them.

mod check;
mod environment;
mod sections;
mod shown;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::exit::{Exit, Failure};
pub(crate) use environment::Environment;
pub(crate) use sections::{NamedPolicy, NamedSchema, Settings};
pub(crate) use shown::shown;

/// The built-in settings, commented.
pub(crate) const DEFAULT: &str = include_str!("../default.toml");

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

/// Each key with its value and origin, in the order of their names.
type Known = BTreeMap<String, (Value, Origin)>;

/// The merged settings and where each came from.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    /// The settings themselves.
    pub(crate) settings: Settings,
    /// The same by their keys.
    pub(crate) values: Known,
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
    let mut values = Known::new();
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
    check::check(&settings, &values)?;
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

fn merge_file(values: &mut Known, path: &Path, must_exist: bool) -> Result<(), Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound && !must_exist => return Ok(()),
        Err(e) => return Err(invalid(format!("{}: {e}", path.display()))),
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let table: Table = toml::from_str(text).map_err(|e| unread(path, text, &e))?;
    flatten("", &table, &mut |key, value| set(values, &key, value.clone(), Origin::File(path.to_owned())))
}

/// What is wrong with a settings file, and in which line; not the line itself, which may hold a password.
fn unread(path: &Path, text: &str, error: &toml::de::Error) -> Failure {
    let start = error.span().map_or(0, |span| span.start);
    let line = 1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count();
    invalid(format!("{}, line {line}: {}", path.display(), error.message()))
}

fn merge_environment(values: &mut Known, environment: &Environment) -> Result<(), Failure> {
    if let Some(path) = environment.database() {
        set(values, "database.path", Value::String(path), Origin::Variable("DATABASE_URL".to_owned()))?;
    }
    if let Some(told) = environment.secret("REDIS_URL")? {
        set(values, "cache.redis_url", Value::String(told.text), Origin::Variable(told.variable))?;
    }
    if let Some(port) = environment.get("PORT") {
        let port = from_text(&Value::Integer(0), port);
        set(values, "server.port", port, Origin::Variable("PORT".to_owned()))?;
    }
    for (key, told) in environment.settings(|key| values.contains_key(key))? {
        let value = match values.get(&key) {
            Some((known, _)) => from_text(known, &told.text),
            None => Value::String(told.text),
        };
        set(values, &key, value, Origin::Variable(told.variable))?;
    }
    Ok(())
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

fn set(values: &mut Known, key: &str, value: Value, origin: Origin) -> Result<(), Failure> {
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
        return Err(unfit(key, &value, &origin, wanted));
    }
    values.insert(key.to_owned(), (value, origin));
    Ok(())
}

/// A value that its setting cannot have.
fn unfit(key: &str, value: &Value, origin: &Origin, wanted: &str) -> Failure {
    invalid(format!("{origin}: {key} = {}: expected {wanted}", shown(key, value)))
}

fn unknown(values: &Known, key: &str, origin: &Origin) -> Failure {
    let failure = invalid(format!("{origin}: there is no setting \"{key}\""));
    let near = values.keys().map(|known| (strsim::jaro_winkler(key, known), known));
    match near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(score, _)| *score > 0.8) {
        Some((_, known)) => failure.hint(format_args!("did you mean \"{known}\"?")),
        None => failure.hint("`glrl config print` lists all settings"),
    }
}

fn typed(values: &Known) -> Result<Settings, Failure> {
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
        let message = without_text(e.message());
        // The typed reading knows no keys; name the negative number, where there is one.
        let negative = values.iter().find(|(_, (v, _))| v.as_integer().is_some_and(|i| i < 0));
        match negative {
            Some((key, (value, origin))) => invalid(format!("{origin}: {key} = {value}: {message}")),
            None => invalid(message),
        }
    })
}

/// What the typed reading says, without the text that it says it of: that may hold a password.
fn without_text(message: &str) -> String {
    match (message.split_once(": string \""), message.rsplit_once("\", expected ")) {
        (Some((what, _)), Some((_, wanted))) => format!("{what}: a text, expected {wanted}"),
        _ => message.to_owned(),
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
    fn a_value_counts_before_a_file_and_an_empty_name_is_no_file() {
        let path = std::env::temp_dir().join(format!("glrl-secret-or-value-{}", std::process::id()));
        std::fs::write(&path, "of the file").unwrap();
        let file = path.to_str().unwrap();
        let secret = |value: &str, file: &str| {
            let mut both = [("GLRL_CACHE__SECRET", value), ("GLRL_CACHE__SECRET_FILE", file)];
            let one = resolved(&both, vec![]).unwrap().settings.cache.secret;
            both.reverse();
            assert_eq!(resolved(&both, vec![]).unwrap().settings.cache.secret, one, "whichever stands first");
            one
        };
        assert_eq!(secret("of the value", file), "of the value");
        assert_eq!(secret("of the value", "/no/such/file"), "of the value");
        assert_eq!(secret("of the value", ""), "of the value");
        assert_eq!(secret("", file), "of the file");
        assert_eq!(secret("", ""), "");
        std::fs::remove_file(&path).unwrap();
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
}
