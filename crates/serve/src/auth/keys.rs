//! API keys: 32 random bytes, shown once and kept as a hash. A file holds them; whoever may write it makes the keys.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::{Principal, Scope, View};

/// What every key starts with, so that scanners of leaked secrets know it.
const MARK: &str = "glrl_";
/// Characters of a key that tell which it is.
const PREFIX: usize = 8;
/// Random bytes of a key.
const BYTES: usize = 32;

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRecord {
    /// Its first characters, which name it.
    pub prefix: String,
    /// SHA-256 of the whole key, in hexadecimal.
    pub sha256: String,
    /// Who or what it is for.
    pub name: String,
    /// What it is good for.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<Scope>,
    /// When it was made.
    #[schema(value_type = String)]
    pub created: Timestamp,
    /// From when on it is not good any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expires: Option<Timestamp>,
    /// When it was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub revoked: Option<Timestamp>,
    /// The policy that its requests are answered under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What that policy is told of the user.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub user: BTreeMap<String, String>,
}

impl KeyRecord {
    /// Whether it is good at this time.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|end| now < end)
    }
}

/// Why keys cannot be read, made or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read or written.
    #[error("the keys in {path}: {error}")]
    File {
        /// The file.
        path: String,
        /// What is wrong.
        error: String,
    },
    /// There is no such key.
    #[error("there is no key \"{prefix}\"")]
    Unknown {
        /// As given.
        prefix: String,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(getrandom::Error),
}

/// The keys of a file. What is read can be read again while requests come.
#[derive(Debug)]
pub struct KeyStore {
    path: PathBuf,
    keys: RwLock<Vec<KeyRecord>>,
}

impl KeyStore {
    /// The keys in a file; none where there is no file yet.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn open(path: &Path) -> Result<Self, KeyError> {
        Ok(KeyStore { path: path.to_owned(), keys: RwLock::new(read(path)?) })
    }

    /// Reads the file again.
    ///
    /// # Errors
    /// When it cannot be read; the keys stay what they were.
    pub fn reload(&self) -> Result<(), KeyError> {
        let keys = read(&self.path)?;
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// All keys, those that are not good any more too.
    pub fn list(&self) -> Vec<KeyRecord> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether any key is good.
    pub fn has_good(&self) -> bool {
        let now = Timestamp::now();
        self.keys.read().unwrap_or_else(PoisonError::into_inner).iter().any(|key| key.is_good(now))
    }

    /// Makes a key. The text is shown here and never again.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn create(
        &self,
        name: &str,
        scopes: Vec<Scope>,
        expires: Option<Timestamp>,
    ) -> Result<(String, KeyRecord), KeyError> {
        self.create_for(name, scopes, expires, View::default())
    }

    /// Makes a key whose requests are answered under a policy.
    ///
    /// # Errors
    /// As [`KeyStore::create`].
    pub fn create_for(
        &self,
        name: &str,
        scopes: Vec<Scope>,
        expires: Option<Timestamp>,
        view: View,
    ) -> Result<(String, KeyRecord), KeyError> {
        self.change(|keys| {
            let made = new_key(name, scopes, expires, view)?;
            keys.push(made.1.clone());
            Ok(made)
        })
    }

    /// Takes a key back.
    ///
    /// # Errors
    /// When there is none, or the change cannot be kept.
    pub fn revoke(&self, prefix: &str) -> Result<KeyRecord, KeyError> {
        self.change(|keys| {
            let key = keys.iter_mut().find(|key| key.prefix == prefix);
            let key = key.ok_or_else(|| KeyError::Unknown { prefix: prefix.to_owned() })?;
            key.revoked.get_or_insert_with(Timestamp::now);
            Ok(key.clone())
        })
    }

    /// A new key in place of one that is good, which is taken back.
    ///
    /// # Errors
    /// As [`KeyStore::revoke`] and [`KeyStore::create`].
    pub fn rotate(&self, prefix: &str) -> Result<(String, KeyRecord), KeyError> {
        self.change(|keys| {
            let now = Timestamp::now();
            let old = keys.iter_mut().find(|key| key.prefix == prefix && key.is_good(now));
            let old = old.ok_or_else(|| KeyError::Unknown { prefix: prefix.to_owned() })?;
            let view = View { policy: old.policy.clone(), user: old.user.clone() };
            let made = new_key(&old.name, old.scopes.clone(), old.expires, view)?;
            old.revoked = Some(now);
            keys.push(made.1.clone());
            Ok(made)
        })
    }

    /// Who a key belongs to, where it is good.
    pub fn principal(&self, key: &str) -> Option<Arc<Principal>> {
        let prefix = key.strip_prefix(MARK)?.get(..PREFIX)?;
        let hash = hex(&Sha256::digest(key));
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let now = Timestamp::now();
        let known = keys.iter().find(|known| known.prefix == prefix && is_same(&known.sha256, &hash))?;
        let view = || View { policy: known.policy.clone(), user: known.user.clone() };
        let principal = || Principal { name: format!("key:{prefix}"), scopes: known.scopes.clone(), view: view() };
        known.is_good(now).then(|| Arc::new(principal()))
    }

    /// Changes the keys of the file as it is now, and then those held.
    fn change<T>(&self, change: impl FnOnce(&mut Vec<KeyRecord>) -> Result<T, KeyError>) -> Result<T, KeyError> {
        let mut held = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        // Another process may be about to change the same file; what it takes back must not come back.
        let _lock = locked(&self.path).map_err(|error| file_error(&self.path, error))?;
        let mut keys = read(&self.path)?;
        let changed = change(&mut keys);
        if changed.is_ok() {
            write(&self.path, &keys).map_err(|error| file_error(&self.path, error))?;
        }
        *held = keys;
        changed
    }
}

fn file_error(path: &Path, error: impl std::fmt::Display) -> KeyError {
    KeyError::File { path: path.display().to_string(), error: error.to_string() }
}

fn read(path: &Path) -> Result<Vec<KeyRecord>, KeyError> {
    match fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| file_error(path, error)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(vec![]),
        Err(error) => Err(file_error(path, error)),
    }
}

/// Random bytes as a key, and how it is kept.
fn new_key(
    name: &str,
    scopes: Vec<Scope>,
    expires: Option<Timestamp>,
    view: View,
) -> Result<(String, KeyRecord), KeyError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
    let secret = hex(&bytes);
    let key = format!("{MARK}{secret}");
    let record = KeyRecord {
        prefix: secret[..PREFIX].to_owned(),
        sha256: hex(&Sha256::digest(&key)),
        name: name.to_owned(),
        scopes,
        created: Timestamp::now(),
        expires,
        revoked: None,
        policy: view.policy,
        user: view.user,
    };
    Ok((key, record))
}

/// A lock beside the file, held until it is dropped.
fn locked(path: &Path) -> std::io::Result<fs::File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let lock = fs::File::create(path.with_extension("lock"))?;
    lock.lock()?;
    Ok(lock)
}

/// Writes a file beside it that only its owner may read, and renames it, so that nobody ever reads half of it.
fn write(path: &Path, keys: &[KeyRecord]) -> std::io::Result<()> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&beside)?;
    file.write_all(&serde_json::to_vec_pretty(keys)?)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}

/// In a time that does not tell where two hashes part.
fn is_same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |apart, (a, b)| apart | (a ^ b)) == 0
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
