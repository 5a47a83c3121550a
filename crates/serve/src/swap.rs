//! Another model in the place of the one that serves. It is loaded and tried beside the old one; requests in progress end
//! with the old one, those that come afterwards take the new one, and a model that is no good changes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use answer::engine::Engine;
use answer::orchestrator::{Options, ask};
use answer::reply::Cause;
use serde_json::Value;
use tokio::sync::Mutex;
use tracing::Instrument;

use crate::asking::computing;
use crate::metrics::LOADS;
use crate::problem::{Code, Problem};
use crate::service::{Served, Service};
use crate::settings::DecoderSettings;

/// Opens the engine of a schema anew with the model of a folder, for whoever may see all: the policies of the schema stay as
/// they were at the start.
pub type Open = dyn Fn(&str, &Path) -> Result<Engine, String> + Send + Sync;

/// Where models come from while the service runs.
pub struct Models {
    /// The folder that holds those which a request may name; none lets none be named.
    folder: Option<PathBuf>,
    open: Arc<Open>,
    /// One at a time: each takes the memory of a model.
    loading: Mutex<()>,
}

impl std::fmt::Debug for Models {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Models").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// A model that serves from now on.
#[derive(Debug)]
pub struct Swapped {
    /// What it is, as a hash.
    pub fingerprint: String,
    /// What the one before it was.
    pub previous: String,
    /// Time to load and try it.
    pub took: Duration,
}

impl Models {
    /// Models of a folder, and how they are opened.
    pub fn new(folder: Option<PathBuf>, open: Arc<Open>) -> Self {
        Models { folder, open, loading: Mutex::new(()) }
    }

    /// The folder of the model of a name, which lies in the folder of models, links followed.
    ///
    /// # Errors
    /// When there is none, or it lies elsewhere.
    pub fn named(&self, name: &str) -> Result<PathBuf, Problem> {
        let none = || Problem::new(Code::Forbidden, "this service loads no models by name");
        let root =
            self.folder.as_ref().ok_or_else(|| none().hint("set server.models to the folder that holds them"))?;
        let unknown = || Problem::new(Code::NotFound, format!("there is no model folder \"{name}\"")).hint(known(root));
        let is_name = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0']);
        if !is_name {
            let problem = Problem::new(Code::InvalidRequest, format!("\"{name}\" is no name of a model"));
            return Err(problem.hint(known(root)));
        }
        let root = root.canonicalize().map_err(|_| unknown())?;
        let folder = root.join(name).canonicalize().map_err(|_| unknown())?;
        match folder.parent() == Some(root.as_path()) && folder.is_dir() {
            true => Ok(folder),
            false => Err(unknown()),
        }
    }
}

/// The names that may be given.
fn known(root: &Path) -> String {
    let folders = std::fs::read_dir(root).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    format!("known: {}", names.join(", "))
}

/// Loads the model of a folder for a schema and lets it serve, also where nobody waits for that any more: a load takes as long
/// as it takes.
///
/// # Errors
/// When it is not loaded: the one before it goes on serving.
pub async fn swap(service: &Arc<Service>, schema: &str, folder: &Path) -> Result<Swapped, Problem> {
    let (service, schema, folder) = (Arc::clone(service), schema.to_owned(), folder.to_owned());
    let swapping = tokio::spawn(async move { swap_alone(&service, &schema, folder).await }.in_current_span());
    swapping.await.unwrap_or_else(|_| Err(Problem::new(Code::Internal, "loading the model failed")))
}

async fn swap_alone(service: &Service, schema: &str, folder: PathBuf) -> Result<Swapped, Problem> {
    let started = Instant::now();
    let off = || Problem::new(Code::Forbidden, "this service loads no other models");
    let models = service.models.as_ref().ok_or_else(off)?;
    let busy = || Problem::new(Code::Conflict, "another model is being loaded").hint("try again once it is");
    let _alone = models.loading.try_lock().map_err(|_| busy())?;
    let (old, open, decoder) = (service.named(Some(schema))?, Arc::clone(&models.open), service.settings.decoder);
    let previous = old.fingerprint.clone();
    let loaded = computing(move || load(&old, &*open, &folder, decoder)).await?;
    service.metrics.count(LOADS, &[schema, if loaded.is_ok() { "ok" } else { "error" }]);
    let new = loaded?;
    let fingerprint = new.fingerprint.clone();
    service.replace(new);
    tracing::info!(schema, fingerprint, previous, "another model serves");
    Ok(Swapped { fingerprint, previous, took: started.elapsed() })
}

/// Opens, compares and tries.
fn load(old: &Served, open: &Open, folder: &Path, decoder: DecoderSettings) -> Result<Served, Problem> {
    let refused = |detail: String| Problem::new(Code::ModelRefused, detail);
    let engine = open(&old.name, folder).map_err(refused)?;
    if let Err(problem) = &engine.model {
        let refused = refused(problem.message.clone());
        return Err(Problem { hint: problem.hint.clone(), ..refused });
    }
    if engine.pack.catalog_hash() != old.engine.pack.catalog_hash() {
        return Err(refused("the pack has changed; a change of tables needs a new start".to_owned()));
    }
    try_out(&engine).map_err(refused)?;
    old.by(engine, decoder).map_err(|e| Problem::new(Code::Internal, e.to_string()))
}

/// Asks a question of the pack's examples: a model may be whole and still compute nothing.
fn try_out(engine: &Engine) -> Result<(), String> {
    let line = engine.pack.files.examples.lines().find_map(|line| serde_json::from_str::<Value>(line).ok());
    let Some(question) = line.as_ref().and_then(|line| line["question"].as_str()) else { return Ok(()) };
    let options = Options { execute: false, ..Options::on(jiff::civil::date(2026, 1, 1)) };
    let error = ask(engine, question, &options).error;
    let broken = |cause| matches!(cause, Cause::ModelDamaged | Cause::ModelForAnother | Cause::Internal);
    match error.filter(|error| broken(error.cause)) {
        Some(error) => Err(format!("the model cannot answer: {}", error.message)),
        None => Ok(()),
    }
}
