//! What several instances of the service share: answers in Redis and in an S3-compatible object store, and in Redis also how
//! often each principal has asked. Any of it may be away, slow, or hold what nobody here wrote; then the service does without.
//!
//! * [`remote`]: a store behind a timeout and a [`breaker`].
//! * `redis`, `objects`: the two kinds of stores; `absent`, where the program was built without one of them.

#[cfg(not(all(feature = "redis", feature = "object-store")))]
mod absent;
pub mod breaker;
#[cfg(feature = "object-store")]
mod objects;
#[cfg(feature = "redis")]
mod redis;
pub mod remote;

use std::sync::Arc;
use std::time::Duration;

#[cfg(not(feature = "object-store"))]
use absent::Objects;
#[cfg(not(feature = "redis"))]
use absent::Redis;
use breaker::BreakerSettings;
#[cfg(feature = "object-store")]
use objects::Objects;
#[cfg(feature = "redis")]
use redis::Redis;
use remote::{Remote, Store};

/// Values that are longer, in bytes, are neither kept nor read.
pub const LARGEST: usize = 64 * 1024;
/// How long connecting may take, however little time the request has that began it.
const CONNECTING: Duration = Duration::from_secs(5);

/// Which stores there are, and how they are used.
#[derive(Clone)]
pub struct SharedSettings {
    /// Redis: its URL, and how long an operation may take.
    pub redis: Option<(String, Duration)>,
    /// An object store.
    pub objects: Option<ObjectSettings>,
    /// How long shared answers are good for.
    pub time: Duration,
    /// What answers are signed with; without one, whoever can write to a store can leave queries there that pass validation.
    pub secret: String,
    /// When a store is left alone.
    pub breaker: BreakerSettings,
    /// Whether limits are shared too, where there is Redis.
    pub limits: bool,
}

impl std::fmt::Debug for SharedSettings {
    /// Without URL and secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let redis = self.redis.as_ref().map(|(_, timeout)| timeout);
        f.debug_struct("SharedSettings").field("redis", &redis).field("objects", &self.objects).finish_non_exhaustive()
    }
}

/// An object store.
#[derive(Clone)]
pub struct ObjectSettings {
    /// The bucket.
    pub bucket: String,
    /// The folder in it.
    pub prefix: String,
    /// Its URL, where it is not Amazon's.
    pub endpoint: Option<String>,
    /// `AWS_…` with their values: region and credentials.
    pub variables: Vec<(String, String)>,
    /// How long an operation may take.
    pub timeout: Duration,
}

impl std::fmt::Debug for ObjectSettings {
    /// Without credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectSettings").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

/// Why a store cannot be used at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SharedError {
    /// The program lacks what the setting asks for.
    #[error("{setting} is set, but this program was built without it")]
    NotBuilt {
        /// The setting.
        setting: &'static str,
        /// The feature to build with.
        feature: &'static str,
    },
    /// The URL is not one of Redis.
    #[error("cache.redis_url is no URL of Redis: {reason}")]
    RedisUrl {
        /// What is wrong.
        reason: String,
    },
    /// Bucket, endpoint or credentials do not fit each other.
    #[error("the object store's settings cannot be used: {reason}")]
    Objects {
        /// What is wrong.
        reason: String,
    },
}

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It cannot be asked, or refuses everything.
    #[error("{0}")]
    Unreachable(Arc<str>),
    /// It is there, but keeps what nobody here wrote.
    #[error("{0}")]
    Garbage(Arc<str>),
}

/// The stores, opened; none of them is asked before the first request.
#[derive(Debug, Default)]
pub struct Shared {
    /// Stores of answers, the quickest first.
    pub tiers: Vec<Arc<Remote>>,
    /// Where limits are shared.
    pub limits: Option<Arc<Remote>>,
    /// What answers are signed with.
    pub secret: String,
    /// How long they are good for.
    pub time: Duration,
}

impl Shared {
    /// Opens what the settings name.
    ///
    /// # Errors
    /// When a setting cannot be used. A store that is away is none of these.
    pub fn open(settings: &SharedSettings) -> Result<Self, SharedError> {
        let remote = |tier, timeout, store| Arc::new(Remote::new(tier, store, timeout, settings.breaker));
        let redis = settings.redis.as_ref().map(|(url, timeout)| {
            let redis = Redis::open(url, CONNECTING.max(*timeout))?;
            Ok(remote("l2", *timeout, Store::Redis(Box::new(redis))))
        });
        let objects =
            settings.objects.as_ref().map(|of| Ok(remote("l3", of.timeout, Store::Objects(Objects::open(of)?))));
        let redis = redis.transpose()?;
        Ok(Shared {
            limits: redis.clone().filter(|_| settings.limits),
            tiers: redis.into_iter().chain(objects.transpose()?).collect(),
            secret: settings.secret.clone(),
            time: settings.time,
        })
    }
}
