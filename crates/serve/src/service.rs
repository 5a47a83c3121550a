//! What every request is answered with: opened engines with their threads, who may ask, and what is kept and counted.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use answer::engine::Engine;
use database::CacheKey;
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, watch};

use crate::audit::Audit;
use crate::auth::keys::hex;
use crate::auth::limit::Limit;
use crate::auth::{KeyStore, Principal, Tokens};
use crate::cache::AnswerCache;
use crate::cache::key::subject;
use crate::engine::{Decoder, Weigher};
use crate::feedback::Feedback;
use crate::history::History;
use crate::idempotency::Replies;
use crate::kept::Streams;
use crate::machine;
use crate::metrics::{BREAKER, BUILD, Gauge, MODEL, Metrics};
use crate::problem::{Code, Problem};
use crate::rewards::Rewards;
use crate::settings::{DecoderSettings, Settings};
use crate::shared::Shared;
use crate::swap::Models;
use crate::tls::Tls;

/// A schema that questions are asked of. Copies share all of it but who asks.
#[derive(Debug, Clone)]
pub struct Served {
    /// Its name in requests.
    pub name: String,
    /// What questions are answered with.
    pub engine: Arc<Engine>,
    /// The thread that writes for it.
    pub decoder: Decoder,
    /// The thread that compares what was written.
    pub weigher: Weigher,
    /// What its model is, as a hash, and who asks, where a policy says what is shown.
    pub fingerprint: String,
    /// What decides its queries beside question and options, as a hash.
    pub subject: String,
    /// The engines of policies, by name.
    pub(crate) policies: BTreeMap<String, Engine>,
    /// What completions are worth.
    pub(crate) rewards: Option<Arc<Rewards>>,
    /// The database's file; none where it is in memory or on a server.
    path: Option<PathBuf>,
    /// Whether a server holds the rows, of which nobody can tell whether they have changed.
    is_on_server: bool,
}

impl Served {
    /// Starts the threads of an engine, which is called as its pack.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(engine: Arc<Engine>, settings: DecoderSettings) -> std::io::Result<Self> {
        let decoder = Decoder::start(Arc::clone(&engine), settings)?;
        let weigher = Weigher::start(Arc::clone(&engine))?;
        let path = engine.database().path().map(PathBuf::from);
        let is_on_server = engine.database().server().is_some();
        let fingerprint = fingerprint(&engine);
        let subject = subject(&engine, &fingerprint);
        let (name, policies) = (engine.pack.name().to_owned(), BTreeMap::new());
        Ok(Served { name, engine, decoder, weigher, fingerprint, subject, policies, rewards: None, path, is_on_server })
    }

    /// Another text for each state of the database; none where its file cannot be read, or it is on a server.
    pub fn database_state(&self) -> Option<String> {
        match &self.path {
            // What a server holds changes without a word.
            _ if self.is_on_server => None,
            Some(path) => CacheKey::of(path).ok().map(|key| key.as_str().to_owned()),
            None => Some("memory".to_owned()),
        }
    }
}

/// Names the model and the tables: their metadata, which holds the hashes of catalog and vocabulary, and the weights.
fn fingerprint(engine: &Engine) -> String {
    let mut hash = Sha256::new();
    hash.update(engine.pack.catalog_hash());
    if let Ok(model) = &engine.model {
        hash.update(format!("{:?}", model.metadata));
        let second = model.channel.iter().map(|channel| &channel.network);
        let numbers = std::iter::once(&model.model).chain(second).flat_map(|network| &network.parameters().data);
        numbers.for_each(|number| hash.update(number.to_le_bytes()));
    }
    hex(&hash.finalize())
}

/// How far the service's life has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It takes requests.
    Serving,
    /// It ends those in progress and takes no more.
    Draining,
    /// Time for them is over.
    Ended,
}

/// Waits until a life has come so far; for ever, where nobody is left to say so.
pub async fn reached(phase: &mut watch::Receiver<Phase>, wanted: Phase) {
    let is_there = phase.wait_for(|phase| *phase >= wanted).await.is_ok();
    if !is_there {
        std::future::pending::<()>().await;
    }
}

/// What is opened for a service.
pub struct Parts {
    /// The schemas; the first is asked where a request names none.
    pub schemas: Vec<Served>,
    /// API keys.
    pub keys: KeyStore,
    /// Tokens, where the settings say how they are checked.
    pub tokens: Option<Tokens>,
    /// The audit log.
    pub audit: Option<Audit>,
    /// What other instances share with it.
    pub shared: Shared,
    /// How another model is loaded; none switches that off.
    pub models: Option<Models>,
    /// The certificate that users see; none speaks plainly.
    pub tls: Option<Arc<Tls>>,
    /// What is shown beside the service's own metrics.
    pub further: Option<Further>,
}

impl Parts {
    /// Schemas and keys, and nothing else.
    pub fn new(schemas: Vec<Served>, keys: KeyStore) -> Self {
        let shared = Shared::default();
        Parts { schemas, keys, tokens: None, audit: None, models: None, tls: None, further: None, shared }
    }
}

/// What is shown beside the service's own metrics.
pub type Further = Box<dyn Fn() -> Vec<Gauge> + Send + Sync>;

/// The service.
pub struct Service {
    /// How it behaves.
    pub settings: Settings,
    /// The schemas; each may be replaced while requests are in progress, which end with what they began with.
    schemas: RwLock<Vec<Arc<Served>>>,
    /// How another model is loaded; none where that is switched off.
    pub models: Option<Models>,
    /// The certificate that users see; none speaks plainly.
    pub tls: Option<Arc<Tls>>,
    further: Option<Further>,
    /// API keys.
    pub keys: KeyStore,
    /// Tokens.
    pub tokens: Option<Tokens>,
    /// How often each principal may ask.
    pub rate: Limit,
    /// Places of requests in progress.
    pub places: Arc<Semaphore>,
    /// The audit log.
    pub audit: Option<Audit>,
    /// Answers kept.
    pub cache: AnswerCache,
    /// Earlier questions.
    pub history: History,
    /// What people say of answers.
    pub feedback: Option<Feedback>,
    /// Replies to requests with an `Idempotency-Key`.
    pub replies: Replies,
    /// Streams that may be taken up again.
    pub streams: Streams,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// How far its life has come.
    pub phase: watch::Sender<Phase>,
    /// Since when it runs.
    pub started: Instant,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Service").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// Tells by which model a schema is served.
fn tell_model(metrics: &Metrics, served: &Served) {
    metrics.tell(MODEL, &[&served.name, &served.fingerprint]);
}

impl Service {
    /// Puts the parts together.
    pub fn new(settings: Settings, parts: Parts) -> Arc<Self> {
        let Parts { schemas, keys, tokens, audit, models, tls, further, shared } = parts;
        let metrics = Arc::new(Metrics::default());
        let service = Arc::new(Service {
            schemas: RwLock::new(schemas.into_iter().map(Arc::new).collect()),
            models,
            tls,
            further,
            keys,
            tokens,
            audit,
            rate: Limit::new(settings.rate, settings.burst, shared.limits.clone(), Arc::clone(&metrics)),
            places: Arc::new(Semaphore::new(settings.max_requests)),
            cache: AnswerCache::new(
                settings.cache_bytes,
                settings.cache_time,
                crate::cache::further::Further::new(shared, Arc::clone(&metrics)),
            ),
            history: History::new(settings.history),
            feedback: settings.feedback.as_deref().map(Feedback::new),
            replies: Replies::default(),
            streams: Streams::default(),
            metrics,
            phase: watch::Sender::new(Phase::Serving),
            started: Instant::now(),
            settings,
        });
        service.metrics.tell(BUILD, &[env!("CARGO_PKG_VERSION")]);
        service.schemas().iter().for_each(|served| tell_model(&service.metrics, served));
        service
    }

    /// The schemas as they are now; the first is asked where a request names none.
    pub fn schemas(&self) -> Vec<Arc<Served>> {
        self.schemas.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a schema in the place of the one of its name, which it returns: requests that come now take the new one.
    pub fn replace(&self, served: Served) -> Option<Arc<Served>> {
        let served = Arc::new(served);
        let mut schemas = self.schemas.write().unwrap_or_else(PoisonError::into_inner);
        let place = schemas.iter_mut().find(|known| known.name == served.name)?;
        let old = std::mem::replace(place, Arc::clone(&served));
        drop(schemas);
        tell_model(&self.metrics, &served);
        Some(old)
    }

    /// The schema of a name, or the first, as a principal sees it.
    ///
    /// # Errors
    /// When there is none of that name, or the principal's policy does not fit it.
    pub fn schema(&self, name: Option<&str>, principal: &Principal) -> Result<Served, Problem> {
        self.named(name)?.seen_by(principal)
    }

    /// The schema of a name, or the first, as nobody sees it.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn named(&self, name: Option<&str>) -> Result<Arc<Served>, Problem> {
        let schemas = self.schemas();
        let found = match name {
            Some(name) => schemas.iter().find(|served| served.name == name),
            None => schemas.first(),
        };
        found.cloned().ok_or_else(|| {
            let known: Vec<&str> = schemas.iter().map(|served| served.name.as_str()).collect();
            let problem = Problem::new(Code::NotFound, format!("there is no schema \"{}\"", name.unwrap_or("")));
            problem.hint(format!("known: {}", known.join(", ")))
        })
    }

    /// Whether it takes requests and can answer them.
    pub fn is_ready(&self) -> bool {
        *self.phase.borrow() == Phase::Serving && self.schemas().iter().all(|served| served.engine.model.is_ok())
    }

    /// What is looked up when somebody asks for the metrics.
    pub fn gauges(&self) -> Vec<Gauge> {
        for tier in self.cache.further.tiers() {
            self.metrics.set(BREAKER, &[tier.tier], tier.circuit().number());
        }
        let schemas = self.schemas();
        let sum = |of: fn(&Served) -> usize| schemas.iter().map(|served| of(served)).sum::<usize>() as f64;
        let busy = self.settings.max_requests - self.places.available_permits();
        let own = [
            ("glrl_requests_in_progress", "Requests in progress.", busy as f64),
            ("glrl_queue_length", "Questions that wait for a place in the batch.", sum(|s| s.decoder.load().waiting())),
            ("glrl_batch_rows", "Candidates being written.", sum(|s| s.decoder.load().rows())),
            (
                "glrl_engine_failures_total",
                "Times that an engine's thread failed and began anew.",
                sum(|s| s.decoder.load().failures()),
            ),
            ("glrl_uptime_seconds", "Time since the start.", self.started.elapsed().as_secs_f64()),
            ("glrl_ready", "Whether requests are taken.", f64::from(u8::from(self.is_ready()))),
        ];
        let own = own.into_iter().map(|(name, help, value)| Gauge::new(name, help, value));
        let until = self.tls.as_ref().and_then(|tls| tls.until()).map(|until| until.as_second() as f64);
        let until = until.map(|until| {
            Gauge::new(
                "glrl_tls_certificate_expiry_seconds",
                "When the certificate ends, in seconds since 1970.",
                until,
            )
        });
        let further = self.further.as_ref().map_or_else(Vec::new, |further| further());
        own.chain(until).chain(machine::gauges()).chain(further).collect()
    }
}
