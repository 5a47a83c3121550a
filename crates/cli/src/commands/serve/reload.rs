//! What a service reads again on SIGHUP: keys, limits, the certificate, and each model whose folder has changed. What cannot
//! be read stays as it was.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use serve::metrics::RELOADS;
use serve::problem::Code;
use serve::service::Service;
use serve::swap::swap;

use crate::context::Context;

/// A model folder as it was looked at last: its path, and its files with their lengths and times.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Look {
    /// Empty, where the model inside the program serves.
    folder: PathBuf,
    files: Vec<(OsString, u64, Option<SystemTime>)>,
}

impl Look {
    fn at(folder: &Path) -> Self {
        Look { folder: folder.to_owned(), files: files(folder) }
    }
}

/// The models as they were taken over last, one for each schema. A load that ends later writes here that it did.
#[derive(Debug, Clone)]
pub(super) struct Looks(Arc<Mutex<Vec<Look>>>);

impl Looks {
    /// At the folders that settings name.
    pub(super) fn at(context: &Context) -> Self {
        Looks(Arc::new(Mutex::new(look(context))))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Look>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// At the folders as they are.
fn look(context: &Context) -> Vec<Look> {
    context.of_schemas().iter().map(|own| Look::at(Path::new(&own.settings().model.path))).collect()
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
pub(super) fn reload(service: &Arc<Service>, context: &Context, looks: &Looks) {
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
    match same_schemas(context, &now) {
        true => look_again(service, &now, looks),
        false => tell(service, "model", Err("[[server.schemas]] are others than at the start, which takes a new start")),
    }
}

/// Whether settings name the same schemas in the same order: by their places each is known.
fn same_schemas(at_start: &Context, now: &Context) -> bool {
    let names = |context: &Context| -> Vec<(Option<String>, String)> {
        context.settings().server.schemas.iter().map(|schema| (schema.name.clone(), schema.pack.clone())).collect()
    };
    names(at_start) == names(now)
}

/// Loads the models of the folders that have changed, one after the other.
fn look_again(service: &Arc<Service>, now: &Context, looks: &Looks) {
    let changed: Vec<(usize, Look)> = {
        let taken = looks.lock();
        look(now).into_iter().enumerate().filter(|(at, seen)| taken.get(*at) != Some(seen)).collect()
    };
    let (service, looks) = (Arc::clone(service), looks.clone());
    tokio::spawn(async move {
        for (at, seen) in changed {
            let Some(schema) = service.schemas().get(at).map(|served| served.name.clone()) else { continue };
            let swapped = swap(&service, &schema, &seen.folder).await;
            // One that was not tried, since another was being loaded, is tried next time.
            if swapped.as_ref().err().is_none_or(|problem| problem.code != Code::Conflict) {
                looks.lock()[at] = seen;
            }
            tell(&service, "model", swapped.map(drop).map_err(|problem| problem.detail));
        }
    });
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
