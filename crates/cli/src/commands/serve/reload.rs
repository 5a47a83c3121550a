//! What a service reads again on SIGHUP: keys, limits, the certificate, and the model where its folder has changed. What
//! cannot be read stays as it was.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use serve::metrics::RELOADS;
use serve::service::Service;
use serve::swap::swap;

use crate::context::Context;

/// A model folder as it was looked at last: its path, and its files with their lengths and times.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Look {
    folder: Option<PathBuf>,
    files: Vec<(OsString, u64, Option<SystemTime>)>,
}

impl Look {
    /// The folder that settings name.
    pub(super) fn at(context: &Context) -> Self {
        let folder = Some(PathBuf::from(&context.settings().model.path)).filter(|path| !path.as_os_str().is_empty());
        let files = folder.as_deref().map(files).unwrap_or_default();
        Look { folder, files }
    }
}

fn files(folder: &Path) -> Vec<(OsString, u64, Option<SystemTime>)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let file = |entry: std::fs::DirEntry| {
        let about = entry.path().metadata().ok()?;
        Some((entry.file_name(), about.len(), about.modified().ok()))
    };
    let mut files: Vec<_> = entries.filter_map(file).collect();
    files.sort_unstable();
    files
}

/// Reads everything again. A model is loaded beside the one that serves, which may take a while; it does not keep others
/// waiting.
pub(super) fn reload(service: &Arc<Service>, context: &Context, look: &mut Look) {
    tell(service, "keys", service.keys.reload());
    if let Some(tls) = &service.tls {
        tell(service, "certificate", tls.reload());
    }
    let now = match context.again() {
        Ok(now) => now,
        Err(failure) => return tell(service, "limits", Err(failure.message)),
    };
    let limits = &now.settings().server;
    service.rate.change(limits.requests_per_minute, limits.burst);
    tell::<&str>(service, "limits", Ok(()));
    let seen = Look::at(&now);
    if seen != *look {
        let (service, folder) = (Arc::clone(service), seen.folder.clone());
        *look = seen;
        tokio::spawn(async move {
            let Some(first) = service.schemas().first().map(|served| served.name.clone()) else { return };
            let swapped = swap(&service, &first, folder).await;
            tell(&service, "model", swapped.map(|_| ()).map_err(|problem| problem.detail));
        });
    }
}

/// Says and counts how it went.
fn tell<E: Display>(service: &Service, what: &'static str, read: Result<(), E>) {
    match read {
        Ok(()) => {
            service.metrics.count(RELOADS, &[what, "ok"]);
            tracing::info!(what, "read again");
        }
        Err(error) => {
            service.metrics.count(RELOADS, &[what, "error"]);
            tracing::error!(what, %error, "it stays as it was");
        }
    }
}
