//! The environment: the one place that reads it, and what its variables say of settings.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::invalid;
use crate::exit::Failure;

/// Variables with our prefix that are not settings: test suites and the marks of the test runner.
const NOT_SETTINGS: [&str; 1] = ["GLRL_SUITES"];
const PREFIX: &str = "GLRL_";
/// The end of a setting's name whose value stands in a file, as secrets do.
const FILE_SUFFIX: &str = "_file";

/// The environment as settings need it; a value so that tests need not touch the real one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Environment {
    /// All variables that are Unicode.
    pub(crate) variables: Vec<(String, String)>,
}

/// What a variable says, or the file that it names.
pub(crate) struct Told {
    pub(crate) variable: String,
    pub(crate) text: String,
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

    /// The value of a variable, or the text of the file that `NAME_FILE` names.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn secret(&self, name: &str) -> Result<Option<Told>, Failure> {
        if let Some(value) = self.get(name) {
            return Ok(Some(Told { variable: name.to_owned(), text: value.to_owned() }));
        }
        let variable = format!("{name}_FILE");
        self.get(&variable).map(|path| of_file(&variable, path)).transpose()
    }

    /// What `GLRL_…` variables say of settings, by their keys. A setting's value may stand in a file, unless there is a setting
    /// that itself names a file so; as for [`Self::secret`], a value counts before a file, and an empty name is none.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn settings(&self, is_known: impl Fn(&str) -> bool) -> Result<BTreeMap<String, Told>, Failure> {
        let (mut told, mut files) = (BTreeMap::new(), BTreeMap::new());
        for (name, text) in self.variables.iter().filter(|(name, _)| !NOT_SETTINGS.contains(&name.as_str())) {
            let Some(key) = name.strip_prefix(PREFIX) else { continue };
            let key = key.to_ascii_lowercase().replace("__", ".");
            match key.strip_suffix(FILE_SUFFIX).filter(|of| !is_known(&key) && is_known(of)) {
                Some(setting) => drop(files.insert(setting.to_owned(), (name, text))),
                None => drop(told.insert(key, Told { variable: name.clone(), text: text.clone() })),
            }
        }
        for (key, (name, path)) in files.into_iter().filter(|(_, (_, path))| !path.is_empty()) {
            if told.get(&key).is_none_or(|told| told.text.is_empty()) {
                told.insert(key, of_file(name, path)?);
            }
        }
        Ok(told)
    }

    /// The database that `DATABASE_URL` names, where it is one that is read.
    pub(super) fn database(&self) -> Option<String> {
        self.get("DATABASE_URL").and_then(place_of_url)
    }

    /// A folder of the XDG base directories: the variable, else a folder under the home folder.
    pub(crate) fn xdg(&self, variable: &str, under_home: &str) -> Option<PathBuf> {
        let absolute = self.get(variable).map(PathBuf::from).filter(|p| p.is_absolute());
        absolute.or_else(|| self.get("HOME").map(|home| Path::new(home).join(under_home)))
    }
}

/// What a file holds that a variable names, without the end of its last line.
fn of_file(variable: &str, path: &str) -> Result<Told, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| invalid(format!("${variable}: {path}: {e}")))?;
    Ok(Told { variable: variable.to_owned(), text: text.trim_end_matches(['\n', '\r']).to_owned() })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_the_database() {
        assert_eq!(place_of_url("sqlite:///tmp/a.sqlite").as_deref(), Some("/tmp/a.sqlite"));
        assert_eq!(place_of_url("sqlite:a.sqlite").as_deref(), Some("a.sqlite"));
        assert_eq!(place_of_url("postgres://host/db").as_deref(), Some("postgres://host/db"));
        assert_eq!(place_of_url("oracle://host/db"), None);
    }
}
