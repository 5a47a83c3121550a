//! Files that are replaced at once: a crash or a full disk leaves the old one or the new one, never half of either.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::error::{Result, io};

/// Puts a file in the place of another, or where there was none.
///
/// # Errors
/// When it cannot be written, as on a full disk; then the old one is untouched.
pub(crate) fn replace(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".tmp");
    let beside = path.with_file_name(name);
    let written = write_synced(&beside, content.as_ref()).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // Half a file is of no use; failing to remove it would hide the first error.
        let _ = fs::remove_file(&beside);
    }
    written.map_err(io(path))
}

fn write_synced(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_file_stays_where_the_new_one_cannot_be_written() {
        let folder = std::env::temp_dir().join(format!("files-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.toml");
        replace(&path, "old").unwrap();
        // A folder stands where the new file is to be written first.
        fs::create_dir(folder.join("a.toml.tmp")).unwrap();
        let error = replace(&path, "new").unwrap_err().to_string();
        assert!(error.contains("a.toml"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        fs::remove_dir(folder.join("a.toml.tmp")).unwrap();
        replace(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_told_with_what_to_do() {
        let error = File::options().write(true).open("/dev/full").unwrap().write_all(b"x").unwrap_err();
        let error = io(Path::new("runs/a/metrics.jsonl"))(error);
        assert!(error.is_disk_full() && error.to_string().contains("runs/a/metrics.jsonl"), "{error}");
        assert!(error.advice().unwrap().contains("--resume"));
    }
}
