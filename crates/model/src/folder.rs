//! Folders that are either whole or absent: written beside their place, checked by a manifest, then renamed.
//!
//! `write` makes `NAME.tmp-…/`, writes and fsyncs each file, then `MANIFEST.json` with the size and SHA-256 of each,
//! renames the folder to `NAME` and fsyncs the parent. `read` verifies the manifest where there is one.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// Name of the manifest inside a folder.
pub const MANIFEST: &str = "MANIFEST.json";

/// Size and hash of each file of a folder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// By file name.
    pub files: BTreeMap<String, Entry>,
}

/// One file of a manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Bytes.
    pub size: u64,
    /// Lower-case hexadecimal.
    pub sha256: String,
}

/// SHA-256 of the bytes, in lower-case hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

fn damaged(path: &Path, reason: impl Into<String>) -> Error {
    Error::File { path: path.to_owned(), reason: reason.into() }
}

/// Writes a folder of files, whole or not at all. A folder already there is replaced.
pub fn write(folder: &Path, files: &[(&str, &[u8])]) -> Result<Manifest> {
    let old = beside(folder, &format!("old-{}", unique()));
    let (manifest, replaced) = write_keeping(folder, files, &old)?;
    if replaced {
        fs::remove_dir_all(&old).map_err(io(&old))?;
    }
    Ok(manifest)
}

/// Writes a folder of files in the place of another, which is kept beside it as `NAME.previous-1`, `-2` …; where the
/// place is a link, the link is moved to a new folder `NAME.promoted-1`, `-2` … at once. Returns where the old one is.
pub fn supersede(folder: &Path, files: &[(&str, &[u8])]) -> Result<PathBuf> {
    let number =
        (1..).find(|n| ["previous", "promoted"].iter().all(|kind| !is_there(&beside(folder, &format!("{kind}-{n}")))));
    let number = number.unwrap_or(0u64);
    let previous = beside(folder, &format!("previous-{number}"));
    #[cfg(unix)]
    if let Ok(target) = fs::read_link(folder) {
        let promoted = beside(folder, &format!("promoted-{number}"));
        write(&promoted, files)?;
        link(&target, &previous)?;
        let new = beside(folder, &format!("tmp-{}", unique()));
        link(Path::new(promoted.file_name().unwrap_or_default()), &new)?;
        fs::rename(&new, folder).map_err(io(folder))?;
        sync(parent(folder))?;
        return Ok(previous);
    }
    write_keeping(folder, files, &previous).map(|_| previous)
}

#[cfg(unix)]
fn link(target: &Path, path: &Path) -> Result<()> {
    std::os::unix::fs::symlink(target, path).map_err(io(path))
}

/// Whether anything has this name, a link to nothing included.
fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// `NAME.KIND` beside a folder.
fn beside(folder: &Path, kind: &str) -> PathBuf {
    let mut name = folder.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{kind}"));
    folder.with_file_name(name)
}

/// Part of a name that no other folder of any process has.
fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn parent(folder: &Path) -> &Path {
    folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a folder of files, whole or not at all; one already there is renamed to `old`, and whether there was one is
/// returned.
fn write_keeping(folder: &Path, files: &[(&str, &[u8])], old: &Path) -> Result<(Manifest, bool)> {
    let parent = parent(folder);
    fs::create_dir_all(parent).map_err(io(parent))?;
    let temporary = beside(folder, &format!("tmp-{}", unique()));
    let result = fill(&temporary, files).and_then(|manifest| {
        let replaced = folder.exists();
        if replaced {
            fs::rename(folder, old).map_err(io(folder))?;
        }
        if let Err(error) = fs::rename(&temporary, folder) {
            // The old one goes back; failing to would hide the first error.
            let _ = if replaced { fs::rename(old, folder) } else { Ok(()) };
            return Err(io(folder)(error));
        }
        sync(parent)?;
        Ok((manifest, replaced))
    });
    if result.is_err() {
        // The half-written folder is of no use; failing to remove it would hide the first error.
        let _ = fs::remove_dir_all(&temporary);
    }
    result
}

fn fill(folder: &Path, files: &[(&str, &[u8])]) -> Result<Manifest> {
    fs::create_dir_all(folder).map_err(io(folder))?;
    let mut manifest = Manifest::default();
    for (name, bytes) in files {
        write_synced(&folder.join(name), bytes)?;
        manifest.files.insert((*name).to_owned(), Entry { size: bytes.len() as u64, sha256: sha256(bytes) });
    }
    let path = folder.join(MANIFEST);
    let text = serde_json::to_string_pretty(&manifest).map_err(|e| damaged(&path, e.to_string()))? + "\n";
    write_synced(&path, text.as_bytes())?;
    sync(folder)?;
    Ok(manifest)
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = fs::File::create(path).map_err(io(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io(path))
}

/// Makes renames inside a folder durable.
fn sync(folder: &Path) -> Result<()> {
    // Only Unix can open a folder to sync it.
    if cfg!(unix) {
        fs::File::open(folder).and_then(|f| f.sync_all()).map_err(io(folder))?;
    }
    Ok(())
}

/// Reads one file of a folder; where the folder has a manifest that names it, size and hash must agree.
pub fn read(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    let bytes = fs::read(&path).map_err(io(&path))?;
    if let Some(entry) = manifest(folder)?.and_then(|mut m| m.files.remove(name)) {
        check(&path, &bytes, &entry)?;
    }
    Ok(bytes)
}

/// The manifest of a folder, if it has one.
pub fn manifest(folder: &Path) -> Result<Option<Manifest>> {
    let path = folder.join(MANIFEST);
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|e| damaged(&path, e.to_string())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io(&path)(e)),
    }
}

/// Checks every file that the manifest names; a folder without a manifest is an error.
pub fn verify(folder: &Path) -> Result<Manifest> {
    let manifest = manifest(folder)?.ok_or_else(|| damaged(&folder.join(MANIFEST), "the manifest is missing"))?;
    for (name, entry) in &manifest.files {
        let path = folder.join(name);
        // A name with a path in it could read any file of the machine.
        if name.contains(['/', '\\']) {
            return Err(damaged(&folder.join(MANIFEST), format!("\"{name}\" is not a file of this folder")));
        }
        check(&path, &fs::read(&path).map_err(io(&path))?, entry)?;
    }
    Ok(manifest)
}

fn check(path: &Path, bytes: &[u8], entry: &Entry) -> Result<()> {
    if bytes.len() as u64 != entry.size {
        return Err(damaged(path, format!("{} bytes, but the manifest says {}", bytes.len(), entry.size)));
    }
    let hash = sha256(bytes);
    if hash != entry.sha256 {
        return Err(damaged(path, format!("SHA-256 {hash}, but the manifest says {}", entry.sha256)));
    }
    Ok(())
}

/// What [`newest_good`] found.
#[derive(Debug, Default)]
pub struct Newest {
    /// The newest folder that verifies.
    pub good: Option<PathBuf>,
    /// Newer folders that do not, and why.
    pub passed_over: Vec<(PathBuf, Error)>,
}

/// The folder with the highest name that starts with `prefix` and verifies, such as the last good checkpoint.
pub fn newest_good(parent: &Path, prefix: &str) -> Result<Newest> {
    let mut names = Vec::new();
    for entry in fs::read_dir(parent).map_err(io(parent))? {
        let name = entry.map_err(io(parent))?.file_name().to_string_lossy().into_owned();
        if name.starts_with(prefix) && !name.contains(".tmp-") && !name.contains(".old-") {
            names.push(name);
        }
    }
    // A number that has outgrown its leading zeros is longer.
    names.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    let mut newest = Newest::default();
    for name in names.iter().rev() {
        let path = parent.join(name);
        match verify(&path) {
            Ok(_) => {
                newest.good = Some(path);
                break;
            }
            Err(error) => newest.passed_over.push((path, error)),
        }
    }
    Ok(newest)
}
